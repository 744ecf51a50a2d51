"""Write a sequence twice."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.copy import check_symbols, cut, random_sequences
from seq2seq_transformer.values import ExampleBatch, Range, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Duplicate(Task):
    """The sequence twice, one after the other.

    In numbers: the source 1 0 2 has the target 1 0 2 1 0 2.
    As tokens: one symbol a term, and nothing between the two copies; a symbol may occur often, so only its place tells
    the model where it is in the source and when to begin again.
    It is Duplicate String of arXiv 2207.02098, which has `num_symbols` 2.

    >>> source, target = Duplicate().sample(np.random.default_rng(0))
    >>> source * 2 == target
    True
    """

    difficulty = "length"

    min_length: int = 1
    """Fewest terms in a source."""
    max_length: int = 40
    """Most terms in a source; lengths are uniform."""
    num_symbols: int = 10
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
        """Twice as many."""
        return Vector(Range(0, self.num_symbols))

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n sequences, and go through each of them twice."""
        source = random_sequences(rng, n, self.min_length, self.max_length, self.num_symbols)
        places = np.arange(2 * source.values.shape[1]) % source.lengths[:, None]
        return ExampleBatch(source, cut(np.take_along_axis(source.values, places, axis=1), 2 * source.lengths))
