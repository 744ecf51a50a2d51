"""A user's own task: a class in a file, named `my_task.py:Collatz`, and the copy of it that a run keeps."""

import shutil
from pathlib import Path

from seq2seq_transformer.checkpoints.commit import fingerprint
from seq2seq_transformer.errors import RunError
from seq2seq_transformer.registry import Option
from seq2seq_transformer.tasks.user_files import split_file_name

TASK_HASH = Option("sha256", str, "", "SHA-256 of the task's file, written by the run. Empty: not checked.")


def check_task_file(name: object, sha256: object) -> None:
    """Refuse a task file that is not the one a run was started with; other names, and no hash, are let pass.

    Raises:
        RunError: where it has changed.
    """
    path, _ = split_file_name(str(name))
    if path is not None and sha256 and (not path.is_file() or _hash(path) != sha256):
        raise RunError(
            f"{path} must be as it was when the training began, but has changed. Restore it, or start a new run: "
            f"seq2seq train {name} --run NEW"
        )


def keep_task_file(name: str, run: Path) -> dict[str, str]:
    """Copy the file of a task into a run; returns what the configuration says of it, nothing for a built-in task."""
    path, entry = split_file_name(name)
    if path is None:
        return {"name": name}
    shutil.copyfile(path, run / path.name)
    return {"name": f"{path.name}:{entry}", TASK_HASH.name: _hash(path)}


def _hash(path: Path) -> str:
    return str(fingerprint(path.read_bytes())["sha256"])
