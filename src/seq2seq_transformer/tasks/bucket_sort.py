"""Sort a sequence over a few symbols, as the paper on the Chomsky hierarchy has it."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.copy import check_symbols, random_sequences
from seq2seq_transformer.tasks.sort import ascending
from seq2seq_transformer.values import ExampleBatch, Range, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class BucketSort(Task):
    """The terms in ascending order, where there are only a few different ones.

    In numbers: the source 1 0 2 0 4 1 1 2 has the target 0 0 1 1 1 2 2 4.
    As tokens: one symbol a term; with five symbols and up to forty terms most symbols occur often, so the answer is
    five runs whose lengths have to be counted.
    It is Bucket Sort of arXiv 2207.02098, with the paper's five symbols; `sort` is the same with other defaults.

    >>> source, target = BucketSort().sample(np.random.default_rng(0))
    >>> sorted(source) == target
    True
    """

    difficulty = "length"

    min_length: int = 1
    """Fewest terms in a source."""
    max_length: int = 40
    """Most terms in a source; lengths are uniform."""
    num_symbols: int = 5
    """Different symbols: the terms are 0 to num_symbols - 1."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_difficulty(problems, self)
        check_symbols(problems, "num_symbols", self.num_symbols)
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Any number of symbols."""
        return Vector(Range(0, self.num_symbols))

    @property
    def target(self) -> Vector:
        """The same symbols, in order."""
        return Vector(Range(0, self.num_symbols))

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n sequences, and sort each."""
        source = random_sequences(rng, n, self.min_length, self.max_length, self.num_symbols)
        return ExampleBatch(source, ascending(source))
