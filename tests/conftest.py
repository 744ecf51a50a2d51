"""What many tests share: the command line in this process, a tiny experiment and a run of it."""

import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from seq2seq_transformer.cli.main import main
from seq2seq_transformer.experiment.config import Experiment, build_experiment
from seq2seq_transformer.experiment.layers import layer_of_values
from seq2seq_transformer.experiment.run import start_run


def pytest_terminal_summary(terminalreporter) -> None:
    """Say loudly what a machine could not test."""
    if not shutil.which("strace"):
        terminalreporter.section("strace is missing: saves were not tested under injected faults", sep="!", red=True)


# Tests are about what signals do by default; in the background of a shell script they would be ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
settings.register_profile(
    "here", deadline=None, max_examples=50
)  # a busy machine is no fault; other examples each time
settings.load_profile("here")

TINY = {
    "": {"threads": 1, "device": "cpu"},
    "task": {"name": "patterns", "families": ["constant"], "min_length": 8, "max_length": 16, "horizon": 2},
    "model": {"dim_model": 16, "num_heads": 2, "num_encoder_layers": 1, "num_decoder_layers": 1},
    "training": {"epochs": 2, "examples_per_epoch": 640, "batch_size": 32, "learning_rate": 0.02},
    "evaluation": {"examples": 100},
}
TINY_FLAGS = [
    "--task.families=constant", "--task.horizon=2", "--model.dim_model=16", "--model.num_heads=2",
    "--model.num_encoder_layers=1", "--model.num_decoder_layers=1", "--training.epochs=2",
    "--training.examples_per_epoch=640", "--training.learning_rate=0.02", "--evaluation.examples=100",
    "--threads=1", "--device=cpu",
]  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What a command ended with and printed."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path_factory):
    """Tests begin with one thread, a fixed seed, a plain terminal and an empty folder as the current one."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))


@pytest.fixture
def seq2seq(capsys):
    """Call the command line in this process."""

    def call(*words: object) -> Answer:
        capsys.readouterr()
        code = main([str(word) for word in words])
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return call


def tiny_experiment(**sections: dict) -> Experiment:
    """The tiny experiment with some values changed, a section a keyword; `top` is what lies outside the sections."""
    changed = {"" if name == "top" else name: values for name, values in sections.items()}
    return build_experiment([layer_of_values(TINY), layer_of_values(changed)])


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory) -> Path:
    """A finished run of the tiny experiment. Tests must not change it."""
    run = tmp_path_factory.mktemp("shared") / "run"
    torch.set_num_threads(1)
    start_run(tiny_experiment(), run)
    return run
