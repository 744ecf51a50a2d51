"""Add two fractions."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_positive
from seq2seq_transformer.tasks.fraction_simplify import lowest_terms
from seq2seq_transformer.values import ExampleBatch, Integer, Vector, pack


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class FractionAdd(Task):
    """The sum of two fractions of positive integers, in lowest terms.

    In numbers: the source 1 2 1 6, which stands for 1/2 + 1/6, has the target 2 3.
    As tokens: 1 , 2 , 1 , 6 gives 2 , 3; each number of the answer needs products of whole numbers of the source, and
    then the gcd of both (a task of Int2Int, arXiv 2502.17513).

    >>> from fractions import Fraction
    >>> (a, b, c, d), target = FractionAdd().sample(np.random.default_rng(0))
    >>> tuple(target) == (Fraction(a, b) + Fraction(c, d)).as_integer_ratio()
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
    def target(self) -> Vector:
        """Numerator and denominator, coprime."""
        return Vector(Integer(), 2)

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples as digits, and add them as Python's integers, which are exact at any size."""
        fractions = random_positive(rng, (n, 4), self.min_digits, self.max_digits)
        sums = [lowest_terms(a * d + c * b, b * d) for a, b, c, d in fractions.to_lists()]
        return ExampleBatch(fractions, pack(sums))
