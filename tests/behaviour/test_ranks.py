"""Trainings in several processes: the same as in one, agreed on in everything, gone on from to the same bits."""

import json
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from multiprocessing import forkserver
from pathlib import Path

import numpy as np
import pytest

from seq2seq_transformer.checkpoints.commit import read_manifest
from seq2seq_transformer.checkpoints.description import checkpoint_folders
from seq2seq_transformer.errors import ConfigError, Seq2SeqError, Stopped
from seq2seq_transformer.experiment import launch as launching
from seq2seq_transformer.experiment.launch import launch, processes_of, with_processes_measured
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.run import resume_run, start_run
from seq2seq_transformer.training import loops
from seq2seq_transformer.training.ranks import Ranks
from seq2seq_transformer.training.several_ranks import SeveralRanks, ranks_of
from tests.behaviour.test_kills import CONTEXT
from tests.conftest import TINY_FLAGS, tiny_experiment

SLOW_TO_IMPORT = "torch._dynamo"  # once for all processes, not once for each
CONTEXT.set_forkserver_preload(["tests.behaviour.test_kills", "tests.behaviour.test_ranks", SLOW_TO_IMPORT])
EVERY = 5
UNEVEN = {"epochs": 2, "examples_per_epoch": 161, "batch_size": 32, "precision": "float32"}
"""The last batch of an epoch is one example: a rank has none."""
EVERYTHING = {
    "optimizer": "muon", "accumulate": 3, "ema": 0.9, "group_by_length": True, "curriculum": "steps", "label_smoothing": 0.1,
    "z_loss": 1e-3,
}  # fmt: skip
DROPOUT = {"model": {"dropout": 0.1}, "training": {**UNEVEN, "checkpoint_every": EVERY, "ema": 0.9}}


class Hears(Listener):
    """Notes what is told to the process it is in, and tells the step to the one that watches.

    Args:
        step: where the step is told.
        heard: where notes and warnings go.
    """

    def __init__(self, step, heard) -> None:
        self._step, self._heard = step, heard

    def on_step(self, progress, loss):
        self._step.value = progress.step

    def on_notes(self, lines):
        if not lines[0].startswith("memory of the first step"):  # said in every training
            self._heard.put(lines[0])

    def on_warning(self, message):
        self._heard.put(message)


def one_rank(sections, run, begun, step, heard, fault, environment) -> None:
    """What each process does: begin the run, or go on with it; ends with the exit code of the contract.

    All but the first have another folder, as on a machine without the disk of the first.
    """
    os.environ.update(environment)
    rank, real = int(environment["RANK"]), loops.train_step

    def faulty(model, opt, loss_fn, batch, regime):
        kind, at_rank, *at_steps = fault
        steps[0] += 1
        if rank == at_rank and steps[0] in at_steps:
            if kind == "nan":
                return real(model, opt, lambda *args: loss_fn(*args) * math.nan, batch, regime)
            os.kill(os.getpid(), kind)
        return real(model, opt, loss_fn, batch, regime)

    steps, run = [0], run.with_name(f"{run.name}-of-{rank}") if rank else run
    loops.train_step = faulty if fault else real
    listener = Hears(step, heard)
    try:
        if begun:
            resume_run(run, listener)
        else:
            start_run(tiny_experiment(**sections), run, listener)
    except Seq2SeqError as error:
        heard.put(str(error))
        heard.close()
        heard.join_thread()
        os._exit(error.exit_code)


