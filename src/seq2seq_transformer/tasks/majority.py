"""Are there more ones than zeros?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.symbol_sequences import random_sequences
from seq2seq_transformer.values import ExampleBatch, IntBatch, Range, ValueBatch, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Majority(Task):
    """Whether more than half of the bits in a binary sequence are ones (1) or not (0).

    In numbers: the source 1 0 1 1 0 has the target 1; 1 0 1 0 has 0, since two of four are not more than half.
    As tokens: one symbol a bit, one for the answer; attention that weighs all places alike has the share of ones at
    once, but in a long source that share lies close to one half.

    >>> source, target = Majority().sample(np.random.default_rng(0))
    >>> (source.count(1) > source.count(0)) == target
    True
    """

    difficulty = "length"

    min_length: int = 1
    """Fewest bits in a source."""
    max_length: int = 20
    """Most bits in a source; lengths are uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self)

    @property
    def source(self) -> Vector:
        """Any number of bits."""
        return Vector(Range(0, 2))

    @property
    def target(self) -> Range:
        """1 where the ones are in the majority, 0 where not."""
        return Range(0, 2)

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n sequences of bits, and count the ones."""
        source = random_sequences(rng, n, self.min_length, self.max_length, 2)
        return ExampleBatch(source, IntBatch.of_scalars(_majority(source)))

    def categories(self, sources: ValueBatch) -> NDArray[np.str_]:
        """The answer: a majority or none."""
        assert isinstance(sources, IntBatch), "bits are small"
        return np.array(["no majority", "majority"])[_majority(sources)]

    def category(self, source: Sequence[int]) -> str:
        """The category of one source."""
        return str(self.categories(IntBatch.from_lists([source]))[0])


def _majority(bits: IntBatch) -> NDArray[np.int64]:
    return (2 * bits.values.sum(axis=1) > bits.lengths).astype(np.int64)
