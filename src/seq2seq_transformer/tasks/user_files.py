"""Users' own files: `my_task.py:Collatz` names a class in one."""

import importlib.util
import os
import sys
import traceback
import zlib
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType

from seq2seq_transformer.errors import FileError

_PREFIX = "seq2seq_user_task_"
"""Of the names of modules that users' files become."""


def split_file_name(name: str) -> tuple[Path | None, str]:
    """File and class of a name such as my_task.py:Collatz; None for the name of a built-in task."""
    file, separator, entry = name.rpartition(":")
    if separator and file.endswith(".py"):
        return Path(file), entry
    return (Path(name), "") if name.endswith(".py") else (None, name)


def classes_of_file(path: Path) -> list[type]:
    """Execute a file, once, and return the classes it defines.

    Raises:
        FileError: where it cannot be read, or raises an error of its own.
    """
    file = path.absolute()
    name = f"{_PREFIX}{zlib.crc32(str(file).encode()):08x}"
    if name not in sys.modules:
        _execute(file, name, path)
    return [entry for entry in vars(sys.modules[name]).values() if isinstance(entry, type) and entry.__module__ == name]


def place_in_user_file(error: Exception) -> str:
    """The line of a user's file in which an error arose, such as my_task.py:12; "" where none was at work."""
    places = _places(error)
    return f"{os.path.relpath(places[-1][0])}:{places[-1][1]}" if places else ""


def _places(error: BaseException) -> list[tuple[str, int]]:
    """File and line of each call in users' files that led to an error, the last one last."""
    frames = traceback.walk_tb(error.__traceback__)
    return [
        (frame.f_code.co_filename, line)
        for frame, line in frames
        if frame.f_globals.get("__name__", "").startswith(_PREFIX)
    ]


class _AsItStands(SourceFileLoader):
    """Runs a file as it stands now: compiled code is neither looked for nor left in the user's folder."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _execute(file: Path, name: str, shown: Path) -> None:
    if file.suffix != ".py":
        raise FileError(f"{shown} must be a Python file with a task, such as my_task.py, but is not.")
    if not file.is_file():
        raise FileError(f"{shown} must be a Python file with a task, but there is no such file.")
    spec = importlib.util.spec_from_file_location(name, file, loader=_AsItStands(name, str(file)))
    assert spec is not None and spec.loader is not None, "it has the loader it was given"
    sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(sys.modules[name])
    except (Exception, SystemExit) as error:  # a user's code may raise anything
        del sys.modules[name]
        lines = [line for _, line in _places(error)]
        lines += [error.lineno] if isinstance(error, SyntaxError) else []
        place = f"{shown}:{lines[-1]}" if lines else shown
        reason = f"{type(error).__name__}: {error}."
        beside = file.with_name(f"{getattr(error, 'name', '')}.py")
        if isinstance(error, ModuleNotFoundError) and beside.is_file():
            reason += f" A task is one file, which its run copies: put what it needs of {beside.name} into it."
        raise FileError(f"{place} must be a Python file with a task, but fails: {reason}") from error
