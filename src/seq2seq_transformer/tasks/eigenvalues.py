"""Eigenvalues of a symmetric integer matrix."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tasks.floats import agrees, check_tolerance
from seq2seq_transformer.tasks.matrix_transpose import check_matrices, matrix_size
from seq2seq_transformer.values import Example, Float, Integer, Matrix, Vector

_DECIMALS = 6


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Eigenvalues(Task):
    """The eigenvalues of a symmetric integer matrix in descending order, up to a tolerance.

    In numbers: the source 2 1; 1 2 has the target 3.0 1.0.
    As tokens: 2 , 1 ; 1 , 2 gives + 300 E-2 + 100 E-2; all entries bear on every eigenvalue, and with each row the
    answer gets longer by one number.
    A problem of arXiv 2112.01898, which takes floats; here entries are integers, as in Axolver, and so exact. Targets
    are rounded to six decimals, which turns the noise of an eigenvalue of 0 into 0. An answer is right if it has as
    many numbers as the target, in its order, and their errors sum up to at most `tolerance` times the sum of the
    target's sizes (the paper's L1 norm), or to 0.0001.

    >>> source, target = Eigenvalues().sample(np.random.default_rng(0))
    >>> np.allclose(np.linalg.eigvalsh(source)[::-1], target), np.allclose(sum(target), np.trace(source))
    (True, True)
    """

    difficulty = "size"

    min_size: int = 2
    """Fewest rows."""
    max_size: int = 5
    """Most rows; their number is uniform."""
    max_entry: int = 10
    """Largest size of an entry; entries on and above the diagonal are uniform."""
    tolerance: float = 0.05
    """Largest relative error of a right answer, at least 0.005, as answers are spelled with three digits."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_matrices(problems, self)
        check_tolerance(problems, self.tolerance)
        problems.raise_if_any()

    @property
    def source(self) -> Matrix:
        """A symmetric matrix."""
        return Matrix(Integer())

    @property
    def target(self) -> Vector:
        """Its eigenvalues, the largest first."""
        return Vector(Float())

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw one example; what is above the diagonal is mirrored."""
        size = int(rng.integers(self.min_size, self.max_size + 1))
        drawn = rng.integers(-self.max_entry, self.max_entry + 1, size=(size, size))
        matrix = np.triu(drawn) + np.triu(drawn, 1).T
        found = np.linalg.eigvalsh(matrix)[::-1].round(_DECIMALS) + 0.0  # which makes -0.0 positive
        return Example(matrix.tolist(), found.tolist())

    def difficulty_of(self, source: list[list[int]]) -> int:
        """The number of rows."""
        return matrix_size(source)

    def is_correct(self, example: Example, answer: Any) -> bool:
        """Whether the answer is as many numbers as the target has, near to them."""
        return agrees(answer, example.target, self.tolerance)
