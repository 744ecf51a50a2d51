"""Recipes of tasks, what can be changed after training, and positions that are chosen by trials."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from seq2seq_transformer.errors import ConfigError
from seq2seq_transformer.experiment import trials
from seq2seq_transformer.experiment.config import build_decoding, build_experiment
from seq2seq_transformer.experiment.layers import layer_of_flags, layer_of_values
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.run import start_run
from seq2seq_transformer.inference.predictor import Predictor
from seq2seq_transformer.model.config import ATTENTIONS
from seq2seq_transformer.tasks.base import TASKS

SMALL = {"": {"threads": 1, "device": "cpu"}, "task": {"name": "copy", "max_length": 8, "num_symbols": 3},
         "model": {"dim_model": 16, "num_encoder_layers": 1, "num_decoder_layers": 1, "positions": "auto"},
         "training": {"epochs": 1, "examples_per_epoch": 40_000}}  # fmt: skip


def flags(*pairs):
    return layer_of_flags([(*name.rsplit(".", 1), text) for name, text in pairs])


@pytest.mark.parametrize("name", [name for name in TASKS.names() if TASKS.build(name).recipe])
def test_every_recipe_makes_an_experiment_and_is_written_into_it(name):
    recipe = TASKS.build(name).recipe
    experiment = build_experiment([layer_of_values({"task": {"name": name}})])
    assert not experiment.auto_positions
    for option, value in recipe.get("training", {}).items():
        assert getattr(experiment.training, option) == value
    for attention in ATTENTIONS:
        wanted = recipe.get(f"model.positions.{attention}", {}).get("channels", ["absolute"])
        assert list(experiment.model.positions_of(attention).channels) == wanted


def test_what_a_user_says_wins_over_a_recipe_and_other_positions_begin_anew():
    task = flags(("task.name", "addition"))
    assert build_experiment([task]).model.positions_of("cross").channels == ("digit",)
    chosen = build_experiment([task, flags(("training.epochs", "7"), ("model.positions", "rotary"))])
    assert chosen.training.epochs == 7
    assert chosen.model.positions_of("cross").name == "rotary"
    assert chosen.model.positions_of("cross").channels == ("absolute",), "those of the recipe are not rotary's"
    narrowed = build_experiment([task, flags(("model.positions.cross.window", "4"))])
    assert narrowed.model.positions_of("cross").channels == ("digit",)
    assert narrowed.model.positions_of("cross").options["window"] == (4,)
    counted = build_experiment([task, flags(("model.positions.channels", "end"))])
    assert {counted.model.positions_of(each).channels for each in ATTENTIONS} == {("end",)}, "not those of the recipe"
    with pytest.raises(ConfigError, match="there is no channel 'strat'"):
        build_experiment([task, flags(("model.positions.channels", "strat"))])
    with pytest.raises(ConfigError, match="least significant digit"):
        build_experiment([task, flags(("encoding.order", "most"))])
    with pytest.raises(ConfigError, match="least significant digit"):
        build_experiment([task, flags(("encoding.target.order", "most"))])


def test_a_task_without_a_recipe_has_its_positions_chosen():
    assert build_experiment([flags(("task.name", "lcm"))]).auto_positions


def test_after_training_only_knobs_can_be_changed():
    *_, knobs = build_decoding([flags(("model.encoder_loops", "3"), ("model.temperature", "0.5"))])
    assert knobs == {"encoder_loops": 3, "temperature": 0.5}
    with pytest.raises(ConfigError) as caught:
        build_decoding([flags(("model.dim_model", "3"), ("model.temperature", "0"))])
    assert caught.value.problems == [
        "--model.dim_model: after training, only decoder_loops, encoder_loops, log_length, loops_at, temperature can be changed.",
        "`temperature` must be a finite number, 0.000001 or more, but is 0.0 instead.",
    ]


def test_knobs_change_what_a_model_says(finished_run):
    source = [3] * 8
    probabilities = {
        Predictor.load(finished_run, knobs=knobs).predict(source).probability
        for knobs in ({}, {"encoder_loops": 2}, {"decoder_loops": 2}, {"temperature": 0.5}, {"log_length": 2})
    }
    assert len(probabilities) == 5


def test_the_limit_of_an_answer_grows_with_its_source(finished_run):
    description = Predictor.load(finished_run).description
    longest = description.source_tokens
    assert [description.limit_for(n) for n in (3, longest, 2 * longest)] == [
        description.answer_limit, description.answer_limit, 2 * description.answer_limit,
    ]  # fmt: skip
    assert replace(description, source_tokens=0).limit_for(1000) == description.answer_limit


class Notes(Listener):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def on_notes(self, lines) -> None:
        self.lines += lines


def test_trials_choose_say_why_and_write_it_into_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(trials, "_EXAMPLES", 640)
    notes = Notes()
    start_run(build_experiment([layer_of_values(SMALL)]), tmp_path / "run", notes)
    results = json.loads((tmp_path / "run" / "positions.json").read_text())
    chosen = build_experiment([_written(tmp_path / "run")])
    assert not chosen.auto_positions
    best = results[0]
    assert best["exact_match"] == max(row["exact_match"] for row in results if row["examples"] == best["examples"])
    *_, last_of_trials, memory = notes.lines
    assert memory.startswith("memory of the first step: ")
    assert last_of_trials == (
        f"positions: {best['name']}, chosen with {100 * best['exact_match']:.0f} % of whole answers"
    )
    assert {row["name"] for row in results} == set(trials.candidates_for(chosen.model))
    positions = trials.CANDIDATES.get(best["name"], {}).get("model.positions.cross", {"channels": ["absolute"]})
    assert list(chosen.model.positions_of("cross").channels) == positions["channels"]


def _written(run: Path):
    from seq2seq_transformer.experiment.layers import layer_of_file

    return layer_of_file(run / "config.toml")


def test_candidates_are_those_that_the_tokens_and_the_heads_allow():
    def names(*pairs):
        return set(trials.candidates_for(build_experiment([flags(*pairs)]).model))

    assert "digits" not in names(("task.name", "lcm"))
    assert "digits" in names(("task.name", "lcm"), ("encoding.target.order", "least"))
    assert "differences" in names(("task.name", "lcm")) and "differences" not in names(("task.name", "copy"))
    assert names(("task.name", "lcm"), ("model.num_heads", "1")) == {"sinusoidal", "firsts"}
