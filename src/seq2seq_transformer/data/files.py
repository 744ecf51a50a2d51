"""Read and write example files: every line becomes an example or a fault with its place. No torch."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.data.formats.base import FORMATS, Format, LineFault, Types, UnknownTypesError, formats
from seq2seq_transformer.data.lines import Faults, decoded, read_blocks
from seq2seq_transformer.errors import ConfigError, FileError, InputError, unknown_name
from seq2seq_transformer.values import Example, ExampleBatch, Symbol, Tuple, Value, ValueType, Vector, scalars_of

_SAMPLE_LINES = 10_000
_TOLD_APART = ("jsonl", "axolver", "int2int", "csv", "tsv", "text")
"""The order in which a first line is tried: the most telling first."""


@dataclass(frozen=True)
class FileOptions:
    """How a file is read: names as in the section [data]."""

    format: str = "auto"
    types: str = ""
    base: int = 0
    columns: str = ""


@dataclass(frozen=True)
class Block:
    """A stretch of whole lines: its examples, and where it ends."""

    examples: ExampleBatch
    places: NDArray[np.int64]
    """The line of each example, counted from 1."""
    lines: int
    """Lines read, blank and faulty ones included."""
    end: int
    """Bytes from the beginning of the (unpacked) file to the end of the block."""


class ExampleFile:
    """A file of examples, with its format and types found out where they are not declared.

    Args:
        path: the file, packed with gzip or not.
        options: what the user says of it.

    Raises:
        FileError: where it cannot be read or holds no line.
        ConfigError: where an option cannot be, or the types cannot be found out.
    """

    def __init__(self, path: Path, options: FileOptions) -> None:
        self.path, self._options = path, options
        number, first = next(self._sample(1), (0, ""))
        if not number:
            raise FileError(f"{path} must hold examples, but is empty.")
        self.format_name = options.format if options.format != "auto" else guess_format(path, first)
        self.format: Format = FORMATS.build(self.format_name, base=options.base, columns=options.columns)
        if self.format.has_header:
            try:
                self.format.start(first)
            except LineFault as fault:
                raise ConfigError([f"{path}:{number}:{fault.column}: {fault}"]) from None
        self.types = self._resolve_types()

    def _resolve_types(self) -> Types:
        try:
            types = Types.parse(self._options.types) if self._options.types else self._infer_types()
        except InputError as error:
            raise ConfigError([f"{self.path}: {error}"]) from None
        open_names = any(kind == Symbol() for side in (types.source, types.target) for kind in scalars_of(side))
        return self._with_names(types) if open_names else types

    def _infer_types(self) -> Types:
        lines = list(self._sample(_SAMPLE_LINES + 1))[self.format.has_header :]
        if not lines:
            raise FileError(f"{self.path} must hold examples, but holds the names of columns alone.")
        try:
            return self.format.infer([line for _, line in lines])
        except UnknownTypesError as error:
            if error.example is None:
                raise
            place, fault = error.example
            shown = f"{self.path}:{lines[place][0]}:{fault.column}: {fault}"
            raise ConfigError([shown, f"{self.path}: {error}"]) from None

    def _with_names(self, types: Types) -> Types:
        """The types with the names of their symbols, all that occur in the file."""
        names: set[str] = set()
        faults = Faults(self.path)
        for block in self.blocks(types, faults):
            for example in block.examples.to_examples():
                for value, kind in zip(example, (types.source, types.target), strict=True):
                    names |= _symbols_in(value, kind)
        symbol = Symbol(tuple(sorted(names)))
        return Types(_closed(types.source, symbol), _closed(types.target, symbol))

    def blocks(self, types: Types, faults: Faults, start: int = 0, lines_before: int = 0) -> Iterator[Block]:
        """The examples of the file, a block of lines at a time.

        Args:
            types: what they are read as.
            faults: where lines are noted that hold none.
            start: byte to begin at: the end of an earlier block.
            lines_before: lines before it.
        """
        number = lines_before
        for text, end in read_blocks(self.path, start):
            examples, places = self._read(text, types, faults, number)
            yield Block(examples, places + number + 1, text.count(b"\n"), end)
            number += text.count(b"\n")

    def _read(self, text: bytes, types: Types, faults: Faults, before: int) -> tuple[ExampleBatch, NDArray[np.int64]]:
        """The examples of a block in the order of their lines, and which lines these are, counted from 0."""
        quick = self.format.read_block(text, types)
        good = quick[1] if quick else np.zeros(text.count(b"\n"), dtype=bool)
        if good.all() and quick:
            return quick[0], np.arange(len(good))
        found: list[Example] = []
        places: list[int] = []
        header_to_come = self.format.has_header and before == 0
        for place, line in enumerate(text.split(b"\n")[:-1]):
            if good[place] or not line.strip():
                continue
            if header_to_come:
                header_to_come = False
                continue
            try:
                found.append(self.format.read(decoded(line), types))
                places.append(place)
            except LineFault as fault:
                faults.add(before + place + 1, fault)
        slow = ExampleBatch.from_examples(found) if found else None
        if quick is None or slow is None:
            chosen = quick[0] if quick else slow or ExampleBatch.from_examples([])
            return chosen, np.flatnonzero(good) if quick else np.array(places, dtype=np.int64)
        lines = np.concatenate([np.flatnonzero(good), places])
        order = np.argsort(lines, kind="stable")
        return ExampleBatch.concatenate([quick[0], slow])[order], lines[order]

    def _sample(self, count: int) -> Iterator[tuple[int, str]]:
        """The first lines that are not blank, with their numbers."""
        number = 0
        for text, _ in read_blocks(self.path):
            for line in text.split(b"\n")[:-1]:
                number += 1
                if line.strip():
                    yield number, line.decode("utf-8", errors="replace").rstrip("\r")
                    count -= 1
                if not count:
                    return


def guess_format(path: Path, line: str) -> str:
    """The format of a file: by its first line, or else by the ending of its name.

    Raises:
        ConfigError: where neither tells.
    """
    suffix = _suffix(path)
    known = formats()
    by_suffix = [name for name, kind in known.items() if suffix in kind.suffixes]
    by_line = [name for name in _TOLD_APART if known[name].looks_like(line)]
    if by_suffix and by_suffix != ["text"]:
        return by_suffix[0]
    if by_line:
        return by_line[0]
    raise ConfigError([f"the format of {path} cannot be told from its first line; name it: --data.format NAME"])


def format_of_output(path: Path | None, named: str) -> str:
    """The format to write: the one named, or that of the file's ending, or JSON Lines.

    Raises:
        ConfigError: where there is no format of this name.
    """
    if named != "auto":
        if named not in FORMATS.names():
            raise ConfigError([unknown_name("format", named, ["auto", *FORMATS.names()])])
        return named
    suffix = _suffix(path) if path else ""
    return next((name for name, kind in formats().items() if suffix in kind.suffixes), "jsonl")


def _suffix(path: Path) -> str:
    """The ending of a file's name, before the .gz of a packed one."""
    return path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix


def _symbols_in(value: Value, kind: ValueType) -> set[str]:
    if isinstance(kind, Tuple):
        return set().union(
            *(_symbols_in(part, k) for part, k in zip(cast(list[Value], value), kind.parts, strict=True))
        )
    if Symbol() not in scalars_of(kind):
        return set()
    if isinstance(value, list):
        return set().union(*(_symbols_in(item, kind) for item in value))
    return {str(value)}


def _closed(kind: ValueType, symbol: Symbol) -> ValueType:
    """A type with its open symbols replaced."""
    if kind == Symbol():
        return symbol
    if isinstance(kind, Tuple):
        return Tuple(tuple(_closed(part, symbol) for part in kind.parts))  # type: ignore[misc]
    if Symbol() in scalars_of(kind):
        return replace(cast(Vector, kind), item=symbol)
    return kind
