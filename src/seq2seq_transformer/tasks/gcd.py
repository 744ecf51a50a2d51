"""Greatest common divisor, with the distributions that decide what a Transformer learns of it."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.values import ExampleBatch, IntBatch, Integer, ValueBatch, Vector

_COUNTED_APART = 100
_UNIFORM = 0.75
"""Share of pairs with uniform operands among mixed ones."""


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Gcd(Task):
    """The greatest common divisor of two positive integers.

    In numbers: the source 1024 16 has the target 16, and 30 12 has 6.
    As tokens: in base 10, the sum of a number's last digits tells divisibility by 2, 4, 5 and so on, so a model learns
    the divisors of powers of the base first (arXiv 2308.15594); bases with many prime factors make it easy.

    >>> import math
    >>> source, target = Gcd(max_operand=100).sample(np.random.default_rng(0))
    >>> math.gcd(*source) == target
    True
    """

    max_operand: int = 1_000_000
    """Largest operand, at least 1."""
    operands: Literal["uniform", "log_uniform", "mixed"] = "uniform"
    """How operands are drawn: uniform in [1, max_operand], with uniform logarithms, or mixed (three pairs in four
    uniform); small operands show early what divides what."""
    outcomes: Literal["natural", "uniform", "log_uniform", "inverse_sqrt", "mixed"] = "natural"
    """How the gcd is drawn: natural (as the operands have it, P(k) ~ 1/k²); up to max_gcd with P(k) constant, ~ 1/k
    or ~ 1/√k; or mixed (nineteen natural ones for one uniform one)."""
    max_gcd: int = 100
    """Largest gcd, where outcomes are not natural."""

    def __post_init__(self) -> None:
        problems = Problems()
        problems.require(1 <= self.max_operand < 2**53, "`max_operand` must be from 1 to 2^53 - 1", self.max_operand)
        natural = self.outcomes == "natural"  # then it has no effect
        rule = f"`max_gcd` must be from 1 to `max_operand` ({self.max_operand})"
        problems.require(natural or 1 <= self.max_gcd <= max(1, self.max_operand), rule, self.max_gcd)
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Two positive integers."""
        return Vector(Integer(), 2)

    @property
    def target(self) -> Integer:
        """Their gcd."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples: pairs as they come, or a gcd first and then two coprime factors for it."""
        if self.outcomes == "natural":
            pairs = self._pairs(rng, np.full(n, self.max_operand))
            return _examples(pairs, np.gcd(pairs[:, 0], pairs[:, 1]))
        chosen = self._outcomes(rng, n)
        pairs = self._coprime_pairs(rng, self.max_operand // chosen) * chosen[:, None]
        if self.outcomes == "mixed":
            natural = self._pairs(rng, np.full(n, self.max_operand))
            pairs = np.where((rng.random(n) < 0.95)[:, None], natural, pairs)
            chosen = np.gcd(pairs[:, 0], pairs[:, 1])
        return _examples(pairs, chosen)

    def _outcomes(self, rng: np.random.Generator, n: int) -> NDArray[np.int64]:
        if self.outcomes in ("uniform", "mixed"):
            return rng.integers(1, self.max_gcd + 1, size=n)
        weights = np.arange(1, self.max_gcd + 1) ** (-1.0 if self.outcomes == "log_uniform" else -0.5)
        shares = np.cumsum(weights) / weights.sum()
        return np.minimum(np.searchsorted(shares, rng.random(n), side="right") + 1, self.max_gcd)

    def _pairs(self, rng: np.random.Generator, limits: NDArray[np.int64]) -> NDArray[np.int64]:
        """Two numbers a row, from 1 to the row's limit."""
        shares = rng.random((len(limits), 2))
        uniform = (shares * limits[:, None]).astype(np.int64) + 1
        if self.operands == "uniform":
            return uniform
        log_uniform = np.minimum(np.exp(shares * np.log(limits + 1)[:, None]).astype(np.int64), limits[:, None])
        if self.operands == "log_uniform":
            return log_uniform
        return np.where((rng.random(len(limits)) < _UNIFORM)[:, None], uniform, log_uniform)

    def _coprime_pairs(self, rng: np.random.Generator, limits: NDArray[np.int64]) -> NDArray[np.int64]:
        """The same, drawn again and again until they are coprime; (1, 1) at the latest after a bounded search."""
        pairs = self._pairs(rng, limits)
        again = np.flatnonzero(np.gcd(pairs[:, 0], pairs[:, 1]) != 1)
        for _ in range(100):
            if not len(again):
                return pairs
            drawn = self._pairs(rng, limits[again])
            pairs[again] = drawn
            again = again[np.gcd(drawn[:, 0], drawn[:, 1]) != 1]
        pairs[again] = 1
        return pairs

    def verify(self, source: list[int], answer: int) -> bool:
        """By Euclid's algorithm."""
        return answer == math.gcd(*source)

    def category(self, source: list[int]) -> str:
        """The gcd of a pair; those above 100 together."""
        found = math.gcd(*source)
        return str(found) if found <= _COUNTED_APART else f"> {_COUNTED_APART}"

    def categories(self, sources: ValueBatch) -> NDArray[np.str_]:
        """The same, at once where the numbers are small enough for NumPy."""
        if not isinstance(sources, IntBatch):
            return super().categories(sources)
        found = np.gcd(sources.values[:, 0], sources.values[:, 1]).view(np.uint64)  # of −2⁶³ and 0 it is 2⁶³
        names = np.array([*map(str, range(_COUNTED_APART + 1)), f"> {_COUNTED_APART}"])
        return names[np.minimum(found, _COUNTED_APART + 1)]


def _examples(pairs: NDArray[np.int64], outcomes: NDArray[np.int64]) -> ExampleBatch:
    return ExampleBatch(IntBatch.of_rows(pairs), IntBatch.of_scalars(outcomes))
