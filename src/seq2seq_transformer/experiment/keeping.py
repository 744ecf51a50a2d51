"""The checkpoints of a run: committed when told, dropped when old, taken up where they are good."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from seq2seq_transformer.checkpoints.commit import remove_folder, sweep
from seq2seq_transformer.checkpoints.description import ModelDescription, checkpoint_folders, read_model
from seq2seq_transformer.checkpoints.state import (
    TrainingState,
    drop_checkpoints,
    load_checkpoint,
    save_checkpoint,
    set_aside,
    step_of,
)
from seq2seq_transformer.errors import DamagedError
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.saved import CHECKPOINTS, check_config, config_fingerprint
from seq2seq_transformer.experiment.sections import TrainingConfig
from seq2seq_transformer.training.callbacks import Progress


class Keeper:
    """Keeps the checkpoints of one run.

    Args:
        run: the folder of the run.
        config: which ones stay.
        listener: hears of damaged ones.
    """

    def __init__(self, run: Path, config: TrainingConfig, listener: Listener) -> None:
        self._run, self._config, self._listener = run, config, listener
        self._folder = run / CHECKPOINTS

    def save(
        self, state: TrainingState, description: ModelDescription, progress: Progress, saved: Mapping[str, Any]
    ) -> None:
        """Commit a checkpoint of the present step.

        Args:
            state: the weights and the like.
            description: of the model.
            progress: how far the training is.
            saved: the same as plain data, with what else is to be remembered.
        """
        facts = {"steps": progress.step, "examples": progress.examples}
        description = replace(description.with_facts(**facts), config=config_fingerprint(self._run))
        save_checkpoint(self._folder, progress.step, state, description, saved)

    def drop_old(self, progress: Progress) -> None:
        """Delete those that need not be kept."""
        config, keep = self._config, (progress.kept_best, progress.regular_step)
        drop_checkpoints(self._folder, keep_last=config.keep_last, keep_every=config.keep_every, keep=keep)

    def drop_after(self, step: int) -> None:
        """Delete those of later steps, where a signal came on the way into trouble."""
        for path in checkpoint_folders(self._folder):
            if step_of(path) > step:
                remove_folder(path)

    def take_up(self, state: TrainingState) -> dict[str, Any] | None:
        """Become the newest checkpoint that is whole; returns what it remembers, None where there is none.

        Damaged ones are set aside, and what was half written is swept away.
        """
        sweep(self._run)
        sweep(self._folder)
        for path in checkpoint_folders(self._folder):
            try:
                check_config(self._run, read_model(path)[0].config)  # first: another configuration is no damage
                return load_checkpoint(path, state)
            except DamagedError as error:
                self._listener.on_warning(f"{error} It is set aside as {set_aside(path).name}.")
        return None
