"""How integers are spelled in digits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import InputError
from seq2seq_transformer.tokenization.spelling import Grid, Spelling, State
from seq2seq_transformer.values import DigitBatch


@dataclass(frozen=True)
class IntegerSpelling(Spelling):
    """Sign and digits; a number has one spelling only, so neither leading zeros nor a negative zero.

    The states: "start" and "signed"; after a natural number's first digits "zero" (nothing but a 0), "open" (least
    significant first, and the last digit was 0: another must follow) and "number"; with a fixed width the pair of
    digits so far and whether one that is not 0 is still wanted.
    """

    base: int
    most_first: bool
    sign: str
    width: int

    start = "start"

    @cached_property
    def symbols(self) -> list[str]:  # type: ignore[override]
        """The digits in order of their value, then the signs."""
        return [*self.digits, *self.signs]

    @property
    def expected(self) -> str:  # type: ignore[override]
        """What a number is made of."""
        signs = {"none": "", "always": "a sign or "}.get(self.sign, "a minus sign or ")
        return f"{signs}a digit from 0 to {self.base - 1}"

    @property
    def fixed_width(self) -> int:  # type: ignore[override]
        """The width, which is 0 for numbers of as many digits as they have."""
        return self.width

    @property
    def least_first(self) -> bool:  # type: ignore[override]
        """Whether the units come first."""
        return not self.most_first

    @property
    def digits(self) -> list[str]:  # type: ignore[override]
        """The digits in order of their value."""
        return [*map(str, range(self.base))]

    @property
    def signs(self) -> list[str]:  # type: ignore[override]
        """The signs that a number can have."""
        return {"none": [], "always": ["+", "-"]}.get(self.sign, ["-"])

    def _first(self, negative: bool) -> dict[str, State]:
        """The first digits, each with the state after it."""
        if self.width:
            return self._fixed(0, negative)
        first: dict[str, State] = dict.fromkeys(map(str, range(1, self.base)), "number")
        if negative and not self.most_first:
            first["0"] = "open"
        elif not negative:
            first["0"] = "zero"
        return first

    def _fixed(self, count: int, wants: bool) -> dict[str, State]:
        after: dict[str, State] = {str(digit): (count + 1, False) for digit in range(1, self.base)}
        if not (wants and count + 1 == self.width):
            after["0"] = (count + 1, wants)
        return after

    @cached_property
    def edges(self) -> dict[State, Mapping[str, State]]:
        signs: dict[str, State] = {symbol: "minus" if symbol == "-" else "plus" for symbol in self.signs}
        edges: dict[State, Mapping[str, State]] = {
            "start": signs if self.sign == "always" else signs | self._first(negative=False),
            "plus": self._first(negative=False),
            "minus": self._first(negative=True),
            "zero": {},
        }
        digits = dict.fromkeys(map(str, range(self.base)), "number")
        edges["number"] = digits if self.most_first else digits | {"0": "open"}
        if not self.most_first:
            edges["zero"] = edges["open"] = edges["number"]
        for count in range(1, self.width + 1):
            for wants in (False, True):
                edges[count, wants] = self._fixed(count, wants) if count < self.width else {}
        return edges

    def follow(self, state: State) -> Mapping[str, State]:
        return self.edges[state]

    def accepts(self, state: State) -> bool:
        return state in ("zero", "number", (self.width, False))

    def spell(self, number: int) -> list[str]:
        if number < 0 and self.sign == "none":
            raise InputError(f"without signs a number must be 0 or more, but is {number}. Add: --encoding.sign prefix")
        digits = digits_of(abs(number), self.base)
        if self.width:
            if len(digits) > self.width:
                rule = f"a number must have at most {self.width} digits of base {self.base}"
                raise InputError(f"{rule}, but {number} has {len(digits)}. Raise: --encoding.width")
            digits += ["0"] * (self.width - len(digits))
        signs = ["-"] if number < 0 else ["+"] * (self.sign == "always")
        return signs + (digits[::-1] if self.most_first else digits)

    def read(self, symbols: Sequence[str]) -> int:
        signs = sum(symbol in ("+", "-") for symbol in symbols[:1])
        digits = symbols[signs:] if self.most_first else symbols[signs:][::-1]
        number = self.natural(digits)
        return -number if symbols[0] == "-" else number

    def natural(self, digits: Sequence[str]) -> int:
        """The number of some digits, the most significant first."""
        if self.base == 10 and len(digits) < 4000:  # beyond, Python refuses to read decimal digits at once
            return int("".join(digits))
        number = 0
        for digit in digits:
            number = number * self.base + int(digit)
        return number

    def spell_ints(self, values: NDArray[np.int64]) -> Grid | None:
        lowest, highest = int(values.min(initial=0)), int(values.max(initial=0))
        largest = max(-lowest, highest)
        if lowest < 0 and (self.sign == "none" or lowest == -(2**63)):
            return None
        places = len(digits_of(largest, self.base))
        kind = np.min_scalar_type(largest)
        rest = np.abs(values).astype(kind) if lowest < 0 else values.astype(kind)
        digits = np.empty((*values.shape, places), dtype=np.min_scalar_type(self.base + 2))
        divisor = kind.type(self.base) if largest >= self.base else kind.type(1)
        for place in range(places - 1):
            quotient = rest // divisor
            digits[..., place] = rest - quotient * divisor
            rest = quotient
        digits[..., places - 1] = rest
        return self.grid(digits, values < 0)

    def spell_digits(self, batch: DigitBatch) -> Grid | None:
        if self.base != 10 or (self.sign == "none" and batch.negative.any()):
            return None
        return self.grid(batch.digits, batch.negative)

    def grid(self, digits: NDArray[Any], negative: NDArray[np.bool_]) -> Grid | None:
        """Slots of sign and digits, from digits with the units first, of shape (…, places)."""
        places = digits.shape[-1]
        used = np.empty(digits.shape, dtype=bool)
        used[..., places - 1] = digits[..., places - 1] != 0
        for place in range(places - 2, -1, -1):
            np.logical_or(used[..., place + 1], digits[..., place], out=used[..., place])
        used[..., 0] = True
        if self.width:
            if self.width < places and used[..., self.width :].any():
                return None
            digits = _resized(digits, self.width)
            used = np.ones(digits.shape, dtype=bool)
        if self.most_first:
            digits, used = digits[..., ::-1], used[..., ::-1]
        if self.sign == "none" or (self.sign == "prefix" and not negative.any()):
            return digits, used
        signs = np.full((*negative.shape, 1), self.base, dtype=digits.dtype)
        signs[negative] = self.symbols.index("-")
        signed = negative[..., None] if self.sign == "prefix" else np.ones(signs.shape, dtype=bool)
        return np.concatenate([signs, digits], axis=-1), np.concatenate([signed, used], axis=-1)


def digits_of(number: int, base: int) -> list[str]:
    """The digits of a number, the units first."""
    if base == 10:
        return list(str(number))[::-1]
    digits = []
    while True:
        number, digit = divmod(number, base)
        digits.append(str(digit))
        if not number:
            return digits


def _resized(digits: NDArray[Any], width: int) -> NDArray[Any]:
    missing = max(0, width - digits.shape[-1])
    padded = np.pad(digits, [(0, 0)] * (digits.ndim - 1) + [(0, missing)]) if missing else digits
    return padded[..., :width]
