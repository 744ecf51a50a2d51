"""Continue a geometric progression."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.arithmetic_progression import (
    check_continuation,
    check_growth,
    check_size,
    cut,
    nonzero_integers,
)
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.values import ExampleBatch, Integer, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class GeometricProgression(Task):
    """The next terms of a geometric progression.

    In numbers: the source 3 -6 12 -24 has, with a horizon of 3, the target 48 -96 192.
    As tokens: 3 , - 6 , 1 2 , - 2 4 gives 4 8 , - 9 6 , 1 9 2; the ratio is small, so each term is a multiplication by
    one digit with carries, but terms get longer and longer.

    >>> source, target = GeometricProgression().sample(np.random.default_rng(0))
    >>> terms = source + target
    >>> all(before * after == term**2 for before, term, after in zip(terms, terms[1:], terms[2:]))
    True
    """

    difficulty = "length"
    continues = True

    min_length: int = 3
    """Fewest terms in a source, at least 2."""
    max_length: int = 20
    """Most terms in a source; lengths are uniform."""
    horizon: int = 5
    """Terms in a target."""
    max_start: int = 100
    """Largest size of the first term, which is not 0."""
    max_ratio: int = 5
    """Largest size of the ratio, at least 2; the defaults keep terms below 2^63."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_continuation(problems, self, 2, "to show the ratio")
        check_size(problems, self, "max_start", 1)
        check_size(problems, self, "max_ratio", 2)
        check_growth(problems, self, self.max_start, self.max_ratio)
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Any number of terms."""
        return Vector(Integer())

    @property
    def target(self) -> Vector:
        """The next `horizon` terms."""
        return Vector(Integer(), self.horizon)

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples: a start and a ratio each, of Python's integers, which are exact at any size."""
        lengths = rng.integers(self.min_length, self.max_length + 1, size=n)
        start = nonzero_integers(rng, (n, 1), 1, self.max_start).astype(object)
        ratio = nonzero_integers(rng, (n, 1), 2, self.max_ratio).astype(object)
        powers = np.arange(int(lengths.max(initial=0)) + self.horizon).astype(object)
        return cut(start * ratio**powers, lengths, self.horizon)

    def category(self, source: Sequence[int]) -> str:
        """Whether the ratio is positive or negative."""
        return "positive ratio" if (source[0] > 0) == (source[1] > 0) else "negative ratio"
