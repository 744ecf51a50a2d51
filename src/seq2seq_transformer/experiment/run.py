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
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from seq2seq_transformer.checkpoints.commit import DISK_FAULTS, write_file
from seq2seq_transformer.checkpoints.description import MODEL_JSON, WEIGHTS, read_model
from seq2seq_transformer.checkpoints.state import set_aside
from seq2seq_transformer.errors import ConfigError, DamagedError, RunError, Seq2SeqError, Stopped, typed
from seq2seq_transformer.experiment.config import Experiment, build_experiment
from seq2seq_transformer.experiment.laws import try_own_task
from seq2seq_transformer.experiment.layers import layer_of_text
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.machine import resolve_device_and_precision
from seq2seq_transformer.experiment.saved import CONFIG, check_config, not_a_run
from seq2seq_transformer.experiment.signals import Interrupted, StopRequest
from seq2seq_transformer.experiment.task_files import keep_task_file
from seq2seq_transformer.experiment.training import Training
from seq2seq_transformer.experiment.trials import TRIALS, Trial, choose_positions, trials_to_json
from seq2seq_transformer.inference.predictor import Predictor
from seq2seq_transformer.training.ranks import Ranks
from seq2seq_transformer.training.several_ranks import ranks_of

LOCK = ".lock"
_CHOSEN = Path("what the first process chose")
"""Where the configuration of other processes comes from; task files stand where they were typed."""


def start_run(
    experiment: Experiment, run: Path, listener: Listener | None = None, ranks: Ranks | None = None
) -> Predictor:
    """Train in a new directory; returns the model as this process has it.

    Args:
        experiment: what to train.
        run: the new folder.
        listener: shows it, in the first process where there are several.
        ranks: the processes that train together; None: as the variables RANK, WORLD_SIZE and so on say.

    Raises:
        RunError: where the directory exists or cannot be made.
        Stopped: where a signal ended it, saved.
        LostRankError: where another process has ended.
    """
    ranks = ranks_of(os.environ) if ranks is None else ranks
    listener = (listener if ranks.is_first else None) or Listener()
    with ranks.watched(way_on(run)), StopRequest(ranks) as stop:
        with _before_the_first_step(stop):
            experiment, trials = _decide(experiment, run, listener, ranks)
            training = Training(experiment, run, listener, ranks)
            training.choose_threads()
        config = ranks.from_first(lambda: create_run(run, training.experiment, trials))
        with writing_alone(run, ranks):
            return training.complete(stop, config)


def way_on(run: Path) -> str:
    """What to type when a training ended that can be gone on with."""
    return f"Go on with: seq2seq train --resume {typed(run)}"


def _decide(experiment: Experiment, run: Path, listener: Listener, ranks: Ranks) -> tuple[Experiment, Sequence[Trial]]:
    """Device, precision and positions, chosen by the first process for all; and the trials behind it."""
    chosen, trials = experiment, []

    def decide() -> bytes:
        nonlocal chosen, trials
        chosen = resolve_device_and_precision(_placed(experiment, ranks))
        chosen.to_toml()  # what a configuration cannot hold is refused before anything takes time
        refuse_existing(run)
        try_own_task(chosen.task_name, chosen.task)  # before trials take their time
        if chosen.auto_positions:
            chosen, trials = choose_positions(chosen, listener)
        return chosen.to_toml().encode()

    said = ranks.from_first(decide)
    if ranks.is_first:
        return chosen, trials
    return resolve_device_and_precision(_placed(build_experiment([layer_of_text(said, _CHOSEN)]), ranks)), []


def _placed(experiment: Experiment, ranks: Ranks) -> Experiment:
    """The experiment on the device of this process."""
    machine = experiment.machine
    return replace(experiment, machine=replace(machine, device=ranks.device(machine.device)))


def refuse_existing(run: Path) -> None:
    """Raise a RunError where a new run cannot have this folder."""
    try:
        exists = run.exists() or run.is_symlink()
        parent = next((folder for folder in run.absolute().parents if folder.exists()), run)
    except OSError as error:
        raise _cannot_write(run, error) from error
    if exists:
        on = f"Go on with it: seq2seq train --resume {typed(run)}, or choose" if (run / CONFIG).is_file() else "Choose"
        raise RunError(f"{run} must be a new folder, but exists already. {on} another name: --run {typed(f'{run}-2')}")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise RunError(
            f"a run must be written to {run}, but {parent} takes no files. Choose another folder with --run."
        )


