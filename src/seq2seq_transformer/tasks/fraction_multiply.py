"""Multiply two fractions."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_positive
from seq2seq_transformer.tasks.fraction_simplify import lowest_terms
from seq2seq_transformer.values import ExampleBatch, Integer, Vector, pack


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class FractionMultiply(Task):
    """The product of two fractions of positive integers, in lowest terms.

    In numbers: the source 2 3 3 4, which stands for 2/3 · 3/4, has the target 1 2.
    As tokens: 2 , 3 , 3 , 4 gives 1 , 2; without a common factor the answer is two products, and any factor that a
    numerator shares with a denominator shortens both (a task of Int2Int, arXiv 2502.17513).

    >>> from fractions import Fraction
    >>> (a, b, c, d), target = FractionMultiply().sample(np.random.default_rng(0))
    >>> tuple(target) == (Fraction(a, b) * Fraction(c, d)).as_integer_ratio()
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
        """Draw n examples as digits, and multiply them as Python's integers, which are exact at any size."""
        fractions = random_positive(rng, (n, 4), self.min_digits, self.max_digits)
        return ExampleBatch(fractions, pack([lowest_terms(a * c, b * d) for a, b, c, d in fractions.to_lists()]))
