"""Every number encoding is exact: it inverts, it refuses what is malformed, many at once is one after another, and its
grammar says what can come next and how to end in time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_transformer.errors import InputError, MalformedTokensError
from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS
from seq2seq_transformer.tokenization.grammar import END
from seq2seq_transformer.values import (
    DigitBatch,
    Float,
    Integer,
    Matrix,
    Range,
    Symbol,
    Tuple,
    Vector,
    pack,
    parse_type,
    scalars_of,
)

SPELLINGS = {
    "symbolic": [{}],
    "digits": [
        {},
        {"base": 2, "sign": "always"},
        {"base": 1000, "order": "least"},
        {"width": 25, "order": "least"},
        {"base": 7, "width": 30, "sign": "always", "separators": "always"},
        {"base": 12, "separators": "always"},
        {"order": "least", "sign": "complement"},
        {"base": 2, "order": "least", "sign": "complement"},
    ],
    "residues": [{"signed": True}, {"primes": (2, 3, 5, 7, 11, 13), "signed": True}],
    "scientific": [
        {},
        {"format": "P10"},
        {"format": "B1999"},
        {"format": "FP15", "max_exponent": 3},
        {"max_exponent": 6},
    ],
}
ENCODINGS = [(name, options) for name in NUMBER_ENCODINGS.names() for options in SPELLINGS[name]]
EVERY_ENCODING = pytest.mark.parametrize(("name", "options"), ENCODINGS, ids=str)
NUMBER = {"symbolic": "range(-3,5)", "digits": "int", "residues": "int", "scientific": "float"}
FORMS = (
    "range(0,10)[]", "symbol(a|b|%28)[2]", "({0}, symbol(x|y))", "{0}", "{0}[]", "{0}[3]", "{0}[][]", "{0}[2][]", "{0}[][2]",
    "({0}, range(0,3), {0})", "({0}[][], {0}[], {0})", "({0}[2], {0}[2][3])",
)  # fmt: skip


def numbers(kind, name):
    if isinstance(kind, Range):
        return st.integers(kind.low, kind.high - 1)
    if isinstance(kind, Symbol):
        return st.sampled_from(kind.names)
    if kind == Float():
        return st.tuples(st.integers(-999, 999), st.integers(-1, 1)).map(lambda pair: float(f"{pair[0]}e{pair[1]}"))
    most = 15000 if name == "residues" else 10**20
    return st.integers(-most, most)


def values_of(value_type, name):
    if isinstance(value_type, Tuple):
        return st.tuples(*(values_of(part, name) for part in value_type.parts)).map(list)
    if isinstance(value_type, Matrix):
        columns = st.just(value_type.columns) if value_type.columns else st.integers(1, 3)
        return columns.flatmap(
            lambda width: lists_of(lists_of(numbers(value_type.item, name), width), value_type.rows, most=3)
        )
    if isinstance(value_type, Vector):
        return lists_of(numbers(value_type.item, name), value_type.length)
    return numbers(value_type, name)


def lists_of(items, length, most=4):
    return st.lists(items, min_size=length or 1, max_size=length or most)


def types_of(name):
    return st.sampled_from([parse_type(form.format(NUMBER[name])) for form in FORMS])


@EVERY_ENCODING
@settings(max_examples=60)
@given(st.data())
def test_decode_inverts_encode_and_the_grammar_follows(name, options, data):
    value_type = data.draw(types_of(name))
    value = data.draw(values_of(value_type, name))
    encoding = NUMBER_ENCODINGS.build(name, **options)
    spelled = encoding.encode(value, value_type)
    assert set(spelled) <= set(encoding.symbols(value_type))
    assert encoding.decode(spelled, value_type) == value
    grammar = encoding.grammar(value_type)
    state = grammar.start
    for place, symbol in enumerate(spelled):
        remaining = len(spelled) - place + 1
        assert grammar.shortest(state) <= remaining - 1
        assert symbol in grammar.allowed(state, remaining)
        assert symbol in grammar.allowed(state, 10**9)
        state = grammar.next(state, symbol)
    assert END in grammar.allowed(state, 1)


@EVERY_ENCODING
@settings(max_examples=60)
@given(st.data())
def test_what_the_grammar_allows_always_ends_in_time_and_spells_a_value(name, options, data):
    value_type = data.draw(types_of(name))
    encoding = NUMBER_ENCODINGS.build(name, **options)
    grammar = encoding.grammar(value_type)
    state, spelled = grammar.start, []
    remaining = grammar.shortest(state) + 1 + data.draw(st.integers(0, 12))
    while True:
        allowed = grammar.allowed(state, remaining)
        symbol = allowed[data.draw(st.integers(0, 10**6)) % len(allowed)]  # never empty: it could not end otherwise
        remaining -= 1
        if symbol == END:
            break
        spelled.append(symbol)
        state = grammar.next(state, symbol)
    value = encoding.decode(spelled, value_type)
    assert value_type.convert(value) == value
    assert remaining >= 0
    assert not grammar.allowed(grammar.start, grammar.shortest(grammar.start)), "the shortest value needs END as well"


@EVERY_ENCODING
@settings(max_examples=100)
@given(st.data())
def test_symbols_either_spell_exactly_one_value_or_are_refused_with_the_place(name, options, data):
    value_type = data.draw(types_of(name))
    encoding = NUMBER_ENCODINGS.build(name, **options)
    value = data.draw(values_of(value_type, name))
    symbols = encoding.encode(value, value_type)
    alphabet = [*encoding.symbols(value_type)[-9:], *encoding.symbols(value_type)[:3], "<sos>", "nonsense"]
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(symbols)))
        symbols = symbols[:place] + data.draw(st.lists(st.sampled_from(alphabet), max_size=2)) + symbols[place + 1 :]
    try:
        found = encoding.decode(symbols, value_type)
    except MalformedTokensError as error:
        assert 0 <= error.position <= len(symbols)
        state = encoding.grammar(value_type).start
        for symbol in symbols[: error.position]:
            state = encoding.grammar(value_type).next(state, symbol)
        assert state is not None, "the place is the first at which nothing can be mended"
    else:
        assert encoding.encode(found, value_type) == symbols


@EVERY_ENCODING
@settings(max_examples=60)
@given(st.data())
def test_many_at_once_are_spelled_as_one_after_another(name, options, data):
    value_type = data.draw(types_of(name))
    values = data.draw(st.lists(values_of(value_type, name), min_size=1, max_size=5))
    encoding = NUMBER_ENCODINGS.build(name, **options)
    assert_spelled_alike(encoding, pack(values), values, value_type)


def assert_spelled_alike(encoding, batch, values, value_type):
    symbols = encoding.symbols(value_type)
    indices, lengths = encoding.encode_batch(batch, value_type)
    rows = np.split(indices, np.cumsum(lengths)[:-1])
    spelled = [[symbols[index] for index in row] for row in rows]
    assert spelled == [encoding.encode(value, value_type) for value in values]


@pytest.mark.parametrize("options", SPELLINGS["digits"], ids=str)
@given(st.lists(st.tuples(st.integers(-(10**24), 10**24), st.integers(-50, 50)), min_size=1, max_size=5))
def test_digits_at_once_are_spelled_as_the_integers(options, pairs):
    text = [[f"{abs(number):025d}"[::-1] for number in pair] for pair in pairs]
    digits = np.array([[list(map(int, number)) for number in pair] for pair in text], dtype=np.uint8)
    batch = DigitBatch(digits, np.array(pairs, dtype=object) < 0)
    values = [list(pair) for pair in pairs]
    assert batch.to_lists() == values
    encoding = NUMBER_ENCODINGS.build("digits", **options)
    assert_spelled_alike(encoding, batch, values, Vector(Integer(), 2))


@EVERY_ENCODING
def test_a_type_that_cannot_be_spelled_is_refused(name, options):
    encoding = NUMBER_ENCODINGS.build(name, **options)
    for kind in (Integer(), Float()):
        if encoding.spelling(kind) is None:
            with pytest.raises(Exception, match=f"^the number encoding '{name}' cannot spell the type {kind}. See: "):
                encoding.symbols(Vector(kind))


@pytest.mark.parametrize(
    ("name", "options", "value", "message"),
    [
        ("digits", {"sign": "none"}, -1, "without signs a number must be 0 or more, but is -1."),
        ("digits", {"width": 2}, 100, "a number must have at most 2 digits of base 10, but 100 has 3."),
        ("residues", {"primes": (2, 3)}, 6, "with these primes a number must be from 0 to 5, but is 6."),
        (
            "residues",
            {"primes": (2, 3), "signed": True},
            3,
            "with these primes a number must be from -3 to 2, but is 3.",
        ),
        ("scientific", {"max_exponent": 1}, 1e9, "with exponents up to 1 a number must be below 10^4 in size, but is "),
    ],
)
def test_a_number_that_an_encoding_cannot_hold_is_refused_one_by_one_and_at_once(name, options, value, message):
    encoding = NUMBER_ENCODINGS.build(name, **options)
    kind = Float() if name == "scientific" else Integer()
    for spell in (lambda: encoding.encode(value, kind), lambda: encoding.encode_batch(pack([value]), kind)):
        with pytest.raises(InputError) as caught:
            spell()
        assert str(caught.value).startswith(message)


def test_every_number_encoding_is_tried_here():
    assert sorted(SPELLINGS) == NUMBER_ENCODINGS.names()
    assert {kind for form in FORMS for kind in scalars_of(parse_type(form.format("int")))} >= {Integer()}
