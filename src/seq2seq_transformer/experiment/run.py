"""A run: a training in a directory of its own, which can be gone on from, and its evaluation.

runs/NAME/config.toml         the whole configuration, written before the first step
          positions.json      the trials by which positions were chosen (auto)
          metrics.jsonl       one record a report
          checkpoints/        one folder each
          .lock               held by the process that trains
          model.safetensors   the finished model,
          model.json          and what it needs to be used
"""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from seq2seq_transformer.checkpoints.commit import DISK_FAULTS, write_file
from seq2seq_transformer.checkpoints.description import MODEL_JSON, WEIGHTS, read_model
from seq2seq_transformer.checkpoints.state import set_aside
from seq2seq_transformer.errors import ConfigError, DamagedError, RunError, Seq2SeqError, Stopped
from seq2seq_transformer.experiment.config import Experiment, build_experiment
from seq2seq_transformer.experiment.layers import layer_of_file
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.machine import resolve_device_and_precision
from seq2seq_transformer.experiment.saved import CONFIG, check_config
from seq2seq_transformer.experiment.signals import Interrupted, StopRequest
from seq2seq_transformer.experiment.task_files import keep_task_file
from seq2seq_transformer.experiment.training import Training
from seq2seq_transformer.experiment.trials import TRIALS, Trial, choose_positions, trials_to_json
from seq2seq_transformer.inference.predictor import Predictor

LOCK = ".lock"


def start_run(experiment: Experiment, run: Path, listener: Listener | None = None) -> Predictor:
    """Train in a new directory; returns the finished model.

    Raises:
        RunError: where the directory exists or cannot be made.
        Stopped: where a signal ended it, saved.
    """
    experiment = resolve_device_and_precision(experiment)
    try:
        exists = run.exists()
    except OSError as error:
        raise _cannot_write(run, error) from error
    if exists:
        on = f"Go on with it: seq2seq train --resume {run}, or choose" if (run / CONFIG).is_file() else "Choose"
        raise RunError(f"{run} must be a new folder, but exists already. {on} another name: --run {run}-2")
    listener, trials = listener or Listener(), []
    with StopRequest() as stop:
        with _before_the_first_step(stop):
            if experiment.auto_positions:
                experiment, trials = choose_positions(experiment, listener)
            training = Training(experiment, run, listener)
            training.choose_threads()
        create_run(run, training.experiment, trials)
        with writing_alone(run):
            return training.complete(stop)


def resume_run(run: Path, listener: Listener | None = None) -> Predictor | None:
    """Go on with a run from its newest good checkpoint; None where it is finished already.

    Raises:
        RunError: where the folder holds no run, or a checkpoint of another configuration.
    """
    config = run / CONFIG
    if not config.is_file():
        raise RunError(
            f"{run} must be a run to resume, but holds no {CONFIG}. Start one: seq2seq train TASK --run {run}"
        )
    listener = listener or Listener()
    experiment = build_experiment([layer_of_file(config)])
    if (run / MODEL_JSON).exists():
        try:
            check_config(run, read_model(run)[0].config)
        except DamagedError as error:
            aside = [set_aside(path).name for path in (run / MODEL_JSON, run / WEIGHTS) if path.exists()]
            listener.on_warning(f"{error} Set aside as {', '.join(aside)}; the model is made again.")
        else:
            return None
    try:
        experiment = resolve_device_and_precision(experiment)
    except ConfigError as error:
        again = f"seq2seq train --config {config} --run {run}-2 --device cpu"
        raise RunError(f"{error} A run goes on where it began; to begin anew elsewhere: {again}") from error
    with StopRequest() as stop, writing_alone(run):
        with _before_the_first_step(stop):
            training = Training(experiment, run, listener)
            training.choose_threads()
        return training.complete(stop)


@contextmanager
def _before_the_first_step(stop: StopRequest) -> Iterator[None]:
    """Reading files, trials and the like: a signal ends them at once."""
    try:
        with stop.obeyed_at_once():
            yield
    except Interrupted as error:
        assert stop.exit_code is not None
        raise Stopped(stop.exit_code, "stopped before the first step: nothing new has been trained.") from error


@contextmanager
def writing_alone(run: Path) -> Iterator[None]:
    """Hold the run's lock, which the system takes from a process that dies.

    Raises:
        RunError: where another process holds it.
    """
    lock = FileLock(run / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunError(
            f"{run} must have one writer, but another process is training in it. "
            f"Wait for it or stop it; to train beside it, choose another folder: --run {run}-2"
        ) from error
    except OSError as error:
        raise _cannot_write(run, error) from error
    try:
        yield
    finally:
        lock.release()


def create_run(run: Path, experiment: Experiment, trials: Sequence[Trial] = ()) -> None:
    """Make the folder of a run with its configuration in it, and the trials by which its positions were chosen.

    It appears in one step: a process that is killed here leaves no run that could neither be begun nor gone on with.
    """
    making = run.with_name(f".partial-{run.name}-{os.getpid()}")
    shutil.rmtree(making, ignore_errors=True)  # left behind by a process of the same number
    try:
        making.mkdir(parents=True)
        kept = keep_task_file(experiment.task_name, making)
        if trials:
            write_file(making / TRIALS, json.dumps(trials_to_json(trials), indent=1).encode())
        write_file(making / CONFIG, experiment.to_toml(kept).encode())
        making.rename(run)
    except OSError as error:
        shutil.rmtree(making, ignore_errors=True)
        raise _cannot_write(run, error) from error


def _cannot_write(run: Path, error: OSError) -> Exception:
    problem = f"a run must be written to {run}, but that failed: {error.strerror}"
    if error.errno in DISK_FAULTS:
        return Seq2SeqError(f"{problem}. Nothing has been trained yet; make room, or choose another folder with --run.")
    return RunError(f"{problem}. Choose another folder with --run.")
