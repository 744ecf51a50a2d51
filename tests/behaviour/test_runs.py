"""Runs: repeated exactly, gone on from exactly, never lost, never overwritten."""

import errno
import importlib
import json
import math
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from seq2seq_transformer.errors import RunError, Seq2SeqError, Stopped, TrainingError
from seq2seq_transformer.experiment.config import build_experiment
from seq2seq_transformer.experiment.evaluation import evaluate_run
from seq2seq_transformer.experiment.layers import layer_of_file
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.metrics import Metrics
from seq2seq_transformer.experiment.run import resume_run, start_run, writing_alone
from seq2seq_transformer.experiment.training import Training
from seq2seq_transformer.training import loops
from tests.conftest import tiny_experiment

DROPOUT = {"dropout": 0.1}


class StopAt(Listener):
    """Sends this process a signal after a step; notes warnings."""

    def __init__(self, step: int, number: int = signal.SIGINT) -> None:
        self.step, self.number, self.warnings = step, number, []

    def on_step(self, progress, loss):
        if progress.step == self.step:
            os.kill(os.getpid(), self.number)

    def on_warning(self, message):
        self.warnings.append(message)


def losses(run) -> list[dict]:
    """The records of a run and what its model tells of the training, without what depends on the clock."""
    records = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    records.append(json.loads((run / "model.json").read_text())["trained"])
    for record in records:
        assert record.pop("seconds") > 0
        assert record.pop("examples_per_second", 1) > 0
    return records


