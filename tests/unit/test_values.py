import numpy as np
import pytest

from seq2seq_transformer.errors import InputError
from seq2seq_transformer.values import (
    Example,
    ExampleBatch,
    IntBatch,
    Range,
    Vector,
    from_python,
    parse_type,
    parse_value,
    to_json,
    to_text,
)

DIGITS = Vector(Range(0, 10))


@pytest.mark.parametrize("value_type", [Range(0, 10), Range(-5, 5), DIGITS, Vector(Range(1, 101), 8)], ids=str)
def test_a_type_is_read_back_from_its_text(value_type):
    assert parse_type(str(value_type)) == value_type


def test_a_text_that_is_no_type_is_refused():
    with pytest.raises(InputError) as caught:
        parse_type("integer")
    assert str(caught.value) == (
        "a type must read like `int`, `range(0,10)`, `float`, `symbol`, `int[]`, `int[2]`, `int[3][3]` or "
        "`(int[][], int)`, but is 'integer' instead."
    )


@pytest.mark.parametrize(
    ("text", "value_type", "value"),
    [
        ("1 0 1", DIGITS, [1, 0, 1]),
        ("7", DIGITS, [7]),
        ("1, 0,1", DIGITS, [1, 0, 1]),
        ("[1, 0]", DIGITS, [1, 0]),
        ("7", Range(0, 10), 7),
    ],
)
def test_text_is_read(text, value_type, value):
    assert parse_value(text, value_type) == value
    assert parse_value(to_text(value), value_type) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'an input must hold at least one number, such as "1 0 1 0", but is empty instead.'),
        ("1 x 0", "term 2 of 3: a term must be a whole number from 0 to 9, but is 'x' instead."),
        ("1 1.5", "term 2 of 2: a term must be a whole number from 0 to 9, but is '1.5' instead."),
        ("1 12 0", "term 2 of 3: a term must be a whole number from 0 to 9, but is 12 instead."),
    ],
)
def test_text_that_is_no_value_is_refused_with_its_place(text, message):
    with pytest.raises(InputError) as caught:
        parse_value(text, DIGITS)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("value", "value_type", "message"),
    [
        ([], DIGITS, "a sequence must have at least one term, but has 0 instead."),
        ([1], Vector(Range(0, 10), 2), "a sequence must have exactly 2 terms, but has 1 instead."),
        (3, DIGITS, "a sequence must be a list, but is 3 instead."),
        ("12", Range(0, 10), "a term must be a whole number from 0 to 9, but is 12 instead."),
        ([True], DIGITS, "term 1 of 1: a term must be a whole number from 0 to 9, but is True instead."),
        ([1.0], DIGITS, "term 1 of 1: a term must be a whole number from 0 to 9, but is 1.0 instead."),
        (None, DIGITS, "a sequence must be a list, but is None instead."),
    ],
)
def test_json_that_is_not_of_the_type_is_refused(value, value_type, message):
    with pytest.raises(InputError) as caught:
        from_python(value, value_type)
    assert str(caught.value) == message


def test_json_keeps_integers_of_any_size():
    huge = 7**500
    wide = Vector(Range(0, huge + 1))
    assert to_json([1, huge]) == [1, str(huge)]
    assert from_python(to_json([1, huge]), wide) == [1, huge]


def test_batches_are_packed_and_unpacked():
    examples = [Example([1, 2, 3], [4]), Example([5], [6, 7])]
    batch = ExampleBatch.from_examples(examples)
    assert batch.to_examples() == examples
    assert batch[[1]].to_examples() == examples[1:]
    assert ExampleBatch.concatenate([batch[[1]], batch[[0]]]).to_examples() == examples[::-1]
    np.testing.assert_array_equal(batch.source.filled(), [[True, True, True], [True, False, False]])
    assert len(IntBatch.from_lists([])) == 0


@pytest.mark.parametrize("given", [(1, 2), range(1, 3), np.array([1, 2]), ["1", np.int64(2)]], ids=repr)
def test_what_python_calls_a_sequence_is_taken(given):
    found = from_python(given, DIGITS)
    assert found == [1, 2]
    assert [type(term) for term in found] == [int, int]
