"""Floating-point numbers with three significant digits, as sign, mantissa and exponent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from seq2seq_transformer.errors import InputError, Problems
from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS, NumberEncoding
from seq2seq_transformer.tokenization.spelling import Spelling, State
from seq2seq_transformer.values import Float, Scalar

_MOST = 999
_EXPONENTS = {"P10": 100, "P1000": 100, "B1999": 100, "FP15": 8}


@NUMBER_ENCODINGS.register
@dataclass(frozen=True, kw_only=True)
class Scientific(NumberEncoding):
    """Floats rounded to three digits, mantissa times a power of ten: 3.14 is "+" "314" "E-2" (arXiv 2112.01898).

    P10 spells it + 3 1 4 E-2, P1000 + 314 E-2, B1999 314 E-2 and FP15 314E-2. Numbers too small for the exponents
    become 0, as rounding has it; numbers too large are refused.

    >>> Scientific(format="P10").encode(-0.0271828, Float())
    ['-', '2', '7', '2', 'E-4']
    """

    format: Literal["P10", "P1000", "B1999", "FP15"] = "P1000"
    """Symbols a number: P10 five, P1000 three, B1999 two (signed mantissa), FP15 one."""
    max_exponent: int = 0
    """Exponents of ten go from minus this to this. 0: 100, and 8 for FP15."""

    def __post_init__(self) -> None:
        problems = Problems()
        rule = "`encoding.max_exponent` must be from 0 to 300"
        problems.require(0 <= self.max_exponent <= 300, rule, self.max_exponent)
        problems.raise_if_any()

    def spelling(self, kind: Scalar) -> Spelling | None:
        """Sign, mantissa and exponent, for floats."""
        largest = self.max_exponent or _EXPONENTS[self.format]
        return FloatSpelling(self.format, largest) if kind == Float() else None


@dataclass(frozen=True)
class FloatSpelling(Spelling):
    """The mantissa has three digits and does not begin with 0, or is 0 with the sign + and the exponent 0."""

    format: str
    max_exponent: int

    start = "start"

    @cached_property
    def symbols(self) -> list[str]:  # type: ignore[override]
        """Digits or mantissas, signs and exponents, or whole numbers."""
        exponents = [f"E{e}" for e in range(-self.max_exponent, self.max_exponent + 1)]
        if self.format == "FP15":
            mantissas = [m for m in range(-_MOST, _MOST + 1) if abs(m) >= 100]
            return ["0E0", *(f"{m}{exponent}" for m in mantissas for exponent in exponents)]
        if self.format == "B1999":
            return [*map(str, range(-_MOST, _MOST + 1)), *exponents]
        return [*map(str, range(10 if self.format == "P10" else _MOST + 1)), "+", "-", *exponents]

    @property
    def expected(self) -> str:  # type: ignore[override]
        """What a number is made of."""
        return f"a sign, mantissa or exponent of the format {self.format} in its place"

    @cached_property
    def _exponents(self) -> dict[str, State]:
        return {f"E{e}": "end" for e in range(-self.max_exponent, self.max_exponent + 1)}

    @cached_property
    def _edges(self) -> dict[State, Mapping[str, State]]:
        edges: dict[State, Mapping[str, State]] = {"end": {}, "mantissa": self._exponents, "zero": {"E0": "end"}}
        whole: dict[str, State] = {str(m): "mantissa" for m in range(100, _MOST + 1)}
        if self.format == "FP15":
            return {self.start: dict.fromkeys(self.symbols, "end"), "end": {}}
        if self.format == "B1999":
            negative: dict[str, State] = {str(-m): "mantissa" for m in range(100, _MOST + 1)}
            return edges | {self.start: whole | negative | {"0": "zero"}}
        edges[self.start] = {"+": "plus", "-": "minus"}
        if self.format == "P1000":
            return edges | {"plus": whole | {"0": "zero"}, "minus": whole}
        edges["minus"] = dict.fromkeys(map(str, range(1, 10)), "two")
        edges["plus"] = edges["minus"] | {"0": "zero two"}
        edges["two"] = dict.fromkeys(map(str, range(10)), "one")
        edges["one"] = dict.fromkeys(map(str, range(10)), "mantissa")
        return edges | {"zero two": {"0": "zero one"}, "zero one": {"0": "zero"}}

    def follow(self, state: State) -> Mapping[str, State]:
        return self._edges[state]

    def accepts(self, state: State) -> bool:
        return state == "end"

    def spell(self, number: float) -> list[str]:
        mantissa, exponent = self._rounded(number)
        if self.format == "FP15":
            return [f"{mantissa}E{exponent}"]
        if self.format == "B1999":
            return [str(mantissa), f"E{exponent}"]
        digits = list(f"{abs(mantissa):03d}") if self.format == "P10" else [str(abs(mantissa))]
        return ["-" if mantissa < 0 else "+", *digits, f"E{exponent}"]

    def _rounded(self, number: float) -> tuple[int, int]:
        head, _, tail = f"{number:.2e}".partition("e")
        mantissa, exponent = round(float(head) * 100), int(tail) - 2
        if not mantissa or exponent < -self.max_exponent:
            return 0, 0
        if exponent > self.max_exponent:
            raise InputError(
                f"with exponents up to {self.max_exponent} a number must be below 10^{self.max_exponent + 3} in size, "
                f"but is {number}. Raise: --encoding.max_exponent"
            )
        return mantissa, exponent

    def read(self, symbols: Sequence[str]) -> float:
        head, _, exponent = "".join(symbols).partition("E")
        return float(f"{head}e{exponent}")
