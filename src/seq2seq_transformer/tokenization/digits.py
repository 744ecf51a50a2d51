"""Integers of any size, digit by digit."""

from dataclasses import dataclass
from typing import Literal

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS, NumberEncoding
from seq2seq_transformer.tokenization.complements import ComplementSpelling
from seq2seq_transformer.tokenization.integers import IntegerSpelling
from seq2seq_transformer.tokenization.spelling import Spelling
from seq2seq_transformer.values import Integer, Scalar

MOST_SYMBOLS, MOST_WIDTH, MOST_EDGES = 100_000, 10_000, 1_000_000


@NUMBER_ENCODINGS.register
@dataclass(frozen=True, kw_only=True)
class Digits(NumberEncoding):
    """Integers of any size in digits of a base: 1024 is "1" "0" "2" "4", in base 1000 "1" "24".

    >>> Digits(base=1000, sign="always").encode(-1024, Integer())
    ['-', '1', '24']
    """

    base: int = 10
    """Base of the digits, at least 2; a digit is one symbol."""
    order: Literal["most", "least"] = "most"
    """Which digit comes first: the most or the least significant."""
    sign: Literal["none", "prefix", "always", "complement"] = "prefix"
    """Signs: none (no negative numbers), prefix (- before negative ones), always (+ or - before every number) or
    complement (least significant digit first: -8 is 2 - 10, "2" "-", so the sign is known only where it is written)."""
    width: int = 0
    """Digits of every number, filled up with zeros. 0: as many as it has."""
    separators: Literal["auto", "always"] = "auto"
    """Separators between numbers: auto (where their digits would run together) or always."""

    def __post_init__(self) -> None:
        problems = Problems()
        rule = f"`encoding.base` must be from 2 to {MOST_SYMBOLS}"
        problems.require(2 <= self.base <= MOST_SYMBOLS, rule, self.base)
        rule = f"`encoding.width` must be from 0 to {MOST_WIDTH}, and base times width at most {MOST_EDGES}"
        fits = 0 <= self.width <= MOST_WIDTH and self.base * self.width <= MOST_EDGES
        problems.require(fits, rule, self.width)
        if self.sign == "complement":
            rule = '`encoding.order` must be "least" where `encoding.sign` is "complement"'
            problems.require(self.order == "least", rule, self.order)
            problems.require(self.width == 0, "`encoding.width` must be 0 where signs are complements", self.width)
        problems.raise_if_any()

    @property
    def separation(self) -> str:
        """The option `separators`."""
        return self.separators

    def spelling(self, kind: Scalar) -> Spelling | None:
        """Digits, for integers."""
        if kind != Integer():
            return None
        if self.sign == "complement":
            return ComplementSpelling(self.base, most_first=False, sign="complement", width=0)
        return IntegerSpelling(self.base, self.order == "most", self.sign, self.width)
