"""The cache of what is read: its folder, and copies of what came through standard input and pipes."""

import hashlib
import os
import re
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from seq2seq_transformer.checkpoints.commit import DISK_FAULTS
from seq2seq_transformer.errors import FileError, Seq2SeqError, typed

_STREAMS = "streams"


def cache_folder() -> Path:
    """Where tokenised files are kept: in the user's cache, or where SEQ2SEQ_CACHE says."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("SEQ2SEQ_CACHE") or Path(home) / "seq2seq-transformer")


def cannot_write(folder: Path, error: OSError) -> Seq2SeqError:
    """What to say where a folder of the cache refuses."""
    if error.errno in DISK_FAULTS:
        return Seq2SeqError(f"the cache {folder} cannot be written: {error.strerror}. Make room, or set SEQ2SEQ_CACHE.")
    return FileError(f"the cache {folder} must be writable, but is not: {error}. Set SEQ2SEQ_CACHE.")


def content_hash(path: Path, mend: str = "") -> str:
    """SHA-256 of a file.

    Args:
        path: the file.
        mend: what to do where it cannot be read.

    Raises:
        FileError: where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileError(f"{_cannot_read(path, error)}{mend}") from error


def seekable(path: Path) -> Path:
    """The path, or for - and for pipes a copy of what comes out of them, in the cache and named by its content.

    Raises:
        FileError: where nothing comes out of them, the cache cannot be written, or an earlier copy is gone.
    """
    if str(path) != "-" and not _is_stream(path):
        if is_copy(path) and not path.exists():
            raise FileError(_copy_is_gone(path))
        return path
    folder = cache_folder() / _STREAMS
    temporary = folder / f".partial-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file, sys.stdin.buffer if str(path) == "-" else path.open("rb") as stream:
            shutil.copyfileobj(stream, file)
        _refuse_empty(temporary, path)
        return temporary.rename(folder / content_hash(temporary))
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _is_stream(path: Path) -> bool:
    try:
        return path.exists() and not (path.is_file() or path.is_dir())
    except OSError as error:
        raise _cannot_read(path, error) from error


def _cannot_read(path: Path, error: OSError) -> FileError:
    return FileError(f"{path} must be a file of examples, but cannot be read: {error.strerror}.")


def _refuse_empty(copy: Path, path: Path) -> None:
    with copy.open("rb") as file:
        if any(line.strip() for line in file):
            return
    if str(path) == "-":
        raise FileError("standard input must hold examples, but is empty. Redirect a file to it: < FILE")
    raise FileError(f"{path} must hold examples, but is empty.")


def is_copy(path: Path) -> bool:
    """Whether this is a copy of what came through standard input or a pipe."""
    return path.parent.name == _STREAMS and bool(re.fullmatch("[0-9a-f]{64}", path.name))


def _copy_is_gone(path: Path) -> str:
    return (
        f"this run read standard input or a pipe, and its copy at {path} is gone. Put the same data there again: "
        f"mkdir -p {typed(path.parent)} && cat FILE > {typed(path)}"
    )
