"""Transpose a matrix; also what the tasks on integer matrices share."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.values import ExampleBatch, IntBatch, Integer, Matrix
from seq2seq_transformer.values.batches import MATRIX

LARGEST_SIZE = 50
"""Most rows or columns of a matrix."""
LARGEST_ENTRY = 10**6
"""Largest size that the entries of a matrix can be given."""


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class MatrixTranspose(Task):
    """The transpose of an integer matrix.

    In numbers: the source 1 2 3; 4 5 6 has the target 1 4; 2 5; 3 6.
    As tokens: 1 , 2 , 3 ; 4 , 5 , 6 gives 1 , 4 ; 2 , 5 ; 3 , 6; every number is copied, so there is no arithmetic, but
    from a place that depends on how many numbers and digits stand before it.
    A problem of arXiv 2112.01898, with integers.

    >>> source, target = MatrixTranspose().sample(np.random.default_rng(0))
    >>> [list(column) for column in zip(*source)] == target
    True
    """

    difficulty = "size"

    min_size: int = 2
    """Fewest rows, and fewest columns."""
    max_size: int = 5
    """Most rows, and most columns; both are uniform and independent."""
    max_entry: int = 10
    """Largest size of an entry; entries are uniform."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_matrices(problems, self)
        problems.raise_if_any()

    @property
    def source(self) -> Matrix:
        """A matrix."""
        return Matrix(Integer())

    @property
    def target(self) -> Matrix:
        """Its columns as rows."""
        return Matrix(Integer())

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples, and gather the entries of the transposes."""
        rows, columns = rng.integers(self.min_size, self.max_size + 1, size=(2, n))
        source = random_matrices(rng, rows, columns, self.max_entry)
        column, row = np.divmod(np.arange(source.values.shape[1]), rows[:, None])
        places = np.where(source.filled(), row * columns[:, None] + column, 0)
        entries = np.where(source.filled(), np.take_along_axis(source.values, places, axis=1), 0)
        return ExampleBatch(source, IntBatch(entries, source.lengths, MATRIX, rows))

    def difficulty_of(self, source: list[list[int]]) -> int:
        """The larger of the numbers of rows and columns."""
        return matrix_size(source)


def matrix_size(matrix: list[list[int]]) -> int:
    """The larger of the numbers of rows and columns."""
    return max(len(matrix), len(matrix[0]))


def random_matrices(
    rng: np.random.Generator, rows: NDArray[np.int64], columns: NDArray[np.int64], max_entry: int
) -> IntBatch:
    """A matrix for each number of rows and columns, with uniform entries of size up to `max_entry`."""
    lengths = rows * columns
    values = rng.integers(-max_entry, max_entry + 1, size=(len(lengths), int(lengths.max(initial=0))))
    values[np.arange(values.shape[1]) >= lengths[:, None]] = 0
    return IntBatch(values, lengths, MATRIX, columns)


def check_matrices(problems: Problems, task: Any) -> None:
    """Note what is wrong with the options `min_size`, `max_size` and `max_entry`."""
    check_difficulty(problems, task, highest=LARGEST_SIZE)
    rule = f"`max_entry` must be from 1 to {LARGEST_ENTRY}"
    problems.require(1 <= task.max_entry <= LARGEST_ENTRY, rule, task.max_entry)
