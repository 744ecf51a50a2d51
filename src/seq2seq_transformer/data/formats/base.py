"""What a file format is: one example a line, read by types that are declared or found out. No torch."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.data.formats.inferring import infer_type, most_alike, nesting
from seq2seq_transformer.errors import ConfigError, InputError, Seq2SeqError
from seq2seq_transformer.registry import Registry
from seq2seq_transformer.values import Example, ExampleBatch, Tuple, Value, ValueType, parse_type

NOT_OF_TYPE = "not of the type"
_NAME = "Name what they are: --data.format, --data.base, --data.types"
_SO_MANY = "types cannot be found out where so many lines have none. Mend them, or declare the types: --data.types"


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


class UnknownTypesError(InputError):
    """Lines from which no types can be found out.

    Args:
        message: why, and what to type.
        example: the first line that shows it, counted from 0, and what is the matter with it; None where none does.
    """

    def __init__(self, message: str, example: "tuple[int, LineFault] | None" = None) -> None:
        super().__init__(message)
        self.example = example


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
    word_may_be_list: ClassVar[bool] = True
    """Whether a sequence of one word is written as the word alone is."""

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
                raise self._misfit(line, side, error) from None
        return Example(*values)

    def _misfit(self, line: str, side: str, error: InputError) -> LineFault:
        return LineFault(self.place(line, side), f"{side} {NOT_OF_TYPE}", f"the {side}: {error}")

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

    def lost(self, types: Types) -> str:
        """What values of these types lose when they are written; "" for nothing."""
        return ""

    @abstractmethod
    def write(self, example: Example, types: Types) -> str:
        """The line of an example.

        Raises:
            InputError: where the format cannot hold the type.
        """

    def split_columns(self, line: str) -> Sequence[Any]:
        """The pieces of a line, the target last; two before it are the parts of the source."""
        return self.split(line)

    def infer_column(self, values: Sequence[Any]) -> ValueType:
        """The type of the loose values of a column.

        Raises:
            InputError: where they have none in common.
        """
        return infer_type(values)

    def infer(self, lines: Sequence[str]) -> Types:
        """The types that most of some lines fit; the others will be faults.

        Raises:
            UnknownTypesError: where no types fit.
        """
        rows: list[tuple[int, list[Any]]] = []
        fault: tuple[int, LineFault] | None = None
        for number, line in enumerate(lines):
            try:
                rows.append((number, self._loose_columns(line)))
            except LineFault as error:
                fault = fault or (number, error)
        if not rows:
            raise UnknownTypesError(f"types cannot be found out where no line is of the format. {_NAME}", fault)
        rows = most_alike(rows, lambda row: len(row[1]))
        width = len(rows[0][1])
        for number, columns in rows:
            if len(columns) != width:
                rule = f"a line must have {width} columns, as those before it"
                fault = number, LineFault(1, "wrong number of columns", f"{rule}, but has {len(columns)} instead.")
                raise UnknownTypesError(f"types cannot be found out where lines differ in columns. {_NAME}", fault)
        kinds = [self._infer_column(lines, rows, place) for place in range(width)]
        return Types(kinds[0] if len(kinds) == 2 else Tuple(tuple(kinds[:2])), kinds[-1])  # type: ignore[arg-type]

    def _loose_columns(self, line: str) -> list[Any]:
        pieces = self.split_columns(line)
        found = []
        for place, piece in enumerate(pieces, start=1):
            try:
                found.append(self.loose(piece))
            except InputError as error:
                raise self._misfit(line, "target" if place == len(pieces) else "source", error) from None
        return found

    def _infer_column(self, lines: Sequence[str], rows: Sequence[tuple[int, list[Any]]], place: int) -> ValueType:
        rows = most_alike(rows, lambda row: nesting(row[1][place], int(self.word_may_be_list)))
        try:
            return self.infer_column([columns[place] for _, columns in rows])
        except InputError as error:
            reason = UnknownTypesError(str(error))
        for number, columns in rows:
            try:
                self.infer_column([columns[place]])
            except InputError as error:
                fault = self._misfit(lines[number], "target" if place == len(columns) - 1 else "source", error)
                reason = UnknownTypesError(_SO_MANY, (number, fault))
                break
        raise reason


FORMATS: Registry[Format] = Registry("format", "seq2seq_transformer.data.formats")


def formats() -> dict[str, type[Format]]:
    """Every format by its name."""
    return {name: cast(type[Format], FORMATS.get(name)) for name in FORMATS.names()}
