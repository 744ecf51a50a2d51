"""Values and types as people and programs write them: on the command line, in JSON, in Python."""

import json
import re
from collections import Counter
from typing import Any
from urllib.parse import unquote

from seq2seq_transformer.errors import InputError
from seq2seq_transformer.values.scalars import (
    BETWEEN_PARTS,
    BETWEEN_ROWS,
    Float,
    Integer,
    Range,
    Symbol,
    are_integers,
)
from seq2seq_transformer.values.types import Matrix, Scalar, Tuple, Value, ValueType, Vector

_LONG = 13_000
"""Bits of an integer from which Python might refuse to turn it into text: at 4,300 digits."""
_SCALAR = r"int|float|symbol(?:\([^()]*\))?|range\((-?\d+),(-?\d+)\)"

_IS_NESTED, _MAY_BE_JSON = re.compile(r"\[\s*\["), re.compile(r"\[.*[\[\"]", re.DOTALL)
"""A list that begins with a list, and one that has a list or a string in it."""


def parse_type(text: str) -> ValueType:
    """Read a type from its text form.

    >>> parse_type("range(0,10)[8]")
    Vector(item=Range(low=0, high=10), length=8)
    >>> print(parse_type("(int[][], int[2])"))
    (int[][], int[2])

    Raises:
        InputError: where the text is no type.
    """
    bare = re.sub(r"\s", "", text)
    if bare[:1] + bare[-1:] == "()":
        return Tuple(tuple(_parse_part(part, text) for part in re.findall(r"(?:\([^()]*\)|[^,(])+", bare[1:-1])))
    return _parse_part(bare, text)


def _parse_part(part: str, whole: str) -> Scalar | Vector | Matrix:
    match = re.fullmatch(rf"({_SCALAR})(?:\[(\d*)\](?:\[(\d*)\])?)?", part)
    if match is None:
        raise InputError(
            "a type must read like `int`, `range(0,10)`, `float`, `symbol`, `int[]`, `int[2]`, `int[3][3]` or "
            f"`(int[][], int)`, but is {whole!r} instead."
        )
    name, low, high, first, second = match.groups()
    item: Scalar
    if name.startswith("range"):
        item = Range(int(low), int(high))
    elif name.startswith("symbol"):
        item = Symbol(tuple(map(unquote, filter(None, name[len("symbol(") : -1].split("|")))))
    else:
        item = Integer() if name == "int" else Float()
    if first is None:
        return item
    sizes = [int(size) if size else None for size in (first, second or "")]
    if 0 in sizes:
        raise InputError(f"a type must have room for one number or more, but is {whole!r} instead.")
    return Vector(item, sizes[0]) if second is None else Matrix(item, *sizes)


def parse_value(text: str, value_type: ValueType) -> Value:
    """Read a value from the command line's text.

    Blanks (or commas) separate numbers, `;` rows, `|` the parts of a tuple; brackets may stand around all, and JSON
    is taken as well.

    >>> parse_value("1 2; 3 4 | 5 6", parse_type("(int[][], int[])"))
    [[[1, 2], [3, 4]], [5, 6]]

    Raises:
        InputError: naming the first word that is no number, or what the type does not allow.
    """
    bare = text.strip()
    if _MAY_BE_JSON.match(bare):
        try:
            return from_python(json.loads(bare), value_type)
        except (ValueError, RecursionError) as error:  # brackets and quotes may be symbols, too
            if _IS_NESTED.match(bare):
                raise InputError(f"an input in double brackets must be JSON, but is not: {error}.") from None
    bare = bare[1:-1] if bare[:1] + bare[-1:] == "[]" else bare
    if not bare.strip():
        raise InputError('an input must hold at least one number, such as "1 0 1 0", but is empty instead.')
    return value_type.convert(_structure(bare, value_type))


