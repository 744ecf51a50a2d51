"""The numbers the project speaks of: types of values, examples, and batches of them. NumPy only.

A type has a text form that `parse_type` reads back: `range(0,10)` is an integer from 0 to 9, `range(0,10)[]` a sequence
of them of any length, `range(0,10)[8]` a sequence of exactly eight.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import InputError

Value: TypeAlias = Union[int, list["Value"]]  # noqa: UP007 (a string in a union needs the old spelling)
"""A number, or a list of values. Whole numbers are Python ints, of any size."""


class Example(NamedTuple):
    """A problem and its answer."""

    source: Any
    target: Any


@dataclass(frozen=True)
class Range:
    """An integer `low` ≤ x < `high`, spelled as one symbol."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"range({self.low},{self.high})"

    def check(self, value: object) -> None:
        """Raise InputError unless the value is of this type."""
        if not isinstance(value, int) or isinstance(value, bool) or not self.low <= value < self.high:
            raise InputError(
                f"a term must be a whole number from {self.low} to {self.high - 1}, but is {value!r} instead."
            )


@dataclass(frozen=True)
class Vector:
    """A sequence of items of one type: of exactly `length` items, or of one item or more where length is None."""

    item: Range
    length: int | None = None

    def __str__(self) -> str:
        return f"{self.item}[{'' if self.length is None else self.length}]"

    def check(self, value: object) -> None:
        """Raise InputError unless the value is of this type, naming the first term that is not."""
        wanted = "at least one term" if self.length is None else f"exactly {self.length} terms"
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise InputError(f"a sequence must be a list of whole numbers, but is {value!r} instead.")
        if not value or self.length not in (None, len(value)):
            raise InputError(f"a sequence must have {wanted}, but has {len(value)} instead.")
        for position, term in enumerate(value):
            try:
                self.item.check(term)
            except InputError as error:
                raise InputError(f"term {position + 1} of {len(value)}: {error}") from None


ValueType: TypeAlias = Range | Vector


def parse_type(text: str) -> ValueType:
    """Read a type from its text form.

    >>> parse_type("range(0,10)[8]")
    Vector(item=Range(low=0, high=10), length=8)

    Raises:
        InputError: where the text is no type.
    """
    match = re.fullmatch(r"range\((-?\d+),(-?\d+)\)(\[(\d*)\])?", text.replace(" ", ""))
    if match is None:
        raise InputError(f"a type must read like `range(0,10)` or `range(0,10)[]`, but is {text!r} instead.")
    low, high, brackets, length = match.groups()
    item = Range(int(low), int(high))
    return Vector(item, int(length) if length else None) if brackets else item


def parse_value(text: str, value_type: ValueType) -> Value:
    """Read a value from the command line's text: blanks (or commas) separate numbers; brackets may stand around them.

    >>> parse_value("1 0 1 0", Vector(Range(0, 10)))
    [1, 0, 1, 0]

    Raises:
        InputError: naming the first word that is no number, or what the type does not allow.
    """
    bare = text.strip()
    words = (bare[1:-1] if bare[:1] + bare[-1:] == "[]" else bare).replace(",", " ").split()
    for position, word in enumerate(words):
        if not re.fullmatch(r"[+-]?\d+", word):
            place = f"term {position + 1} of {len(words)}"
            raise InputError(f"{place} must be a whole number, but is {word!r} instead.")
    if not words:
        raise InputError('an input must hold at least one number, such as "1 0 1 0", but is empty instead.')
    terms: list[Value] = [_to_int(word) for word in words]
    return from_python(terms if isinstance(value_type, Vector) or len(terms) > 1 else terms[0], value_type)


def from_python(value: object, value_type: ValueType) -> Value:
    """A value as JSON or Python holds it, checked against its type.

    Sequences may be lists, tuples, ranges or arrays; whole numbers may be strings of digits.

    Raises:
        InputError: where it is not of the type.
    """
    plain = _plain(value)
    value_type.check(plain)
    return plain  # type: ignore[return-value]


def to_json(value: Value) -> object:
    """A value as JSON holds it: integers beyond 2⁵³, which other readers would round, become strings of digits."""
    if isinstance(value, list):
        return [to_json(item) for item in value]
    return value if abs(value) <= 2**53 else str(value)


def to_text(value: Value) -> str:
    """A value as the command line shows it.

    >>> to_text([1, 0, 1])
    '1 0 1'
    """
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _plain(value: object) -> object:
    if hasattr(value, "tolist"):
        value = value.tolist()  # an array, or a number of NumPy's
    if isinstance(value, (list, tuple, range)):
        return [_plain(item) for item in value]
    return _to_int(value) if isinstance(value, str) and re.fullmatch(r"[+-]?\d+", value) else value


def _to_int(digits: str) -> int:
    try:
        return int(digits)
    except ValueError as error:  # Python refuses to read thousands of digits: reading them takes quadratic time
        raise InputError(f"a number of {len(digits)} digits is too long to read: {error}.") from None


@dataclass(frozen=True)
class VectorBatch:
    """Many sequences of integers of different lengths.

    Args:
        values: int64 of shape (examples, longest), zero after the end of a row.
        lengths: int64 of shape (examples,).
    """

    values: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @classmethod
    def from_lists(cls, rows: Sequence[Sequence[int]]) -> "VectorBatch":
        """Pack lists of integers."""
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        values = np.zeros((len(rows), int(lengths.max(initial=0))), dtype=np.int64)
        for index, row in enumerate(rows):
            values[index, : len(row)] = row
        return cls(values, lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, rows: Any) -> "VectorBatch":
        return VectorBatch(self.values[rows], self.lengths[rows])

    def to_lists(self) -> list[Any]:
        """One list of Python ints an example."""
        return [row[:length].tolist() for row, length in zip(self.values, self.lengths, strict=True)]

    def filled(self) -> NDArray[np.bool_]:
        """True where `values` holds a term, False after the end of a row."""
        return np.arange(self.values.shape[1]) < self.lengths[:, None]


@dataclass(frozen=True)
class ExampleBatch:
    """Many examples: row i of `source` with row i of `target`."""

    source: VectorBatch
    target: VectorBatch

    @classmethod
    def from_examples(cls, examples: Sequence[Example]) -> "ExampleBatch":
        """Pack examples whose source and target are lists of integers."""
        return cls(
            VectorBatch.from_lists([example.source for example in examples]),
            VectorBatch.from_lists([example.target for example in examples]),
        )

    @classmethod
    def concatenate(cls, batches: Sequence["ExampleBatch"]) -> "ExampleBatch":
        """One batch of all rows, in order."""
        return cls(_stack([batch.source for batch in batches]), _stack([batch.target for batch in batches]))

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, rows: Any) -> "ExampleBatch":
        return ExampleBatch(self.source[rows], self.target[rows])

    def to_examples(self) -> list[Example]:
        """A list of examples in Python's own numbers."""
        return [
            Example(source, target)
            for source, target in zip(self.source.to_lists(), self.target.to_lists(), strict=True)
        ]


def _stack(batches: Sequence[VectorBatch]) -> VectorBatch:
    width = max((batch.values.shape[1] for batch in batches), default=0)
    padded = [np.pad(batch.values, ((0, 0), (0, width - batch.values.shape[1]))) for batch in batches]
    return VectorBatch(np.concatenate(padded), np.concatenate([batch.lengths for batch in batches]))
