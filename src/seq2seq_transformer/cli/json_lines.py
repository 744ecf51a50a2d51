"""JSON Lines: read from standard input as they arrive, and written."""

import codecs
import io
import itertools
import json
import math
import select
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, cast

from seq2seq_transformer.errors import InputError
from seq2seq_transformer.values import Value, ValueType, from_python, to_json
from seq2seq_transformer.values.scalars import MOST_DIGITS
from seq2seq_transformer.values.text import names_once

if TYPE_CHECKING:
    from seq2seq_transformer.inference.prediction import Prediction

_BLOCK = 2**16


@dataclass(frozen=True)
class Line:
    """A line of input: its number, the id that its answer bears, its source, or what is the matter with it."""

    number: int
    id: Any
    source: Value | None
    shown: Any
    problem: str = ""


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
    source, lines, rest, mark = cast(BinaryIO, stream.buffer), list[str](), list[bytes](), codecs.BOM_UTF8
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


def read_line(number: int, text: str, source_type: ValueType) -> Line:
    """A line of input; the id is its own, or else its number counted from 0."""
    shown: Any = text.strip()
    identity: Any = number
    try:
        content = _JSON.decode(text)
        if isinstance(content, dict):
            identity = content.get("id", number)
            if "source" not in content:
                raise InputError('a line must have a "source", such as {"source": [1, 0, 1, 0]}.')
            content = content["source"]
        shown = content
        return Line(number, identity, from_python(content, source_type), shown)
    except (ValueError, RecursionError) as error:
        return Line(number, identity, None, shown, f"a line must be JSON, such as [1, 0, 1, 0], but is not: {error}.")
    except InputError as error:
        return Line(number, identity, None, shown, str(error))


def _not_json(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


def _finite(digits: str) -> float | str:
    """A number that no float holds becomes the text that was written: refused as a number, kept as an id."""
    return number if math.isfinite(number := float(digits)) else digits


def _whole(digits: str) -> int | str:
    """A number that is too long for Python becomes the text that was written: the type says what is the matter."""
    return int(digits) if len(digits) <= MOST_DIGITS + 1 else digits


_JSON = json.JSONDecoder(object_pairs_hook=names_once, parse_constant=_not_json, parse_float=_finite, parse_int=_whole)


def record(identity: Any, answer: "Prediction") -> dict[str, Any]:
    """An answer and its source as plain data."""
    told = {"id": identity, "source": to_json(answer.source), **_said(answer)}
    if answer.alternatives:
        told["alternatives"] = [[{"token": t, "probability": p} for t, p in place] for place in answer.alternatives]
    if answer.others:
        told["others"] = [_said(other) for other in answer.others]
    return told


def to_line(told: dict[str, Any], encoding: str | None) -> str:
    """A record as one line of JSON, which is UTF-8: what a stream of another encoding cannot carry is escaped."""
    line = json.dumps(told, ensure_ascii=False)
    if line.isascii():
        return line
    try:
        is_utf8 = codecs.lookup(encoding or "utf-8").name == "utf-8" and line.encode()
    except (LookupError, UnicodeEncodeError):  # half of a pair of surrogates is no character
        is_utf8 = False
    return line if is_utf8 else json.dumps(told)


def _said(answer: "Prediction") -> dict[str, Any]:
    """An answer as plain data, its verdict and the limit that it reached only where there is one."""
    if answer.prediction is None:
        return {"error": answer.problem}
    said = {"prediction": to_json(answer.prediction), "probability": answer.probability}
    if answer.limit_reached:
        said["limit_reached"] = answer.limit_reached
    return said if answer.verdict is None else {**said, "verified": answer.verdict}
