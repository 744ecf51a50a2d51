"""A dry run: everything a training does, once, in a folder that is not kept."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from seq2seq_transformer.checkpoints.commit import remove_folder
from seq2seq_transformer.checkpoints.description import MODEL_JSON, WEIGHTS, checkpoint_folders
from seq2seq_transformer.errors import Seq2SeqError, TrainingError
from seq2seq_transformer.experiment.config import Experiment
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.run import resume_run, start_run
from seq2seq_transformer.experiment.saved import CHECKPOINTS
from seq2seq_transformer.training.callbacks import Progress
from seq2seq_transformer.training.ranks import Ranks

_STEPS = 2


class _Rehearsal(Listener):
    """Ends a training after a few steps."""

    def on_step(self, progress: Progress, loss: float) -> None:
        if progress.step >= _STEPS:
            progress.finished = "this is a dry run"


def rehearse(experiment: Experiment) -> str:
    """Train two steps, evaluate, save, load, go on from the first step; returns what it came to.

    Raises:
        Seq2SeqError: where the training that went on is not the one that was not interrupted.
    """
    until = {"epochs": _STEPS, "patience": 0, "target": 0.0, "time_limit": 0}  # an epoch may have one step
    training = replace(experiment.training, checkpoint_every=1, **until)
    with TemporaryDirectory() as folder:
        try:
            trained = _tried(replace(experiment, training=training), Path(folder) / "run")
        except TrainingError as error:  # without its advice, which is of a folder that will be gone
            raise error.__cause__ or error from None
        except Seq2SeqError as error:
            if not isinstance(error.__cause__, OSError) or folder not in str(error):
                raise
            problem = f"a dry run must be written to a temporary folder, but that failed: {error.__cause__.strerror}"
            raise Seq2SeqError(f"{problem}. Make room, or name another one in the variable TMPDIR.") from error
    return f"{_STEPS} steps, validation loss {trained['validation_loss']:.4f}; saved, gone on from, the same weights"


def _tried(experiment: Experiment, run: Path) -> Mapping[str, Any]:
    """Begin, end, take the end away and go on; returns what is told of the training."""
    trained = start_run(experiment, run, _Rehearsal(), Ranks()).description.trained
    whole = (run / WEIGHTS).read_bytes()
    (run / MODEL_JSON).unlink()
    (run / WEIGHTS).unlink()
    for path in checkpoint_folders(run / CHECKPOINTS)[:-1]:
        remove_folder(path)
    resume_run(run, _Rehearsal(), Ranks())
    if (run / WEIGHTS).read_bytes() != whole:
        raise Seq2SeqError("a training must go on to the same weights, but this one does not on this machine.")
    return trained
