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
from typing import Any

from seq2seq_transformer.errors import DamagedError, RunError

FORMAT = 1
MANIFEST = "manifest.json"
DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""Faults of the disk, not of the user: no space, no quota, an error of input or output."""
_NOT_NOW = (errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE, errno.ETIMEDOUT)
"""Why a file that is as good as ever cannot be had."""
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


def write_folder(path: Path, files: Mapping[str, bytes], facts: Mapping[str, Any] | None = None) -> None:
    """Put a new folder of files in place in one step, with a manifest.

    Args:
        path: the folder.
        files: content by name.
        facts: what else the manifest says.

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
        prints = {name: fingerprint(content) for name, content in files.items()}
        _write_through(temporary / MANIFEST, _manifest({"format": FORMAT, **(facts or {}), "files": prints}))
        _flush_folder(temporary)
        temporary.rename(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _flush_folder(path.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder in one step: it is whole, or gone; what is left of it under another name is swept away."""
    doomed = path.with_name(f"{_TEMPORARY}{path.name}-{os.getpid()}")
    path.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def read_folder(path: Path) -> dict[str, bytes]:
    """The files of a folder that `write_folder` made, checked against its manifest.

    Raises:
        DamagedError: naming the first file that is missing or has changed.
    """
    return {name: read_verified(path / name, expected) for name, expected in read_manifest(path)["files"].items()}


def read_manifest(path: Path) -> dict[str, Any]:
    """What the manifest of a folder says, if it is bit for bit as it was written.

    Raises:
        DamagedError: where it is missing or has changed.
        RunError: where another version wrote it, or it may not be read.
    """
    try:
        written = read_file(path / MANIFEST)
        manifest: dict[str, Any] = json.loads(written)
        del manifest["sha256"]
        if _manifest(manifest) != written:
            raise ValueError("its content does not match its sha256")
        if manifest["format"] != FORMAT:  # no damage: its digest is right
            raise RunError(f"{path} must be of format {FORMAT}, but is of {manifest['format']}: of another version.")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError(f"{path / MANIFEST} must list the folder's files, but cannot be read: {error}.") from error
    return manifest


def _manifest(content: Mapping[str, Any]) -> bytes:
    """A manifest that tells by its own digest whether it has changed."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return json.dumps({**content, "sha256": digest}, indent=1).encode()


def read_file(path: Path) -> bytes:
    """A file's content.

    Raises:
        DamagedError: where it is missing or its disk fails.
        RunError: where it may be whole but cannot be had, such as without the permission: nothing is to be done to it.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        if error.errno in _NOT_NOW:
            raise RunError(
                f"{path} must be read, but that failed: {error.strerror}. Nothing has been changed."
            ) from error
        raise DamagedError(f"{path} is missing or cannot be read: {error.strerror}.") from error


def read_verified(path: Path, expected: Mapping[str, object]) -> bytes:
    """A file's content, if it is as `fingerprint` described it.

    Raises:
        DamagedError: where it is missing or has changed.
        RunError: where it may not be read.
    """
    content = read_file(path)
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
