import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq_transformer.errors import InputError
from seq2seq_transformer.values import (
    DigitBatch,
    Example,
    ExampleBatch,
    IntBatch,
    Integer,
    ListBatch,
    Range,
    Symbol,
    Tuple,
    Vector,
    concatenate,
    from_python,
    pack,
    parse_type,
    parse_value,
    stable_hash,
    to_json,
    to_text,
)

DIGITS = Vector(Range(0, 10))
HUGE = 7**500
TYPES = [
    "int", "float", "symbol", "symbol(a|b)", "range(-5,5)", "int[]", "int[8]", "range(1,101)[8]", "int[][]", "int[3][]",
    "int[][3]", "(int, range(0,3))", "(int[][], symbol(x|y)[], float)",
]  # fmt: skip


@pytest.mark.parametrize("text", TYPES)
def test_a_type_is_read_back_from_its_text(text):
    assert str(parse_type(text)) == text
    assert parse_type(str(parse_type(text))) == parse_type(text)


def test_names_of_symbols_may_be_anything_but_blanks_and_bars():
    names = ("(", ")", ":", "[", "%", "é", "+")
    assert parse_type(str(Vector(Symbol(names)))) == Vector(Symbol(names))
    for name in ("", "a b", "a|b", ",", ";", "<eos>"):
        with pytest.raises(InputError, match="^the name of a symbol must be a word without blanks or bars, but is "):
            Symbol((name,))


@pytest.mark.parametrize("text", ["integer", "int[0]", "int[a]", "range(1)", "(int, (int, int))", "int[][][]", ""])
def test_a_text_that_is_no_type_is_refused(text):
    with pytest.raises(InputError, match=r"^a (type|tuple) must "):
        parse_type(text)


def test_a_type_that_holds_nothing_is_refused():
    with pytest.raises(InputError, match=r"^a range must hold a number, but range\(3,3\) holds none\.$"):
        Range(3, 3)
    with pytest.raises(InputError, match="^a tuple must have one part or more, none of them a tuple, but is "):
        Tuple(())


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1 0 1", "range(0,10)[]", [1, 0, 1]),
        ("7", "range(0,10)[]", [7]),
        ("1, 0,1", "int[]", [1, 0, 1]),
        ("[1, 0]", "int[]", [1, 0]),
        ("-7", "int", -7),
        ("1 2; 3 4", "int[][]", [[1, 2], [3, 4]]),
        ("[[1, 2], [3, 4]]", "int[][]", [[1, 2], [3, 4]]),
        ('["a", [1, 2]]', "(symbol(a|b), int[])", ["a", [1, 2]]),
        ("[ ( ) ] [", "symbol([|]|%28|%29)[]", ["[", "(", ")", "]", "["]),
        ("17 b", "(int, symbol(a|b))", [17, "b"]),
        ("1 2; 3 4 | 5 6 | 0.5", "(int[][], int[], float)", [[[1, 2], [3, 4]], [5, 6], 0.5]),
        ("1.5 -2e3", "float[]", [1.5, -2000.0]),
        ("9" * 400, "int", int("9" * 400)),
    ],
)
def test_text_is_read(text, kind, value):
    value_type = parse_type(kind)
    assert parse_value(text, value_type) == value
    assert parse_value(to_text(value, value_type), value_type) == value


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("", "int[]", 'an input must hold at least one number, such as "1 0 1 0", but is empty instead.'),
        ("1 x 0", "int[]", "term 2 of 3: a term must be a whole number, but is 'x' instead."),
        ("1 1.5", "range(0,10)[]", "term 2 of 2: a term must be a whole number from 0 to 9, but is '1.5' instead."),
        ("1 12 0", "range(0,10)[]", "term 2 of 3: a term must be a whole number from 0 to 9, but is 12 instead."),
        ("1 2; 3", "int[][]", "row 2 of 2: a sequence must have exactly 2 terms, but has 1 instead."),
        ("1 2; 3 4", "int[3][]", "a matrix must have exactly 3 rows, but has 2 instead."),
        ("1 2 | 3", "(int[], int[], int)", "an input must have 3 parts with | between, but has 2."),
        ("1 2 3", "(int, int)", "a tuple must be a list of 2 parts, but is ['1', '2', '3'] instead."),
        ("a c", "symbol(a|b)[]", "term 2 of 2: a term must be one of a, b, but is 'c' instead."),
        ("inf", "float", "a term must be a finite number, but is 'inf' instead."),
        (
            "[[1, 2",
            "int[][]",
            "an input in double brackets must be JSON, but is not: Expecting ',' delimiter: line 1 col",
        ),
    ],
)
def test_text_that_is_no_value_is_refused_with_its_place(text, kind, message):
    with pytest.raises(InputError) as caught:
        parse_value(text, parse_type(kind))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ([], "int[]", "a sequence must have at least one term, but has 0 instead."),
        ([1], "int[2]", "a sequence must have exactly 2 terms, but has 1 instead."),
        (3, "int[]", "a sequence must be a list, but is 3 instead."),
        ("12", "range(0,10)", "a term must be a whole number from 0 to 9, but is 12 instead."),
        ([True], "int[]", "term 1 of 1: a term must be a whole number, but is True instead."),
        ([1.0], "int[]", "term 1 of 1: a term must be a whole number, but is the float 1.0 instead."),
        (None, "int[]", "a sequence must be a list, but is None instead."),
        (True, "float", "a term must be a finite number, but is True instead."),
        (10**400, "float", f"a term must be a finite number, but is {10**400} instead."),
        (5, "int[][]", "a matrix must be a list of rows, but is 5 instead."),
        ([], "int[][]", "a matrix must have at least one row, but has 0 instead."),
        ("a b", "symbol", "a term must be a word without blanks, but is 'a b' instead."),
        (["1"], "(int, int)", "a tuple must be a list of 2 parts, but is ['1'] instead."),
    ],
)
def test_json_that_is_not_of_the_type_is_refused(value, kind, message):
    with pytest.raises(InputError) as caught:
        from_python(value, parse_type(kind))
    assert str(caught.value) == message


