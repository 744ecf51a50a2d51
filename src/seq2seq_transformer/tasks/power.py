"""Raise an integer to a power, exactly or modulo a number."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_digits
from seq2seq_transformer.values import ExampleBatch, Integer, Vector, pack


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Power(Task):
    """A non-negative integer raised to a power, exactly or modulo a fixed number.

    In numbers: the source 17 3 has the target 4913; modulo 97 it has 63. Where both are 0, the target is 1.
    As tokens: 1 7 , 3 gives 4 9 1 3; the exponent sets the length of an exact answer. With a modulus the answer is as
    short as the modulus, but one digit of the source can change all of it (studied in arXiv 2506.23679, with the
    modulus in the source).

    >>> import math
    >>> (base, exponent), target = Power().sample(np.random.default_rng(0))
    >>> math.prod([base] * exponent) == target
    True
    """

    difficulty = "digits"

    min_digits: int = 1
    """Fewest digits of the base."""
    max_digits: int = 4
    """Most digits of the base; the number of digits is uniform."""
    max_exponent: int = 4
    """Largest exponent; exponents are uniform from 0 on."""
    modulus: int = 0
    """Modulus of the answer. 0: the answer is exact."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_difficulty(problems, self, highest=MOST_DIGITS)
        problems.require(self.modulus == 0 or self.modulus >= 2, "`modulus` must be 0 or at least 2", self.modulus)
        rule, most = "`max_exponent` must be from 0 to 2^62", 2**62
        if self.modulus == 0:
            most = MOST_DIGITS // max(1, self.max_digits)
            rule = f"`max_exponent` must be from 0 to {most}, for exact answers of at most {MOST_DIGITS} digits"
        problems.require(0 <= self.max_exponent <= most, rule, self.max_exponent)
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Base and exponent."""
        return Vector(Integer(), 2)

    @property
    def target(self) -> Integer:
        """The power."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples; powers are Python's integers, which are exact at any size."""
        bases = random_digits(rng, (n, 1), self.min_digits, self.max_digits).to_lists()
        exponents = rng.integers(0, self.max_exponent + 1, size=n).tolist()
        sources = [[base, exponent] for (base,), exponent in zip(bases, exponents, strict=True)]
        if self.modulus:
            return ExampleBatch(pack(sources), pack([pow(base, exponent, self.modulus) for base, exponent in sources]))
        return ExampleBatch(pack(sources), pack([base**exponent for base, exponent in sources]))

    def difficulty_of(self, source: list[int]) -> int:
        """The digits of the base."""
        return len(str(source[0]))
