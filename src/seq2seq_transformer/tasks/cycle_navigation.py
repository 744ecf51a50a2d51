"""Walk on a cycle and say where the walk ends."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, check_difficulty
from seq2seq_transformer.tasks.symbol_sequences import RunningTask, check_symbols, cut, random_sequences
from seq2seq_transformer.values import IntBatch, Range, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class CycleNavigation(RunningTask):
    """The place on a cycle after a walk from place 0, with steps of 1, 0 and -1.

    In numbers: the source 1 -1 0 -1 -1 leads to -2, which is place 3 on a cycle of five; so the target is 3.
    As tokens: one symbol a step, -1 included, and one for the place; the order of the steps does not matter, but every
    step that is not 0 changes the answer, as in `parity`. With `answer="running"` the target is the place after every
    step: 1 0 0 4 3.
    It is Cycle Navigation of arXiv 2207.02098, whose cycle has five places.

    >>> source, target = CycleNavigation().sample(np.random.default_rng(0))
    >>> (source.count(1) - source.count(-1) - target) % 5
    0
    """

    difficulty = "length"

    min_length: int = 1
    """Fewest steps in a walk."""
    max_length: int = 40
    """Most steps in a walk; lengths are uniform."""
    cycle_length: int = 5
    """Places on the cycle."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_difficulty(problems, self)
        check_symbols(problems, "cycle_length", self.cycle_length)
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Any number of steps."""
        return Vector(Range(-1, 2))

    @property
    def value(self) -> Range:
        """A place."""
        return Range(0, self.cycle_length)

    def draw(self, rng: np.random.Generator, n: int) -> tuple[IntBatch, NDArray[np.int64]]:
        """Draw n walks, and add up the steps of each."""
        steps = random_sequences(rng, n, self.min_length, self.max_length, 3)
        source = cut(steps.values - 1, steps.lengths)
        return source, source.values.cumsum(axis=1) % self.cycle_length
