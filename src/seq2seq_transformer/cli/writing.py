"""New files that verbs write: never over an old one, and whole or not at all."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TextIO

from seq2seq_transformer.errors import FileError

FormatName = Literal["auto", "jsonl", "csv", "tsv", "text", "int2int", "axolver"]


@contextmanager
def new_file(path: Path | None) -> Iterator[TextIO]:
    """A new text file, removed again where writing fails; standard output where no path is given.

    Raises:
        FileError: where it exists already, or cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    from seq2seq_transformer.checkpoints.commit import DISK_FAULTS

    temporary = path.with_name(f".partial-{path.name}-{os.getpid()}")
    try:
        if path.exists():
            raise FileError(f"-o must name a new file, but {path} exists already; it is left as it was.")
        file = temporary.open("w", encoding="utf-8")
    except OSError as error:
        if error.errno in DISK_FAULTS:
            raise
        raise FileError(f"-o must name a file that can be written, but {path} cannot: {error.strerror}.") from error
    try:
        with file:
            yield file
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)  # half a file must not be taken for a whole one
        raise
