"""Divide integers of any size and drop the remainder."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_digits, random_positive
from seq2seq_transformer.tasks.multiplication import second_digits, side_by_side
from seq2seq_transformer.values import DigitBatch, ExampleBatch, Integer, Vector, pack


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class IntegerDivision(Task):
    """The integer quotient of a non-negative integer and a positive one, rounded down.

    In numbers: the source 425 17 has the target 25, and 17 425 has 0.
    As tokens: 4 2 5 , 1 7 gives 2 5; long division finds the leading digit first, so the most significant digit first
    is the natural order, but each digit needs what the ones before it left over.

    >>> (dividend, divisor), quotient = IntegerDivision().sample(np.random.default_rng(0))
    >>> quotient * divisor <= dividend < (quotient + 1) * divisor
    True
    """

    difficulty = "digits"

    min_digits: int = 1
    """Fewest digits of dividend and divisor."""
    max_digits: int = 6
    """Most digits of dividend and divisor; each number of digits is uniform, so about half of the quotients are 0."""
    max_digits_divisor: int = 0
    """Most digits of the divisor, which then has at least `min_digits` or as many as this allows. 0: as the
    dividend."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_difficulty(problems, self, highest=MOST_DIGITS)
        rule = f"`max_digits_divisor` must be from 0 to `max_digits` ({self.max_digits})"
        problems.require(0 <= self.max_digits_divisor <= self.max_digits, rule, self.max_digits_divisor)
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Dividend and divisor."""
        return Vector(Integer(), 2)

    @property
    def target(self) -> Integer:
        """The quotient."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples as digits, and divide them as Python's integers, which are exact at any size."""
        pairs = random_divisions(rng, n, self.min_digits, self.max_digits, self.max_digits_divisor)
        return ExampleBatch(pairs, pack([dividend // divisor for dividend, divisor in pairs.to_lists()]))

    def verify(self, source: list[int], answer: int) -> bool:
        """Whether the remainder that the quotient leaves is from 0 to the divisor less 1."""
        return 0 <= source[0] - answer * source[1] < source[1]

    def category(self, source: list[int]) -> str:
        """Whether there is anything to divide: where the dividend is smaller, the quotient is 0."""
        return kind_of_division(source)


def random_divisions(rng: np.random.Generator, n: int, low: int, high: int, most_of_divisor: int) -> DigitBatch:
    """Pairs of dividend and positive divisor, their numbers of digits uniform."""
    dividends = random_digits(rng, (n, 1), low, high)
    return side_by_side(dividends, random_positive(rng, (n, 1), *second_digits(low, high, most_of_divisor)))


def kind_of_division(source: list[int]) -> str:
    """Which of dividend and divisor is larger."""
    return "dividend < divisor" if source[0] < source[1] else "dividend >= divisor"
