"""Is the number of ones even or odd?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.tasks.base import TASKS, require_difficulty
from seq2seq_transformer.tasks.symbol_sequences import RunningTask, random_sequences
from seq2seq_transformer.values import IntBatch, Range, ValueBatch, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Parity(RunningTask):
    """Whether the number of ones in a binary sequence is even (0) or odd (1).

    In numbers: the source 1 0 1 0 1 0 0 has the target 1, and 0 1 1 1 1 has 0.
    As tokens: one symbol a bit, one for the answer; any single bit turns the answer round, so nothing less than the
    whole source says anything about it. With `answer="running"` the target of 1 0 1 0 1 0 0 is 1 1 0 0 1 1 1: each
    bit needs the one before it and one of the source.
    It is Parity Check of arXiv 2207.02098.

    >>> source, target = Parity().sample(np.random.default_rng(0))
    >>> source.count(1) % 2 == target
    True
    """

    difficulty = "length"

    min_length: int = 1
    """Fewest bits in a source."""
    max_length: int = 40
    """Most bits in a source; lengths are uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self)

    @property
    def source(self) -> Vector:
        """Any number of bits."""
        return Vector(Range(0, 2))

    @property
    def value(self) -> Range:
        """0 for even, 1 for odd."""
        return Range(0, 2)

    def draw(self, rng: np.random.Generator, n: int) -> tuple[IntBatch, NDArray[np.int64]]:
        """Draw n sequences of bits, and add up each."""
        source = random_sequences(rng, n, self.min_length, self.max_length, 2)
        return source, source.values.cumsum(axis=1) % 2

    def categories(self, sources: ValueBatch) -> NDArray[np.str_]:
        """The answer: even or odd."""
        assert isinstance(sources, IntBatch), "bits are small"
        return np.array(["even", "odd"])[sources.values.sum(axis=1) % 2]

    def category(self, source: Sequence[int]) -> str:
        """The category of one source."""
        return "odd" if sum(source) % 2 else "even"
