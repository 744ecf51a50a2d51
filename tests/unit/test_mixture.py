"""Mixtures of tasks: drawn by weight, told apart by their names, judged and counted each by itself."""

import numpy as np
import pytest

from seq2seq_transformer.errors import ConfigError
from seq2seq_transformer.evaluation.evaluate import evaluate
from seq2seq_transformer.experiment.config import build_experiment
from seq2seq_transformer.experiment.layers import layer_of_values
from seq2seq_transformer.experiment.run import start_run
from seq2seq_transformer.tasks.base import TASKS
from seq2seq_transformer.values import Example
from tests.conftest import TINY


def mixture(**options):
    return TASKS.build("mixture", **options)


def test_tasks_are_drawn_by_weight_and_answered_as_they_say():
    examples = mixture(tasks=("copy", "reverse", "sort"), weights=(6.0, 3.0, 1.0)).sample_batch(
        np.random.default_rng(0), 5000
    )
    answers = {"copy": list, "reverse": lambda terms: terms[::-1], "sort": sorted}
    counts = dict.fromkeys(answers, 0)
    for (name, source), target in examples.to_examples():
        assert target == answers[name](source)
        counts[name] += 1
    assert [counts[name] / 5000 for name in answers] == pytest.approx([0.6, 0.3, 0.1], abs=0.03)


def test_a_source_that_is_a_tuple_follows_the_name_part_by_part():
    task = mixture(tasks=("modular_addition", "modular_multiplication"))
    plain = mixture(tasks=("polynomial",))
    assert str(task.source).startswith("(symbol(modular_addition|modular_multiplication), ")
    inner = TASKS.build("polynomial")
    for (name, *source), target in plain.sample_batch(np.random.default_rng(0), 20).to_examples():
        own = source if str(inner.source).startswith("(") else source[0]
        assert name == "polynomial" and inner.is_correct(Example(own, target), target)
        assert plain.is_correct(Example([name, *source], target), target)


def test_answers_are_verified_as_their_own_task_does():
    task = mixture(tasks=("addition", "multiplication"))
    assert task.verifies and not mixture().verifies
    assert task.verify(["addition", [2, 5]], 7) and not task.verify(["multiplication", [2, 5]], 7)
    assert mixture().verify(["copy", [2]], [2]) is None


def test_options_go_to_all_tasks_that_have_them_or_to_one():
    task = mixture(tasks=("copy", "sort"), options=("max_length=7", "sort.min_length=3"))
    assert [(each.min_length, each.max_length) for each in task.parts.values()] == [(1, 7), (3, 7)]


@pytest.mark.parametrize(
    ("options", "sentences"),
    [
        ({"tasks": ()}, ["`tasks` must be different names, but is () instead."]),
        ({"tasks": ("copy", "copy")}, ["`tasks` must be different names, but is ('copy', 'copy') instead."]),
        (
            {"tasks": ("mixture", "my.py:Task")},
            [
                "a task of `tasks` must be no mixture, but is 'mixture' instead.",
                "a task of `tasks` must be a built-in one, but is 'my.py:Task' instead.",
            ],
        ),
        (
            {"weights": (1.0, 0.0)},
            ["`weights` must be finite numbers above 0, one for each of `tasks`, or none, but is (1.0, 0.0) instead."],
        ),
        (
            {"weights": (1.0,)},
            ["`weights` must be finite numbers above 0, one for each of `tasks`, or none, but is (1.0,) instead."],
        ),
        (
            {"tasks": ("copy", "addition")},
            [
                "`tasks` must be of one type of source and one of target, "
                "but are: copy range(0,10)[]:range(0,10)[], addition int[2]:int."
            ],
        ),
        (
            {"options": ("max_lenth=3", "copy.max_length=x", "max_length")},
            [
                "there is no option of the tasks 'max_lenth'. Did you mean 'max_length'? "
                "Known: max_length, min_length, num_symbols.",
                "each of `options` must be an option that is a whole number, such as max_length=30, "
                "but one is 'copy.max_length=x' instead.",
                "each of `options` must be an option that is a whole number, such as max_length=30, "
                "but one is 'max_length' instead.",
            ],
        ),
        (
            {"options": ("sort.max_length=3",), "tasks": ("copy", "reverse")},
            ["each of `options` must be of one of `tasks` (copy, reverse), but one is 'sort.max_length=3'."],
        ),
        (
            {"options": ("copy.max_length=0",)},
            ["copy: `max_length` must be at least `min_length` (1), but is 0 instead."],
        ),
    ],
)
def test_what_cannot_be_mixed_is_said_at_once(options, sentences):
    with pytest.raises(ConfigError) as caught:
        mixture(**options)
    assert caught.value.problems == sentences


def test_a_report_counts_each_task_and_training_never_sees_what_is_held_out(tmp_path):
    task = {"name": "mixture", "tasks": ["copy", "reverse"], "options": ["max_length=5"]}
    model = {**TINY["model"], "positions": "sinusoidal"}
    training = {**TINY["training"], "epochs": 1}
    experiment = build_experiment([layer_of_values({**TINY, "task": task, "model": model, "training": training})])
    predictor = start_run(experiment, tmp_path / "run")
    problem = experiment.problem()
    examples = problem.test(100)
    report, _ = evaluate(predictor, experiment.task, examples)
    assert set(report.by_category) == {"copy", "reverse"}
    assert sum(score.examples for score in report.by_category.values()) == 100
    trained = {str(source) for source, _ in problem.training_examples(3000, 0).to_examples()}
    assert not trained & {str(source) for source, _ in examples.to_examples()}
