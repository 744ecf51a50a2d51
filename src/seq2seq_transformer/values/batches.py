"""Many values at once: integers as int64 columns or as matrices of digits, everything else as a list."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.values.scalars import are_integers
from seq2seq_transformer.values.types import Example, Value

SCALAR, VECTOR, MATRIX = 0, 1, 2
_MOST_PADDING = 16


@dataclass(frozen=True)
class IntBatch:
    """Many integers, or sequences or matrices of them, each below 2⁶³ in size.

    Args:
        values: int64 of shape (examples, most terms), matrices row by row, zero after the end.
        lengths: terms of each value: int64 of shape (examples,).
        depth: 0 where a value is one integer, 1 for a sequence, 2 for a matrix.
        columns: of each matrix: int64 of shape (examples,).
    """

    values: NDArray[np.int64]
    lengths: NDArray[np.int64]
    depth: int = VECTOR
    columns: NDArray[np.int64] | None = None

    @classmethod
    def of_scalars(cls, values: NDArray[np.int64]) -> "IntBatch":
        """One integer an example: shape (examples,)."""
        return cls(values[:, None], np.ones(len(values), dtype=np.int64), SCALAR)

    @classmethod
    def of_rows(cls, values: NDArray[np.int64]) -> "IntBatch":
        """Sequences of one length: shape (examples, terms)."""
        return cls(values, np.full(len(values), values.shape[1], dtype=np.int64))

    @classmethod
    def from_lists(cls, rows: Sequence[Sequence[int]]) -> "IntBatch":
        """Sequences given as lists."""
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        values = np.zeros((len(rows), int(lengths.max(initial=0))), dtype=np.int64)
        values[np.arange(values.shape[1]) < lengths[:, None]] = np.fromiter(
            itertools.chain.from_iterable(rows), dtype=np.int64, count=int(lengths.sum())
        )
        return cls(values, lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, rows: Any) -> "IntBatch":
        columns = None if self.columns is None else self.columns[rows]
        return IntBatch(self.values[rows], self.lengths[rows], self.depth, columns)

    def to_lists(self) -> list[Any]:
        """One Python int, list or list of lists an example."""
        if self.depth == SCALAR:
            return self.values[:, 0].tolist()
        rows = [row[:length].tolist() for row, length in zip(self.values, self.lengths, strict=True)]
        if self.columns is None:
            return rows
        return [_folded(row, width) for row, width in zip(rows, self.columns.tolist(), strict=True)]

    def filled(self) -> NDArray[np.bool_]:
        """True where `values` holds a term, False after the end of a row."""
        return np.arange(self.values.shape[1]) < self.lengths[:, None]


@dataclass(frozen=True)
class DigitBatch:
    """Integers of any size as matrices of decimal digits: `terms` of them an example.

    Args:
        digits: uint8 of shape (examples, terms, places), the units first, zero beyond the number.
        negative: of shape (examples, terms); False for zero.
        depth: 0 where a value is one integer, 1 for a sequence.
    """

    digits: NDArray[np.uint8]
    negative: NDArray[np.bool_]
    depth: int = VECTOR

    def __len__(self) -> int:
        return len(self.digits)

    def __getitem__(self, rows: Any) -> "DigitBatch":
        return DigitBatch(self.digits[rows], self.negative[rows], self.depth)

    def to_lists(self) -> list[Any]:
        """One Python int or list of them an example."""
        n, terms, places = self.digits.shape
        text = (self.digits[:, :, ::-1] + np.uint8(ord("0"))).tobytes().decode("ascii")
        numbers = [int(text[start : start + places]) for start in range(0, len(text), places)]
        signed = [-x if minus else x for x, minus in zip(numbers, self.negative.ravel().tolist(), strict=True)]
        return signed if self.depth == SCALAR else [signed[row * terms : (row + 1) * terms] for row in range(n)]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Terms of each value."""
        return np.full(len(self), self.digits.shape[1], dtype=np.int64)


