"""Multiply two integers of any size."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_digits
from seq2seq_transformer.tasks.recipes import ONE_DIGIT, Recipe
from seq2seq_transformer.values import DigitBatch, ExampleBatch, Integer, Vector, pack


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Multiplication(Task):
    """The product of two non-negative integers.

    In numbers: the source 17 25 has the target 425.
    As tokens: 1 7 , 2 5 gives 4 2 5; a digit in the middle of the product needs almost every digit of both factors,
    long-range dependencies that plain training was seen to miss (arXiv 2510.00184). With `max_digits_second=1` each
    place needs one digit of the first factor and a carry.

    >>> import math
    >>> source, target = Multiplication(max_digits=3).sample(np.random.default_rng(0))
    >>> math.prod(source) == target
    True
    """

    difficulty = "digits"

    min_digits: int = 1
    """Fewest digits of a factor."""
    max_digits: int = 5
    """Most digits of a factor; the number of digits is uniform."""
    max_digits_second: int = 0
    """Most digits of the second factor, which then has at least `min_digits` or as many as this allows. 0: as the
    first."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_difficulty(problems, self, highest=MOST_DIGITS // 2)
        rule = f"`max_digits_second` must be from 0 to `max_digits` ({self.max_digits})"
        problems.require(0 <= self.max_digits_second <= self.max_digits, rule, self.max_digits_second)
        problems.raise_if_any()

    @property
    def recipe(self) -> Recipe:
        """Places side by side, where the second factor is a digit; longer factors are left to be tried."""
        return ONE_DIGIT if self.max_digits_second == 1 else {}

    @property
    def source(self) -> Vector:
        """Two non-negative integers."""
        return Vector(Integer(), 2)

    @property
    def target(self) -> Integer:
        """Their product."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples as digits, and multiply them as Python's integers, which are exact at any size."""
        low, high = second_digits(self.min_digits, self.max_digits, self.max_digits_second)
        first = random_digits(rng, (n, 1), self.min_digits, self.max_digits)
        factors = side_by_side(first, random_digits(rng, (n, 1), low, high))
        return ExampleBatch(factors, pack([first * second for first, second in factors.to_lists()]))

    def verify(self, source: list[int], answer: int) -> bool:
        """By the product."""
        return answer == source[0] * source[1]


def second_digits(low: int, high: int, most: int) -> tuple[int, int]:
    """Fewest and most digits of a second operand that has at most `most`; where that is 0, as the first: low, high."""
    most = most or high
    return min(low, most), most


def side_by_side(first: DigitBatch, second: DigitBatch) -> DigitBatch:
    """Pairs of one integer each, the first of them with as many places as the second or more."""
    digits = np.zeros((len(first), 2, first.digits.shape[2]), dtype=np.uint8)
    digits[:, :1] = first.digits
    digits[:, 1:, : second.digits.shape[2]] = second.digits
    return DigitBatch(digits, np.concatenate([first.negative, second.negative], axis=1))
