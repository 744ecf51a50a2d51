"""The records of a run as TensorBoard reads them: metrics.jsonl is the truth, and these files are made from it."""

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from seq2seq_transformer.errors import MissingExtraError

TENSORBOARD = "tensorboard"
_AXES = ("step", "examples", "seconds")


class EventFiles:
    """A folder with one event file, made anew whenever a training begins or goes on, so nothing is in it twice.

    A TensorBoard that shows the folder meanwhile is told to forget what it had. An event is written at once and the
    file closed: no thread that a signal could find at work, and a full disk is noticed where it happens.

    Args:
        folder: for the file.
        warn: hears of what could not be written.

    Raises:
        MissingExtraError: where TensorBoard is not installed.
    """

    def __init__(self, folder: Path, warn: Callable[[str], None]) -> None:
        try:
            from tensorboard.compat.proto import event_pb2, summary_pb2
            from tensorboard.summary.writer.record_writer import RecordWriter
        except ImportError as error:
            raise MissingExtraError("`training.tensorboard`", TENSORBOARD) from error
        self._folder, self._warn = folder, warn
        self._events: Any = event_pb2  # these modules are made by protobuf, beyond what types can tell
        self._summaries: Any = summary_pb2
        self._writer = RecordWriter
        self._path, self._began = folder, 0.0

    def begin(self, seconds: float, records: Iterable[Mapping[str, Any]]) -> None:
        """Make the file of what there is so far.

        Args:
            seconds: of training so far.
            records: so far.
        """
        shutil.rmtree(self._folder, ignore_errors=True)
        now = time.time()
        self._began = now - seconds
        self._path = self._folder / f"events.out.tfevents.{time.time_ns()}.{socket.gethostname()}.{os.getpid()}"
        log = self._events.SessionLog
        version = self._events.Event(wall_time=now, file_version="brain.Event:2")
        forget = self._events.Event(wall_time=now, step=0, session_log=log(status=log.START))
        self._write([version, forget, *map(self._event_of, records)])

    def add(self, record: Mapping[str, Any]) -> None:
        """Write a record."""
        self._write([self._event_of(record)])

    def _event_of(self, record: Mapping[str, Any]) -> Any:
        value = self._summaries.Summary.Value
        figures = [
            value(tag=name, simple_value=figure)
            for name, figure in record.items()
            if name not in _AXES and isinstance(figure, (int, float))
        ]
        when = self._began + record["seconds"]
        return self._events.Event(wall_time=when, step=record["step"], summary=self._summaries.Summary(value=figures))

    def _write(self, events: Iterable[Any]) -> None:
        try:
            self._folder.mkdir(exist_ok=True)
            with self._path.open("ab") as file:
                for event in events:
                    self._writer(file).write(event.SerializeToString())
        except OSError as error:
            self._warn(f"{TENSORBOARD} could not be written ({error.strerror}); training goes on.")


def event_files(wanted: bool, run: Path, warn: Callable[[str], None]) -> list[EventFiles]:
    """Those of a run, if they are wanted."""
    return [EventFiles(run / TENSORBOARD, warn)] if wanted else []
