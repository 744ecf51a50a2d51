"""Dot product of two vectors of floats; also how answers in floats are judged."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.floats import agrees, check_tolerance
from seq2seq_transformer.values import Example, Float, Tuple, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class DotProduct(Task):
    """The dot product of two vectors of floats, up to a tolerance.

    In numbers: the source 1.5 -2.0 | 4.0 0.25 has the target 5.5; any answer from 5.23 to 5.77 is right by default.
    As tokens: + 150 E-2 - 200 E-2 | + 400 E-2 + 250 E-3 gives + 550 E-2; the large products decide the answer, and
    where they cancel, its leading digits hang on the last digits of the source.
    A problem of arXiv 2112.01898. Entries have three significant digits, which is what the encoding `scientific`
    spells. An answer is right if its error is at most `tolerance` times the target's size, or 0.0001.

    >>> import math
    >>> (left, right), target = DotProduct().sample(np.random.default_rng(0))
    >>> math.isclose(np.dot(left, right), target)
    True
    """

    difficulty = "length"

    min_length: int = 1
    """Fewest entries in a vector."""
    max_length: int = 20
    """Most entries in a vector; lengths are uniform."""
    max_entry: float = 10.0
    """Largest size of an entry; entries are uniform, then rounded."""
    tolerance: float = 0.05
    """Largest relative error of a right answer, at least 0.005, as answers are spelled with three digits."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_difficulty(problems, self)
        rule = "`max_entry` must be from 1 to 10^9"
        problems.require(1 <= self.max_entry <= 1e9, rule, self.max_entry)
        check_tolerance(problems, self.tolerance)
        problems.raise_if_any()

    @property
    def source(self) -> Tuple:
        """Two vectors of the same length."""
        return Tuple((Vector(Float()), Vector(Float())))

    @property
    def target(self) -> Float:
        """Their dot product."""
        return Float()

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw one example; products are summed without rounding between, so their order does not matter."""
        length = int(rng.integers(self.min_length, self.max_length + 1))
        drawn = rng.uniform(-self.max_entry, self.max_entry, size=(2, length)).tolist()
        left, right = [[float(f"{entry:.2e}") for entry in vector] for vector in drawn]
        return Example([left, right], math.fsum(a * b for a, b in zip(left, right, strict=True)))

    def difficulty_of(self, source: list[list[float]]) -> int:
        """The length of the vectors."""
        return len(source[0])

    def is_correct(self, example: Example, answer: Any) -> bool:
        """Whether the answer is a number near the target."""
        return agrees(answer, example.target, self.tolerance)
