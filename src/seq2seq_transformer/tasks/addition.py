"""Add two integers of any size."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_digits
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

    def __post_init__(self) -> None:
        require_difficulty(self, highest=MOST_DIGITS)

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
        total = np.zeros((n, 1, self.max_digits + 1), dtype=np.uint8)
        total[:, 0, :-1] = operands.digits.sum(axis=1, dtype=np.uint8)
        for place in range(self.max_digits):
            carry = total[:, 0, place] >= 10
            total[:, 0, place] -= 10 * carry.astype(np.uint8)
            total[:, 0, place + 1] += carry
        return ExampleBatch(operands, DigitBatch(total, np.zeros((n, 1), dtype=bool), depth=0))
