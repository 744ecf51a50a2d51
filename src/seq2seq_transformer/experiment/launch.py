"""Starting the processes of a training on this machine, and ending them together. No torch here."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

from seq2seq_transformer.errors import EXIT_CODES, RunError, Stopped
from seq2seq_transformer.experiment.config import Experiment, build_experiment
from seq2seq_transformer.experiment.handlers import handled
from seq2seq_transformer.experiment.layers import layer_of_file, without_options
from seq2seq_transformer.experiment.saved import CONFIG
from seq2seq_transformer.training.environment import LAUNCHER

SECONDS_TO_END = 60.0
"""How long the others have to end by themselves once one has failed."""
MOST_PROCESSES = 8
"""How many are tried where their number is left open: each has Python, torch and the model in memory."""
CHOICE = "choice.json"
_PACKAGE = "seq2seq_transformer"
_TRIAL = f"{_PACKAGE}.experiment.processes"


def available_threads() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes_of(run: Path) -> int:
    """In how many processes of one machine a run was begun; 1 where nothing is told."""
    try:
        if not (run / CONFIG).is_file():
            return 1
    except OSError as error:
        raise RunError(f"{run} must be a run to resume, but cannot be read: {error.strerror}.") from error
    return build_experiment([layer_of_file(run / CONFIG)]).machine.processes


def launch_new(experiment: Experiment, run: Path, options: Sequence[str] = ()) -> int:
    """Begin a run in as many processes as its configuration says; returns the exit code."""
    with _file_of(experiment) as config:
        words = ["train", "--config", str(config), "--run", str(run), *options]
        return launch(words, experiment.machine.processes)


def with_processes_measured(experiment: Experiment) -> tuple[Experiment, str]:
    """The experiment with its processes chosen where they were left open, and what was measured in words.

    Raises:
        Stopped: where a signal ended it.
    """
    machine, cores = experiment.machine, min(MOST_PROCESSES, experiment.machine.threads or available_threads())
    said: dict[str, Any] = {"processes": 1, "threads": machine.threads, "words": ""}
    if cores > 1 and machine.device in ("auto", "cpu"):
        with _file_of(experiment) as config:
            code = launch([str(config)], cores, _TRIAL)
            if code in EXIT_CODES.values():
                raise Stopped(code, "stopped before the first step: nothing new has been trained.")
            said["words"] = "processes: 1; several could not be measured here"
            if not code:
                said = json.loads(config.with_name(CHOICE).read_text(encoding="utf-8"))
    words = said.pop("words")
    return replace(experiment, machine=replace(machine, **said)), words


@contextmanager
def _file_of(experiment: Experiment) -> Generator[Path]:
    """A file with the experiment, for other processes."""
    task = experiment.task_name
    named = {"name": str(Path(task).absolute())} if ".py:" in task else None
    with TemporaryDirectory() as folder:
        config = Path(folder) / "config.toml"
        config.write_text(experiment.to_toml(named), encoding="utf-8")
        yield config


def launch(words: Sequence[str], processes: int, module: str = _PACKAGE) -> int:
    """Run `seq2seq WORDS`, or another module, in so many processes, as torchrun would; returns their exit code.

    Signals that end a training are passed on. Once one process has failed the others are given a while to notice it,
    then they are ended.
    """
    ranks: list[subprocess.Popen[bytes]] = []
    asked: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        for rank in ranks:
            rank.send_signal(number)

    with handled(pass_on), _ended_together(ranks):
        together = {"WORLD_SIZE": str(processes), "LOCAL_WORLD_SIZE": str(processes), LAUNCHER: str(os.getpid())}
        together |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}
        for number in range(processes):
            own = {**without_options(os.environ), **together, "RANK": str(number), "LOCAL_RANK": str(number)}
            command = [sys.executable, "-m", module, *words]
            # a session of its own: the Ctrl-C of a terminal reaches it once, through this process
            ranks.append(subprocess.Popen(command, env=own, stdin=subprocess.DEVNULL, start_new_session=True))
            for signal_number in asked:  # it came while they were being started
                ranks[-1].send_signal(signal_number)
        code = _watch(ranks)
        if code >= 0 and not (asked and module != _PACKAGE):  # a trial saves nothing: its signal is not yet obeyed
            return code
        return EXIT_CODES[signal.Signals(asked[-1])] if asked else 1  # it came before there was anything to save


@contextmanager
def _ended_together(ranks: Sequence[subprocess.Popen[bytes]]) -> Generator[None]:
    """None of the processes is left behind."""
    try:
        yield
    finally:
        for rank in ranks:
            if rank.poll() is None:
                rank.kill()
                rank.wait()


def _watch(ranks: Sequence[subprocess.Popen[bytes]]) -> int:
    """Wait until all have ended, or until one has failed and the others have had their time; returns its code."""
    failed, deadline = 0, float("inf")
    while any(rank.poll() is None for rank in ranks) and time.monotonic() < deadline:
        time.sleep(0.05)
        codes = [rank.returncode for rank in ranks if rank.poll() is not None]
        if not failed and any(codes):
            failed = next(code for code in codes if code)
            deadline = time.monotonic() + SECONDS_TO_END
    return failed or next((rank.returncode for rank in ranks if rank.returncode), 0)


def _free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
