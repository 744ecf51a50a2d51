"""Whoever listens to a run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seq2seq_transformer.experiment.config import Experiment
    from seq2seq_transformer.training.callbacks import Progress


class Listener:
    """Whoever shows a run to a person; this one shows nothing."""

    def on_start(self, experiment: "Experiment", done: "Progress") -> None:
        """Before the first step, with everything chosen; `done` is where the training goes on."""

    def on_step(self, progress: "Progress", loss: float) -> None:
        """After each step."""

    def on_report(self, record: Mapping[str, Any]) -> None:
        """After each line of metrics.jsonl; the record of an epoch has `validation_loss`."""

    def on_notes(self, lines: Sequence[str]) -> None:
        """What was found out, such as what files of examples hold, or why the training ended early."""

    def on_reading(self, path: Path, lines: int) -> None:
        """So many lines of a file have been read."""

    def on_warning(self, message: str) -> None:
        """Something went wrong, and the training goes on."""
