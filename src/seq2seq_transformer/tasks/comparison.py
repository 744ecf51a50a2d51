"""Say which of two integers is larger."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_digits
from seq2seq_transformer.tasks.recipes import DIFFERENCES, Recipe
from seq2seq_transformer.values import ExampleBatch, Integer, ListBatch, Symbol, Vector

ORDER = Symbol(("<", "=", ">"))
"""How a first number stands to a second."""


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Comparison(Task):
    """Which of two non-negative integers is larger, or whether they are equal.

    In numbers: the source 1723 1725 has the target <, and 17 17 has =.
    As tokens: 1 7 2 3 , 1 7 2 5 gives <; the answer is one symbol, decided by the numbers of digits and then by the
    first place where the numbers differ, which may stand anywhere.

    A third of the pairs are drawn independently, a third are equal, and a third have the same number of digits and a
    common prefix of uniform length, from none to all digits but one. So about a third of the answers are =.

    >>> (first, second), answer = Comparison().sample(np.random.default_rng(0))
    >>> {"<": first < second, "=": first == second, ">": first > second}[answer]
    True
    """

    difficulty = "digits"

    min_digits: int = 1
    """Fewest digits of a number."""
    max_digits: int = 10
    """Most digits of a number; the number of digits is uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self, highest=MOST_DIGITS)

    @property
    def recipe(self) -> Recipe:
        """Two layers: where do digits of one significance differ, and is there such a place above?"""
        return DIFFERENCES

    @property
    def source(self) -> Vector:
        """Two non-negative integers."""
        return Vector(Integer(), 2)

    @property
    def target(self) -> Symbol:
        """How the first stands to the second."""
        return ORDER

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples: independent pairs first, then in two thirds of them another second number."""
        pairs = random_digits(rng, (n, 2), self.min_digits, self.max_digits)
        kinds = rng.integers(3, size=n)
        pairs.digits[kinds > 0, 1] = pairs.digits[kinds > 0, 0]
        pairs.digits[kinds == 2, 1] = _differing(rng, pairs.digits[kinds == 2, 0])
        return ExampleBatch(pairs, ListBatch([self.category(pair) for pair in pairs.to_lists()]))

    def category(self, source: list[int]) -> str:
        """The answer."""
        return order_of(*source)


def order_of(first: int, second: int) -> str:
    """How one number stands to another: <, = or >."""
    return ORDER.names[1 + (first > second) - (first < second)]


def _differing(rng: np.random.Generator, digits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Other numbers with as many digits each; the first place that differs is uniform.

    Args:
        rng: source of all randomness.
        digits: of shape (numbers, places), the units first.
    """
    n, places = digits.shape
    rows = np.arange(n)
    counts = np.where(digits.any(axis=1), places - np.argmax(digits[:, ::-1] != 0, axis=1), 1)
    place = rng.integers(0, counts)
    drawn = rng.integers(0, 10, size=digits.shape, dtype=np.uint8)
    changed = np.where(np.arange(places) < place[:, None], drawn, digits)
    leads = (place == counts - 1) & (counts > 1)  # such a digit must not become 0
    other = rng.integers(leads.astype(np.int64), 9)
    changed[rows, place] = other + (other >= digits[rows, place])
    return changed
