"""Every number encoding is exact: it inverts, it refuses what is malformed, and many at once is one after another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_transformer.errors import MalformedTokensError
from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS
from seq2seq_transformer.values import IntBatch, Range, Vector

EVERY_ENCODING = pytest.mark.parametrize("name", NUMBER_ENCODINGS.names())
TYPES = [Vector(Range(0, 10)), Vector(Range(-3, 5)), Vector(Range(0, 10), 4), Range(5, 120)]


def values_of(value_type):
    item = value_type if isinstance(value_type, Range) else value_type.item
    numbers = st.integers(item.low, item.high - 1)
    if isinstance(value_type, Range):
        return numbers
    sizes = {"min_size": value_type.length or 1, "max_size": value_type.length or 12}
    return st.lists(numbers, **sizes)


typed_values = st.sampled_from(TYPES).flatmap(lambda kind: st.tuples(st.just(kind), values_of(kind)))


@EVERY_ENCODING
@given(typed_values)
def test_decode_inverts_encode(name, typed):
    value_type, value = typed
    encoding = NUMBER_ENCODINGS.build(name)
    spelled = encoding.encode(value, value_type)
    assert set(spelled) <= set(encoding.symbols(value_type))
    assert encoding.decode(spelled, value_type) == value


@EVERY_ENCODING
@settings(max_examples=300)
@given(st.data())
def test_symbols_either_spell_exactly_one_value_or_are_refused(name, data):
    value_type = data.draw(st.sampled_from(TYPES))
    encoding = NUMBER_ENCODINGS.build(name)
    alphabet = [*encoding.symbols(value_type), "<sos>", "nonsense"]
    symbols = data.draw(st.lists(st.sampled_from(alphabet), max_size=6))
    try:
        value = encoding.decode(symbols, value_type)
    except MalformedTokensError as error:
        assert 0 <= error.position <= len(symbols)
    else:
        assert encoding.encode(value, value_type) == symbols


@EVERY_ENCODING
@pytest.mark.parametrize("value_type", [kind for kind in TYPES if isinstance(kind, Vector)], ids=str)
@given(st.data())
def test_many_at_once_are_spelled_as_one_after_another(name, value_type, data):
    values = data.draw(st.lists(values_of(value_type), min_size=1, max_size=6))
    encoding = NUMBER_ENCODINGS.build(name)
    symbols = encoding.symbols(value_type)
    indices, lengths = encoding.encode_batch(IntBatch.from_lists(values), value_type)
    spelled = [[symbols[index] for index in row[:length]] for row, length in zip(indices, lengths, strict=True)]
    assert spelled == [encoding.encode(value, value_type) for value in values]
