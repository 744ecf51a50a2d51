"""Continue a sequence whose rule has changed on the way."""

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
class Piecewise(Task):
    """The next terms of a sequence that follows one rule and then another; the last rule goes on.

    In numbers: 3 5 7 9 18 36 72 (three times plus 2, then three times the double) has, with a horizon of 2, the target
    144 288.
    As tokens: 3 , 5 , 7 , 9 , 1 8 , 3 6 , 7 2 gives 1 4 4 , 2 8 8; only the last terms count, so a model that takes
    the rule from the beginning of the source, or from all of it, answers wrongly.
    A rule adds a number that is not 0, or multiplies by one that is neither 0, 1 nor -1. Two steps of a rule determine
    it: three terms that are not all equal, nor 0, are no arithmetic and geometric progression at once.

    >>> source, target = Piecewise().sample(np.random.default_rng(0))
    >>> a, b, c, d = source[-2:] + target[:2]
    >>> d - c == c - b == b - a or (b * b == a * c and c * c == b * d)
    True
    """

    difficulty = "length"
    continues = True

    min_length: int = 7
    """Fewest terms in a source, at least one more than twice `min_steps`."""
    max_length: int = 20
    """Most terms in a source; lengths are uniform."""
    horizon: int = 5
    """Terms in a target."""
    min_steps: int = 3
    """Fewest steps of each rule, from a term to the next, in the source, at least 2; the place of change is uniform."""
    max_start: int = 100
    """Largest size of the first term, which is not 0."""
    max_difference: int = 20
    """Largest size of what a rule adds."""
    max_ratio: int = 3
    """Largest size of what a rule multiplies by, at least 2."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_size(problems, self, "min_steps", 2)
        check_size(problems, self, "max_start", 1)
        check_size(problems, self, "max_difference", 1)
        check_size(problems, self, "max_ratio", 2)
        check_continuation(problems, self, 2 * self.min_steps + 1, "one more than twice `min_steps`")
        start = self.max_start + self.max_length * self.max_difference
        check_growth(problems, self, start, self.max_ratio)
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
        """Draw one example: a start, a rule, where it changes, and the rule after that."""
        length = int(rng.integers(self.min_length, self.max_length + 1))
        steps = int(rng.integers(self.min_steps, length - self.min_steps))
        start = int(nonzero_integers(rng, (), 1, self.max_start))
        first = self._rule(rng)
        terms = _followed(start, first, steps)
        second = self._rule(rng)
        # A multiple of 0 would stay 0, and show nothing of its rule.
        while second == first or (terms[-1] == 0 and second[1] == 0):
            second = self._rule(rng)
        terms += _followed(terms[-1], second, length + self.horizon - len(terms))[1:]
        return Example(terms[:length], terms[length:])

    def _rule(self, rng: np.random.Generator) -> tuple[int, int]:
        """What a term is multiplied by, and what is added to it; one of them does nothing."""
        if rng.random() < 0.5:
            return 1, int(nonzero_integers(rng, (), 1, self.max_difference))
        return int(nonzero_integers(rng, (), 2, self.max_ratio)), 0

    def category(self, source: Sequence[int]) -> str:
        """What the first rule does and what the last one does: add or multiply."""
        return f"{_operation(source[:3])}, then {_operation(source[-3:])}"


def _followed(start: int, rule: tuple[int, int], steps: int) -> list[int]:
    terms = [start]
    for _ in range(steps):
        terms.append(terms[-1] * rule[0] + rule[1])
    return terms


def _operation(terms: Sequence[int]) -> str:
    return "add" if terms[0] + terms[-1] == 2 * terms[1] else "multiply"