class Team:
    """Processes that train together.

    Args:
        run: the folder.
        sections: of the tiny experiment.
        world: how many.
        fault: what happens, in which rank, at which of the steps it takes.
    """

    def __init__(self, run: Path, sections: dict, world: int = 2, fault: tuple = ()) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        self.step, self._queue = CONTEXT.Value("i", 0), CONTEXT.Queue()
        self.ranks = []
        for rank in range(world):
            environment = {"RANK": str(rank), "WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            begun = (run / "config.toml").exists()
            arguments = (sections, run, begun, self.step, self._queue, fault, environment)
            self.ranks.append(CONTEXT.Process(target=one_rank, args=arguments))
            self.ranks[-1].start()

    def join(self) -> list[int | None]:
        """Wait for all; returns what each ended with."""
        for rank in self.ranks:
            rank.join(60)
        codes = [rank.exitcode for rank in self.ranks]
        for rank in self.ranks:
            rank.kill()  # None above: it hung
        return codes

    @property
    def heard(self) -> list[str]:
        found = []
        while not self._queue.empty():
            found.append(self._queue.get())
        return found


def records(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def weights(run: Path) -> bytes:
    return (run / "model.safetensors").read_bytes()


@pytest.fixture(scope="module", autouse=True)
def _server() -> None:
    """The server starts where the tests are found, before a test goes elsewhere."""
    forkserver.ensure_running()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> Path:
    """A run of two processes, with dropout, that nothing interrupts."""
    run = tmp_path_factory.mktemp("ranks") / "unbroken"
    assert Team(run, DROPOUT).join() == [0, 0]
    return run


@pytest.mark.parametrize("more", [{"repeat": 20}, EVERYTHING], ids=["plain", "everything"])
def test_two_processes_train_and_judge_as_one_does(tmp_path, more):
    sections = {"training": {**UNEVEN, **more}}
    team = Team(tmp_path / "two", sections)
    start_run(tiny_experiment(**sections), tmp_path / "one")
    assert team.join() == [0, 0]
    assert len(records(tmp_path / "one")) == 2
    for one, two in zip(records(tmp_path / "one"), records(tmp_path / "two"), strict=True):
        assert one.keys() == two.keys()
        assert two["exact_match"] == one["exact_match"]
        for name in ("loss", "train_loss", "validation_loss"):
            assert two[name] == pytest.approx(one[name], abs=1e-5), name
        assert two["gradient_norm"] == pytest.approx(one["gradient_norm"], rel=1e-4)


def test_the_first_process_alone_writes_and_the_manifest_says_how_many_there_were(unbroken):
    assert len(records(unbroken)) == 2
    assert [path.name for path in unbroken.parent.iterdir()] == [unbroken.name]
    assert {path.name for path in unbroken.iterdir()} == {
        ".lock", "checkpoints", "config.toml", "metrics.jsonl", "model.json", "model.safetensors",
    }  # fmt: skip
    assert read_manifest(checkpoint_folders(unbroken / "checkpoints")[0])["world_size"] == 2


def test_a_signal_to_one_process_stops_all_saved_and_they_go_on_to_the_same_bits(unbroken, tmp_path):
    run = tmp_path / "run"
    team = Team(run, DROPOUT, fault=(signal.SIGTERM, 1, 8))
    assert team.join() == [143, 143]
    assert f"stopped and saved at step 8. Go on with: seq2seq train --resume {run}" in team.heard
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    assert Team(run, DROPOUT).join() == [0, 0]
    assert weights(run) == weights(unbroken)
    resumed_by_one(copy, unbroken)


def resumed_by_one(run: Path, unbroken: Path) -> None:
    """Another number of processes goes on with the same examples, and is told what is not the same."""
    notes = []
    listener = Listener()
    listener.on_notes = notes.extend
    resume_run(run, listener, Ranks())
    assert notes[0] == (
        "2 processes trained before, 1 do now: the examples come in the same order, "
        "the random numbers of dropout begin anew."
    )
    assert records(run)[-1]["examples"] == records(unbroken)[-1]["examples"]
    assert weights(run) != weights(unbroken), "dropout differs, or it was not on and this test says nothing"


def test_a_step_that_is_not_finite_in_one_process_is_left_out_by_all_and_all_go_back(tmp_path):
    sections = {**DROPOUT, "training": {**DROPOUT["training"], "skip_at_most": 2}}
    team = Team(tmp_path / "run", sections, fault=("nan", 1, 3, 7, 8))
    assert team.join() == [0, 0]
    (warning,) = team.heard
    assert warning.endswith(
        "2 steps in a row: the learning rate is too high. Going back to step 6, and on with half the rate."
    )
    assert [record["skipped"] for record in records(tmp_path / "run")] == [1, 1]
    assert records(tmp_path / "run")[-1]["step"] == 12


def test_the_time_limit_of_one_clock_ends_all(tmp_path):
    training = {**UNEVEN, "time_limit": 1, "epochs": 10_000}
    assert Team(tmp_path / "run", {"training": training}).join() == [0, 0]
    assert (tmp_path / "run" / "model.json").exists()


def test_a_process_that_is_killed_ends_the_other_with_a_clear_sentence(unbroken, tmp_path):
    run = tmp_path / "run"
    team = Team(run, DROPOUT, fault=(signal.SIGKILL, 1, 8))
    assert team.join() == [1, -signal.SIGKILL]
    lost = "all 2 processes must go on together, but one has ended or cannot be reached."
    assert team.heard == [f"{lost} Go on with: seq2seq train --resume {run}"]
    assert Team(run, DROPOUT).join() == [0, 0]
    assert weights(run) == weights(unbroken)


def test_a_mistake_that_the_first_process_finds_ends_all(unbroken):
    environment = ranks_of({})
    assert (environment.rank, environment.world) == (0, 1)
    team = Team(unbroken, DROPOUT)
    assert team.join() == [0, 0], "it is finished: there is nothing left to do"
    (unbroken.parent / "file").touch()
    assert Team(unbroken.parent / "file", DROPOUT).join() == [2, 2]


def test_variables_of_a_rank_are_checked():
    with pytest.raises(ConfigError) as caught:
        ranks_of({"RANK": "one", "WORLD_SIZE": "2", "MASTER_ADDR": "here"})
    assert caught.value.problems == [
        "the variables RANK and WORLD_SIZE mark one of several processes, so `MASTER_PORT` must be set, but is not.",
        "the variable RANK must be a whole number, but is 'one' instead.",
        "the variable LOCAL_RANK must be a whole number, but is 'one' instead.",
    ]


def test_a_launcher_ends_with_what_its_processes_ended_with(tmp_path, capfd):
    assert launch(["--version"], 2) == 0
    assert capfd.readouterr().out.count("seq2seq-transformer ") == 2
    assert launch(["trian"], 2) == 2
    said = capfd.readouterr().err.splitlines()
    assert sorted(line.partition("there is")[0] for line in said) == ["seq2seq: ", "seq2seq: rank 1: "]
    assert processes_of(tmp_path) == 1


def test_processes_left_open_are_measured(monkeypatch):
    monkeypatch.setattr(launching, "available_threads", lambda: 2)
    chosen, words = with_processes_measured(tiny_experiment(top={"processes": 0, "threads": 2}))
    assert (chosen.machine.processes, chosen.machine.threads) in [(1, 2), (2, 2)]
    assert words.startswith(f"processes: {chosen.machine.processes}; steps a second: ")
    assert words.endswith(" in 2")


def test_processes_are_one_where_there_is_nothing_to_measure(monkeypatch, tmp_path):
    monkeypatch.setattr(launching, "available_threads", lambda: 2)
    monkeypatch.setattr(launching, "launch", lambda *_: 2)
    left_open = tiny_experiment(top={"processes": 0, "threads": 2})
    for top in ({"device": "cuda"}, {"threads": 1}):  # one thread is one process
        assert with_processes_measured(tiny_experiment(top={"processes": 0, **top}))[1] == ""
    chosen, words = with_processes_measured(left_open)
    assert (chosen.machine.processes, words) == (1, "processes: 1; several could not be measured here")
    monkeypatch.setattr(launching, "launch", lambda *_: 143)
    with pytest.raises(Stopped, match="stopped before the first step"):
        with_processes_measured(left_open)
    start_run(left_open, tmp_path / "run")  # by the API, nothing is launched
    assert processes_of(tmp_path / "run") == 1


@pytest.mark.slow
def test_a_signal_to_the_launcher_reaches_all_and_the_run_is_saved(tmp_path):
    run = tmp_path / "run"
    flags = [flag for flag in TINY_FLAGS if "epochs" not in flag]
    words = ["train", "patterns", "--run", str(run), "--processes=2", "--training.epochs=1000", *flags]
    launcher = subprocess.Popen(
        [sys.executable, "-m", "seq2seq_transformer", *words], stderr=subprocess.PIPE, text=True
    )
    while not (run / "config.toml").exists():
        assert launcher.poll() is None
        time.sleep(0.05)
    launcher.send_signal(signal.SIGUSR1)
    said = launcher.communicate(timeout=60)[1]
    (saved,) = checkpoint_folders(run / "checkpoints")
    assert f"saved at step {int(saved.name.removeprefix('step-'))}. Go on with: seq2seq train --resume {run}" in said
    assert launcher.returncode == 75
    assert processes_of(run) == 2


def test_threads_and_devices_are_shared_out():
    last = SeveralRanks(rank=7, world=8, local_rank=3, local_world=4)
    assert [last.threads(total) for total in (1, 4, 9)] == [1, 1, 2]
    assert last.device("cuda") == last.device("cuda:0") == "cuda:3"
    assert last.share(list(range(20))) == [7, 15]
    assert last.share([1, 2]) == []


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, 6, 8])
def test_three_processes_go_on_to_the_same_bits_though_three_numbers_add_up_by_their_order(tmp_path, step):
    assert Team(tmp_path / "unbroken", DROPOUT, 3).join() == [0, 0, 0]
    assert Team(tmp_path / "run", DROPOUT, 3, fault=(signal.SIGTERM, 1, step)).join() == [143, 143, 143]
    assert Team(tmp_path / "run", DROPOUT, 3).join() == [0, 0, 0]
    assert weights(tmp_path / "run") == weights(tmp_path / "unbroken")


@pytest.mark.slow
def test_twenty_kills_of_two_processes(tmp_path, unbroken):
    rng, killed, number = np.random.default_rng(20), 0, 0
    before = time.monotonic()
    Team(tmp_path / "timed", DROPOUT).join()
    seconds = time.monotonic() - before
    while killed < 20:
        run, number = tmp_path / str(number), number + 1
        while not (run / "model.json").exists():
            team = Team(run, DROPOUT)
            victim = team.ranks[int(rng.integers(2))]
            victim.join(float(rng.uniform(0.1, 0.9) * seconds))
            if victim.is_alive():
                os.kill(victim.pid, signal.SIGKILL)
                killed += 1
                team.join()
                saved = [int(path.name.removeprefix("step-")) for path in checkpoint_folders(run / "checkpoints")]
                assert team.step.value - max(saved, default=0) <= EVERY
            else:
                team.join()
        assert weights(run) == weights(unbroken)
    print(f"{killed} kills of {number} runs")
