"""What a run does beside its steps: reports, checkpoints, and stopping when a signal asks for it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seq2seq_transformer.errors import Stopped
from seq2seq_transformer.evaluation.evaluate import evaluate
from seq2seq_transformer.experiment.metrics import METRICS
from seq2seq_transformer.experiment.signals import StopRequest
from seq2seq_transformer.training.callbacks import Callback, Progress

if TYPE_CHECKING:
    from seq2seq_transformer.experiment.training import Training

_REPORT_EVERY = 100


class Reporter(Callback):
    """Writes metrics.jsonl and tells the listener."""

    def __init__(self, training: "Training") -> None:
        self._training = training
        self._losses: list[float] = []
        self._since = (training.metrics.seconds, training.progress.examples)
        self._rate = 0.0

    def on_step(self, progress: Progress, loss: float, learning_rate: float) -> None:
        self._losses.append(loss)
        self._rate = learning_rate
        self._training.listener.on_step(progress, loss)
        if progress.step % _REPORT_EVERY == 0 and progress.steps_in_epoch < len(self._training.batches):
            self._report(progress, {})

    def on_epoch(self, progress: Progress) -> None:
        report, _ = evaluate(self._training.predictor(), self._training.experiment.task, self._training.validation)
        self._report(
            progress,
            {
                "train_loss": progress.train_losses[-1],
                "validation_loss": progress.validation_losses[-1],
                "exact_match": report.total.exact_match,
            },
        )

    def _report(self, progress: Progress, more: Mapping[str, float]) -> None:
        seconds, examples = self._training.metrics.seconds, progress.examples
        before, examples_before = self._since
        record: dict[str, Any] = {"step": progress.step, "epoch": progress.epoch, "examples": examples}
        record["seconds"] = round(seconds, 3)
        if self._losses:
            record["examples_per_second"] = round((examples - examples_before) / max(1e-9, seconds - before), 1)
            record["loss"] = sum(self._losses) / len(self._losses)
        record |= {"learning_rate": self._rate, **more}
        try:
            self._training.metrics.write(record)
        except OSError as error:
            self._training.listener.on_warning(f"{METRICS} could not be written ({error.strerror}); training goes on.")
        self._training.listener.on_report(record)
        self._losses, self._since = [], (self._training.metrics.seconds, examples)


class Checkpointer(Callback):
    """Commits checkpoints when they are due, and stops the training, saved, when a signal asked for it."""

    def __init__(self, training: "Training", stop: StopRequest) -> None:
        self._training, self._stop = training, stop

    def on_step(self, progress: Progress, loss: float, learning_rate: float) -> None:
        every = self._training.experiment.training.checkpoint_every
        if self._stop.exit_code is not None or (every and progress.step % every == 0):
            self._save()

    def on_epoch(self, progress: Progress) -> None:
        config = self._training.experiment.training
        last = progress.epoch == config.epochs
        if self._stop.exit_code is not None or (not config.checkpoint_every and not last):
            self._save()

    def _save(self) -> None:
        run, step = self._training.run, self._training.progress.step
        try:
            self._training.save_checkpoint()
            saved = f"saved at step {step}"
        except OSError as error:
            saved = f"step {step} could not be saved ({error.strerror})"
            self._training.listener.on_warning(f"{saved}; training goes on and will try again.")
        if self._stop.exit_code is not None:
            message = f"stopped and {saved}. Go on with: seq2seq train --resume {run}"
            raise Stopped(self._stop.exit_code, message)
