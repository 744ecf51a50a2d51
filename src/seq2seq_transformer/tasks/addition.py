"""Add two integers of any size."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_digits
from seq2seq_transformer.tasks.recipes import DIGITS, Recipe
from seq2seq_transformer.values import DigitBatch, ExampleBatch, Integer, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Addition(Task):
    """The sum of two non-negative integers.

    In numbers: the source 17 25 has the target 42.
    As tokens: 1 7 , 2 5 gives 4 2; with `--encoding.target.order least` the answer is 2 4, so each digit needs only
    the digits of its own place and the carry before it.

    >>> source, target = Addition(max_digits=3).sample(np.random.default_rng(0))
    >>> sum(source) == target
    True
    """

    difficulty = "digits"

    min_digits: int = 1
    """Fewest digits of an operand."""
    max_digits: int = 10
    """Most digits of an operand; the number of digits is uniform."""
    carries: Literal["any", "chain"] = "any"
    """any: operands are uniform; chain: every place but the units adds up to 9, and a carry runs through all."""

    def __post_init__(self) -> None:
        require_difficulty(self, highest=MOST_DIGITS)

    @property
    def recipe(self) -> Recipe:
        """Digits of one significance side by side: carries to far more digits than it is trained on."""
        return DIGITS

    @property
    def source(self) -> Vector:
        """Two non-negative integers."""
        return Vector(Integer(), 2)

    @property
    def target(self) -> Integer:
        """Their sum."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples as digits, and add them place by place."""
        operands = random_digits(rng, (n, 2), self.min_digits, self.max_digits)
        if self.carries == "chain":
            _chain(rng, operands)
        total = np.zeros((n, 1, self.max_digits + 1), dtype=np.uint8)
        total[:, 0, :-1] = operands.digits.sum(axis=1, dtype=np.uint8)
        for place in range(self.max_digits):
            carry = total[:, 0, place] >= 10
            total[:, 0, place] -= 10 * carry.astype(np.uint8)
            total[:, 0, place + 1] += carry
        return ExampleBatch(operands, DigitBatch(total, np.zeros((n, 1), dtype=bool), depth=0))

    def verify(self, source: list[int], answer: int) -> bool:
        """By the sum."""
        return answer == source[0] + source[1]


def _chain(rng: np.random.Generator, operands: DigitBatch) -> None:
    """Change second operands such that they have as many digits as the first, and a carry runs from end to end."""
    first = operands.digits[:, 0]
    used = np.cumsum(first[:, ::-1] != 0, axis=1)[:, ::-1] > 0
    leading = used & (np.cumsum(used, axis=1) == used.sum(axis=1, keepdims=True))
    first[leading & (first == 9)] = 8  # so that the other operand's first digit is not 0
    second = np.where(used, 9 - first, 0)
    first[:, 0] = np.maximum(first[:, 0], 1)
    second[:, 0] = rng.integers(10 - first[:, 0].astype(np.int64), 10)
    operands.digits[:, 1] = second
