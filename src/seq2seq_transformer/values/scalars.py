"""Types of single numbers and symbols. Each says what it takes (`convert`) and has a text form."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard
from urllib.parse import quote

from seq2seq_transformer.errors import InputError

BETWEEN_ITEMS, BETWEEN_ROWS, BETWEEN_PARTS = ",", ";", "|"
"""What separates numbers, rows of a matrix and parts of a tuple, where something has to."""
MOST_DIGITS = 4000
"""Decimal digits of the longest whole number; Python refuses to read or write more than 4300."""
_MOST_BITS = 13_287
_SMALL = 2**63
RESERVED = frozenset({BETWEEN_ITEMS, BETWEEN_ROWS, BETWEEN_PARTS, "<sos>", "<eos>", "<pad>"})


@dataclass(frozen=True)
class Integer:
    """A whole number of any size."""

    def __str__(self) -> str:
        return "int"

    def convert(self, value: object) -> int:
        """The value as an int; digits in a string are taken.

        Raises:
            InputError: where it is no whole number.
        """
        found = _whole(value)
        if found is None:
            shown = f"the float {value!r}" if isinstance(value, float) and value.is_integer() else repr(value)
            raise InputError(f"a term must be a whole number, but is {shown} instead.")
        return found

    def holds(self, values: Sequence[object]) -> bool:
        """Whether all are plain numbers of the type, at a glance; where not, `convert` tells."""
        return are_integers(values) and min(values) > -_SMALL and max(values) < _SMALL


@dataclass(frozen=True)
class Range:
    """An integer `low` ≤ x < `high`, spelled as one symbol by every encoding."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise InputError(f"a range must hold a number, but range({self.low},{self.high}) holds none.")

    def __str__(self) -> str:
        return f"range({self.low},{self.high})"

    def convert(self, value: object) -> int:
        """The value as an int of the range; digits in a string are taken.

        Raises:
            InputError: where it is not of the range.
        """
        found = _whole(value)
        if found is None or not self.low <= found < self.high:
            given = value if found is None else found
            raise InputError(
                f"a term must be a whole number from {self.low} to {self.high - 1}, but is {given!r} instead."
            )
        return found

    def holds(self, values: Sequence[object]) -> bool:
        """As of Integer."""
        return are_integers(values) and self.low <= min(values) and max(values) < self.high

    @property
    def names(self) -> list[str]:
        """Every number of the range, in decimal."""
        return [str(number) for number in range(self.low, self.high)]


@dataclass(frozen=True)
class Symbol:
    """One of a set of names without blanks.

    Args:
        names: the set, in order; empty while the names are still to be collected from a file.
    """

    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.names:
            if not name or name in RESERVED or re.search(r"[\s|]", name):
                raise InputError(
                    f"the name of a symbol must be a word without blanks or bars, but is {name!r} instead."
                )

    def __str__(self) -> str:
        return f"symbol({'|'.join(quote(name, safe='+*=<>?!') for name in self.names)})" if self.names else "symbol"

    def convert(self, value: object) -> str:
        """The value, if it is one of the names.

        Raises:
            InputError: where it is not.
        """
        if isinstance(value, (str, int)) and not isinstance(value, bool) and self._allows(str(value)):
            return str(value)
        shown = ", ".join(self.names[:20]) + (", …" if len(self.names) > 20 else "")
        rule = f"one of {shown}" if self.names else "a word without blanks"
        raise InputError(f"a term must be {rule}, but is {value!r} instead.")

    def _allows(self, word: str) -> bool:
        return (
            word in self.names if self.names else bool(word) and word not in RESERVED and not re.search(r"[\s|]", word)
        )


@dataclass(frozen=True)
class Float:
    """A finite floating-point number."""

    def __str__(self) -> str:
        return "float"

    def convert(self, value: object) -> float:
        """The value as a float; a number in a string is taken.

        Raises:
            InputError: where it is no finite number.
        """
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        try:
            found = float(value) if number or (isinstance(value, str) and "_" not in value) else math.nan  # type: ignore[arg-type]
        except (ValueError, OverflowError):
            found = math.nan
        if not math.isfinite(found):
            raise InputError(f"a term must be a finite number, but is {value!r} instead.")
        return found


def are_integers(values: Sequence[object]) -> TypeGuard[Sequence[int]]:
    """Whether all values are plain integers, and not, say, of NumPy; of an empty sequence this is not said."""
    return set(map(type, values)) == {int}


def _whole(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d+", value):
        if len(value) > MOST_DIGITS + 1:
            raise InputError(f"a whole number must have at most {MOST_DIGITS} digits, but one has {len(value)}.")
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    if value.bit_length() > _MOST_BITS and abs(value) >= 10**MOST_DIGITS:
        raise InputError(f"a whole number must have at most {MOST_DIGITS} digits, but one has more.")
    return value
