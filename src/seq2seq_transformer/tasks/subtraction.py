"""Subtract two integers of any size."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_digits
from seq2seq_transformer.tasks.recipes import TWO_NUMBERS, Recipe
from seq2seq_transformer.values import DigitBatch, ExampleBatch, Integer, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Subtraction(Task):
    """The difference of two non-negative integers, negative where the second is larger.

    In numbers: the source 17 25 has the target -8, and 25 17 has 8.
    As tokens: 1 7 , 2 5 gives - 8; the sign comes first, so before any digit of the answer is written both operands
    must have been compared.

    >>> source, target = Subtraction(max_digits=3).sample(np.random.default_rng(0))
    >>> source[1] + target == source[0]
    True
    """

    difficulty = "digits"

    min_digits: int = 1
    """Fewest digits of an operand."""
    max_digits: int = 10
    """Most digits of an operand; the number of digits is uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self, highest=MOST_DIGITS)

    @property
    def recipe(self) -> Recipe:
        """Both numbers digit by digit; the sign comes last, as a complement, where it is known."""
        return {**TWO_NUMBERS, "encoding.target": {"order": "least", "sign": "complement"}}

    @property
    def source(self) -> Vector:
        """Two non-negative integers."""
        return Vector(Integer(), 2)

    @property
    def target(self) -> Integer:
        """The first minus the second."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples as digits, and subtract them place by place."""
        operands = random_digits(rng, (n, 2), self.min_digits, self.max_digits)
        difference = operands.digits[:, 0].astype(np.int8) - operands.digits[:, 1].astype(np.int8)
        leading = self.max_digits - 1 - np.argmax(difference[:, ::-1] != 0, axis=1)
        negative = difference[np.arange(n), leading] < 0
        difference[negative] *= -1
        for place in range(self.max_digits - 1):
            borrow = difference[:, place] < 0
            difference[borrow, place] += 10
            difference[:, place + 1] -= borrow
        return ExampleBatch(operands, DigitBatch(difference[:, None].astype(np.uint8), negative[:, None], depth=0))

    def verify(self, source: list[int], answer: int) -> bool:
        """By the difference."""
        return answer == source[0] - source[1]

    def category(self, source: list[int]) -> str:
        """The sign of the difference."""
        return "negative" if source[0] < source[1] else "0 or more"
