"""metrics.jsonl: what a run tells, for good."""

import errno
import itertools
import json
import math
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seq2seq_transformer.experiment.tensorboard import EventFiles

METRICS = "metrics.jsonl"


class Metrics:
    """metrics.jsonl: appended to, never rewritten; a resumed run drops what came after its checkpoint.

    Args:
        path: the file; None: nothing is written, for another process writes it.
        copies: what is told of each record as well, from the first one on.
        stands: whether the folder of the file is still that of the training.
    """

    def __init__(
        self, path: Path | None, copies: Sequence[EventFiles] = (), stands: Callable[[], bool] = lambda: True
    ) -> None:
        self.path, self._copies, self._stands = path, copies, stands
        self._before = 0.0
        self._start = time.perf_counter()
        self.last: dict[str, Any] = {}

    @property
    def seconds(self) -> float:
        """Seconds of training, interruptions left out."""
        return self._before + time.perf_counter() - self._start

    @property
    def bytes(self) -> int:
        """Length of the file."""
        return self.path.stat().st_size if self.path and self.path.exists() else 0

    def restore(self, seconds: float, length: int) -> str:
        """Go on from a checkpoint: its seconds, and the file as long as it was then.

        A file that does not hold that much any more ends where its records do, and is kept whole under another name.

        Returns:
            A warning; empty where nothing is the matter.
        """
        self._before, self._start = seconds, time.perf_counter()
        if self.path is None:
            return ""
        gone = f"is a folder, now called {self.set_aside()}" if self.path.is_dir() else "is empty or gone"
        written = self.path.read_bytes()[:length] if self.path.exists() else b""
        records, good, warning = [], 0, ""
        for line in written.splitlines(keepends=True):
            if (record := _record(line)) is None:
                break
            records.append(record)
            good += len(line)
        if good < length and self.bytes:
            aside = shutil.copyfile(self.path, self._another(self.path)).name
            damage = "is incomplete or has changed since it was written"
            warning = f"{METRICS} {damage}: what can be read of it stays, and {aside} is a copy of it all."
        elif good < length:
            warning = f"{METRICS} {gone}, so what it told of the training so far is lost; it begins anew."
        if self.bytes > good:
            os.truncate(self.path, good)
        for record in records:
            self.last |= record
        for copy in self._copies:
            copy.begin(seconds, records)
        return warning

    def set_aside(self) -> str:
        """Rename the file of a training that starts over; returns its new name."""
        assert self.path is not None, "what is not written has no bytes to set aside"
        return self.path.rename(self._another(self.path)).name

    @staticmethod
    def _another(path: Path) -> Path:
        """A new name for what comes before."""
        numbered = (path.with_name(f"{path.stem}-before-{number}{path.suffix}") for number in itertools.count(1))
        return next(each for each in numbered if not each.exists())

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a record, whole or not at all."""
        if self.path is None:
            return
        self.last |= record  # the model is told of it also where it cannot be written
        if not self._stands():
            raise FileNotFoundError(errno.ENOENT, "its folder was moved, removed or replaced")
        length = self.bytes
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({key: _finite(value) for key, value in record.items()}, allow_nan=False) + "\n")
                file.flush()
                os.fsync(file.fileno())  # a checkpoint that outlives a power cut tells how long this file is
        except OSError:
            if self.bytes > length:
                os.truncate(self.path, length)
            raise
        for copy in self._copies:
            copy.add(record)

    def facts(self) -> dict[str, Any]:
        """What the model's description tells of its training."""
        found = {key: _finite(self.last.get(key)) for key in ("seconds", "validation_loss", "exact_match")}
        return {key: value for key, value in found.items() if value is not None}


def _record(line: bytes) -> dict[str, Any] | None:
    """What a line of the file says; None where it is no whole record."""
    try:
        record = json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _finite(value: Any) -> Any:
    """The same, and None for what JSON has no number for."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
