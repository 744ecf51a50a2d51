"""Trainings that are killed at any moment: each goes on, loses at most one interval, and ends with the same bits."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from seq2seq_transformer.checkpoints.description import checkpoint_folders
from seq2seq_transformer.errors import Stopped
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.run import resume_run, start_run
from tests.conftest import tiny_experiment

EVERY = 5
OPTIONS = {"checkpoint_every": EVERY, "ema": 0.9, "epochs": 2}
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.behaviour.test_kills"])


class Watch(Listener):
    """Tells another process how far a training is."""

    def __init__(self, step) -> None:
        self._step = step

    def on_step(self, progress, loss):
        self._step.value = progress.step


def train(run: Path, step) -> None:
    """What each process does: begin the run, or go on with it; ends with the exit code of a stop."""
    try:
        if (run / "config.toml").exists():
            resume_run(run, Watch(step))
        else:
            start_run(tiny_experiment(model={"dropout": 0.1}, training=OPTIONS), run, Watch(step))
    except Stopped as stopped:
        os._exit(stopped.exit_code)


def launch(run: Path):
    step = CONTEXT.Value("i", 0)
    process = CONTEXT.Process(target=train, args=(run, step))
    process.start()
    return process, step


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> tuple[bytes, float]:
    """The weights of a training that nothing interrupts, and the seconds it takes."""
    run = tmp_path_factory.mktemp("kills") / "unbroken"
    before = time.monotonic()
    process, _ = launch(run)
    process.join()
    return (run / "model.safetensors").read_bytes(), time.monotonic() - before


def broken_off(folder: Path, number: int, seconds: float, seed: int) -> Iterator[tuple[Path, object, object]]:
    """Trainings that run for a random while each, until so many have been met alive; yields each to be ended."""
    rng = np.random.default_rng(seed)
    ended, runs = 0, 0
    while ended < number:
        run, runs = folder / str(runs), runs + 1
        while not (run / "model.json").exists():
            process, step = launch(run)
            process.join(float(rng.uniform(0, seconds)))
            if process.is_alive():
                ended += 1
                yield run, process, step
            process.join()


def kill(folder: Path, number: int, unbroken: tuple[bytes, float]) -> None:
    weights, seconds = unbroken
    for run, process, step in broken_off(folder, number, seconds, seed=number):
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        saved = [int(path.name.removeprefix("step-")) for path in checkpoint_folders(run / "checkpoints")]
        assert step.value - max(saved, default=0) <= EVERY
    for model in folder.glob("*/model.safetensors"):
        assert model.read_bytes() == weights


@pytest.mark.slow
def test_two_hundred_kills(unbroken, tmp_path):
    kill(tmp_path, 200, unbroken)


@pytest.mark.slow
def test_a_hundred_terminations_all_save_the_step_they_came_at(unbroken, tmp_path):
    weights, seconds = unbroken
    for run, process, step in broken_off(tmp_path, 100, seconds, seed=1):
        os.kill(process.pid, signal.SIGTERM)
        process.join(5)
        assert process.exitcode in (143, 0, -signal.SIGTERM), "0: finished a moment before; minus: not yet begun"
        complete = (run / "model.json").exists()  # the signal came while the finished model was written
        if process.exitcode == 143 and step.value and not complete:
            assert checkpoint_folders(run / "checkpoints")[0].name == f"step-{step.value:09d}"
    for model in tmp_path.glob("*/model.safetensors"):
        assert model.read_bytes() == weights
