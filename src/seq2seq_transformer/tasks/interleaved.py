"""Continue progressions that are interleaved term by term."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.arithmetic_progression import (
    check_continuation,
    check_growth,
    check_size,
    nonzero_integers,
)
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.values import Example, Integer, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Interleaved(Task):
    """The next terms of two or more progressions, interleaved term by term.

    In numbers: 1 2 4 4 7 8 10 16 (1 4 7 10 and 2 4 8 16 in turn) has, with a horizon of 3, the target 13 32 16.
    As tokens: 1 , 2 , 4 , 4 , 7 , 8 , 1 0 , 1 6 gives 1 3 , 3 2 , 1 6; a term depends on one several terms back, which
    numbers of varying length put at varying distances, and how many progressions there are must be found out first.
    Each strand is an arithmetic or a geometric progression, as often the one as the other. Sources of at least
    2 `max_strands`² terms determine the answer: three terms of a strand tell which it is; k strands obey a linear
    recurrence of order k (k + 1) at most, and two recurrences that fit as many terms as their orders sum up to go on
    alike (Massey, 1969), so it does not matter which number of strands a reader sees.

    >>> from itertools import pairwise
    >>> source, target = Interleaved(max_strands=2).sample(np.random.default_rng(0))
    >>> strands = (source + target)[::2], (source + target)[1::2]
    >>> [len({b - a for a, b in pairwise(s)}) == 1 or len({b // a for a, b in pairwise(s)}) == 1 for s in strands]
    [True, True]
    """

    difficulty = "length"
    continues = True

    min_length: int = 18
    """Fewest terms in a source, at least twice the square of `max_strands`."""
    max_length: int = 30
    """Most terms in a source; lengths are uniform."""
    horizon: int = 5
    """Terms in a target."""
    max_strands: int = 3
    """Most progressions that are interleaved, at least 2; their number is uniform."""
    max_start: int = 50
    """Largest size of the first term of a progression, which is not 0."""
    max_difference: int = 20
    """Largest size of the difference of an arithmetic progression, which is not 0."""
    max_ratio: int = 3
    """Largest size of the ratio of a geometric progression, at least 2."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_size(problems, self, "max_strands", 2, 100)
        check_size(problems, self, "max_start", 1)
        check_size(problems, self, "max_difference", 1)
        check_size(problems, self, "max_ratio", 2)
        check_continuation(problems, self, 2 * self.max_strands**2, "twice the square of `max_strands`")
        check_growth(problems, self, self.max_start, self.max_ratio)
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Any number of terms."""
        return Vector(Integer())

    @property
    def target(self) -> Vector:
        """The next `horizon` terms."""
        return Vector(Integer(), self.horizon)

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw one example: how many strands, then each of them."""
        length = int(rng.integers(self.min_length, self.max_length + 1))
        strands = int(rng.integers(2, self.max_strands + 1))
        total = length + self.horizon
        terms = [0] * total
        for first in range(strands):
            terms[first::strands] = self._progression(rng, len(range(first, total, strands)))
        return Example(terms[:length], terms[length:])

    def _progression(self, rng: np.random.Generator, length: int) -> list[int]:
        start = int(nonzero_integers(rng, (), 1, self.max_start))
        if rng.random() < 0.5:
            difference = int(nonzero_integers(rng, (), 1, self.max_difference))
            return [start + difference * place for place in range(length)]
        ratio = int(nonzero_integers(rng, (), 2, self.max_ratio))
        return [start * ratio**place for place in range(length)]

    def category(self, source: Sequence[int]) -> str:
        """How many strands there are: the least number that makes each of them a progression."""
        for strands in range(2, self.max_strands):
            if all(_is_progression(source[first::strands]) for first in range(strands)):
                return f"{strands} strands"
        return f"{self.max_strands} strands"


def _is_progression(terms: Sequence[int]) -> bool:
    triples = list(zip(terms, terms[1:], terms[2:], strict=False))
    return all(a + c == 2 * b for a, b, c in triples) or all(a * c == b * b for a, b, c in triples)
