"""The lines of a file, in blocks, and what is wrong with them."""

import codecs
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from seq2seq_transformer.data.formats.base import LineFault
from seq2seq_transformer.errors import FileError, typed

BLOCK_BYTES = 1 << 24
MOST_SHOWN = 20
_GZIP = b"\x1f\x8b"
"""How a packed file begins."""


@dataclass
class Faults:
    """The lines of a file that hold no example: the first ones in full, the rest by kind."""

    path: Path
    shown: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, line: int, fault: LineFault) -> None:
        """Note a fault; lines are counted from 1."""
        self.kinds[fault.kind] += 1
        if len(self.shown) < MOST_SHOWN:
            self.shown.append(f"{self.path}:{line}:{fault.column}: {fault}")

    def clear(self) -> None:
        """Forget all."""
        self.shown.clear()
        self.kinds.clear()

    def __len__(self) -> int:
        return sum(self.kinds.values())

    def sentences(self) -> list[str]:
        """What a user is told: the first faults, then all by kind."""
        counts = ", ".join(f"{kind} ({count:,})" for kind, count in self.kinds.most_common())
        rest = [f"{self.path}: {len(self):,} faulty lines in all: {counts}."] if len(self) > len(self.shown) else []
        return [*self.shown, *rest]


def read_blocks(path: Path, start: int = 0) -> Iterator[tuple[bytes, int]]:
    """Whole lines, a block at a time, and where each block ends; a last line without its newline gets one.

    Args:
        path: the file, packed with gzip or not.
        start: byte of the unpacked file to begin at: the end of an earlier block.

    Raises:
        FileError: where it cannot be read, or is UTF-16.
    """
    end = start
    rest = b""
    try:
        with _open(path) as file:
            file.seek(start)
            while chunk := file.read(BLOCK_BYTES):
                if not end and not rest:
                    chunk = _unmarked(chunk, path)
                if len(chunk) < BLOCK_BYTES and not chunk.endswith(b"\n"):
                    chunk += b"\n"  # the end of the file ends its last line
                cut = chunk.rfind(b"\n") + 1
                if cut:
                    end += len(rest) + cut
                    yield rest + chunk[:cut], end
                rest = chunk[cut:] if cut else rest + chunk
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{path} must be a file of examples, but cannot be read: {reason}.") from error
    if rest:
        yield rest + b"\n", end + len(rest)


def _unmarked(beginning: bytes, path: Path) -> bytes:
    """The beginning of a file with blanks for the mark by which some programs tell UTF-8; that of UTF-16 is refused."""
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        way_on = f"iconv -f UTF-16 -t UTF-8 {typed(path)} > NEW"
        raise FileError(f"{path} must be UTF-8 text, but is UTF-16 instead. Convert it: {way_on}")
    text = beginning.removeprefix(codecs.BOM_UTF8)
    return b" " * (len(beginning) - len(text)) + text


def _open(path: Path) -> io.BufferedIOBase:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return gzip.GzipFile(path) if packed else path.open("rb")


def decoded(line: bytes) -> str:
    """A line as text.

    Raises:
        LineFault: where it is no UTF-8.
    """
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LineFault(
            error.start + 1, "not UTF-8", f"a line must be UTF-8 text, but byte {error.start + 1} is not."
        ) from None
