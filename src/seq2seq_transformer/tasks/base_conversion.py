"""Write a number in another base."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.values import Example, Range, Vector

LARGEST_BASE = 100_000
"""Every digit is a symbol of its own."""


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class BaseConversion(Task):
    """The digits of a non-negative integer in one base, given those in another.

    In numbers: from base 10 to base 2, the source 1 3 has the target 1 1 0 1.
    As tokens: every digit is one symbol, the most significant first. From base 2 to base 8 three digits at a time
    become one; where no power of one base is a power of the other, as with 10 and 2, already the length of the
    answer can depend on all digits of the source: 1 0 2 3 has ten binary digits, 1 0 2 4 has eleven.

    >>> source, target = BaseConversion(from_base=10, to_base=2).sample(np.random.default_rng(0))
    >>> int("".join(map(str, source))) == int("".join(map(str, target)), base=2)
    True
    """

    difficulty = "length"

    from_base: int = 10
    """Base of the source, at least 2."""
    to_base: int = 2
    """Base of the target, at least 2."""
    min_length: int = 1
    """Fewest digits of the source."""
    max_length: int = 10
    """Most digits of the source; the number of digits is uniform."""

    def __post_init__(self) -> None:
        problems = Problems()
        for name in ("from_base", "to_base"):
            base = getattr(self, name)
            problems.require(2 <= base <= LARGEST_BASE, f"`{name}` must be from 2 to {LARGEST_BASE}", base)
        check_difficulty(problems, self, highest=10_000)  # the time it takes is quadratic in the length
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Digits in the first base, without leading zeros."""
        return Vector(Range(0, self.from_base))

    @property
    def target(self) -> Vector:
        """Digits in the second base, without leading zeros."""
        return Vector(Range(0, self.to_base))

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw one example."""
        length = int(rng.integers(self.min_length, self.max_length + 1))
        digits = rng.integers(0, self.from_base, size=length).tolist()
        if length > 1:
            digits[0] = int(rng.integers(1, self.from_base))
        number = 0
        for digit in digits:
            number = number * self.from_base + digit
        return Example(digits, _digits_of(number, self.to_base))


def _digits_of(number: int, base: int) -> list[int]:
    """The digits of a number, the most significant first."""
    digits = [number % base]
    while number := number // base:
        digits.append(number % base)
    return digits[::-1]
