"""Every system call of a save, killed and failed in turn: a good checkpoint can always be loaded afterwards."""

import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from seq2seq_transformer.checkpoints.commit import read_folder, sweep
from seq2seq_transformer.checkpoints.description import checkpoint_folders
from seq2seq_transformer.checkpoints.state import TrainingState, drop_checkpoints, save_checkpoint
from seq2seq_transformer.model.transformer import Transformer
from seq2seq_transformer.training.optimizers import build_optimizer
from tests.unit.test_checkpoints import describe

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is missing: no faults can be injected")
KINDS = ("signal=SIGKILL", "error=ENOSPC", "error=EIO")
FEWEST_POINTS = 200


@pytest.fixture
def saved(tmp_path) -> tuple[TrainingState, Path]:
    """A training with the checkpoints of steps 1 and 2."""
    model = Transformer.from_config(describe().model)
    state = TrainingState(model, build_optimizer("adamw", model, learning_rate=0.1))
    for step in (1, 2):
        save(state, tmp_path / "run", step)
    return state, tmp_path / "run"


def save(state: TrainingState, folder: Path, step: int = 3) -> None:
    """What a training does at a checkpoint: commit it, and drop the oldest."""
    save_checkpoint(folder, step, state, describe(), {"step": step})
    drop_checkpoints(folder, keep_last=2)


def traced(action: Callable[[], None], log: Path, *options: str) -> int:
    """Run an action in a forked child under strace; its exit code, 1 for an OSError, or minus the signal.

    The child waits until strace is attached, so that only the calls of the action are counted.
    """
    begin, go = os.pipe()
    child = os.fork()
    if not child:
        code = 2
        try:
            os.read(begin, 1)
            action()
            code = 0
        except OSError:
            code = 1
        finally:
            os._exit(code)
    command = ["strace", "-f", "-qq", "-o", str(log), *options, "-p", str(child)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    status = Path(f"/proc/{child}/status")
    while "TracerPid:\t0\n" in status.read_text() and tracer.poll() is None:
        pass
    if tracer.poll() is not None:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        pytest.skip(f"strace cannot attach here: {tracer.stderr.read()}")
    os.write(go, b"!")
    _, status_code = os.waitpid(child, 0)
    tracer.wait()
    tracer.stderr.close()
    os.close(begin)
    os.close(go)
    return os.waitstatus_to_exitcode(status_code)


def points(action: Callable[[], None], log: Path) -> list[tuple[str, int]]:
    """Each system call of an action: its name, and the how manieth of this name it is."""
    assert traced(action, log) == 0
    seen: Counter[str] = Counter()
    found = []
    for name in re.findall(r"^\d+ +(\w+)\(", log.read_text(), flags=re.MULTILINE):
        seen[name] += 1
        if name != "exit_group":
            found.append((name, seen[name]))
    return found[1:]  # the first is the read that waits for strace


def try_point(state: TrainingState, folder: Path, log: Path, place: tuple[str, int], kind: str) -> None:
    """One call killed or failed: every folder that looks like a checkpoint is one, and the next save succeeds."""
    name, number = place
    code = traced(lambda: save(state, folder), log, "-e", f"inject={name}:{kind}:when={number}")
    assert code in (0, 1, -signal.SIGKILL), (place, kind, code)
    found = checkpoint_folders(folder)
    assert found[0].name in ("step-000000002", "step-000000003"), (place, kind)
    if code == 0:
        assert found[0].name == "step-000000003", (place, kind)
    for path in found:
        assert read_folder(path), (place, kind)
    sweep(folder)
    save(state, folder)
    assert [path.name for path in checkpoint_folders(folder)] == ["step-000000003", "step-000000002"]
    read_folder(folder / "step-000000003")


def every_point(saved, tmp_path, step: int) -> Iterator[tuple[Path, tuple[str, int], str]]:
    state, folder = saved
    shutil.copytree(folder, tmp_path / "once")
    places = [
        (place, kind) for place in points(lambda: save(state, tmp_path / "once"), tmp_path / "log") for kind in KINDS
    ]
    assert len(places) >= FEWEST_POINTS, "a save has become so short that this test says little"
    for number, (place, kind) in enumerate(places[::step]):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(folder, copy)
        yield copy, place, kind
        shutil.rmtree(copy)


def test_a_part_of_all_faults_of_a_save(saved, tmp_path):
    torch.set_num_threads(1)
    for folder, place, kind in every_point(saved, tmp_path, step=17):
        try_point(saved[0], folder, tmp_path / "log", place, kind)


@pytest.mark.slow
def test_every_fault_of_a_save(saved, tmp_path):
    torch.set_num_threads(1)
    tried = 0
    for folder, place, kind in every_point(saved, tmp_path, step=1):
        try_point(saved[0], folder, tmp_path / "log", place, kind)
        tried += 1
    print(f"{tried} points")
