"""The determinant of two fractions."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_positive
from seq2seq_transformer.values import ExampleBatch, Integer, Vector, pack


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class FractionDeterminant(Task):
    """The integer ad - bc of two fractions a/b and c/d of positive integers.

    In numbers: the source 2 3 3 4, which stands for 2/3 and 3/4, has the target -1, because 2 · 4 - 3 · 3 = -1.
    As tokens: 2 , 3 , 3 , 4 gives - 1; the sign says which fraction is larger and comes first, and the digits of two
    products cancel where the fractions are close (a task of Int2Int, arXiv 2502.17513).

    >>> from fractions import Fraction
    >>> (a, b, c, d), target = FractionDeterminant().sample(np.random.default_rng(0))
    >>> Fraction(target, b * d) == Fraction(a, b) - Fraction(c, d)
    True
    """

    difficulty = "digits"

    min_digits: int = 1
    """Fewest digits of a numerator or denominator."""
    max_digits: int = 3
    """Most digits of a numerator or denominator; the number of digits is uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self, highest=MOST_DIGITS // 2)

    @property
    def source(self) -> Vector:
        """Numerator and denominator of the first fraction, then of the second."""
        return Vector(Integer(), 4)

    @property
    def target(self) -> Integer:
        """First numerator times second denominator, minus first denominator times second numerator."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples as digits, and multiply them as Python's integers, which are exact at any size."""
        fractions = random_positive(rng, (n, 4), self.min_digits, self.max_digits)
        return ExampleBatch(fractions, pack([a * d - b * c for a, b, c, d in fractions.to_lists()]))
