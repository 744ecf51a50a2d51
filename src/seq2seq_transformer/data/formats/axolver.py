"""The format of Axolver: as Int2Int, with INT+ and INT- for signs, base 10, floats, and a third column."""

import re
from collections.abc import Sequence
from typing import Any

from seq2seq_transformer.data.formats.base import FORMATS, Types
from seq2seq_transformer.data.formats.int2int import Int2Int
from seq2seq_transformer.errors import InputError
from seq2seq_transformer.values import Float, Scalar, Value, has_floats


@FORMATS.register
class Axolver(Int2Int):
    """`V2 INT+ 2 4 INT+ 1 6<TAB>INT+ 8`; floats are FLOAT+ 3 1 4 E-2; problem, tab, query, tab, answer."""

    default_base = 10
    signs = {"INT+": 1, "INT-": -1}  # noqa: RUF012
    float_signs = {"FLOAT+": "", "FLOAT-": "-"}  # noqa: RUF012

    @classmethod
    def looks_like(cls, line: str) -> bool:
        return bool(re.search(r"(^|\s)(INT|FLOAT)[+-]", line)) or line.count("\t") == 2

    def _numbers(self, words: Sequence[str], kind: Scalar) -> list[Value]:
        if kind != Float():
            return super()._numbers(words, kind)
        text = " ".join(words)
        found: list[Value] = []
        for number in re.split(r" (?=FLOAT)", text) if text else []:
            sign, *digits, exponent = number.split() if number.count(" ") >= 2 else ("", "", "")
            good = sign in self.float_signs and all(re.fullmatch(r"\d", digit) for digit in digits)
            if not good or not re.fullmatch(r"E-?\d+", exponent):
                raise InputError(f"a float must read like FLOAT+ 3 1 4 E-2, but is {number!r} instead.")
            found.append(float(f"{self.float_signs[sign]}{''.join(digits)}e{exponent[1:]}"))
        return found

    def lost(self, types: Types) -> str:
        floats = has_floats(types.source, types.target)
        return "floats are written with three significant digits, as Axolver has them" if floats else ""

    def _word(self, number: Any, kind: Scalar) -> str:
        if kind != Float():
            return super()._word(number, kind)
        head, _, exponent = f"{number:.2e}".partition("e")
        digits = head.lstrip("-").replace(".", "").rstrip("0") or "0"
        power = int(exponent) - len(digits) + 1 if digits != "0" else 0
        return " ".join([f"FLOAT{'-' if number < 0 else '+'}", *digits, f"E{power}"])
