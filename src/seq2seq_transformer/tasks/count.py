"""Count how often a symbol occurs."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.symbol_sequences import check_symbols, random_sequences
from seq2seq_transformer.values import ExampleBatch, IntBatch, Integer, Range, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Count(Task):
    """How often the first term of a sequence occurs in the rest of it.

    In numbers: the source 3 1 3 3 2 has the target 2: the first 3 asks, the two others are counted.
    As tokens: one symbol a term, and the answer in decimal; attention averages over places, so it has the share of a
    symbol at once, but the number only together with the length.

    >>> source, target = Count().sample(np.random.default_rng(0))
    >>> source[1:].count(source[0]) == target
    True
    """

    difficulty = "length"

    min_length: int = 2
    """Fewest terms in a source, the one that asks included; at least 2."""
    max_length: int = 20
    """Most terms in a source; lengths are uniform."""
    num_symbols: int = 5
    """Different symbols: the terms are 0 to num_symbols - 1; the fewer, the larger the answers."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_difficulty(problems, self, lowest=2)
        check_symbols(problems, "num_symbols", self.num_symbols)
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """The symbol to count, then the symbols to look at."""
        return Vector(Range(0, self.num_symbols))

    @property
    def target(self) -> Integer:
        """How many there are."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n sequences, and compare all terms with the first."""
        source = random_sequences(rng, n, self.min_length, self.max_length, self.num_symbols)
        equal = (source.values[:, 1:] == source.values[:, :1]) & source.filled()[:, 1:]
        return ExampleBatch(source, IntBatch.of_scalars(equal.sum(axis=1)))