def _structure(text: str, value_type: ValueType) -> object:
    """Words in lists as deep as the type wants them, not yet checked."""
    if isinstance(value_type, Tuple) and not is_flat(value_type):
        parts = text.split(BETWEEN_PARTS)
        if len(parts) != len(value_type.parts):
            raise InputError(f"an input must have {len(value_type.parts)} parts with | between, but has {len(parts)}.")
        return [_structure(part, kind) for part, kind in zip(parts, value_type.parts, strict=True)]
    if isinstance(value_type, Matrix):
        return [_words(row) for row in text.split(BETWEEN_ROWS)]
    words = _words(text)
    return words if isinstance(value_type, (Vector, Tuple)) or len(words) != 1 else words[0]


def names_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, for `object_pairs_hook`: of two values of one name, Python would take the last.

    Raises:
        InputError: where a name stands twice.
    """
    content = dict(pairs)
    if len(content) < len(pairs):
        (name, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise InputError(f'a line must have each name once, but has "{name}" twice.')
    return content


def loose_value(text: str) -> Any:
    """The words of a text in lists as deep as its separators say, its type not known; one word alone is no list.

    Parts with | between are a tuple of Python's.
    """
    bare = text.strip()
    if _MAY_BE_JSON.match(bare):
        try:
            return json.loads(bare)
        except (ValueError, RecursionError):
            if _IS_NESTED.match(bare):
                return bare
    bracketed = bare[:1] + bare[-1:] == "[]"
    bare = bare[1:-1] if bracketed else bare
    if BETWEEN_PARTS in bare:
        return tuple(loose_value(part) for part in bare.split(BETWEEN_PARTS))
    if BETWEEN_ROWS in bare:
        return [_words(row) for row in bare.split(BETWEEN_ROWS)]
    words = _words(bare)
    return words[0] if len(words) == 1 and not bracketed else words


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def is_flat(value_type: Tuple) -> bool:
    """Whether every part of a tuple is a single number or symbol."""
    return not any(isinstance(part, (Vector, Matrix)) for part in value_type.parts)


def from_python(value: object, value_type: ValueType) -> Value:
    """A value as JSON or Python holds it, checked against its type.

    Sequences may be lists, tuples, ranges or arrays; whole numbers may be strings of digits.

    Raises:
        InputError: where it is not of the type.
    """
    return value_type.convert(_plain(value))


def _plain(value: object) -> object:
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()  # a column or table of pandas
    if hasattr(value, "tolist"):
        value = value.tolist()  # an array, or a number of NumPy's
    if isinstance(value, list) and are_integers(value):
        return value
    return [_plain(item) for item in value] if isinstance(value, (list, tuple, range)) else value


def to_json(value: Value) -> object:
    """A value as JSON holds it: integers beyond 2⁵³, which other readers would round, become strings of digits."""
    if isinstance(value, list):
        small = are_integers(value) and min(value) >= -(2**53) and max(value) <= 2**53
        return value if small else [to_json(item) for item in value]
    return _digits(value) if isinstance(value, int) and abs(value) > 2**53 else value


def to_text(value: Value, value_type: ValueType | None = None) -> str:
    """A value as the command line shows it; `parse_value` reads it back.

    Args:
        value: what to show.
        value_type: its type; needed to tell the parts of a tuple from the rows of a matrix.

    >>> to_text([1, 0, 1]), to_text([[1, 2], [3, 4]])
    ('1 0 1', '1 2; 3 4')
    """
    if not isinstance(value, list):
        return _digits(value) if isinstance(value, int) else str(value)
    if isinstance(value_type, Tuple) and not is_flat(value_type):
        return f" {BETWEEN_PARTS} ".join(to_text(part) for part in value)
    between = f"{BETWEEN_ROWS} " if value and isinstance(value[0], list) else " "
    return between.join(map(to_text, value))


def _digits(value: int) -> str:
    """The decimal digits of an integer, also of more than Python turns into text by itself."""
    if value.bit_length() <= _LONG:
        return str(value)
    from decimal import Decimal  # imported late: few need it

    return f"{Decimal(value):f}"
