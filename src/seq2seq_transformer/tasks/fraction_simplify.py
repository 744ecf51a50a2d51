"""Bring a fraction to its lowest terms."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_integer, random_positive
from seq2seq_transformer.values import ExampleBatch, Integer, Vector, pack


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class FractionSimplify(Task):
    """A fraction of two positive integers in its lowest terms.

    In numbers: the source 12 18, which stands for 12/18, has the target 2 3.
    As tokens: 1 2 , 1 8 gives 2 , 3; both numbers must be divided by a gcd that the tokens do not show, so a gcd
    and two divisions have to be learnt at once (a task of Int2Int, arXiv 2502.17513).

    Numerator and denominator are multiples of a random common factor, whose number of digits is uniform, from one to
    one fewer than the shorter of the two has; a few fractions are in lowest terms already.

    >>> from fractions import Fraction
    >>> source, target = FractionSimplify().sample(np.random.default_rng(0))
    >>> tuple(target) == Fraction(*source).as_integer_ratio()
    True
    """

    difficulty = "digits"

    min_digits: int = 1
    """Fewest digits of numerator and denominator."""
    max_digits: int = 5
    """Most digits of numerator and denominator; the number of digits is uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self, highest=MOST_DIGITS)

    @property
    def source(self) -> Vector:
        """Numerator and denominator."""
        return Vector(Integer(), 2)

    @property
    def target(self) -> Vector:
        """Numerator and denominator, coprime."""
        return Vector(Integer(), 2)

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples: two numbers, made multiples of a common factor."""
        drawn = random_positive(rng, (n, 2), self.min_digits, self.max_digits).to_lists()
        fractions = [with_common_factor(rng, numbers) for numbers in drawn]
        return ExampleBatch(pack(fractions), pack([lowest_terms(*fraction) for fraction in fractions]))

    def category(self, source: list[int]) -> str:
        """Whether there is anything to simplify."""
        return "in lowest terms" if math.gcd(*source) == 1 else "reducible"


def lowest_terms(numerator: int, denominator: int) -> list[Any]:
    """The equal fraction whose numbers are coprime."""
    divisor = math.gcd(numerator, denominator)
    return [numerator // divisor, denominator // divisor]


def with_common_factor(rng: np.random.Generator, numbers: list[int]) -> list[Any]:
    """Multiples of one random factor, each near a number and with as many digits.

    A number is lowered to a multiple, or raised where lowering loses a digit. Raising never adds one: there is a
    multiple with as many digits, because the factor has no more of them.
    """
    digits = [len(str(number)) for number in numbers]
    factor = random_integer(rng, int(rng.integers(1, max(2, min(digits))))) or 1
    lowered = [number - number % factor for number in numbers]
    return [low if low >= 10 ** (count - 1) else low + factor for low, count in zip(lowered, digits, strict=True)]
