"""Find the bit that is hidden in a sequence written twice."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.recipes import HALVES, Recipe
from seq2seq_transformer.tasks.symbol_sequences import cut
from seq2seq_transformer.values import ExampleBatch, IntBatch, Range, Vector

_HIDDEN, _FILLER = 2, 3


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class MissingDuplicate(Task):
    """The bit that is hidden in a binary sequence written twice.

    In numbers: the source 0 1 1 0 0 2 1 0 has the target 1: it is 0 1 1 0 twice, and 2 stands for the hidden bit.
    As tokens: one symbol a term; the answer stands half the source's length away from the 2, so the model has to find
    two places that belong together, at a distance that differs from source to source.
    It is Missing Duplicate String of arXiv 2207.02098. A source of odd length ends with a 3, which means nothing. The
    paper's sources of length 1, which pose no problem, are left out.

    >>> source, target = MissingDuplicate(min_length=8, max_length=8).sample(np.random.default_rng(0))
    >>> whole = [target if term == 2 else term for term in source]
    >>> whole[:4] == whole[4:]
    True
    """

    difficulty = "length"

    min_length: int = 2
    """Fewest terms in a source, at least 2."""
    max_length: int = 40
    """Most terms in a source, both copies together; lengths are uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self, lowest=2)

    @property
    def recipe(self) -> Recipe:
        """The same place in either half."""
        return HALVES

    @property
    def source(self) -> Vector:
        """Bits, one 2 and perhaps a last 3."""
        return Vector(Range(0, 4))

    @property
    def target(self) -> Range:
        """The hidden bit."""
        return Range(0, 2)

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n sequences of bits, write each twice, and hide one place."""
        lengths = rng.integers(self.min_length, self.max_length + 1, size=n)
        halves = lengths // 2
        places = np.arange(int(lengths.max(initial=0)))
        bits = rng.integers(0, 2, size=(n, int(halves.max(initial=0))))
        doubled = np.take_along_axis(bits, places % halves[:, None], axis=1)
        doubled[places == 2 * halves[:, None]] = _FILLER
        hidden = rng.integers(0, 2 * halves)
        answers = doubled[np.arange(n), hidden]
        doubled[np.arange(n), hidden] = _HIDDEN
        return ExampleBatch(cut(doubled, lengths), IntBatch.of_scalars(answers))
