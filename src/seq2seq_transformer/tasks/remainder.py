"""Divide integers of any size and keep the remainder."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS
from seq2seq_transformer.tasks.integer_division import kind_of_division, random_divisions
from seq2seq_transformer.values import ExampleBatch, Integer, Vector, pack


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Remainder(Task):
    """The remainder of a non-negative integer divided by a positive one.

    In numbers: the source 430 17 has the target 5, and 17 430 has 17.
    As tokens: 4 3 0 , 1 7 gives 5; a smaller dividend is copied and a divisor such as 2, 5 or 100 needs the last
    digits only, but as a rule the answer depends on every digit of the dividend.

    >>> (dividend, divisor), remainder = Remainder().sample(np.random.default_rng(0))
    >>> 0 <= remainder < divisor and (dividend - remainder) % divisor == 0
    True
    """

    difficulty = "digits"

    min_digits: int = 1
    """Fewest digits of dividend and divisor."""
    max_digits: int = 6
    """Most digits of dividend and divisor; each number of digits is uniform, so about half of the dividends are
    smaller than the divisor."""
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
        """The remainder, from 0 to the divisor less 1."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples as digits, and divide them as Python's integers, which are exact at any size."""
        pairs = random_divisions(rng, n, self.min_digits, self.max_digits, self.max_digits_divisor)
        return ExampleBatch(pairs, pack([dividend % divisor for dividend, divisor in pairs.to_lists()]))

    def verify(self, source: list[int], answer: int) -> bool:
        """By division; nothing is a remainder of division by 0."""
        return source[1] != 0 and answer == source[0] % source[1]

    def category(self, source: list[int]) -> str:
        """Whether there is anything to divide: where the dividend is smaller, it is the remainder."""
        return kind_of_division(source)
