"""What a run does beside its steps: reports, checkpoints, and stopping when a signal asks for it."""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from seq2seq_transformer.errors import Stopped, typed
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.metrics import METRICS, Metrics
from seq2seq_transformer.experiment.signals import StopRequest
from seq2seq_transformer.experiment.training_section import TrainingConfig
from seq2seq_transformer.training.callbacks import Callback, Progress
from seq2seq_transformer.training.ranks import Ranks

_REPORT_EVERY = 100
_TIME_IS_UP = 1
"""A wish that counts less than a signal's."""


class Reporter(Callback):
    """Writes metrics.jsonl and tells the listener.

    Args:
        metrics: the file.
        listener: who is told.
        examples: already trained on.
    """

    def __init__(self, metrics: Metrics, listener: Listener, examples: int) -> None:
        self._metrics, self._listener = metrics, listener
        self._latest = {key: metrics.last[key] for key in ("examples_per_second", "loss") if key in metrics.last}
        self._since = (metrics.seconds, examples)
        self._stepped = metrics.seconds

    def on_step(self, progress: Progress, loss: float) -> None:
        self._stepped = self._metrics.seconds
        self._listener.on_step(progress, loss)
        if progress.step % _REPORT_EVERY == 0:
            self._report(progress, {})

    def on_epoch(self, progress: Progress) -> None:
        self._report(progress, progress.figures)

    def _report(self, progress: Progress, more: Mapping[str, float]) -> None:
        losses, (before, examples_before) = progress.unreported_losses, self._since
        if progress.examples > examples_before:  # the time of validation is left out
            speed = (progress.examples - examples_before) / max(1e-9, self._stepped - before)
            self._latest["examples_per_second"] = round(speed, 1)
        if losses:  # none where an epoch ends right after a report: then the last figure still holds
            self._latest["loss"] = sum(losses) / len(losses)
            progress.unreported_losses = []
        record: dict[str, Any] = {"step": progress.step, "epoch": progress.epoch, "examples": progress.examples}
        record |= {
            "seconds": round(self._metrics.seconds, 3),
            **self._latest,
            "learning_rate": progress.learning_rate,
            "gradient_norm": progress.gradient_norm,
            **({"skipped": progress.skipped} if progress.skipped else {}),
            **more,
        }
        try:
            self._metrics.write(record)
        except OSError as error:
            self._listener.on_warning(f"{METRICS} could not be written ({error.strerror}); training goes on.")
        self._listener.on_report(record)
        self._since = (self._metrics.seconds, progress.examples)


class Judge(Callback):
    """Knows the best figure so far, and when the training need not go on.

    Args:
        config: the figure, and when to stop.
        metrics: knows the time.
        ranks: the processes that train together, whose clocks differ: the first to reach the time limit asks all.
    """

    def __init__(self, config: TrainingConfig, metrics: Metrics, ranks: Ranks) -> None:
        self._config, self._metrics, self._ranks = config, metrics, ranks
        self._sign = 1 if config.metric == "exact_match" else -1

    def on_step(self, progress: Progress, loss: float) -> None:
        limit = self._config.time_limit
        if limit and self._metrics.seconds >= limit:
            self._ranks.ask(_TIME_IS_UP)
        if self._ranks.agreed == _TIME_IS_UP:
            progress.finished = f"the time limit of {limit} s is reached"

    def on_epoch(self, progress: Progress) -> None:
        name, figure = self._config.metric, progress.figures[self._config.metric]
        better = progress.best is None or self._sign * figure > self._sign * progress.best
        if better and math.isfinite(figure):
            progress.best, progress.best_step, progress.best_epoch = figure, progress.step, progress.epoch
            progress.best_facts = {**progress.figures, "steps": progress.step, "examples": progress.examples}
        waited = progress.epoch - progress.best_epoch
        if self._config.target and self._sign * figure >= self._sign * self._config.target:
            progress.finished = f"{name} has reached {figure:g}"
        elif self._config.patience and waited >= self._config.patience:
            progress.finished = f"{name} has not become better for {waited} epoch{'s' * (waited > 1)}"


class Checkpointer(Callback):
    """Commits checkpoints when they are due, and stops the training, saved, when a signal asked for it.

    Args:
        save: commits the present state.
        drop: removes old checkpoints.
        config: says when checkpoints are due.
        run: the folder, for messages.
        listener: hears of what could not be saved.
        stop: whether a signal asked for an end.
    """

    def __init__(
        self,
        save: Callable[[], None],
        drop: Callable[[], None],
        config: TrainingConfig,
        run: Path,
        listener: Listener,
        stop: StopRequest,
    ) -> None:
        self._save_now, self._drop, self._config = save, drop, config
        self._run, self._listener, self._stop = run, listener, stop

    def on_step(self, progress: Progress, loss: float) -> None:
        ends_epoch = progress.steps_in_epoch == self._config.steps_per_epoch  # then `on_epoch` saves, a moment later
        if self._is_due(progress) and not ends_epoch and not progress.skipped_in_a_row:
            self._save_due(progress)
        elif self._stop.exit_code is not None:
            self.save(progress)

    def on_epoch(self, progress: Progress) -> None:
        is_best = progress.best_step == progress.step
        due = (self._is_due(progress) or not self._config.checkpoint_every) and not progress.skipped_in_a_row
        ends = progress.finished or progress.epoch >= self._config.epochs  # then the model is saved, a moment later
        if (due or is_best) and not ends:
            self._save_due(progress)
        elif self._stop.exit_code is not None:
            self.save(progress)

    def _save_due(self, progress: Progress) -> None:
        """Commit, and drop old ones; amid steps that are not finite only the best, to which no trouble goes back."""
        before = progress.kept_best
        if not progress.skipped_in_a_row:
            progress.regular_step = progress.step
        if progress.best_step == progress.step:
            progress.kept_best = progress.step
        if not self.save(progress):
            progress.kept_best = before
        elif not progress.skipped_in_a_row:
            with suppress(OSError):  # the next interval drops them
                self._drop()

    def save(self, progress: Progress) -> bool:
        """Commit the present state, and say whether that went well; where a signal asked for an end, end.

        Raises:
            Stopped: saved or not, as its message says.
        """
        done = True
        try:
            self._save_now()
            saved = f"saved at step {progress.step}"
        except OSError as error:
            done, saved = False, f"step {progress.step} could not be saved ({error.strerror})"
            self._listener.on_warning(f"{saved}; training goes on and will try again.")
        if self._stop.exit_code is not None:
            if done and not progress.skipped_in_a_row:
                with suppress(OSError):  # those of earlier stops would pile up
                    self._drop()
            message = f"stopped and {saved}. Go on with: seq2seq train --resume {typed(self._run)}"
            raise Stopped(self._stop.exit_code, message)
        return done

    def _is_due(self, progress: Progress) -> bool:
        every = self._config.checkpoint_every
        return bool(every) and progress.step % every == 0
