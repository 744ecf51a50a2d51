"""The format of Int2Int: tokens with blanks between, source, tab, target."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.data.formats.base import FORMATS, Format, LineFault, Types
from seq2seq_transformer.data.formats.inferring import infer_type
from seq2seq_transformer.data.formats.tokens import read_columns
from seq2seq_transformer.errors import InputError
from seq2seq_transformer.values import (
    Example,
    ExampleBatch,
    Float,
    Integer,
    Matrix,
    Range,
    Scalar,
    Symbol,
    Tuple,
    Value,
    ValueType,
    Vector,
)


@FORMATS.register
class Int2Int(Format):
    """`V2 + 1 24 + 16<TAB>+ 16`: sign and digits (base 1000 by default), V and the length before a sequence."""

    default_base = 1000
    signs = {"+": 1, "-": -1}  # noqa: RUF012 (a constant of the format)

    @classmethod
    def looks_like(cls, line: str) -> bool:
        columns = [column.split() for column in line.split("\t")]
        if len(columns) < 2 or not columns[0]:
            return False
        first = columns[0][0]
        sign, *digits = columns[-1] or [""]
        signed = sign in cls.signs and bool(digits) and all(map(str.isdecimal, digits))  # + 5, where text has 5
        return first in cls.signs or _size(first) is not None or (signed and not first.lstrip("-").isdecimal())

    def split(self, line: str) -> tuple[Any, Any]:
        columns = line.rstrip("\r\n").split("\t")
        if len(columns) not in (2, 3):
            raise LineFault(
                1,
                "wrong number of columns",
                f"a line must have a source, a tab and a target, but has {len(columns) - 1} tabs.",
            )
        words = [column.split() for column in columns]
        return words[0] if len(words) == 2 else words[:2], words[-1]

    def parse(self, piece: Any, value_type: ValueType) -> Value:
        if isinstance(value_type, Tuple):
            if len(piece) != len(value_type.parts) or not isinstance(piece[0], list):
                raise InputError(f"there must be {len(value_type.parts)} columns before the answer, but is 1.")
            return [self.parse(part, kind) for part, kind in zip(piece, value_type.parts, strict=True)]
        if piece and isinstance(piece[0], list):
            raise InputError(f"{value_type} must stand in one column, but there are {len(piece)}.")
        sizes, words = _sizes(piece)
        numbers = self._numbers(words, value_type.item if isinstance(value_type, (Vector, Matrix)) else value_type)
        return value_type.convert(_shaped(sizes, numbers, value_type))

    def split_columns(self, line: str) -> list[Any]:
        source, target = self.split(line)
        return [*source, target] if source and isinstance(source[0], list) else [source, target]

    def infer_column(self, values: Sequence[Any]) -> ValueType:
        return _inferred(values)

    def loose(self, piece: Any) -> Any:
        sizes, words = _sizes(piece)
        kind: Scalar | None = None
        if words and words[0] in self.signs:
            kind = Integer()
        elif words and words[0].startswith("FLOAT"):
            kind = Float()
        numbers: list[Value] = list(words) if kind is None else self._numbers(words, kind)
        if sizes:
            return _shaped(sizes, numbers, None)
        return numbers if len(numbers) != 1 else numbers[0]

    def _numbers(self, words: Sequence[str], kind: Scalar) -> list[Value]:
        """The numbers that words spell, one after another."""
        if kind != Integer():
            return list(words)  # a range or a symbol is one word, and its type checks it
        found: list[Value] = []
        position = 0
        while position < len(words):
            if words[position] not in self.signs:
                rule = f"a number must begin with {' or '.join(self.signs)}"
                raise InputError(f"{rule}, but word {position + 1} is {words[position]!r} instead.")
            end = position + 1
            while end < len(words) and words[end] not in self.signs:
                end += 1
            found.append(self._integer(words, position, end))
            position = end
        return found

    def _integer(self, words: Sequence[str], start: int, end: int) -> int:
        number = 0
        for position in range(start + 1, end):
            word = words[position]
            if not re.fullmatch(r"0|[1-9][0-9]{0,9}", word) or int(word) >= self.base:
                rule = f"a digit must be a whole number from 0 to {self.base - 1}"
                raise InputError(f"{rule}, but word {position + 1} is {word!r} instead.")
            number = number * self.base + int(word)
        leads = end - start > 2 and words[start + 1] == "0"
        if end - start < 2 or leads or (not number and self.signs[words[start]] < 0):
            found = " ".join(words[start:end])
            raise InputError(f"a number must be a sign and digits without leading zeros, 0 positive, but is {found!r}.")
        return self.signs[words[start]] * number

    def read_block(self, block: bytes, types: Types) -> tuple[ExampleBatch, NDArray[np.bool_]] | None:
        return read_columns(block, types.source, types.target, self.base, next(iter(self.signs)))

    def write(self, example: Example, types: Types) -> str:
        return f"{self._written(example.source, types.source)}\t{self._written(example.target, types.target)}"

    def _written(self, value: Any, value_type: ValueType) -> str:
        if isinstance(value_type, Tuple):
            if len(value_type.parts) != 2:
                raise InputError(f"this format has two or three columns, which cannot hold {value_type}.")
            return "\t".join(self._written(part, kind) for part, kind in zip(value, value_type.parts, strict=True))
        if isinstance(value_type, Matrix):
            cells = [self._word(cell, value_type.item) for row in value for cell in row]
            return " ".join([f"V{len(value)}", f"V{len(value[0])}", *cells])
        if isinstance(value_type, Vector) and isinstance(value_type.item, Symbol):
            return " ".join(value)
        if isinstance(value_type, Vector):
            return " ".join([f"V{len(value)}", *(self._word(item, value_type.item) for item in value)])
        return self._word(value, value_type)

    def _word(self, number: Any, kind: Scalar) -> str:
        if kind == Float():
            raise InputError("this format holds whole numbers and symbols, but the type is float.")
        if kind != Integer():
            return str(number)
        digits: list[str] = []
        rest = abs(number)
        while rest or not digits:
            rest, digit = divmod(rest, self.base)
            digits.append(str(digit))
        plus, minus = self.signs
        return " ".join([minus if number < 0 else plus, *reversed(digits)])


def _inferred(column: Sequence[Any]) -> ValueType:
    """The type of a column; a number without a sign is no integer here, but one of a range."""
    kind = infer_type(column)
    if isinstance(kind, Vector) and any(
        isinstance(item, int) for value in column if isinstance(value, list) for item in value
    ):
        return Vector(Integer())  # with signs, small numbers are integers too
    numbers = [int(word) for word in column if isinstance(word, str) and word.isdecimal()]
    if kind == Integer() and 2 * len(numbers) > len(column):
        if max(numbers) - min(numbers) > _MOST_SYMBOLS:
            raise InputError(
                f"numbers without signs are symbols, but {max(numbers) - min(numbers)} are too many; declare their type"
                ": --data.types"
            )
        return Range(min(numbers), max(numbers) + 1)
    return kind


def _size(word: str) -> int | None:
    return int(word[1:]) if re.fullmatch(r"V[1-9][0-9]{0,8}", word) else None


def _sizes(words: Sequence[str]) -> tuple[list[int], Sequence[str]]:
    """The lengths at the beginning, and the words after them."""
    sizes: list[int] = []
    for word in words:
        size = _size(word)
        if size is None:
            break
        sizes.append(size)
    return sizes, words[len(sizes) :]


_MOST_SYMBOLS = 10_000
_DEPTHS: dict[type, int] = {Vector: 1, Matrix: 2}


def _shaped(sizes: Sequence[int], numbers: list[Value], value_type: ValueType | None) -> Any:
    """Numbers as the lengths before them say."""
    depth = len(sizes) if value_type is None else _DEPTHS.get(type(value_type), 0)
    if not sizes and isinstance(value_type, Vector) and value_type.item != Integer():
        return numbers  # a sequence of symbols may stand without its length
    if len(sizes) != depth or depth > 2:
        raise InputError(f"there must be {depth} lengths such as V2 before the numbers, but are {len(sizes)}.")
    count = int(np.prod(sizes)) if sizes else 1
    if len(numbers) != count:
        raise InputError(f"there must be {count} numbers, but are {len(numbers)}.")
    if depth == 2:
        return [numbers[row * sizes[1] : (row + 1) * sizes[1]] for row in range(sizes[0])]
    return numbers if depth else numbers[0]
