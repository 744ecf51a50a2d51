"""Lines of standard input as they arrive."""

import io
import itertools
import select
from collections.abc import Iterator
from typing import BinaryIO, TextIO, cast

_BLOCK, _MARK = 2**16, b"\xef\xbb\xbf"


def arriving(stream: TextIO, most: int) -> Iterator[list[str]]:
    r"""The lines that are there, about so many at once, without waiting for further ones.

    So a file is read in large parts, and a program that writes a line and waits for its answer gets one. What is no
    UTF-8 comes as \x and two digits a byte; a mark at the beginning that some programs make is left out.

    Args:
        stream: standard input.
        most: lines at which no more are gathered.
    """
    if not isinstance(stream, io.TextIOWrapper):
        while lines := list(itertools.islice(stream, most)):
            yield lines
        return
    source, lines, rest, mark = cast(BinaryIO, stream.buffer), list[str](), list[bytes](), _MARK
    while block := source.read1(_BLOCK):  # type: ignore[attr-defined]
        whole, newline, begun = block.rpartition(b"\n")
        if newline:
            lines += map(_text, b"".join([*rest, whole]).removeprefix(mark).split(b"\n"))
            rest, mark = [], b""
        rest.append(begun)
        if lines and (len(lines) >= most or not _has_more(source)):
            yield lines
            lines = []
    if last := b"".join(rest).removeprefix(mark):
        lines.append(_text(last))
    if lines:
        yield lines


def _text(line: bytes) -> str:
    return line.decode("utf-8", errors="backslashreplace")


def _has_more(source: BinaryIO) -> bool:
    """Whether the next read returns at once; where nobody can tell, it is taken to."""
    try:
        return bool(select.select([source.fileno()], [], [], 0)[0])
    except (OSError, ValueError):
        return True
