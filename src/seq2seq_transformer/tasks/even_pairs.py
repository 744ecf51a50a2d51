"""Is the number of changes between neighbours even or odd?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.tasks.base import TASKS, require_difficulty
from seq2seq_transformer.tasks.symbol_sequences import RunningTask, random_sequences
from seq2seq_transformer.values import IntBatch, Range, ValueBatch, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class EvenPairs(RunningTask):
    """Whether the pairs 0 1 and 1 0 in a binary sequence are even (0) or odd (1) in number, taken together.

    In numbers: the source 0 0 1 1 1 0 has one pair 0 1 and one pair 1 0, so the target is 0; 0 1 0 1 0 0 1 has three
    and two, so it is 1.
    As tokens: one symbol a bit, one for the answer, which is 0 exactly where the first and the last bit are equal: a
    model can count changes over the whole source, or look at two places. With `answer="running"` the target of
    0 0 1 1 1 0 is 0 0 1 1 1 0: the answer to each beginning.
    It is Even Pairs of arXiv 2207.02098.

    >>> source, target = EvenPairs().sample(np.random.default_rng(0))
    >>> text = "".join(map(str, source))
    >>> (text.count("01") + text.count("10")) % 2 == target
    True
    """

    difficulty = "length"

    min_length: int = 1
    """Fewest bits in a source; a single bit has no pairs."""
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
        """Draw n sequences of bits, and count the changes in each."""
        source = random_sequences(rng, n, self.min_length, self.max_length, 2)
        return source, _running_changes(source) % 2

    def categories(self, sources: ValueBatch) -> NDArray[np.str_]:
        """The answer: even or odd."""
        assert isinstance(sources, IntBatch), "bits are small"
        return np.array(["even", "odd"])[_changes(sources) % 2]

    def category(self, source: Sequence[int]) -> str:
        """The category of one source."""
        return str(self.categories(IntBatch.from_lists([source]))[0])


def _changes(bits: IntBatch) -> NDArray[np.int64]:
    """How often neighbours differ, in each sequence."""
    return _running_changes(bits)[np.arange(len(bits)), bits.lengths - 1]


def _running_changes(bits: IntBatch) -> NDArray[np.int64]:
    """How often neighbours differ up to each place of each sequence."""
    return np.diff(bits.values, axis=1, prepend=bits.values[:, :1]).astype(bool).cumsum(axis=1)
