"""What a file format is: one example a line, read by types that are declared or found out. No torch."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import ConfigError, InputError, Seq2SeqError
from seq2seq_transformer.registry import Registry
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
    parse_type,
)

NOT_OF_TYPE = "not of the type"
_MOST_OF_THEM = 0.9
"""Share of terms that decides a type that is found out; the others are faults."""


class LineFault(Seq2SeqError):
    """A line that holds no example.

    Args:
        column: where in the line, counted from 1 in characters.
        kind: a few words under which faults are counted.
        message: what was expected and what was found.
    """

    def __init__(self, column: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.column, self.kind = column, kind


@dataclass(frozen=True)
class Types:
    """The types of source and target of every example of a file."""

    source: ValueType
    target: ValueType

    def __str__(self) -> str:
        return f"{self.source}:{self.target}"

    @classmethod
    def parse(cls, text: str) -> "Types":
        """Read `int[2]:int`, or `T1:T2:T3` for a source of two parts.

        Raises:
            InputError: where the text is no such pair.
        """
        parts = [parse_type(part) for part in re.split(r":(?![^()]*\))", text)]
        if len(parts) == 2:
            return cls(*parts)
        if len(parts) == 3 and not any(isinstance(part, Tuple) for part in parts[:2]):
            return cls(Tuple((parts[0], parts[1])), parts[2])  # type: ignore[arg-type]
        raise InputError(f"types must read like `int[2]:int`, source before target, but are {text!r} instead.")


class Format(ABC):
    """A way to write examples in lines. Options are the keyword-only parameters `base` and `columns`.

    Args:
        base: base of the digits, in formats that spell numbers in digits; 0: that of the format.
        columns: names of the columns, in formats that name them.
    """

    suffixes: ClassVar[tuple[str, ...]] = ()
    """Endings of file names that mean this format."""
    default_base: ClassVar[int] = 10
    has_header: ClassVar[bool] = False

    def __init__(self, *, base: int = 0, columns: str = "") -> None:
        if base and not 2 <= base <= 10**9:
            raise ConfigError([f"the base of a format must be 0 or from 2 to 10^9, but is {base} instead."])
        self.base = base or self.default_base
        self.columns = columns

    @classmethod
    def looks_like(cls, line: str) -> bool:
        """Whether a first line is of this format, as far as one line can tell."""
        return False

    def start(self, header: str) -> None:  # noqa: B027 (most formats have no header)
        """Take the header line, in formats that have one.

        Raises:
            LineFault: where it does not name what is needed.
        """

    @abstractmethod
    def split(self, line: str) -> tuple[Any, Any]:
        """The pieces of a line that hold source and target.

        Raises:
            LineFault: where the line is not of the format.
        """

    @abstractmethod
    def parse(self, piece: Any, value_type: ValueType) -> Value:
        """A piece as a value of a type.

        Raises:
            InputError: where it is none.
        """

    @abstractmethod
    def loose(self, piece: Any) -> Any:
        """A piece in plain lists, strings and numbers, before its type is known."""

    def read(self, line: str, types: Types) -> Example:
        """The example of a line.

        Raises:
            LineFault: where there is none.
        """
        values = []
        for side, piece, kind in zip(("source", "target"), self.split(line), (types.source, types.target), strict=True):
            try:
                values.append(self.parse(piece, kind))
            except InputError as error:
                raise LineFault(self.place(line, side), f"{side} {NOT_OF_TYPE}", f"the {side}: {error}") from None
        return Example(*values)

    def place(self, line: str, side: str) -> int:
        """The column at which a side of a line begins, counted from 1."""
        return line.find("\t") + 2 if side == "target" else 1

    def read_block(self, block: bytes, types: Types) -> "tuple[ExampleBatch, NDArray[np.bool_]] | None":
        """Many lines at once: the examples of those that could be read, and which these are.

        What is left is read by `read`, which words the faults. None: this format or type has no fast way.
        """
        return None

    def header(self, types: Types) -> str:
        """The first line of a new file; "" for none."""
        return ""

    @abstractmethod
    def write(self, example: Example, types: Types) -> str:
        """The line of an example.

        Raises:
            InputError: where the format cannot hold the type.
        """

    def infer(self, lines: Sequence[str]) -> Types:
        """The types that fit some lines; those that are not of the format are left out.

        Raises:
            InputError: where no types fit.
        """
        pieces = []
        for line in lines:
            with suppress(LineFault, InputError):
                pieces.append([self.loose(piece) for piece in self.split(line)])
        if not pieces:
            raise InputError("types cannot be found out where no line is of the format.")
        source, target = (infer_type(side) for side in zip(*pieces, strict=True))
        return Types(source, target)


FORMATS: Registry[Format] = Registry("format", "seq2seq_transformer.data.formats")


def formats() -> dict[str, type[Format]]:
    """Every format by its name."""
    return {name: cast(type[Format], FORMATS.get(name)) for name in FORMATS.names()}


def infer_type(values: Sequence[Any]) -> ValueType:
    """The narrowest type that holds all the values: lengths stay open, and lists of digits are `range(0,10)`.

    Raises:
        InputError: where they have no type in common.
    """
    lists = [isinstance(value, (list, tuple)) for value in values]
    if not any(lists):
        return _infer_scalar(values)
    if not all(lists):
        values = [value if is_list else [value] for value, is_list in zip(values, lists, strict=True)]
    nested = [isinstance(item, (list, tuple)) for value in values for item in value]
    items = [item for value in values for item in value]
    if not items:
        raise InputError("types cannot be found out from empty lists; declare them: --data.types")
    if not any(nested):
        kind = _infer_scalar(items)
        return Vector(Range(0, 10) if kind == Integer() and _are_digits(items) else kind)
    if all(nested) and not any(isinstance(cell, (list, tuple)) for row in items for cell in row):
        return Matrix(_infer_scalar([cell for row in items for cell in row]))
    if len({len(value) for value in values}) == 1:
        return Tuple(tuple(infer_type(part) for part in zip(*values, strict=True)))  # type: ignore[arg-type, misc]
    raise InputError("types cannot be found out from lists of such different forms; declare them: --data.types")


def _infer_scalar(values: Sequence[Any]) -> Scalar:
    for kind in (Integer(), Float(), Symbol()):
        if sum(_is(kind, value) for value in values) >= _MOST_OF_THEM * len(values):
            return kind
    raise InputError(f"a term must be a number or a word, but is {values[0]!r} instead.")


def _is(kind: Scalar, value: Any) -> bool:
    try:
        kind.convert(value)
    except InputError:
        return False
    return True


def _are_digits(items: Sequence[Any]) -> bool:
    return all(_is(Range(0, 10), item) for item in items)