def test_json_keeps_integers_of_any_size():
    assert to_json([1, HUGE, -HUGE, 2**53]) == [1, str(HUGE), str(-HUGE), 2**53]
    assert from_python(to_json([1, HUGE]), Vector(Integer())) == [1, HUGE]


@pytest.mark.parametrize("given", [(1, 2), range(1, 3), np.array([1, 2]), ["1", np.int64(2)]], ids=repr)
def test_what_python_calls_a_sequence_is_taken(given):
    found = from_python(given, DIGITS)
    assert found == [1, 2]
    assert [type(term) for term in found] == [int, int]


MIXED = [
    [Example([1, 2, 3], 4), Example([5], -6)],
    [Example([[1, 2], [3, 4]], [4]), Example([[5]], [6, 7])],
    [Example([HUGE], HUGE), Example([1, -(2**63)], 2**63)],
    [Example([1.5], "a"), Example([2.5, 1.0], "b")],
    [Example([["x"], 1], [[1], [2, 3]]), Example([["y", "z"], 2], [[1], [2]])],
]


@pytest.mark.parametrize("examples", MIXED, ids=str)
def test_batches_give_back_what_they_were_given(examples):
    batch = ExampleBatch.from_examples(examples)
    assert batch.to_examples() == examples
    assert batch[[1]].to_examples() == examples[1:]
    assert batch[np.array([True, False])].to_examples() == examples[:1]
    assert ExampleBatch.concatenate([batch[[1]], batch[[0]]]).to_examples() == examples[::-1]
    assert [len(batch.source), len(pack([]))] == [2, 0]


def test_batches_of_different_kinds_are_concatenated():
    digits = DigitBatch(np.array([[[1, 2]]], dtype=np.uint8), np.array([[True]]), depth=0)
    wider = DigitBatch(np.array([[[3, 0, 1]]], dtype=np.uint8), np.array([[False]]), depth=0)
    assert concatenate([digits, wider]).to_lists() == [-21, 103]
    assert concatenate([digits, pack([5]), ListBatch(["a"])]).to_lists() == [-21, 5, "a"]
    np.testing.assert_array_equal(IntBatch.from_lists([[1, 2, 3], [1]]).filled(), [[1, 1, 1], [1, 0, 0]])


@given(st.lists(st.integers(-(10**30), 10**30), min_size=1, max_size=4))
def test_the_hash_does_not_depend_on_how_a_batch_holds_the_values(numbers):
    places = max(len(str(abs(number))) for number in numbers)
    digits = np.array([[list(map(int, f"{abs(x):0{places}d}"[::-1])) for x in numbers]], dtype=np.uint8)
    negative = np.array([[x < 0 for x in numbers]])
    expected = stable_hash(ListBatch([numbers]))
    assert stable_hash(pack([numbers])) == stable_hash(DigitBatch(digits, negative)) == expected


def test_the_hash_tells_values_apart():
    values = [
        1, [1, 1], [2], [[1, 2], [3, 4]], [[1, 2, 3, 4]], [[1], [2], [3], [4]], 2**64, 2**64 + 1, 10**18, 10**18 + 2**64,
        "a", "b", ["a", "b"], 1.0, 1.5, [[1, 2], 3], [[1], [2, 3]], 7**500, 7**501, -(7**500),
    ]  # fmt: skip
    hashes = [int(stable_hash(ListBatch([value]))[0]) for value in values]
    assert len(set(hashes)) == len(values)
    matrices = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    np.testing.assert_array_equal(stable_hash(pack(matrices)), stable_hash(ListBatch(matrices)))


def test_integers_of_any_length_can_be_shown():
    """Python by itself refuses more than 4,300 digits."""
    long = 10**5000 + 7
    digits = "1" + "0" * 4999 + "7"
    assert to_text(long) == to_json(long) == digits
    assert (to_text([-long, 1]), to_json([-long])) == (f"-{digits} 1", [f"-{digits}"])
