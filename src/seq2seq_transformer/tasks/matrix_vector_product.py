"""Multiply a matrix by a vector."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tasks.matrix_transpose import check_matrices, matrix_size
from seq2seq_transformer.values import Example, Integer, Matrix, Tuple, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class MatrixVectorProduct(Task):
    """The product of an integer matrix and an integer vector.

    In numbers: the source 1 2; 3 4 | 5 -1 has the target 3 11.
    As tokens: 1 , 2 ; 3 , 4 | 5 , - 1 gives 3 , 1 1; each number of the answer is a sum of products of a whole row
    with the whole vector.
    A problem of arXiv 2112.01898, with integers.

    >>> (matrix, vector), target = MatrixVectorProduct().sample(np.random.default_rng(0))
    >>> (np.array(matrix) @ np.array(vector)).tolist() == target
    True
    """

    difficulty = "size"

    min_size: int = 2
    """Fewest rows, and fewest columns."""
    max_size: int = 5
    """Most rows, and most columns; both are uniform and independent."""
    max_entry: int = 10
    """Largest size of an entry of the matrix and of the vector; entries are uniform."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_matrices(problems, self)
        problems.raise_if_any()

    @property
    def source(self) -> Tuple:
        """A matrix, and a vector with an entry for each of its columns."""
        return Tuple((Matrix(Integer()), Vector(Integer())))

    @property
    def target(self) -> Vector:
        """An entry for each row of the matrix."""
        return Vector(Integer())

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw one example; the vector is drawn as one more row."""
        rows, columns = rng.integers(self.min_size, self.max_size + 1, size=2).tolist()
        drawn = rng.integers(-self.max_entry, self.max_entry + 1, size=(rows + 1, columns))
        return Example([drawn[1:].tolist(), drawn[0].tolist()], (drawn[1:] @ drawn[0]).tolist())

    def difficulty_of(self, source: list[Any]) -> int:
        """The larger of the numbers of rows and columns."""
        return matrix_size(source[0])
