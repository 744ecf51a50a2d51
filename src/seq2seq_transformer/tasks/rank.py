"""Rank of an integer matrix."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tasks.determinant import eliminate
from seq2seq_transformer.tasks.matrix_transpose import check_matrices, matrix_size
from seq2seq_transformer.values import Example, Integer, Matrix

_ZERO_SHARE = 0.05
_ATTEMPTS = 50


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Rank(Task):
    """The rank of an integer matrix.

    In numbers: the source 1 2; 2 4 has the target 1, since the second row is twice the first.
    As tokens: 1 , 2 ; 2 , 4 gives 1; the answer is short and hangs on dependences between all numbers, so a model
    must find combinations of rows that cancel, or fall back on how matrices of each rank tend to look.
    Matrices are drawn so that every rank occurs: a rank first, uniform from 1 to the largest possible (0, where there
    is but the zero matrix, in one of 20 examples), as many uniform rows, and as the others combinations of these with
    the coefficients -1, 0 and 1 that keep to `max_entry`; then the rows are shuffled. The answer is computed from the
    matrix, exactly: now and then the rank is smaller than the one drawn.

    >>> source, target = Rank().sample(np.random.default_rng(0))
    >>> int(np.linalg.matrix_rank(source)) == target
    True
    """

    difficulty = "size"

    min_size: int = 2
    """Fewest rows, and fewest columns."""
    max_size: int = 5
    """Most rows, and most columns; both are uniform and independent."""
    max_entry: int = 10
    """Largest size of an entry."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_matrices(problems, self)
        problems.raise_if_any()

    @property
    def source(self) -> Matrix:
        """A matrix."""
        return Matrix(Integer())

    @property
    def target(self) -> Integer:
        """Its rank."""
        return Integer()

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw one example: a rank, independent rows (nearly always), then rows that depend on them."""
        rows, columns = rng.integers(self.min_size, self.max_size + 1, size=2).tolist()
        rank = int(rng.integers(1, min(rows, columns) + 1)) if rng.random() >= _ZERO_SHARE else 0
        basis = rng.integers(-self.max_entry, self.max_entry + 1, size=(rank, columns))
        matrix = rng.permutation(np.concatenate([basis, self._combinations(rng, basis, rows - rank)])).tolist()
        return Example(matrix, eliminate(matrix)[0])

    def _combinations(self, rng: np.random.Generator, basis: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """Combinations of rows, each the first of many attempts whose entries are small enough."""
        coefficients = rng.integers(-1, 2, size=(count, _ATTEMPTS, len(basis)))
        coefficients[:, -1, 1:] = 0  # the last attempt, a single row or 0, is always good
        attempts = coefficients @ basis
        good = (np.abs(attempts) <= self.max_entry).all(axis=2)
        return attempts[np.arange(count), good.argmax(axis=1)]

    def category(self, source: list[list[int]]) -> str:
        """The rank."""
        return str(eliminate(source)[0])

    def difficulty_of(self, source: list[list[int]]) -> int:
        """The larger of the numbers of rows and columns."""
        return matrix_size(source)
