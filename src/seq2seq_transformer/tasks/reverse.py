"""Write a sequence backwards."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.copy import check_symbols, cut, random_sequences
from seq2seq_transformer.values import ExampleBatch, Range, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Reverse(Task):
    """The sequence backwards.

    In numbers: the source 1 2 3 0 has the target 0 3 2 1.
    As tokens: one symbol a term; the answer begins with the last token of the source, whose place differs from source
    to source, so places have to be counted from the end.
    It is Reverse String of arXiv 2207.02098, which has `num_symbols` 2.

    >>> source, target = Reverse().sample(np.random.default_rng(0))
    >>> list(reversed(source)) == target
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
        """As many."""
        return Vector(Range(0, self.num_symbols))

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n sequences, and read each from its end."""
        source = random_sequences(rng, n, self.min_length, self.max_length, self.num_symbols)
        places = np.maximum(source.lengths[:, None] - 1 - np.arange(source.values.shape[1]), 0)
        return ExampleBatch(source, cut(np.take_along_axis(source.values, places, axis=1), source.lengths))
