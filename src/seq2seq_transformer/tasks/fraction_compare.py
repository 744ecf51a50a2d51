"""Say which of two fractions is larger."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.comparison import ORDER, order_of
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_integer, random_positive
from seq2seq_transformer.tasks.fraction_simplify import lowest_terms, with_common_factor
from seq2seq_transformer.values import ExampleBatch, Integer, ListBatch, Symbol, Vector, pack

_INDEPENDENT, _EQUAL, _CLOSE = range(3)


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class FractionCompare(Task):
    """Which of two fractions of positive integers is larger, or whether they are equal.

    In numbers: the source 2 3 3 4, which stands for 2/3 and 3/4, has the target <, and 2 4 3 6 has =.
    As tokens: 2 , 3 , 3 , 4 gives <; the answer is one symbol, but close fractions need two exact products to be told
    apart (a task of Int2Int, arXiv 2502.17513, there without =).

    A third of the pairs are drawn independently, a third are equal, mostly in different terms, and a third are equal
    ones of which one numerator was moved by 1. So about a third of the answers are =.

    >>> from fractions import Fraction
    >>> (a, b, c, d), answer = FractionCompare().sample(np.random.default_rng(0))
    >>> first, second = Fraction(a, b), Fraction(c, d)
    >>> {"<": first < second, "=": first == second, ">": first > second}[answer]
    True
    """

    difficulty = "digits"

    min_digits: int = 1
    """Fewest digits of a numerator or denominator."""
    max_digits: int = 4
    """Most digits of a numerator or denominator; the number of digits is uniform where pairs are independent."""

    def __post_init__(self) -> None:
        require_difficulty(self, highest=MOST_DIGITS)

    @property
    def source(self) -> Vector:
        """Numerator and denominator of the first fraction, then of the second."""
        return Vector(Integer(), 4)

    @property
    def target(self) -> Symbol:
        """How the first stands to the second."""
        return ORDER

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples: independent pairs first, then in two thirds of them related fractions."""
        sources = random_positive(rng, (n, 4), self.min_digits, self.max_digits).to_lists()
        for row, kind in enumerate(rng.integers(3, size=n).tolist()):
            if kind != _INDEPENDENT:
                sources[row] = self._related(rng, sources[row][:2], kind)
        return ExampleBatch(pack(sources), ListBatch([self.category(source) for source in sources]))

    def category(self, source: list[int]) -> str:
        """The answer."""
        a, b, c, d = source
        return order_of(a * d, c * b)

    def _related(self, rng: np.random.Generator, numbers: list[int], kind: int) -> list[Any]:
        """Two fractions that are equal or close, one of them near numbers[0]/numbers[1]."""
        first = with_common_factor(rng, numbers)
        terms = lowest_terms(*first)
        digits = int(rng.integers(len(str(max(first))), self.max_digits + 1))
        lowest, highest = 10 ** (self.min_digits - 1), 10**digits - 1
        least, most = -(-lowest // min(terms)), highest // max(terms)
        drawn = random_integer(rng, digits + 3)  # so many digits that its remainders are as good as uniform
        second = [term * (least + drawn % (most - least + 1)) for term in terms]
        if kind == _CLOSE:
            step = 1 - 2 * int(rng.integers(2))
            second[0] += step if lowest <= second[0] + step <= highest else -step
        return first + second if rng.integers(2) else second + first
