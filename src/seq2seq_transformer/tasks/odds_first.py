"""Put the terms at odd places before those at even places."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.copy import check_symbols, cut, random_sequences
from seq2seq_transformer.values import ExampleBatch, Range, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class OddsFirst(Task):
    """The first, third, fifth … term, then the second, fourth, sixth ….

    In numbers: the source 5 6 7 8 9 has the target 5 7 9 6 8.
    As tokens: one symbol a term; each token of the answer lies two places after the one before it, and only places
    tell which one that is.
    It is Odds First of arXiv 2207.02098, which has `num_symbols` 2. The definition is the paper's, with places counted
    from 1; its published code counts from 0, and so begins with the second, fourth … term.

    >>> source, target = OddsFirst().sample(np.random.default_rng(0))
    >>> source[::2] + source[1::2] == target
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
        """Draw n sequences, and read every second term of each, from two starts."""
        source = random_sequences(rng, n, self.min_length, self.max_length, self.num_symbols)
        lengths = source.lengths[:, None]
        order, odd_ones = np.arange(source.values.shape[1]), (lengths + 1) // 2
        places = np.where(order < odd_ones, 2 * order, np.minimum(2 * (order - odd_ones) + 1, lengths - 1))
        return ExampleBatch(source, cut(np.take_along_axis(source.values, places, axis=1), source.lengths))
