import json
import tomllib
from typing import Literal

import pytest
import torch

from seq2seq_transformer.errors import ConfigError, FileError
from seq2seq_transformer.experiment import machine
from seq2seq_transformer.experiment.config import build_decoding, build_experiment
from seq2seq_transformer.experiment.layers import (
    layer_of_environment,
    layer_of_file,
    layer_of_flags,
    layer_of_values,
)
from seq2seq_transformer.experiment.options import Text, bind, describe_type
from seq2seq_transformer.experiment.run import create_run
from seq2seq_transformer.registry import Option
from tests.conftest import tiny_experiment

PATTERNS = layer_of_values({"task": {"name": "patterns"}})


def flags(*pairs):
    return layer_of_flags(pairs)


def option(annotation) -> Option:
    return Option("x", annotation, None, "What it is.")


@pytest.mark.parametrize(
    ("annotation", "given", "value"),
    [
        (int, Text("7"), 7), (int, Text("-7"), -7), (int, 7, 7), (int, Text("1_000"), 1000),
        (float, Text("1e-4"), 1e-4), (float, 3, 3.0), (float, 0.5, 0.5), (float, Text("3"), 3.0),
        (bool, Text("true"), True), (bool, Text("False"), False), (bool, True, True),
        (str, Text("ab"), "ab"), (str, "ab", "ab"),
        (Literal["a", "b"], Text("a"), "a"), (Literal["a", "b"], "b", "b"),
        (tuple[str, ...], Text("a, b"), ("a", "b")), (tuple[str, ...], ["a"], ("a",)),
        (tuple[int, ...], Text("1,2"), (1, 2)), (tuple[int, ...], [1, 2], (1, 2)),
    ],
)  # fmt: skip
def test_a_value_is_converted_by_the_type_of_its_option(annotation, given, value):
    values, problems = bind("s", {"x": given}, [option(annotation)], str)
    assert not problems
    found = values["x"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("annotation", "given", "wanted"),
    [
        (int, "7", "a whole number"), (int, True, "a whole number"), (int, 7.0, "a whole number"),
        (int, Text("7.0"), "a whole number"), (int, Text("abc"), "a whole number"), (int, Text(""), "a whole number"),
        (float, "1", "a number"), (float, True, "a number"), (float, Text("fast"), "a number"),
        (bool, 1, "true or false"), (bool, Text("1"), "true or false"), (bool, "true", "true or false"),
        (str, 3, "a name"), (str, ["a"], "a name"),
        (Literal["a", "b"], Text("c"), "one of a, b"), (Literal["a", "b"], 1, "one of a, b"),
        (tuple[str, ...], "ab", "an array of names"), (tuple[int, ...], ["1"], "an array of whole numbers"),
        (tuple[int, ...], Text("1,x"), "whole numbers separated by commas"), (tuple[str, ...], 3, "an array of names"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_never_guessed(annotation, given, wanted):
    values, problems = bind("s", {"x": given}, [option(annotation)], lambda name: f"--s.{name}")
    shown = str(given) if isinstance(given, Text) else given
    assert (values, problems) == ({}, [f"--s.x: `s.x` must be {wanted}, but is {shown!r} instead."])
    assert describe_type(annotation, as_text=isinstance(given, Text)) == wanted


def test_an_option_without_a_default_must_be_given():
    from inspect import Parameter

    _, problems = bind("s", {}, [Option("x", int, Parameter.empty, "What it is.")], str)
    assert problems == ["`s.x` must be given: --s.x (What it is.)"]


def test_flags_win_over_the_environment_over_the_file_over_defaults(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("seed = 1\n[task]\nname='patterns'\n[training]\nepochs = 2\nbatch_size = 2\nwarmup_steps = 2\n")
    environment = {
        "SEQ2SEQ_TRAINING__EPOCHS": "3",
        "SEQ2SEQ_TRAINING__BATCH_SIZE": "3",
        "SEQ2SEQ_SEED": "3",
        "PATH": "",
    }
    layers = [layer_of_file(path), layer_of_environment(environment), flags(("training", "epochs", "4"))]
    experiment = build_experiment(layers)
    training = experiment.training
    assert (training.epochs, training.batch_size, training.warmup_steps, training.momentum) == (4, 3, 2, 0.9)
    assert experiment.machine.seed == 3


def test_every_problem_of_every_layer_is_reported_with_its_place_and_the_nearest_name(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("[training]\nepohcs = 2\nmomentum = 'much'\n[model]\ndim_model = 30\n[task]\nname = 'patterns'\n")
    environment = layer_of_environment({"SEQ2SEQ_MODEL__NUM_HEADS": "four"})
    given = flags(
        ("training", "precision", "float16"), ("task", "horizon", "0"), ("", "seed", "-1"), ("decoding", "nmae", "x"),
        ("encoding", "name", "symbolc"),
    )  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        build_experiment([layer_of_file(path), environment, given])
    problems = "\n".join(caught.value.problems)
    for expected in (
        f"{path} [training] epohcs: there is no option of [training] 'epohcs'. Did you mean 'epochs'? Known: epochs, ",
        f"{path} [training] momentum: `training.momentum` must be a number, but is 'much' instead.",
        "SEQ2SEQ_MODEL__NUM_HEADS: `model.num_heads` must be a whole number, but is 'four' instead.",
        "--training.precision: `training.precision` must be one of auto, float32, bfloat16, but is 'float16' instead.",
        "`horizon` must be from 1 to 100000, but is 0 instead.",
        "`seed` must be from 0 to 9223372036854775807, but is -1 instead.",
        "--decoding.nmae: there is no option of [decoding] 'nmae'. ",
        "--encoding.name: there is no number encoding 'symbolc'. Did you mean 'symbolic'? Known: auto, digits, ",
    ):
        assert problems.count(expected) == 1, f"{expected}\nnot once in\n{problems}"


@pytest.mark.parametrize(
    ("section", "values", "problem"),
    [
        ("training", {"epochs": 0}, "`training.epochs` must be at least 1, but is 0 instead."),
        ("training", {"learning_rate": 0.0}, "`training.learning_rate` must be a finite number above 0, but is 0.0 "),
        ("training", {"learning_rate": float("nan")}, "`training.learning_rate` must be a finite number above 0"),
        ("training", {"momentum": 1.0}, "`training.momentum` must be at least 0 and below 1, but is 1.0 instead."),
        ("training", {"warmup_steps": -1}, "`training.warmup_steps` must be 0 or more, but is -1 instead."),
        ("evaluation", {"examples": -1}, "`evaluation.examples` must be 0 or more, but is -1 instead."),
        ("decoding", {"max_length": -1}, "`decoding.max_length` must be from 0 to 1000000000, but is -1 instead."),
        ("model", {"dim_model": 30}, "`dim_model` must be even and a multiple of `num_heads` (4), but is 30 instead."),
        ("model", {"num_heads": 0}, "`num_heads` must be at least 1, but is 0 instead."),
        ("model", {"dropout": 1.0}, "`dropout` must be at least 0 and below 1, but is 1.0 instead."),
        ("model", {"norm": "no"}, "model.norm: `model.norm` must be one of pre, post, but is 'no' instead."),
        ("model", {"dim_feedforward": -1}, "`dim_feedforward` must be 0 or more, but is -1 instead."),
        (
            "model",
            {"positions": "sinusodal"},
            "model.positions: there is no positional encoding 'sinusodal'. Did you mean 'sinusoidal'?",
        ),
        ("", {"threads": -1}, "`threads` must be from 0 to 4096, but is -1 instead."),
    ],
)
def test_a_value_out_of_range_is_refused(section, values, problem):
    with pytest.raises(ConfigError) as caught:
        build_experiment([PATTERNS, layer_of_values({section: values})])
    assert str(caught.value).startswith(problem)


def test_a_task_must_be_named():
    with pytest.raises(
        ConfigError,
        match="^a task must be named, but none is. "
        "Type, for example: seq2seq train patterns, or: seq2seq train --data.train FILE$",
    ):
        build_experiment([])


def test_the_written_configuration_builds_an_equal_experiment(tmp_path):
    experiment = tiny_experiment(model={"norm": "post"}, decoding={"max_length": 5}, top={"seed": 3})
    create_run(tmp_path / "run", experiment)
    again = build_experiment([layer_of_file(tmp_path / "run" / "config.toml")])
    assert again.to_toml() == experiment.to_toml()
    assert again.task == experiment.task
    assert again.model == experiment.model
    assert tomllib.loads(again.to_toml())["seed"] == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must hold an experiment, but is empty."),
        (b"\xff\xfe\x00", "must be a TOML file, but is not: 'utf-8' codec can't decode byte 0xff in position 0"),
        (b"[training", "must be a TOML file, but is not: Expected ']' at the end of a table declaration"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(tmp_path, content, message):
    path = tmp_path / "c.toml"
    path.write_bytes(content)
    with pytest.raises(FileError) as caught:
        layer_of_file(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    with pytest.raises(FileError, match="must be a configuration file, but cannot be read: Is a directory"):
        layer_of_file(tmp_path)


def test_what_no_section_has_is_a_problem_of_its_layer(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("seeed = 1\n[modle]\nx = 1\n[training]\nname = 'x'\nepochs = 0\n")
    variables = {"SEQ2SEQ_TRAINNG__EPOCHS": "1", "SEQ2SEQ_SEDE": "1", "SEQ2SEQ_TRACEBACK": "1"}
    with pytest.raises(ConfigError) as caught:
        build_experiment([PATTERNS, layer_of_file(path), layer_of_environment(variables)])
    for expected, problem in zip(
        (
            f"{path}: there is no option outside the sections 'seeed'. Did you mean 'seed'? Known: ",
            f"{path}: there is no section 'modle'. Did you mean 'model'? Known: ",
            "there is no environment variable 'SEQ2SEQ_SEDE'. Did you mean 'SEQ2SEQ_SEED'? Known: ",
            "there is no environment variable 'SEQ2SEQ_TRAINNG__EPOCHS'. Did you mean 'SEQ2SEQ_TRAINING__…'? Known: ",
            f"{path} [training] name: there is no option of [training] 'name'. Known: ",
            "`training.epochs` must be at least 1, but is 0 instead.",
        ),
        caught.value.problems,
        strict=True,
    ):
        assert problem.startswith(expected)


def test_decoding_options_stand_alone_too():
    strategy, decoding, where, _ = build_decoding([flags(("decoding", "max_length", "7"), ("", "device", "cpu"))])
    assert (type(strategy).__name__, decoding.max_length, where.device) == ("Greedy", 7, "cpu")
    with pytest.raises(
        ConfigError, match="^--decoding.name: there is no decoding strategy 'gredy'. Did you mean 'greedy'"
    ):
        build_decoding([flags(("decoding", "name", "gredy"))])


def test_what_is_automatic_is_resolved_to_something_definite(monkeypatch):
    resolved = machine.resolve_device_and_precision(build_experiment([PATTERNS]))
    assert resolved.machine.device in ("cpu", "cuda", "mps")
    assert resolved.training.precision in ("float32", "bfloat16")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    assert machine.has_fast_bfloat16("cpu")
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict, raising=False)
    assert not machine.has_fast_bfloat16("cpu")
    assert not machine.has_fast_bfloat16("mps")


def test_more_threads_or_processes_are_taken_only_where_they_are_faster():
    assert machine.fastest({1: 10.0, 4: 20.0}) == 4
    assert machine.fastest({1: 10.0, 4: 10.2}) == 1
    assert machine.fastest({1: 10.0, 2: 18.0, 4: 18.1}) == 2
    assert machine.fastest({2: 5.0}) == 2


def test_steps_are_counted_by_the_clock(monkeypatch):
    monkeypatch.setattr(machine, "TRIAL_SECONDS", 3.0)
    clock, taken = {"now": 0.0}, []
    monkeypatch.setattr(machine.time, "perf_counter", lambda: clock["now"])

    def step():
        clock["now"] += 0.5
        taken.append(torch.get_num_threads())

    assert machine.steps_a_second(step, 1) == 2.0
    assert taken == [1] * (1 + 6)
    assert machine.steps_a_second(step, 1, 10) == 2.0
    assert len(taken) == 7 + 1 + 10


def test_records_of_a_run_are_complete(finished_run):
    records = [json.loads(line) for line in (finished_run / "metrics.jsonl").read_text().splitlines()]
    assert [record["epoch"] for record in records] == [1, 2]
    for record in records:
        assert set(record) == {
            "step", "epoch", "examples", "seconds", "examples_per_second", "loss", "learning_rate", "gradient_norm", "train_loss",
            "validation_loss", "exact_match",
        }  # fmt: skip
        assert 0 <= record["exact_match"] <= 1
    assert (records[-1]["step"], records[-1]["examples"]) == (40, 1280)
