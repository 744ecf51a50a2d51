import numpy as np
import pytest

from seq2seq_transformer import Tokenizer
from seq2seq_transformer.errors import InputError, MalformedTokensError
from seq2seq_transformer.tokenization.vocabulary import Vocabulary
from seq2seq_transformer.values import IntBatch, Range, Vector

SOURCE, TARGET = Vector(Range(0, 10)), Vector(Range(8, 12), 2)


def test_ordinary_symbols_come_first_then_sos_eos_pad():
    vocabulary = Vocabulary(["a", "b"])
    assert vocabulary.symbols == ["a", "b", "<sos>", "<eos>", "<pad>"]
    assert (vocabulary.sos, vocabulary.eos, vocabulary.pad, len(vocabulary)) == (2, 3, 4, 5)


def test_source_and_target_share_one_vocabulary():
    tokenizer = Tokenizer(SOURCE, TARGET)
    assert tokenizer.vocabulary.symbols[:12] == [str(number) for number in range(12)]
    assert tokenizer.encode_source([1, 9]) == [12, 1, 9, 13]
    assert tokenizer.encode_target([9, 11]) == [12, 9, 11, 13]
    assert tokenizer.decode_target([9, 11]) == [9, 11]


@pytest.mark.parametrize(
    ("tokens", "position", "message"),
    [
        ([9, 14], 1, "token 1 must be another term, but is '<pad>' instead."),
        ([9, 99], 1, "token 1 must be an id from 0 to 14, but is 99 instead."),
        ([9], 1, "token 1 must be another term, but is the end instead."),
        ([9, 9, 9], 2, "token 2 must be the end, but is '9' instead."),
        ([3, 9], 0, "token 0 must be a whole number from 8 to 11, but is '3' instead."),
    ],
)
def test_malformed_answers_are_refused_with_their_place(tokens, position, message):
    with pytest.raises(MalformedTokensError) as caught:
        Tokenizer(SOURCE, TARGET).decode_target(tokens)
    assert (caught.value.position, str(caught.value)) == (position, message)


def test_a_value_outside_the_vocabulary_is_refused():
    with pytest.raises(InputError, match="^term 2 of 2: a term must be a whole number from 0 to 9, but is 10 instead"):
        Tokenizer(SOURCE, TARGET).encode_source([1, 10])


def test_a_batch_is_the_rows_filled_up_with_pad():
    tokenizer = Tokenizer(SOURCE, TARGET)
    rows = [[1, 2, 3], [4]]
    matrix = tokenizer.encode_sources(IntBatch.from_lists(rows))
    pad = tokenizer.vocabulary.pad
    expected = [tokenizer.encode_source(rows[0]), [*tokenizer.encode_source(rows[1]), pad, pad]]
    np.testing.assert_array_equal(matrix, expected)


def test_a_saved_tokenizer_is_the_same():
    tokenizer = Tokenizer(SOURCE, TARGET)
    again = Tokenizer.from_json(tokenizer.to_json())
    assert again.to_json() == tokenizer.to_json()
    assert again.vocabulary.symbols == tokenizer.vocabulary.symbols
