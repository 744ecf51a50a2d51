"""Drop the terms that have occurred before."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.copy import check_symbols, random_sequences
from seq2seq_transformer.values import ExampleBatch, IntBatch, Range, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Deduplicate(Task):
    """The different terms, each where it occurs first.

    In numbers: the source 3 1 3 3 2 1 has the target 3 1 2.
    As tokens: one symbol a term; the next token of the answer is the first one of the source that the answer does not
    hold yet, so the model has to compare what it reads with what it has written.

    >>> source, target = Deduplicate().sample(np.random.default_rng(0))
    >>> sorted(set(source), key=source.index) == target
    True
    """

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
        """Different symbols."""
        return Vector(Range(0, self.num_symbols))

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n sequences, and keep the first of each symbol."""
        source = random_sequences(rng, n, self.min_length, self.max_length, self.num_symbols)
        return ExampleBatch(source, IntBatch.from_lists([list(dict.fromkeys(row)) for row in source.to_lists()]))
