"""Sort a sequence of small numbers."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.copy import check_symbols, cut, random_sequences
from seq2seq_transformer.values import ExampleBatch, IntBatch, Range, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Sort(Task):
    """The terms in ascending order.

    In numbers: the source 3 1 4 1 5 has the target 1 1 3 4 5.
    As tokens: one symbol a term, so the order of the numbers is nowhere in their spelling and has to be learned; after
    that, the answer needs only how often each symbol occurs, not where.

    >>> source, target = Sort().sample(np.random.default_rng(0))
    >>> sorted(source) == target
    True
    """

    difficulty = "length"

    min_length: int = 1
    """Fewest terms in a source."""
    max_length: int = 20
    """Most terms in a source; lengths are uniform."""
    num_symbols: int = 10
    """Different numbers: the terms are 0 to num_symbols - 1."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_difficulty(problems, self)
        check_symbols(problems, "num_symbols", self.num_symbols)
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Any number of small numbers."""
        return Vector(Range(0, self.num_symbols))

    @property
    def target(self) -> Vector:
        """The same numbers, in order."""
        return Vector(Range(0, self.num_symbols))

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n sequences, and sort each."""
        source = random_sequences(rng, n, self.min_length, self.max_length, self.num_symbols)
        return ExampleBatch(source, ascending(source))


def ascending(sequences: IntBatch) -> IntBatch:
    """Each sequence sorted."""
    after_all_terms = np.iinfo(np.int64).max
    return cut(np.sort(np.where(sequences.filled(), sequences.values, after_all_terms), axis=1), sequences.lengths)
