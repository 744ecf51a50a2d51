"""metrics.jsonl: what a run tells, for good."""

import json
import math
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seq2seq_transformer.experiment.tensorboard import EventFiles

METRICS = "metrics.jsonl"


class Metrics:
    """metrics.jsonl: appended to, never rewritten; a resumed run drops what came after its checkpoint.

    Args:
        path: the file; None: nothing is written, for another process writes it.
        copies: what is told of each record as well, from the first one on.
    """

    def __init__(self, path: Path | None, copies: Sequence[EventFiles] = ()) -> None:
        self.path, self._copies = path, copies
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

    def restore(self, seconds: float, length: int) -> None:
        """Go on from a checkpoint: its seconds, and the file as long as it was then."""
        self._before, self._start = seconds, time.perf_counter()
        if self.path is None:
            return
        if self.bytes > length:
            os.truncate(self.path, length)
        lines = self.path.read_text(encoding="utf-8").splitlines() if length and self.path.exists() else []
        records = [json.loads(line) for line in lines]
        for record in records:
            self.last |= record
        for copy in self._copies:
            copy.begin(seconds, records)

    def set_aside(self) -> str:
        """Rename the file of a training that starts over; returns its new name."""
        assert self.path is not None, "what is not written has no bytes to set aside"
        number = 1
        while (aside := self.path.with_name(f"{self.path.stem}-before-{number}{self.path.suffix}")).exists():
            number += 1
        return self.path.rename(aside).name

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a record, whole or not at all."""
        if self.path is None:
            return
        length = self.bytes
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({key: _finite(value) for key, value in record.items()}, allow_nan=False) + "\n")
        except OSError:
            if self.bytes > length:
                os.truncate(self.path, length)
            raise
        self.last |= record
        for copy in self._copies:
            copy.add(record)

    def facts(self) -> dict[str, Any]:
        """What the model's description tells of its training."""
        found = {key: _finite(self.last.get(key)) for key in ("seconds", "validation_loss", "exact_match")}
        return {key: value for key, value in found.items() if value is not None}


def _finite(value: Any) -> Any:
    """The same, and None for what JSON has no number for."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
