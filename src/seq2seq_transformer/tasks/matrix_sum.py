"""Add two matrices."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tasks.matrix_transpose import check_matrices, matrix_size, random_matrices
from seq2seq_transformer.values import ExampleBatch, IntBatch, Integer, ListBatch, Matrix, Tuple
from seq2seq_transformer.values.batches import MATRIX


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class MatrixSum(Task):
    """The sum of two integer matrices of the same size.

    In numbers: the source 1 2; 3 4 | 10 -2; 0 5 has the target 11 0; 3 9.
    As tokens: 1 , 2 ; 3 , 4 | 1 0 , - 2 ; 0 , 5 gives 1 1 , 0 ; 3 , 9; each sum is easy, but its two numbers stand a
    whole matrix apart.
    A problem of arXiv 2112.01898, with integers.

    >>> (left, right), target = MatrixSum().sample(np.random.default_rng(0))
    >>> [[a + b for a, b in zip(*rows)] for rows in zip(left, right)] == target
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
    def source(self) -> Tuple:
        """Two matrices."""
        return Tuple((Matrix(Integer()), Matrix(Integer())))

    @property
    def target(self) -> Matrix:
        """Their sum."""
        return Matrix(Integer())

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples."""
        rows, columns = rng.integers(self.min_size, self.max_size + 1, size=(2, n))
        left, right = (random_matrices(rng, rows, columns, self.max_entry) for _ in range(2))
        pairs = [list(pair) for pair in zip(left.to_lists(), right.to_lists(), strict=True)]
        return ExampleBatch(ListBatch(pairs), IntBatch(left.values + right.values, left.lengths, MATRIX, columns))

    def difficulty_of(self, source: list[list[list[int]]]) -> int:
        """The larger of the numbers of rows and columns."""
        return matrix_size(source[0])
