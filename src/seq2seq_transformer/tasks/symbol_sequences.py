"""What tasks on sequences of symbols have in common."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import Task, check_difficulty
from seq2seq_transformer.values import ExampleBatch, IntBatch, Range, Vector

MOST_SYMBOLS = 100_000


@dataclass(frozen=True, kw_only=True)
class SymbolTask(Task):
    """A function of a uniform sequence of symbols, whose value is a sequence of the same symbols."""

    difficulty = "length"

    min_length: int = 1
    """Fewest terms in a source."""
    max_length: int = 20
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
        """Any number of the same symbols."""
        return Vector(Range(0, self.num_symbols))

    @abstractmethod
    def answers(self, sources: IntBatch) -> IntBatch:
        """The targets of many sources."""

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n sequences, and find the answer to each."""
        sources = random_sequences(rng, n, self.min_length, self.max_length, self.num_symbols)
        return ExampleBatch(sources, self.answers(sources))


def random_sequences(rng: np.random.Generator, n: int, min_length: int, max_length: int, num_symbols: int) -> IntBatch:
    """Sequences of uniform lengths in [min_length, max_length], their terms uniform in [0, num_symbols)."""
    lengths = rng.integers(min_length, max_length + 1, size=n)
    return cut(rng.integers(0, num_symbols, size=(n, int(lengths.max(initial=0)))), lengths)


def cut(values: NDArray[np.int64], lengths: NDArray[np.int64]) -> IntBatch:
    """Sequences from rows: the first terms of each row, as many as its length says."""
    return IntBatch(np.where(np.arange(values.shape[1]) < lengths[:, None], values, 0), lengths)


def check_symbols(problems: Problems, name: str, given: int) -> None:
    """Note what is wrong with an option that says how many different symbols there are."""
    problems.require(2 <= given <= MOST_SYMBOLS, f"`{name}` must be from 2 to {MOST_SYMBOLS}", given)
