"""The integer part of a fraction."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_positive
from seq2seq_transformer.values import ExampleBatch, Integer, Vector, pack


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class FractionRound(Task):
    """The integer part of a fraction of two positive integers, rounded down.

    In numbers: the source 17 5, which stands for 17/5, has the target 3.
    As tokens: 1 7 , 5 gives 3; the numbers of digits in the source tell that of the answer up to one, and the leading
    digits decide (a task of Int2Int, arXiv 2502.17513).

    The denominator has at most as many digits as the numerator, each number of digits as often, so answers of every
    length occur and fewer are 0 than in `integer_division`, which draws both numbers alike.

    >>> from fractions import Fraction
    >>> source, target = FractionRound().sample(np.random.default_rng(0))
    >>> 0 <= Fraction(*source) - target < 1
    True
    """

    difficulty = "digits"

    min_digits: int = 1
    """Fewest digits of the numerator."""
    max_digits: int = 6
    """Most digits of the numerator; the number of digits is uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self, highest=MOST_DIGITS)

    @property
    def source(self) -> Vector:
        """Numerator and denominator."""
        return Vector(Integer(), 2)

    @property
    def target(self) -> Integer:
        """The largest integer that is not above the fraction."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples; the first digits of a long number are the denominator."""
        numerators = random_positive(rng, (n, 1), self.min_digits, self.max_digits).to_lists()
        numbers = random_positive(rng, (n, 1), self.max_digits, self.max_digits).to_lists()
        kept = rng.integers(1, np.array([len(str(numerator)) for (numerator,) in numerators]) + 1).tolist()
        sources = [
            [numerator, number // 10 ** (self.max_digits - digits)]
            for (numerator,), (number,), digits in zip(numerators, numbers, kept, strict=True)
        ]
        return ExampleBatch(pack(sources), pack([numerator // denominator for numerator, denominator in sources]))
