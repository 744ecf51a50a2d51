"""How files reach the disk: whole or not at all.

A folder is written under a temporary name, each file flushed to the disk, a manifest with the size and SHA-256 of
every file last; then it gets its real name in one step, and never takes the place of another.
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from seq2seq_transformer.errors import DamagedError

MANIFEST = "manifest.json"
DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""Faults of the disk, not of the user: no space, no quota, an error of input or output."""
_TEMPORARY = ".partial-"


def write_file(path: Path, content: bytes) -> None:
    """Put a file in place in one step: a reader finds the old one, or the whole new one.

    Raises:
        OSError: where the disk refuses; then nothing has changed.
    """
    temporary = path.with_name(f"{_TEMPORARY}{path.name}-{os.getpid()}")
    try:
        _write_through(temporary, content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Put a new folder of files in place in one step, with a manifest.

    Raises:
        OSError: where the disk refuses or the folder exists; then nothing has changed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{_TEMPORARY}{path.name}-{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir()
        for name, content in files.items():
            _write_through(temporary / name, content)
        manifest = {name: fingerprint(content) for name, content in files.items()}
        _write_through(temporary / MANIFEST, json.dumps(manifest, indent=1).encode())
        _flush_folder(temporary)
        temporary.rename(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _flush_folder(path.parent)


def read_folder(path: Path) -> dict[str, bytes]:
    """The files of a folder that `write_folder` made, checked against its manifest.

    Raises:
        DamagedError: naming the first file that is missing or has changed.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        return {name: read_verified(path / name, expected) for name, expected in manifest.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise DamagedError(f"{path / MANIFEST} must list the folder's files, but cannot be read: {error}.") from error


def read_verified(path: Path, expected: Mapping[str, object]) -> bytes:
    """A file's content, if it is as `fingerprint` described it.

    Raises:
        DamagedError: where it is missing or has changed.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DamagedError(f"{path} is missing or cannot be read: {error.strerror}.") from error
    found = fingerprint(content)
    for name in ("size", "sha256"):
        if found[name] != expected.get(name):
            raise DamagedError(
                f"{path} must have the {name} {expected.get(name)}, but has {found[name]} instead: "
                "it is incomplete or has changed since it was written."
            )
    return content


def sweep(folder: Path) -> None:
    """Remove what a writer left behind that was killed in the middle."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def fingerprint(content: bytes) -> dict[str, int | str]:
    """Size in bytes and SHA-256 of a file's content."""
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _write_through(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
