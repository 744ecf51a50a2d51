"""What tasks on sequences of symbols have in common."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import Task, check_difficulty
from seq2seq_transformer.tasks.recipes import RUNNING, Recipe
from seq2seq_transformer.values import ExampleBatch, IntBatch, ListBatch, Range, Vector

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


@dataclass(frozen=True, kw_only=True)
class RunningTask(Task):
    """A function of a sequence that has a value for each beginning of it, the last of which is the answer."""

    answer: Literal["value", "running"] = "value"
    """value: of the whole source, one token; running: of each beginning of it, as many tokens as the source has."""

    @property
    def recipe(self) -> Recipe:
        """Running values go along with the source; a single value is left to be tried."""
        return RUNNING if self.answer == "running" else {}

    @property
    @abstractmethod
    def value(self) -> Range:
        """The type of a value."""

    @property
    def target(self) -> Range | Vector:
        """The value, or the values of all beginnings."""
        return Vector(self.value) if self.answer == "running" else self.value

    @abstractmethod
    def draw(self, rng: np.random.Generator, n: int) -> tuple[IntBatch | ListBatch, NDArray[np.int64]]:
        """Draw n sources, and work out the values of all their beginnings: rows at least as long as the sources."""

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n sources, and take what the answer is of the values of their beginnings."""
        sources, running = self.draw(rng, n)
        if self.answer == "running":
            return ExampleBatch(sources, cut(running[:, : int(sources.lengths.max(initial=0))], sources.lengths))
        return ExampleBatch(sources, IntBatch.of_scalars(running[np.arange(n), sources.lengths - 1]))


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