@dataclass(frozen=True)
class ListBatch:
    """Values of any kind, as Python holds them."""

    values: list[Any]

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> "ListBatch":
        return ListBatch([self.values[row] for row in np.arange(len(self.values))[rows].tolist()])

    def to_lists(self) -> list[Any]:
        """The values."""
        return self.values

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Terms of each value, all levels of lists together."""
        return np.array([count_terms(value) for value in self.values], dtype=np.int64)


ValueBatch: TypeAlias = IntBatch | DigitBatch | ListBatch


def pack(values: Sequence[Value]) -> ValueBatch:
    """A batch of values: int64 columns where all are integers, sequences or matrices of them, and small enough."""
    depths = {_depth(value) for value in values}
    if len(depths) != 1 or -1 in depths:
        return ListBatch(list(values))
    (depth,) = depths
    rows: Sequence[Any] = [[value] for value in values] if depth == SCALAR else values
    columns = None
    if depth == MATRIX:
        columns = np.array([len(rows[0]) for rows in values], dtype=np.int64)  # type: ignore[arg-type, index]
        rows = [list(itertools.chain.from_iterable(value)) for value in values]  # type: ignore[arg-type]
    terms = sum(map(len, rows))
    if max(map(len, rows)) * len(rows) > _MOST_PADDING * (terms + 1_000_000):  # one long row would widen all
        return ListBatch(list(values))
    try:
        batch = IntBatch.from_lists(rows)
    except (OverflowError, TypeError, ValueError):  # beyond 64 bits
        return ListBatch(list(values))
    return IntBatch(batch.values, batch.lengths, depth, columns)


def _depth(value: Value) -> int:
    """How deep a value of integers is; −1 for anything that int64 columns do not hold."""
    if type(value) is int:
        return SCALAR
    if not isinstance(value, list) or not value:
        return -1
    kinds = set(map(type, value))
    if kinds == {int}:
        return VECTOR
    if kinds != {list} or len(set(map(len, value))) != 1:  # type: ignore[arg-type]
        return -1
    return MATRIX if all(_depth(row) == VECTOR for row in value) else -1


def count_terms(value: Value) -> int:
    """How many numbers and symbols a value is made of."""
    if not isinstance(value, list):
        return 1
    return len(value) if are_integers(value) else sum(map(count_terms, value))


def concatenate(batches: Sequence[ValueBatch]) -> ValueBatch:
    """One batch of all values, in order."""
    if len(batches) == 1:
        return batches[0]
    if all(isinstance(batch, IntBatch) for batch in batches) and len({batch.depth for batch in batches}) == 1:  # type: ignore[union-attr]
        width = max(batch.values.shape[1] for batch in batches)  # type: ignore[union-attr]
        padded = [np.pad(batch.values, ((0, 0), (0, width - batch.values.shape[1]))) for batch in batches]  # type: ignore[union-attr, arg-type]
        columns = None if batches[0].columns is None else np.concatenate([batch.columns for batch in batches])  # type: ignore[union-attr, misc]
        lengths = np.concatenate([batch.lengths for batch in batches])
        return IntBatch(np.concatenate(padded), lengths, batches[0].depth, columns)  # type: ignore[union-attr]
    if all(isinstance(batch, DigitBatch) for batch in batches):
        places = max(batch.digits.shape[2] for batch in batches)  # type: ignore[union-attr]
        digits = [np.pad(b.digits, ((0, 0), (0, 0), (0, places - b.digits.shape[2]))) for b in batches]  # type: ignore[union-attr]
        return DigitBatch(np.concatenate(digits), np.concatenate([b.negative for b in batches]), batches[0].depth)  # type: ignore[union-attr]
    return ListBatch([value for batch in batches for value in batch.to_lists()])


@dataclass(frozen=True)
class ExampleBatch:
    """Many examples: value i of `source` with value i of `target`."""

    source: ValueBatch
    target: ValueBatch

    @classmethod
    def from_examples(cls, examples: Sequence[Example]) -> "ExampleBatch":
        """Pack examples."""
        return cls(pack([example.source for example in examples]), pack([example.target for example in examples]))

    @classmethod
    def concatenate(cls, batches: Sequence["ExampleBatch"]) -> "ExampleBatch":
        """One batch of all examples, in order."""
        return cls(concatenate([batch.source for batch in batches]), concatenate([batch.target for batch in batches]))

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


def _folded(row: list[int], width: int) -> list[list[int]]:
    return [row[start : start + width] for start in range(0, len(row), width)]