def weights(run) -> bytes:
    return (run / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "unbroken"
    start_run(tiny_experiment(model=DROPOUT), run)
    return run


def test_a_written_configuration_repeats_a_run_exactly(unbroken, tmp_path):
    start_run(build_experiment([layer_of_file(unbroken / "config.toml")]), tmp_path / "again")
    assert losses(tmp_path / "again") == losses(unbroken)
    assert weights(tmp_path / "again") == weights(unbroken)


def test_bfloat16_trains_and_repeats(tmp_path):
    for name in ("one", "two"):
        start_run(tiny_experiment(training={"precision": "bfloat16"}), tmp_path / name)
    assert losses(tmp_path / "one") == losses(tmp_path / "two")
    assert losses(tmp_path / "one")[0]["loss"] < 2.5


def test_another_seed_gives_another_model(unbroken, tmp_path):
    start_run(tiny_experiment(model=DROPOUT, top={"seed": 1}), tmp_path / "other")
    assert weights(tmp_path / "other") != weights(unbroken)


@pytest.mark.parametrize(
    ("step", "number", "code"),
    [(1, signal.SIGINT, 130), (7, signal.SIGTERM, 143), (20, signal.SIGUSR1, 75), (33, signal.SIGINT, 130)],
)
def test_a_stopped_run_goes_on_to_the_same_bits(unbroken, tmp_path, step, number, code):
    run = tmp_path / "run"
    with pytest.raises(Stopped) as caught:
        start_run(tiny_experiment(model=DROPOUT), run, StopAt(step, number))
    assert caught.value.exit_code == code
    assert str(caught.value) == f"stopped and saved at step {step}. Go on with: seq2seq train --resume {run}"
    assert not (run / "model.json").exists()
    assert evaluate_run(run)[0].note.endswith(f"the checkpoint step-{step:09d} answers")
    assert resume_run(run) is not None
    assert weights(run) == weights(unbroken)
    assert losses(run) == losses(unbroken)
    assert resume_run(run) is None
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_run_without_a_checkpoint_starts_over(unbroken, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    shutil.copy(unbroken / "config.toml", run)
    (run / "metrics.jsonl").write_text("left over\n")
    resume_run(run)
    assert weights(run) == weights(unbroken)
    assert losses(run) == losses(unbroken)


def test_a_damaged_checkpoint_is_set_aside_and_the_older_one_used(unbroken, tmp_path):
    run = tmp_path / "run"
    experiment = tiny_experiment(model=DROPOUT, training={"checkpoint_every": 5})
    with pytest.raises(Stopped):
        start_run(experiment, run, StopAt(12))
    damaged = run / "checkpoints" / "step-000000012"
    content = bytearray((damaged / "optimizer.safetensors").read_bytes())
    content[-1] ^= 1
    (damaged / "optimizer.safetensors").write_bytes(content)
    listener = StopAt(0)
    resume_run(run, listener)
    assert weights(run) == weights(unbroken)
    (warning,) = listener.warnings
    assert "optimizer.safetensors must have the sha256" in warning
    assert warning.endswith("It is set aside as damaged-step-000000012.")
    assert (run / "checkpoints" / "damaged-step-000000012").is_dir()


@pytest.mark.parametrize("damage", ["manifest.json", "model.safetensors"])
def test_where_no_checkpoint_is_good_the_training_starts_over_and_keeps_everything(unbroken, tmp_path, damage):
    run = tmp_path / "run"
    with pytest.raises(Stopped):
        start_run(tiny_experiment(model=DROPOUT), run, StopAt(30))
    for checkpoint in (run / "checkpoints").iterdir():
        (checkpoint / damage).unlink()
    (run / "checkpoints" / ".partial-step-000000035-1").mkdir()
    (run / ".partial-model.json-1").touch()
    listener = StopAt(0)
    resume_run(run, listener)
    assert weights(run) == weights(unbroken)
    assert losses(run) == losses(unbroken)
    assert len(listener.warnings) == 3
    assert listener.warnings[-1] == "no checkpoint can be used: starting over; metrics-before-1.jsonl is kept."
    kept = sorted(path.name for path in (run / "checkpoints").iterdir())
    assert kept == ["damaged-step-000000020", "damaged-step-000000030", "step-000000020"]
    assert not list(run.glob(".partial-*"))


@pytest.mark.parametrize(
    "name", ["checkpoints/step-000000010/optimizer.safetensors", "model.safetensors", "model.json"]
)
def test_what_may_not_be_read_is_no_damage(unbroken, tmp_path, monkeypatch, name):
    """Such as after a run was copied by another user; root may read all, so the system's answer is given in its place."""
    run, real = tmp_path / "run", Path.read_bytes
    with pytest.raises(Stopped):
        start_run(tiny_experiment(model=DROPOUT), run, StopAt(10))
    if not name.startswith("checkpoints"):
        resume_run(run)

    def read(path):
        if path == run / name:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path)

    before = sorted(run.rglob("*"))
    with (
        monkeypatch.context() as patched,
        pytest.raises(RunError, match="must be read, but .*: Permission denied. Nothing"),
    ):
        patched.setattr(Path, "read_bytes", read)
        resume_run(run)
    assert sorted(run.rglob("*")) == before, "nothing is set aside"
    resume_run(run)
    assert weights(run) == weights(unbroken)


@pytest.mark.parametrize("fault", [errno.EIO, errno.EUCLEAN])
def test_a_file_that_its_disk_has_lost_is_damage(unbroken, tmp_path, monkeypatch, fault):
    run, real, listener = tmp_path / "run", Path.read_bytes, StopAt(-1)
    with pytest.raises(Stopped):
        start_run(tiny_experiment(model=DROPOUT, training={"checkpoint_every": 5}), run, StopAt(10))

    def read(path):
        if path == run / "checkpoints" / "step-000000010" / "optimizer.safetensors":
            raise OSError(fault, os.strerror(fault), str(path))
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    resume_run(run, listener)
    assert any("It is set aside as damaged-step-000000010" in warning for warning in listener.warnings)
    assert weights(run) == weights(unbroken)


def test_a_finished_model_that_is_damaged_is_made_again_from_the_checkpoint(unbroken, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(unbroken, run)
    (run / "model.safetensors").write_bytes(b"scribble")
    listener = StopAt(0)
    assert resume_run(run, listener) is not None
    assert weights(run) == weights(unbroken)
    assert (
        "Set aside as damaged-model.json, damaged-model.safetensors; the model is made again." in listener.warnings[0]
    )
    assert (run / "damaged-model.safetensors").read_bytes() == b"scribble"


def test_checkpoints_fall_due_by_steps_too(unbroken, tmp_path):
    run = tmp_path / "run"
    start_run(tiny_experiment(model=DROPOUT, training={"checkpoint_every": 10}), run)
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["step-000000020", "step-000000030"]
    assert weights(run) == weights(unbroken)


def test_a_run_of_another_machine_says_how_to_begin_anew(tmp_path, unbroken):
    run = tmp_path / "run"
    run.mkdir()
    config = (unbroken / "config.toml").read_text()
    (run / "config.toml").write_text(config.replace('device = "cpu"', 'device = "abacus"'))
    with pytest.raises(RunError, match=r"to begin anew elsewhere: seq2seq train --config .* --device cpu$"):
        resume_run(run)


@pytest.mark.parametrize(
    "edit", [("learning_rate = 0.02", "learning_rate = 0.01"), ("dim_model = 16", "dim_model = 32")]
)
def test_an_edited_configuration_is_refused_on_resume(tmp_path, edit):
    run = tmp_path / "run"
    with pytest.raises(Stopped):
        start_run(tiny_experiment(), run, StopAt(3))
    config = run / "config.toml"
    config.write_text(config.read_text().replace(*edit))
    with pytest.raises(RunError, match=r"config\.toml must be as it was when the training began, but has changed\."):
        resume_run(run)
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["step-000000003"]


class Meddler(StopAt):
    """Does something after a step, and then sends the signal of another."""

    def __init__(self, at: int, action, step: int = 10**9) -> None:
        super().__init__(step)
        self.at, self.action = at, action

    def on_step(self, progress, loss):
        if progress.step == self.at:
            self.action()
        super().on_step(progress, loss)


def test_a_configuration_edited_during_the_training_is_refused_on_resume(tmp_path):
    """What a checkpoint was trained with is what the training began with, not what the file says later."""
    run, edit = tmp_path / "run", ("learning_rate = 0.02", "learning_rate = 0.5")
    config = run / "config.toml"
    with pytest.raises(Stopped):
        start_run(
            tiny_experiment(), run, Meddler(3, lambda: config.write_text(config.read_text().replace(*edit)), step=5)
        )
    with pytest.raises(RunError, match=r"config\.toml must be as it was when the training began, but has changed\."):
        resume_run(run)
    config.write_text(config.read_text().replace(*reversed(edit)))
    assert resume_run(run) is not None


def test_a_configuration_that_is_gone_at_the_end_does_not_cost_the_model(unbroken, tmp_path):
    run = tmp_path / "run"
    start_run(tiny_experiment(model=DROPOUT), run, Meddler(39, (run / "config.toml").unlink))
    assert weights(run) == weights(unbroken)


@pytest.mark.parametrize("damage", [lambda content: content[:-20], lambda content: bytes(len(content))])
def test_metrics_that_lost_their_end_do_not_keep_a_run_from_going_on(unbroken, tmp_path, damage):
    run = tmp_path / "run"
    with pytest.raises(Stopped):
        start_run(tiny_experiment(model=DROPOUT), run, StopAt(33))
    metrics = run / "metrics.jsonl"
    damaged = damage(metrics.read_bytes())
    metrics.write_bytes(damaged)
    listener = StopAt(10**9)
    resume_run(run, listener)
    assert weights(run) == weights(unbroken)
    assert listener.warnings == [
        "metrics.jsonl is incomplete or has changed since it was written: "
        "what can be read of it stays, and metrics-before-1.jsonl is a copy of it all."
    ]
    assert (run / "metrics-before-1.jsonl").read_bytes() == damaged
    assert losses(run)[-2:] == losses(unbroken)[-2:]


def test_metrics_that_are_gone_are_missed(unbroken, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(Stopped):
        start_run(tiny_experiment(model=DROPOUT), run, StopAt(33))
    (run / "metrics.jsonl").unlink()
    listener = StopAt(10**9)
    resume_run(run, listener)
    assert listener.warnings == [
        "metrics.jsonl is empty or gone, so what it told of the training so far is lost; it begins anew."
    ]
    assert weights(run) == weights(unbroken)


def test_a_model_of_another_version_is_no_damage(unbroken, tmp_path):
    """It is neither set aside nor trained again, nor are its checkpoints."""
    from seq2seq_transformer.checkpoints.description import _digest

    for place in ("", "checkpoints/step-000000020"):
        run = tmp_path / f"run{len(place)}"
        shutil.copytree(unbroken, run)
        if place:
            (run / "model.json").unlink()
        path = run / place / "model.json"
        content = json.loads(path.read_text()) | {"format": 2}
        del content["sha256"]
        path.write_text(json.dumps({**content, "sha256": _digest(content)}))
        before = sorted(each.name for each in run.rglob("*"))
        with pytest.raises(RunError, match=r"model\.json must be of format 1, but is of 2: of another version\.$"):
            resume_run(run)
        assert sorted(each.name for each in run.rglob("*") if each.name != ".lock") == [
            each for each in before if each != ".lock"
        ]


def test_a_record_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    metrics = Metrics(tmp_path / "metrics.jsonl")
    metrics.write({"step": 1})

    def cut_off(path, *_, **__):
        with open(path, "ab") as file:
            file.write(b'{"st')
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.open", cut_off)
        with pytest.raises(OSError, match="No space left"):
            metrics.write({"step": 2, "exact_match": 0.5})
    metrics.write({"step": 3})
    assert metrics.facts() == {"exact_match": 0.5}, "of the model, which is told of it all the same"
    assert [json.loads(line)["step"] for line in metrics.path.read_text().splitlines()] == [1, 3]


@pytest.mark.parametrize("of_checkpoint", [False, True])
def test_a_description_without_a_bottom_is_damage(unbroken, tmp_path, of_checkpoint):
    run = shutil.copytree(unbroken, tmp_path / "run")
    damaged = run / "model.json"
    if of_checkpoint:
        damaged.unlink()
        damaged = max((run / "checkpoints").iterdir()) / "model.json"
    damaged.write_text("[" * 100_000)
    resume_run(run)
    assert weights(run) == weights(unbroken)


def test_checkpoints_of_many_stops_do_not_pile_up(unbroken, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(Stopped):
        start_run(tiny_experiment(model=DROPOUT), run, StopAt(2))
    for step in (4, 6, 8, 22, 24):
        with pytest.raises(Stopped):
            resume_run(run, StopAt(step))
    kept = sorted(path.name for path in (run / "checkpoints").iterdir())
    assert kept == ["step-000000020", "step-000000022", "step-000000024"]  # the end of an epoch is the best so far
    resume_run(run)
    assert weights(run) == weights(unbroken)


def test_a_folder_in_place_of_the_metrics_is_set_aside(unbroken, tmp_path):
    run = shutil.copytree(unbroken, tmp_path / "run")
    for name in ("model.json", "model.safetensors", "metrics.jsonl"):
        (run / name).unlink()
    (run / "metrics.jsonl").mkdir()
    listener = StopAt(0)
    resume_run(run, listener)
    assert "metrics.jsonl is a folder, now called metrics-before-1.jsonl" in listener.warnings[-1]
    assert weights(run) == weights(unbroken)


def test_a_disk_that_fills_up_is_reported_and_training_goes_on(unbroken, tmp_path, monkeypatch):
    run = tmp_path / "run"

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("seq2seq_transformer.experiment.keeping.save_checkpoint", full)
    monkeypatch.setattr("seq2seq_transformer.experiment.metrics.Metrics.write", full)
    listener = StopAt(0)
    start_run(tiny_experiment(model=DROPOUT), run, listener)
    assert weights(run) == weights(unbroken)
    assert listener.warnings[:2] == [
        "metrics.jsonl could not be written (No space left on device); training goes on.",
        "step 20 could not be saved (No space left on device); training goes on and will try again.",
    ]


def test_a_finished_model_that_cannot_be_written_fails_and_can_be_had_later(unbroken, tmp_path, monkeypatch):
    run = tmp_path / "run"
    with monkeypatch.context() as patch:

        def full(*_):
            raise OSError(28, "No space left on device")

        patch.setattr("seq2seq_transformer.experiment.saved.write_file", full)
        with pytest.raises(Seq2SeqError) as caught:
            start_run(tiny_experiment(model=DROPOUT), run)
    assert caught.value.exit_code == 1
    assert str(caught.value).endswith(
        f"Make room, then repeat what followed the newest checkpoint: seq2seq train --resume {run}"
    )
    resume_run(run)
    assert weights(run) == weights(unbroken)


def test_no_space_before_a_run_has_begun_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Seq2SeqError, match="Nothing has been trained yet; make room") as caught:
        start_run(tiny_experiment(), tmp_path / "run")
    assert caught.value.exit_code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("fault", "code", "way"), [(28, 1, "make room, or go on with"), (30, 2, "Go on with")])
def test_a_run_that_cannot_be_locked_says_how_to_go_on(tmp_path, monkeypatch, fault, code, way):
    """No space is a fault of the disk; a disk that is read only is the user's."""
    run = tmp_path / "run"
    with pytest.raises(Stopped):
        start_run(tiny_experiment(), run, StopAt(3))

    def refuse(*_, **__):
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(Seq2SeqError, match=f"{way} a copy of it elsewhere") as caught:
        resume_run(run)
    assert caught.value.exit_code == code


def test_threads_left_open_are_measured_and_written_down(tmp_path, monkeypatch):
    monkeypatch.setattr("seq2seq_transformer.experiment.machine.TRIAL_SECONDS", 0.0)
    monkeypatch.setattr("seq2seq_transformer.experiment.threads.available_threads", lambda: 1)
    start_run(tiny_experiment(top={"threads": 0}), tmp_path / "measured")
    start_run(tiny_experiment(), tmp_path / "named")
    assert "threads = 1\n" in (tmp_path / "measured" / "config.toml").read_text()
    assert weights(tmp_path / "measured") == weights(tmp_path / "named")


def fingerprint(run) -> tuple:
    return weights(run), losses(run)


COMBINATIONS = [
    {"optimizer": "muon", "ema": 0.9, "accumulate": 2, "schedule": "cosine"},
    {"optimizer": "adamw", "ema": 0.5, "curriculum": "steps", "curriculum_start": 9, "group_by_length": True},
    {"curriculum": "success", "curriculum_start": 9, "curriculum_threshold": 0.01, "group_by_length": True},
    {"curriculum": "fixed", "curriculum_start": 11, "repeat": 20},
    {"optimizer": "sgd", "learning_rate": 0.05, "accumulate": 3, "label_smoothing": 0.1, "z_loss": 1e-4},
    {"optimizer": "adam", "precision": "bfloat16", "patience": 1, "metric": "validation_loss", "schedule": "constant"},
    {"optimizer": "adamw", "ema": 0.9, "patience": 1, "metric": "train_loss", "checkpoint_every": 5, "keep_every": 10},
]


@pytest.mark.parametrize(("number", "step"), [(0, 3), (1, 20), (2, 22), (3, 8), (4, 22), (5, 20), (6, 7)])
def test_every_way_of_training_goes_on_to_the_same_bits(tmp_path, number, step):
    """Stopped within the first epoch, at its end, and within the second."""
    goes_on_to_the_same_bits(tiny_experiment(model=DROPOUT, training=COMBINATIONS[number]), tmp_path, [step])


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "muon"])
@pytest.mark.parametrize("number", range(10))
def test_forty_combinations_go_on_to_the_same_bits_from_thirty_steps(tmp_path, optimizer, number):
    """Forty combinations: ten mixtures of the other choices with each optimizer."""
    three = lambda factor, *choices: choices[(number * factor + number // 3) % len(choices)]  # noqa: E731
    options = {
        "optimizer": optimizer,
        "learning_rate": 0.05 if optimizer == "sgd" else 0.01,
        "schedule": three(1, "constant", "linear", "cosine", "wsd"),
        "precision": three(1, "float32", "float32", "bfloat16"),
        "accumulate": three(2, 1, 2, 3),
        "ema": three(1, 0.0, 0.9),
        "patience": three(2, 0, 1, 5),
        "metric": three(1, "exact_match", "validation_loss", "train_loss"),
        "curriculum": three(3, "uniform", "steps", "success", "fixed"),
        "curriculum_start": 9,
        "curriculum_threshold": 0.01,
        "group_by_length": number % 4 > 1,
        "checkpoint_every": three(1, 0, 7),
    }
    experiment = tiny_experiment(model=DROPOUT, training=options)
    steps = np.random.default_rng(number).choice(np.arange(1, experiment.training.steps), 30, replace=False)
    goes_on_to_the_same_bits(experiment, tmp_path, steps.tolist())


def goes_on_to_the_same_bits(experiment, folder, steps) -> None:
    """Stopped at each step, and there gone on with twice: to the end, and to the next stop."""
    whole, run = folder / "whole", folder / "stopped"
    start_run(experiment, whole)
    for step in sorted(steps):
        try:
            resume_run(run, StopAt(step)) if run.exists() else start_run(experiment, run, StopAt(step))
        except Stopped:
            shutil.copytree(run, folder / f"from-{step}")
            resume_run(folder / f"from-{step}")
            assert fingerprint(folder / f"from-{step}") == fingerprint(whole), step
        else:  # it ended before this step: there is nothing to stop
            resume_run(run)
            assert fingerprint(run) == fingerprint(whole)
            break


@pytest.mark.parametrize(("threshold", "climbed"), [(0.01, [9, 11]), (1.0, [9, 9])])
def test_examples_become_harder_once_those_of_before_are_mastered(tmp_path, threshold, climbed):
    options = {"curriculum": "success", "curriculum_start": 9, "curriculum_threshold": threshold}
    start_run(tiny_experiment(training=options), tmp_path / "run")
    epochs = [record for record in losses(tmp_path / "run") if "difficulty" in record]
    assert [record["difficulty"] for record in epochs] == climbed
    assert 0.01 <= epochs[0]["practised_exact_match"] < 1


class StopIn(Listener):
    """Sends a signal at the first call of a function."""

    def __init__(self, monkeypatch, place: str) -> None:
        module, _, name = place.rpartition(".")
        real = getattr(importlib.import_module(module), name)

        def and_stop(*args, **options):
            monkeypatch.setattr(place, real)
            os.kill(os.getpid(), signal.SIGTERM)
            return real(*args, **options)

        monkeypatch.setattr(place, and_stop)


@pytest.mark.parametrize("place", ["training.validation_loop", "training.score", "keeping.save_checkpoint"])
def test_a_signal_in_any_phase_is_obeyed_and_nothing_lost(unbroken, tmp_path, monkeypatch, place):
    run = tmp_path / "run"
    listener = StopIn(monkeypatch, f"seq2seq_transformer.experiment.{place}")
    with pytest.raises(Stopped, match="^stopped and saved at step") as caught:
        start_run(tiny_experiment(model=DROPOUT), run, listener)
    assert caught.value.exit_code == 143
    resume_run(run)
    assert fingerprint(run) == fingerprint(unbroken)


def test_a_signal_before_the_first_step_leaves_nothing_behind(tmp_path, monkeypatch):
    listener = StopIn(monkeypatch, "seq2seq_transformer.experiment.training.describe")
    with pytest.raises(Stopped, match="^stopped before the first step: nothing new has been trained.$") as caught:
        start_run(tiny_experiment(), tmp_path / "run", listener)
    assert caught.value.exit_code == 143
    assert not (tmp_path / "run").exists()


def test_a_run_has_one_writer_and_a_dead_one_does_not_count(unbroken, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(Stopped):
        start_run(tiny_experiment(model=DROPOUT), run, StopAt(7))
    with writing_alone(run), pytest.raises(RunError, match="must have one writer, but another process is training"):
        resume_run(run)
    assert (run / ".lock").exists(), "left behind, as by a process that was killed"
    resume_run(run)
    assert weights(run) == weights(unbroken)


class Moved(StopAt):
    """Moves the run away after a step, and puts another folder in its place where one is given."""

    def __init__(self, run, instead=None) -> None:
        super().__init__(-1)
        self._run, self._instead = run, instead

    def on_step(self, progress, loss):
        if progress.step == 12:
            self._run.rename(self._run.with_name("moved"))
            if self._instead:
                shutil.copytree(self._instead, self._run)


@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize("every", [5, 0])
def test_a_training_whose_folder_is_moved_writes_nothing_in_its_place(unbroken, tmp_path, replaced, every):
    run, moved = tmp_path / "run", tmp_path / "moved"
    listener = Moved(run, unbroken if replaced else None)
    with pytest.raises(Seq2SeqError, match="no longer the folder that this training is in: it was moved"):
        start_run(tiny_experiment(model=DROPOUT, training={"checkpoint_every": every}), run, listener)
    files = {
        folder: {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} for folder in (run, unbroken)
    }
    names = [{path.relative_to(folder): content for path, content in found.items()} for folder, found in files.items()]
    assert names[0] == (names[1] if replaced else {}), "nothing is written, changed or removed"
    resume_run(moved)
    assert weights(moved) == weights(unbroken)


def test_another_run_in_the_place_of_one_that_is_gone_on_with_is_left_alone(unbroken, tmp_path, monkeypatch):
    run, real = tmp_path / "run", Training.choose_threads
    with pytest.raises(Stopped):
        start_run(tiny_experiment(model=DROPOUT), run, StopAt(7))

    def choose(training):
        run.rename(run.with_name("moved"))
        shutil.copytree(unbroken, run)
        real(training)

    monkeypatch.setattr(Training, "choose_threads", choose)
    with pytest.raises(Seq2SeqError, match="no longer the folder that this training is in"):
        resume_run(run)
    assert {path.name for path in run.iterdir()} == {path.name for path in unbroken.iterdir()}


def broken_steps(monkeypatch, faulty) -> list[float]:
    """Let the loss of some steps be no number; returns the rates that were used."""
    real, rates = loops.train_step, []

    def step(model, opt, loss_fn, batch, regime):
        rates.append(opt.param_groups[0]["lr"])
        return real(
            model, opt, (lambda *args: loss_fn(*args) * math.nan) if faulty(len(rates)) else loss_fn, batch, regime
        )

    monkeypatch.setattr(loops, "train_step", step)
    return rates


def test_a_training_that_diverges_goes_back_once_and_on_with_half_the_rate(unbroken, tmp_path, monkeypatch):
    experiment = tiny_experiment(training={"skip_at_most": 3, "checkpoint_every": 5, "schedule": "constant"})
    rates = broken_steps(monkeypatch, lambda call: 11 < call <= 14)
    listener = StopAt(10**9)
    start_run(experiment, tmp_path / "run", listener)
    assert (
        "3 steps in a row: the learning rate is too high. Going back to step 10, and on with half"
        in listener.warnings[0]
    )
    assert rates[-1] == pytest.approx(experiment.training.learning_rate / 2)
    assert len(rates) == experiment.training.steps + 4, "eleven steps, three faults, and on from the tenth"


def test_a_training_that_diverges_again_stops_and_says_why(tmp_path, monkeypatch):
    broken_steps(monkeypatch, lambda call: call > 11)
    run = tmp_path / "run"
    with pytest.raises(
        TrainingError, match="3 steps in a row: the learning rate is too high. Try again, as a new run:"
    ):
        start_run(tiny_experiment(training={"skip_at_most": 3, "checkpoint_every": 5}), run)
    assert evaluate_run(run)[0].note.endswith("the checkpoint step-000000010 answers")


def test_a_single_fault_is_left_out_and_counted(tmp_path, monkeypatch):
    broken_steps(monkeypatch, lambda call: call == 4)
    start_run(tiny_experiment(), tmp_path / "run")
    assert losses(tmp_path / "run")[-2]["skipped"] == 1


def epochs_of(run) -> int:
    return losses(run)[-2]["epoch"]


def test_training_stops_once_nothing_improves_and_keeps_the_best(tmp_path):
    """With a rate of almost nothing no epoch is better than the first."""
    options = {"epochs": 9, "patience": 2, "learning_rate": 1e-12}
    start_run(tiny_experiment(training=options), tmp_path / "run")
    assert epochs_of(tmp_path / "run") == 3
    best = sorted((tmp_path / "run" / "checkpoints").glob("step-*"))[0]
    assert (best / "model.safetensors").read_bytes() == weights(tmp_path / "run")


def test_training_stops_at_its_target_and_at_its_time_limit(tmp_path):
    start_run(
        tiny_experiment(training={"epochs": 9, "metric": "validation_loss", "target": 100.0}), tmp_path / "target"
    )
    assert epochs_of(tmp_path / "target") == 1
    start_run(tiny_experiment(training={"epochs": 900, "time_limit": 1}), tmp_path / "time")
    assert epochs_of(tmp_path / "time") < 900
    assert (tmp_path / "time" / "model.json").exists()


def test_a_streak_of_faults_never_costs_the_good_checkpoints(tmp_path, monkeypatch):
    """Checkpoints fall due more often than the streak is long: those within it are not made."""
    broken_steps(monkeypatch, lambda call: call > 11)
    run = tmp_path / "run"
    with pytest.raises(TrainingError, match="8 steps in a row"):
        start_run(tiny_experiment(training={"skip_at_most": 8, "checkpoint_every": 2}), run)
    saved = [path.name for path in (run / "checkpoints").iterdir()]
    assert sorted(saved) == ["step-000000008", "step-000000010"]


def test_the_best_is_kept_also_where_the_last_step_before_it_was_left_out(tmp_path, monkeypatch):
    broken_steps(monkeypatch, lambda call: call == 40)
    figures = iter([0.1, 0.9, 0.2, 0.2])
    real = Training._validate
    monkeypatch.setattr(Training, "_validate", lambda self, stop: real(self, stop) | {"exact_match": next(figures)})
    listener = StopAt(10**9)
    start_run(tiny_experiment(training={"epochs": 9, "patience": 2}), tmp_path / "run", listener)
    trained = json.loads((tmp_path / "run" / "model.json").read_text())["trained"]
    assert (trained["exact_match"], trained["steps"], listener.warnings) == (0.9, 40, [])


def test_a_signal_in_a_streak_of_faults_does_not_change_where_it_goes_back_to(tmp_path, monkeypatch):
    experiment = tiny_experiment(training={"skip_at_most": 4, "checkpoint_every": 5})
    whole = tmp_path / "whole"
    with monkeypatch.context() as patched:
        broken_steps(patched, lambda call: 11 < call <= 15)
        start_run(experiment, whole)
    run = tmp_path / "run"
    with monkeypatch.context() as patched:
        broken_steps(patched, lambda call: 11 < call <= 15)
        with pytest.raises(Stopped, match="saved at step 13"):
            start_run(experiment, run, StopAt(13))
    with monkeypatch.context() as patched:
        broken_steps(patched, lambda call: call <= 2)
        resume_run(run)
    assert fingerprint(run) == fingerprint(whole)


def test_a_model_of_a_loss_that_is_no_number_is_not_saved(tmp_path, monkeypatch):
    monkeypatch.setattr("seq2seq_transformer.experiment.training.validation_loop", lambda *args, **options: math.nan)
    with pytest.raises(TrainingError, match="the validation loss must be finite, but is nan: "):
        start_run(tiny_experiment(), tmp_path / "run")
    assert not (tmp_path / "run" / "model.json").exists()


@pytest.mark.parametrize("fault", ["damaged", "gone"])
def test_without_the_best_checkpoint_the_last_step_is_the_model_and_this_is_said(tmp_path, monkeypatch, fault):
    options = {"epochs": 9, "patience": 2, "learning_rate": 1e-12}
    run = tmp_path / "run"
    listener = StopAt(10**9)
    monkeypatch.setattr(listener, "on_report", lambda record: spoil_at_end(record, run, fault))
    start_run(tiny_experiment(training=options), run, listener)
    assert "The last step is the model, not the best." in listener.warnings[-1]
    assert (run / "model.json").exists()


def spoil_at_end(record, run, fault) -> None:
    if record["epoch"] == 3 and "exact_match" in record:
        folder = min((run / "checkpoints").glob("step-*"))
        (folder / "model.safetensors").write_bytes(b"") if fault == "damaged" else shutil.rmtree(folder)


def test_what_is_told_of_the_best_is_its_own(tmp_path):
    options = {"epochs": 9, "patience": 2, "learning_rate": 1e-12}
    start_run(tiny_experiment(training=options), tmp_path / "run")
    trained = json.loads((tmp_path / "run" / "model.json").read_text())["trained"]
    assert trained["steps"] == tiny_experiment().training.steps_per_epoch


def test_a_process_killed_while_it_makes_a_run_leaves_none(tmp_path, monkeypatch):
    class Killed(BaseException):
        """As SIGKILL: nothing is cleaned up."""

    def kill(*args):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("seq2seq_transformer.experiment.run.write_file", kill)
        with pytest.raises(Killed):
            start_run(tiny_experiment(), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    start_run(tiny_experiment(), tmp_path / "run")
