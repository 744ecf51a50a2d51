"""A compiled step: saved under the same names, gone on from to the same bits, and a clear sentence where it cannot be."""

import shutil
import subprocess
import sys

import pytest
import torch
from safetensors import safe_open
from torch import nn

from seq2seq_transformer.errors import ConfigError
from seq2seq_transformer.experiment.run import start_run
from tests.behaviour.test_runs import goes_on_to_the_same_bits, weights
from tests.conftest import TINY_FLAGS, tiny_experiment

COMPILED = {"compile": True}


class Wrapped(nn.Module):
    """As torch.compile wraps a model, without its minutes."""

    def __init__(self, model) -> None:
        super().__init__()
        self._orig_mod, self.modes = model, set()

    def forward(self, *inputs):
        self.modes.add(self._orig_mod.training)
        return self._orig_mod(*inputs)


def test_what_is_saved_is_the_model_itself_and_validation_is_not_compiled(finished_run, tmp_path, monkeypatch):
    wrapped: list[Wrapped] = []
    monkeypatch.setattr(torch, "compile", lambda model, dynamic: wrapped.append(Wrapped(model)) or wrapped[-1])
    goes_on_to_the_same_bits(tiny_experiment(training=COMPILED), tmp_path, [27])
    assert weights(tmp_path / "whole") == weights(finished_run)
    with safe_open(tmp_path / "whole" / "model.safetensors", framework="pt") as saved:
        assert not [name for name in saved.keys() if "_orig_mod" in name]  # noqa: SIM118 (it is no dictionary)
    assert all(each.modes == {True} for each in wrapped)


def test_where_nothing_can_be_compiled_this_is_said_before_the_run_begins(tmp_path, monkeypatch):
    def refuse(model, dynamic):
        raise RuntimeError("\nNo working C++ compiler found.\nand a long story")

    monkeypatch.setattr(torch, "compile", refuse)
    with pytest.raises(ConfigError) as caught:
        start_run(tiny_experiment(training=COMPILED), tmp_path / "run")
    assert str(caught.value) == (
        "`training.compile` must be false where torch.compile does not work, but is true instead, and here it fails: "
        "No working C++ compiler found. Install a C++ compiler, or train without it."
    )
    assert not (tmp_path / "run").exists()


def test_memory_that_runs_out_is_no_fault_of_the_compiler(tmp_path, monkeypatch):
    def full(model, dynamic):
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(torch, "compile", full)
    with pytest.raises(RuntimeError, match="^CUDA out of memory$"):
        start_run(tiny_experiment(training=COMPILED), tmp_path / "run")


@pytest.mark.slow
def test_another_process_goes_on_to_the_same_bits_with_code_that_it_compiles_itself(tmp_path):
    """In processes of their own: the checks of shapes that tests switch on cannot be compiled."""

    def seq2seq(*words) -> None:
        command = [sys.executable, "-m", "seq2seq_transformer", "train", *map(str, words)]
        subprocess.run(command, check=True, capture_output=True)

    flags = [*TINY_FLAGS, "--training.compile=true", "--training.checkpoint_every=7", "--model.dropout=0.1"]
    whole, run = tmp_path / "whole", tmp_path / "run"
    seq2seq("patterns", *flags, "--training.group_by_length=true", "--run", whole)
    shutil.copytree(whole, run)
    for path in [run / "model.json", run / "model.safetensors"]:
        path.unlink()
    newest, *_ = sorted((run / "checkpoints").iterdir(), reverse=True)
    shutil.rmtree(newest)
    seq2seq("--resume", run)
    assert weights(run) == weights(whole)
