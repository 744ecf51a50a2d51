"""What people see of a training. Fractions stay in records."""

import math
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from seq2seq_transformer.cli.notes import discard, percent, say
from seq2seq_transformer.experiment.config import Experiment
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.training.callbacks import Progress

_MANY_LINES = 1_000_000


class Screen(Listener):
    """Shows a training: a bar on a terminal, a line an epoch elsewhere.

    Args:
        quiet: show warnings only.
    """

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._steps = self._epochs = 1
        self._start, self._first_step, self._most_seconds = time.perf_counter(), 0, math.inf
        self._checkpoint_every = 1
        self._shown = self._speed = ""
        self._bar: Bar | None = None
        self._task = TaskID(0)

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is None:
            return
        try:
            self._bar.stop()
        except OSError:  # the terminal is gone; how the training ended counts
            discard(sys.stdout)

    def on_start(self, experiment: Experiment, done: Progress) -> None:
        """Say what was chosen, and begin the bar."""
        training, machine = experiment.training, experiment.machine
        self._steps, self._epochs = training.steps, training.epochs
        self._checkpoint_every = training.checkpoint_every or training.steps_per_epoch
        self._most_seconds = training.time_limit or math.inf
        self._start, self._first_step = time.perf_counter(), done.step
        if self._quiet:
            return
        threads = f"{machine.threads} thread{'s' if machine.threads > 1 else ''}"
        processes = int(os.environ.get("WORLD_SIZE", "1"))  # a run may go on in another number of them
        threads += f", {processes} processes" if processes > 1 else ""
        size = f"{training.epochs} epochs of {training.examples_per_epoch:,} examples"
        how = f"{training.optimizer}, {training.precision} on {machine.device}, {threads}"
        self._say(f"{experiment.name}: {size}, {how}")
        if done.step:
            self._say(f"going on from step {done.step:,} of {self._steps:,}")
        console = Console()
        if console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(bar_width=10),
                TimeRemainingColumn(),
                TextColumn("{task.fields[last]}"),
            )
            self._bar = Bar(*columns, console=console, transient=True)
            self._task = self._bar.add_task("", total=self._steps, completed=done.step, last="")
            self._bar.start()

    def on_notes(self, lines: Sequence[str]) -> None:
        """Say what was found out."""
        if not self._quiet:
            for line in lines:
                self._say(line)

    def on_reading(self, path: Path, lines: int) -> None:
        """Say how far a large file has been read."""
        if not self._quiet and lines >= _MANY_LINES:
            self._say(f"{path}: {lines:,} lines read")

    def on_step(self, progress: Progress, loss: float) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.update(self._task, completed=progress.step, last=self._live(progress, loss))

    def _live(self, progress: Progress, loss: float) -> str:
        """Two short lines, so that a narrow terminal holds them."""
        due = self._checkpoint_every - progress.step % self._checkpoint_every
        figures = [f"loss {loss:.4f}", self._shown, self._speed]
        step = f"rate {progress.learning_rate:.2g}   gradient {progress.gradient_norm:.2g}"
        return f"{'   '.join(filter(None, figures))}\n{step}   checkpoint in {due:,} step{'s' if due > 1 else ''}"

    def on_report(self, record: Mapping[str, Any]) -> None:
        """Show the newest figures; at the end of an epoch as a line that stays."""
        if self._quiet:
            return
        if "examples_per_second" in record:
            self._speed = f"{record['examples_per_second']:,.0f} examples/s"
        if "validation_loss" in record:
            self._shown = f"exact match {percent(record['exact_match'])}"
            losses = f"loss {record['train_loss']:.4f}   validation {record['validation_loss']:.4f}"
            rest = f"{self._shown}   {self._speed}{self._practised(record)}{self._left(record)}"
            self._say(f"epoch {record['epoch']:>2}/{self._epochs}   {losses}   {rest}")

    def on_warning(self, message: str) -> None:
        """Warnings are shown even where all else is quiet."""
        say(f"warning: {message}")

    def _say(self, line: str) -> None:
        """Print a line; where nobody reads any more, the training goes on in silence."""
        try:
            if self._bar is not None:
                self._bar.console.print(line)
            else:
                print(line, flush=True)
        except OSError as error:
            self._quiet = True
            discard(sys.stdout)
            self.on_warning(f"the progress can no longer be shown ({error.strerror}); training goes on.")

    def _practised(self, record: Mapping[str, Any]) -> str:
        """How far a curriculum that rises with success has come."""
        if "practised_exact_match" not in record:
            return ""
        return f"   practised up to {record['difficulty']:.0f}: {percent(record['practised_exact_match'])}"

    def _left(self, record: Mapping[str, Any]) -> str:
        done = record["step"] - self._first_step
        if not done:
            return ""
        seconds = (time.perf_counter() - self._start) / done * (self._steps - record["step"])
        seconds = min(seconds, self._most_seconds - record["seconds"])
        return f"   {seconds:,.0f} s left" if seconds >= 1 else ""