def resume_run(run: Path, listener: Listener | None = None, ranks: Ranks | None = None) -> Predictor | None:
    """Go on with a run from its newest good checkpoint; None where it is finished already.

    Args:
        run: the folder.
        listener: shows it, in the first process where there are several.
        ranks: the processes that train together; None: as the variables RANK, WORLD_SIZE and so on say.

    Raises:
        RunError: where the folder holds no run, or a checkpoint of another configuration.
        Stopped, LostRankError: as in `start_run`.
    """
    ranks = ranks_of(os.environ) if ranks is None else ranks
    listener = (listener if ranks.is_first else None) or Listener()
    with ranks.watched(way_on(run)), StopRequest(ranks) as stop:
        config = ranks.from_first(lambda: _unfinished(run, listener))
        if not config:
            return None
        with writing_alone(run, ranks):
            with _before_the_first_step(stop):
                training = Training(_resolved(config, run, ranks), run, listener, ranks)
                training.choose_threads()
            return training.complete(stop, config)


def _unfinished(run: Path, listener: Listener) -> bytes | None:
    """The configuration of a run; None where there is nothing left to do."""
    config = run / CONFIG
    if not config.is_file():
        raise RunError(f"{run} must be a run to resume, but {not_a_run(run)}")
    if (run / MODEL_JSON).exists():
        try:
            check_config(run, read_model(run)[0].config)
        except DamagedError as error:
            aside = [set_aside(path).name for path in (run / MODEL_JSON, run / WEIGHTS) if path.exists()]
            listener.on_warning(f"{error} Set aside as {', '.join(aside)}; the model is made again.")
        else:
            return None
    return config.read_bytes()


def _resolved(config: bytes, run: Path, ranks: Ranks) -> Experiment:
    """The experiment of a run, on the device where it began."""
    experiment = build_experiment([layer_of_text(config, run / CONFIG)])
    try:
        return resolve_device_and_precision(_placed(experiment, ranks))
    except ConfigError as error:
        again = f"seq2seq train --config {typed(run / CONFIG)} --run {typed(f'{run}-2')} --device cpu"
        raise RunError(f"{error} A run goes on where it began; to begin anew elsewhere: {again}") from error


@contextmanager
def _before_the_first_step(stop: StopRequest) -> Generator[None]:
    """Reading files, trials and the like: a signal ends them at once."""
    try:
        with stop.obeyed_at_once():
            yield
    except Interrupted as error:
        assert stop.exit_code is not None
        raise Stopped(stop.exit_code, "stopped before the first step: nothing new has been trained.") from error


@contextmanager
def writing_alone(run: Path, ranks: Ranks | None = None) -> Generator[None]:
    """Hold the run's lock, which the system takes from a process that dies; of several ranks, the first holds it.

    Raises:
        RunError: where another process holds it.
    """
    lock = FileLock(run / LOCK)
    (ranks or Ranks()).from_first(lambda: _acquire(lock, run))
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: BaseFileLock, run: Path) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunError(
            f"{run} must have one writer, but another process is training in it. "
            f"Wait for it or stop it; to train beside it, choose another folder: --run {typed(f'{run}-2')}"
        ) from error
    except OSError as error:
        raise _cannot_write(run, error, "go on with a copy of it elsewhere") from error


def create_run(run: Path, experiment: Experiment, trials: Sequence[Trial] = ()) -> bytes:
    """Make the folder of a run with its configuration in it, and the trials by which its positions were chosen.

    It appears in one step: a process that is killed here leaves no run that could neither be begun nor gone on with.

    Returns:
        The configuration.
    """
    making = run.with_name(f".partial-{run.name}-{os.getpid()}")
    shutil.rmtree(making, ignore_errors=True)  # left behind by a process of the same number
    try:
        making.mkdir(parents=True)
        kept = keep_task_file(experiment.task_name, making)
        if trials:
            write_file(making / TRIALS, json.dumps(trials_to_json(trials), indent=1).encode())
        config = experiment.to_toml(kept).encode()
        write_file(making / CONFIG, config)
        making.rename(run)
    except OSError as error:
        shutil.rmtree(making, ignore_errors=True)
        raise _cannot_write(run, error) from error
    return config


def _cannot_write(run: Path, error: OSError, instead: str = "choose another folder with --run") -> Exception:
    problem = f"a run must be written to {run}, but that failed: {error.strerror}"
    if error.errno in DISK_FAULTS:
        lost = "Nothing new has been trained" if (run / CONFIG).is_file() else "Nothing has been trained yet"
        return Seq2SeqError(f"{problem}. {lost}; make room, or {instead}.")
    return RunError(f"{problem}. {instead.capitalize()}.")
