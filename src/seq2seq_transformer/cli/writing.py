"""New files that verbs write: never over an old one, and whole or not at all."""

import gzip
import io
import os
import sys
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from seq2seq_transformer.cli.notes import note
from seq2seq_transformer.errors import ConfigError, FileError, InputError

if TYPE_CHECKING:
    from seq2seq_transformer.data.formats.base import Format, Types
    from seq2seq_transformer.values import ExampleBatch

FormatName = Literal["auto", "jsonl", "csv", "tsv", "text", "int2int", "axolver"]


@contextmanager
def new_file(path: Path | None) -> Generator[TextIO]:
    """A new text file, removed again where writing fails; standard output where no path is given.

    One whose name ends in .gz is packed.

    Raises:
        FileError: where it exists already, or cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    from seq2seq_transformer.checkpoints.commit import DISK_FAULTS

    temporary = path.with_name(f".partial-{path.name}-{os.getpid()}")
    try:
        if os.path.lexists(path):
            raise FileError(f"-o must name a new file, but {path} exists already; it is left as it was.")
        raw = temporary.open("wb")
    except OSError as error:
        if error.errno in DISK_FAULTS:
            raise
        raise FileError(f"-o must name a file that can be written, but {path} cannot: {error.strerror}.") from error
    try:
        with ExitStack() as stack:
            out: Any = stack.enter_context(raw)
            if path.suffix == ".gz":
                out = stack.enter_context(gzip.GzipFile("", "wb", fileobj=raw, mtime=0))
            yield stack.enter_context(io.TextIOWrapper(out, encoding="utf-8"))
        _put_in_place(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)  # half a file must not be taken for a whole one
        raise


def write_examples(
    path: Path | None, name: str, writer: "Format", types: "Types", batches: "Iterable[ExampleBatch]"
) -> None:
    """A new file of examples, or standard output, in a format; what it loses of them is noted.

    Args:
        path: the file.
        name: of the format.
        writer: the format.
        types: what the examples are.
        batches: made while they are written; where that fails, there is no file.

    Raises:
        ConfigError: where the format cannot hold the types; FileError: as in `new_file`.
    """
    if lost := writer.lost(types):
        note(lost)
    with new_file(path) as file:
        try:
            if header := writer.header(types):
                file.write(header + "\n")
            for batch in batches:
                file.writelines(writer.write(example, types) + "\n" for example in batch.to_examples())
        except InputError as error:
            raise ConfigError([f"the format {name} cannot hold {types}: {error}"]) from None


def _put_in_place(temporary: Path, path: Path) -> None:
    """Give a file its name, unless another has come to bear it meanwhile; then it is kept under a name of its own."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        kept = temporary.with_name(temporary.name.removeprefix(".partial-"))
        os.link(temporary, kept)
        raise FileError(
            f"-o must name a new file, but {path} exists by now; what was to be in it is in {kept}."
        ) from None
    except OSError:  # a file system without links
        temporary.rename(path)
    else:
        temporary.unlink()
