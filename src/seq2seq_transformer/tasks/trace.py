"""Trace of an integer matrix."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tasks.matrix_transpose import check_matrices, matrix_size, random_matrices
from seq2seq_transformer.values import ExampleBatch, IntBatch, Integer, Matrix


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Trace(Task):
    """The trace of a square integer matrix: the sum of its diagonal.

    In numbers: the source 1 2; 3 4 has the target 5.
    As tokens: 1 , 2 ; 3 , 4 gives 5; the model must find the n-th number of the n-th row, and leave out all others.

    >>> source, target = Trace().sample(np.random.default_rng(0))
    >>> int(np.trace(source)) == target
    True
    """

    difficulty = "size"

    min_size: int = 2
    """Fewest rows."""
    max_size: int = 5
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
        """Its trace."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples; row by row, an entry of the diagonal comes after one whole row and one place more."""
        sizes = rng.integers(self.min_size, self.max_size + 1, size=n)
        source = random_matrices(rng, sizes, sizes, self.max_entry)
        diagonal = np.arange(source.values.shape[1]) % (sizes[:, None] + 1) == 0
        return ExampleBatch(source, IntBatch.of_scalars((source.values * diagonal).sum(axis=1)))

    def difficulty_of(self, source: list[list[int]]) -> int:
        """The number of rows."""
        return matrix_size(source)
