"""Integers as their remainders modulo some primes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import InputError, Problems
from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS, NumberEncoding
from seq2seq_transformer.tokenization.spelling import Grid, Spelling, State
from seq2seq_transformer.values import Integer, Scalar


@NUMBER_ENCODINGS.register
@dataclass(frozen=True, kw_only=True)
class Residues(NumberEncoding):
    """Integers as remainders modulo given primes: 17 modulo 2, 3, 5 is "1%2" "2%3" "2%5".

    The Chinese remainder theorem gives the number back, as long as it lies below the product of the primes.

    >>> Residues(primes=(2, 3, 5)).encode(17, Integer())
    ['1%2', '2%3', '2%5']
    """

    primes: tuple[int, ...] = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29)
    """Different primes; numbers lie below their product, 6,469,693,230 for the default."""
    signed: bool = False
    """false: from 0 to the product less 1. true: as many numbers, half of them negative."""

    def __post_init__(self) -> None:
        problems = Problems()
        small = all(p < 100_000 for p in self.primes)
        are_primes = small and all(p >= 2 and all(p % q for q in range(2, math.isqrt(p) + 1)) for p in self.primes)
        different = len(set(self.primes)) == len(self.primes) > 0
        rule = "`encoding.primes` must be different primes below 100,000"
        problems.require(are_primes and different, rule, self.primes)
        problems.raise_if_any()

    def spelling(self, kind: Scalar) -> Spelling | None:
        """Remainders, for integers."""
        return ResidueSpelling(tuple(self.primes), self.signed) if kind == Integer() else None


@dataclass(frozen=True)
class ResidueSpelling(Spelling):
    """One symbol a prime; the state is how many primes are done."""

    primes: tuple[int, ...]
    signed: bool

    start = 0
    expected = "a remainder modulo the next prime"

    @cached_property
    def symbols(self) -> list[str]:  # type: ignore[override]
        """The remainders of the first prime, then of the second, and so on."""
        return [f"{remainder}%{prime}" for prime in self.primes for remainder in range(prime)]

    @cached_property
    def _edges(self) -> list[dict[str, State]]:
        steps = enumerate(self.primes, start=1)
        return [*({f"{r}%{prime}": after for r in range(prime)} for after, prime in steps), {}]

    @cached_property
    def _product(self) -> int:
        return math.prod(self.primes)

    @property
    def _lowest(self) -> int:
        return -(self._product // 2) if self.signed else 0

    def follow(self, state: State) -> Mapping[str, State]:
        assert isinstance(state, int), "a state is a count"
        return self._edges[state]

    def accepts(self, state: State) -> bool:
        return state == len(self.primes)

    def spell(self, number: int) -> list[str]:
        if not self._lowest <= number < self._lowest + self._product:
            raise InputError(
                f"with these primes a number must be from {self._lowest} to {self._lowest + self._product - 1}, "
                f"but is {number}. Add primes: --encoding.primes"
            )
        return [f"{number % prime}%{prime}" for prime in self.primes]

    def read(self, symbols: Sequence[str]) -> int:
        number = 0
        for symbol, prime in zip(symbols, self.primes, strict=True):
            others = self._product // prime
            number += int(symbol.partition("%")[0]) * others * pow(others, -1, prime)
        return (number - self._lowest) % self._product + self._lowest

    def spell_ints(self, values: NDArray[np.int64]) -> Grid | None:
        if int(values.min(initial=0)) < self._lowest or int(values.max(initial=0)) >= self._lowest + self._product:
            return None
        before = np.cumsum([0, *self.primes[:-1]])
        indices = np.stack([values % prime + start for prime, start in zip(self.primes, before, strict=True)], axis=-1)
        return indices, np.ones(indices.shape, dtype=bool)
