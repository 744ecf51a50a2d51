"""Determinant of an integer matrix."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tasks.matrix_transpose import check_matrices, matrix_size
from seq2seq_transformer.values import Example, Integer, Matrix


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Determinant(Task):
    """The determinant of a square integer matrix.

    In numbers: the source 1 2; 3 4 has the target -2.
    As tokens: 1 , 2 ; 3 , 4 gives - 2; with n rows the answer is the sum of n! signed products of n entries, so the
    work grows fast, and so does the number of digits.

    >>> source, target = Determinant().sample(np.random.default_rng(0))
    >>> round(float(np.linalg.det(source))) == target
    True
    """

    difficulty = "size"

    min_size: int = 2
    """Fewest rows."""
    max_size: int = 4
    """Most rows; their number is uniform."""
    max_entry: int = 10
    """Largest size of an entry; entries are uniform."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_matrices(problems, self)
        problems.raise_if_any()

    @property
    def source(self) -> Matrix:
        """A square matrix."""
        return Matrix(Integer())

    @property
    def target(self) -> Integer:
        """Its determinant."""
        return Integer()

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw one example."""
        size = int(rng.integers(self.min_size, self.max_size + 1))
        matrix = rng.integers(-self.max_entry, self.max_entry + 1, size=(size, size)).tolist()
        rank, minor = eliminate(matrix)
        return Example(matrix, minor if rank == size else 0)

    def difficulty_of(self, source: list[list[int]]) -> int:
        """The number of rows."""
        return matrix_size(source)


def eliminate(matrix: list[list[int]]) -> tuple[int, int]:
    """Rank, and the minor of that many rows and columns that remains; exact, without fractions (Bareiss, 1968).

    The minor is the determinant where the matrix is square and has full rank. Every division below leaves no
    remainder, as all numbers stay minors of the matrix.

    >>> eliminate([[0, 2], [3, 4]]), eliminate([[1, 2], [2, 4]])
    ((2, -6), (1, 1))
    """
    rows = [list(row) for row in matrix]
    rank, sign, divisor = 0, 1, 1
    for column in range(len(rows[0])):
        found = next((place for place in range(rank, len(rows)) if rows[place][column]), None)
        if found is None:
            continue
        if found != rank:
            rows[rank], rows[found] = rows[found], rows[rank]
            sign = -sign
        pivot = rows[rank]
        rank += 1
        for row in rows[rank:]:
            factor = row[column]
            row[:] = [(pivot[column] * a - factor * b) // divisor for a, b in zip(row, pivot, strict=True)]
        divisor = pivot[column]
    return rank, sign * divisor
