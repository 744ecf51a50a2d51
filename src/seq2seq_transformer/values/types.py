"""Types of values. Each says what it takes (`convert`) and has a text form that `parse_type` reads back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, TypeGuard

from seq2seq_transformer.errors import InputError
from seq2seq_transformer.values.scalars import Float, Integer, Range, Symbol

Value: TypeAlias = int | float | str | list[Any]
"""A number or a symbol, or a list of values. Whole numbers are Python ints, of any size."""


class Example(NamedTuple):
    """A problem and its answer."""

    source: Any
    target: Any


Scalar: TypeAlias = Integer | Range | Symbol | Float


@dataclass(frozen=True)
class Vector:
    """A sequence of items of one type: of exactly `length` items, or of one item or more where length is None."""

    item: Scalar
    length: int | None = None

    def __str__(self) -> str:
        return f"{self.item}[{'' if self.length is None else self.length}]"

    def convert(self, value: object) -> list[Value]:
        """The value as a list of items.

        Raises:
            InputError: where it is not of this type, naming the first term that is not.
        """
        wanted = "at least one term" if self.length is None else f"exactly {self.length} terms"
        if not _is_list(value):
            raise InputError(f"a sequence must be a list, but is {value!r} instead.")
        if not value or self.length not in (None, len(value)):
            raise InputError(f"a sequence must have {wanted}, but has {len(value)} instead.")
        if isinstance(self.item, (Integer, Range)) and self.item.holds(value):
            return list(value)
        return _converted([self.item] * len(value), value, "term")


@dataclass(frozen=True)
class Matrix:
    """Rows of equal length; None leaves the number of rows or columns open, at least one of each."""

    item: Scalar
    rows: int | None = None
    columns: int | None = None

    def __str__(self) -> str:
        return f"{self.item}[{'' if self.rows is None else self.rows}][{'' if self.columns is None else self.columns}]"

    def convert(self, value: object) -> list[Value]:
        """The value as a list of lists of items.

        Raises:
            InputError: where it is not of this type, naming the first row that is not.
        """
        wanted = "at least one row" if self.rows is None else f"exactly {self.rows} rows"
        if not _is_list(value):
            raise InputError(f"a matrix must be a list of rows, but is {value!r} instead.")
        if not value or self.rows not in (None, len(value)):
            raise InputError(f"a matrix must have {wanted}, but has {len(value)} instead.")
        first = value[0]
        columns = self.columns or (len(first) if _is_list(first) and first else None)
        return _converted([Vector(self.item, columns)] * len(value), value, "row")


@dataclass(frozen=True)
class Tuple:
    """Values of different types in a fixed order, none of them a tuple."""

    parts: tuple[Scalar | Vector | Matrix, ...]

    def __post_init__(self) -> None:
        if not self.parts or any(isinstance(part, Tuple) for part in self.parts):
            raise InputError(f"a tuple must have one part or more, none of them a tuple, but is {self} instead.")

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.parts))})"

    def convert(self, value: object) -> list[Value]:
        """The value as a list with one value a part.

        Raises:
            InputError: where it is not of this type, naming the first part that is not.
        """
        if not _is_list(value) or len(value) != len(self.parts):
            raise InputError(f"a tuple must be a list of {len(self.parts)} parts, but is {value!r} instead.")
        return _converted(self.parts, value, "part")


ValueType: TypeAlias = Scalar | Vector | Matrix | Tuple


def scalars_of(value_type: ValueType) -> Iterator[Scalar]:
    """The types of the single numbers in a value of the type."""
    if isinstance(value_type, Tuple):
        for part in value_type.parts:
            yield from scalars_of(part)
    else:
        yield value_type.item if isinstance(value_type, (Vector, Matrix)) else value_type


def has_floats(*value_types: ValueType) -> bool:
    """Whether any number in values of these types is a float."""
    return any(kind == Float() for value_type in value_types for kind in scalars_of(value_type))


def flat(value: Value) -> list[Any]:
    """The numbers and symbols of a value, one after another."""
    return [number for item in value for number in flat(item)] if isinstance(value, list) else [value]


def has_negative(value: Value) -> bool:
    """Whether a number of a value is below 0."""
    return any(not isinstance(each, str) and each < 0 for each in flat(value))


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview))


def _converted(types: Sequence[ValueType], values: Sequence[object], word: str) -> list[Value]:
    found: list[Value] = []
    for number, (value_type, value) in enumerate(zip(types, values, strict=True), start=1):
        try:
            found.append(value_type.convert(value))
        except InputError as error:
            raise InputError(f"{word} {number} of {len(values)}: {error}") from None
    return found
