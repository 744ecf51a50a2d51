"""The checkpoints of a run: committed when told, dropped when old, taken up where they are good."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from seq2seq_transformer.checkpoints.commit import read_folder, remove_folder, sweep
from seq2seq_transformer.checkpoints.description import ModelDescription, checkpoint_folders, read_model
from seq2seq_transformer.checkpoints.state import (
    TrainingState,
    drop_checkpoints,
    load_checkpoint,
    save_checkpoint,
    set_aside,
    step_of,
)
from seq2seq_transformer.errors import DamagedError, Seq2SeqError
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.saved import CHECKPOINTS, check_config
from seq2seq_transformer.experiment.training_section import TrainingConfig
from seq2seq_transformer.training.callbacks import Progress
from seq2seq_transformer.training.ranks import Ranks


class OwnFolder:
    """The folder of a run while it is trained in, told from what may come to stand in its place.

    Args:
        path: where it stands.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._number: tuple[int, int] | None = None
        self.stands()

    def stands(self) -> bool:
        """Whether it is still there, as far as the disk says. What is there first is the own one."""
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True  # what is written next meets the same fault
        number = found.st_dev, found.st_ino
        self._number = self._number or number
        return number == self._number

    def require(self) -> None:
        """Raise a Seq2SeqError where it is not: another run may be there, and nothing of it may be changed."""
        if not self.stands():
            raise Seq2SeqError(
                f"{self.path} is no longer the folder that this training is in: it was moved, removed or replaced. "
                "Nothing more is written there. Go on with it where it is now: seq2seq train --resume FOLDER"
            )


class Keeper:
    """Keeps the checkpoints of one run.

    Args:
        folder: of the run.
        config: which ones stay.
        listener: hears of damaged ones.
        ranks: the processes that train together; the first of them has the folder.
    """

    def __init__(self, folder: OwnFolder, config: TrainingConfig, listener: Listener, ranks: Ranks) -> None:
        self._own, self._config, self._listener, self._ranks = folder, config, listener, ranks
        self._run, self._folder = folder.path, folder.path / CHECKPOINTS

    def save(
        self, state: TrainingState, description: ModelDescription, progress: Progress, saved: Mapping[str, Any]
    ) -> None:
        """Commit a checkpoint of the present step, with the random states of all ranks.

        Args:
            state: the weights and the like.
            description: of the model.
            progress: how far the training is.
            saved: the same as plain data, with what else is to be remembered.
        """
        random = self._ranks.gathered(state.random_state())

        def commit() -> None:
            self._own.require()
            facts = {"steps": progress.step, "examples": progress.examples}
            save_checkpoint(self._folder, progress.step, state, description.with_facts(**facts), saved, random[1:])

        self._ranks.from_first(commit)

    def drop_old(self, progress: Progress) -> None:
        """Delete those that need not be kept."""
        config, keep = self._config, (progress.kept_best, progress.regular_step)
        if self._ranks.is_first and self._own.stands():
            drop_checkpoints(self._folder, keep_last=config.keep_last, keep_every=config.keep_every, keep=keep)

    def drop_after(self, step: int) -> None:
        """Delete those of later steps, where a signal came on the way into trouble."""
        for path in checkpoint_folders(self._folder) if self._ranks.is_first and self._own.stands() else []:
            if step_of(path) > step:
                remove_folder(path)

    def take_up(self, state: TrainingState, config: str) -> dict[str, Any] | None:
        """Become the newest checkpoint that is whole; returns what it remembers, None where there is none.

        Damaged ones are set aside, and what was half written is swept away. The other ranks get the files from the
        first, so that they need not have its disk.

        Args:
            state: what becomes it.
            config: SHA-256 of the configuration, which must be that of the checkpoint.
        """
        saved: dict[str, Any] | None = None

        def take_newest() -> bytes | None:
            nonlocal saved
            self._own.require()
            found = self._newest(state, config)
            if found is None:
                return None
            path, saved = found
            return _packed(read_folder(path)) if self._ranks.world > 1 else None

        said = self._ranks.from_first(take_newest)
        if said and not self._ranks.is_first:
            saved = state.take_up(_unpacked(said))
        return saved

    def _newest(self, state: TrainingState, config: str) -> tuple[Path, dict[str, Any]] | None:
        sweep(self._run)
        sweep(self._folder)
        for path in checkpoint_folders(self._folder):
            try:
                check_config(self._run, read_model(path)[0].config, config)  # first: another configuration is no damage
                return path, load_checkpoint(path, state)
            except DamagedError as error:
                self._listener.on_warning(f"{error} It is set aside as {set_aside(path).name}.")
        return None


def _packed(files: Mapping[str, bytes]) -> bytes:
    """Several files as one."""
    return safetensors.torch.save(
        {name: torch.frombuffer(bytearray(content), dtype=torch.uint8) for name, content in files.items()}
    )


def _unpacked(content: bytes) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in safetensors.torch.load(content).items()}
