"""Least common multiple of two integers of any size."""

import math
from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_positive
from seq2seq_transformer.values import ExampleBatch, Integer, Vector, pack


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Lcm(Task):
    """The least common multiple of two positive integers.

    In numbers: the source 12 18 has the target 36, and 7 9 has 63.
    As tokens: 1 2 , 1 8 gives 3 6; about six pairs in ten are coprime and have their product as the answer; in
    the others it must be divided by a gcd that the tokens do not show.

    >>> (first, second), multiple = Lcm().sample(np.random.default_rng(0))
    >>> multiple * math.gcd(first, second) == first * second
    True
    """

    difficulty = "digits"

    min_digits: int = 1
    """Fewest digits of an operand."""
    max_digits: int = 4
    """Most digits of an operand; the number of digits is uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self, highest=MOST_DIGITS // 2)

    @property
    def source(self) -> Vector:
        """Two positive integers."""
        return Vector(Integer(), 2)

    @property
    def target(self) -> Integer:
        """Their least common multiple."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples as digits, and find the multiples as Python's integers, which are exact at any size."""
        operands = random_positive(rng, (n, 2), self.min_digits, self.max_digits)
        return ExampleBatch(operands, pack([math.lcm(*pair) for pair in operands.to_lists()]))

    def verify(self, source: list[int], answer: int) -> bool:
        """By the gcd."""
        return answer == math.lcm(*source)

    def category(self, source: list[int]) -> str:
        """Whether the answer is the product."""
        return "coprime" if math.gcd(*source) == 1 else "with a common factor"
