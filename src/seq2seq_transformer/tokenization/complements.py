"""Negative integers as complements: the sign comes after the digits, where it is known."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.tokenization.integers import IntegerSpelling, digits_of
from seq2seq_transformer.tokenization.spelling import Grid, State


class ComplementSpelling(IntegerSpelling):
    """Digits with the units first; a minus after k digits takes the k-th power of the base away.

    So -8 is 2 - 10 and spelled "2" "-", and -100 is "0" "0" "-". The digits of -x are those of x - 1, each taken from
    base - 1. No number has more digits than it needs. The states: "start", "one" (a single digit), "open" (the last
    digit is 0: another or a minus must follow), "nines" (it is base - 1: no minus can follow), "number" and "end".
    """

    @cached_property
    def edges(self) -> dict[State, Mapping[str, State]]:
        digits: dict[str, State] = dict.fromkeys(self.digits, "number")
        digits |= {"0": "open", str(self.base - 1): "nines"}
        signed: dict[str, State] = {**digits, "-": "end"}
        first: dict[str, State] = dict.fromkeys(self.digits, "one")
        return {"start": first, "one": signed, "open": signed, "number": signed, "nines": digits, "end": {}}

    def accepts(self, state: State) -> bool:
        return state in ("one", "number", "nines", "end")

    def spell(self, number: int) -> list[str]:
        if number >= 0:
            return digits_of(number, self.base)
        return [*self._complements(digits_of(-number - 1, self.base)), "-"]

    def read(self, symbols: Sequence[str]) -> int:
        if symbols[-1] == "-":
            return -1 - self.natural(self._complements(symbols[-2::-1]))
        return self.natural(symbols[::-1])

    def _complements(self, digits: Sequence[str]) -> list[str]:
        return [str(self.base - 1 - int(digit)) for digit in digits]

    def grid(self, digits: NDArray[Any], negative: NDArray[np.bool_]) -> Grid | None:
        digits = digits.copy()
        below = digits[negative]  # becomes x - 1: a digit that is not 0 lends one to the zeros under it
        places, lender = np.arange(digits.shape[-1]), np.argmax(below != 0, axis=-1)[:, None]
        below = np.where(places < lender, self.base - 1, below - (places == lender)).astype(digits.dtype)
        digits[negative] = below
        used = np.cumsum(digits[..., ::-1] != 0, axis=-1)[..., ::-1] > 0
        used[..., 0] = True
        digits[negative] = self.base - 1 - below
        signs = np.full((*negative.shape, 1), self.symbols.index("-"), dtype=digits.dtype)
        return np.concatenate([digits, signs], axis=-1), np.concatenate([used, negative[..., None]], axis=-1)
