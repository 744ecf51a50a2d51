"""What trains for longer than a minute: the figures that the README names."""

import json

import pytest

pytestmark = pytest.mark.slow
SEEDS = pytest.mark.parametrize("seed", [0, 1, 2])


@SEEDS
def test_the_demo_is_exact(seq2seq, seed):
    assert seq2seq("demo", "--run", "demo", "--seed", seed).code == 0
    assert exact_match(seq2seq, "demo") >= 0.99


@SEEDS
def test_the_defaults_learn_all_patterns(seq2seq, seed):
    assert seq2seq("train", "patterns", "--run", "p", "--seed", seed, "--quiet").code == 0
    assert exact_match(seq2seq, "p") >= 0.99


def exact_match(seq2seq, run: str) -> float:
    return json.loads(seq2seq("evaluate", run, "--format=json").out)["total"]["exact_match"]


@pytest.mark.parametrize(
    ("task", "length"), [("addition", 100), ("copy", 200), ("sort", 200), ("parity", 200), ("stack_manipulation", 100)]
)
def test_recipes_carry_far_beyond_the_trained_length(seq2seq, task, length):
    """The reduced form of `python benchmarks/lengths.py`: fewer lengths, fewer examples, one seed."""
    answer = ["--task.answer", "running"] if task == "parity" else []
    assert seq2seq("train", task, *answer, "--run", "r", "--threads", 1, "--quiet").code == 0
    words = ("evaluate", "r", f"--evaluation.lengths={length}", "--evaluation.examples=50", "--format=json")
    found = json.loads(seq2seq(*words).out)["at_lengths"][str(length)]
    assert found["exact_match"] >= 0.95


def test_positions_are_chosen_for_a_file_and_carry(seq2seq):
    assert seq2seq("generate", "reverse", "-n", 40000, "--task.max_length", 16, "-o", "short.jsonl").code == 0
    far = ("--task.min_length", 60, "--task.max_length", 60)
    assert seq2seq("generate", "reverse", "-n", 50, *far, "-o", "far.jsonl").code == 0
    training = ("--training.epochs", 3, "--threads", 1, "--quiet")
    assert seq2seq("train", "--data.train", "short.jsonl", *training, "--run", "r").code == 0
    answer = seq2seq("evaluate", "r", "--data.test", "far.jsonl", "--format", "json")
    assert json.loads(answer.out)["total"]["exact_match"] >= 0.9, answer.err


def test_a_hundred_digits_are_added_two_minutes_after_the_start(seq2seq):
    assert seq2seq("train", "addition", "--run", "a", "--quiet").code == 0
    first, second = 10**99 + 7 * 10**50 + 3, 9 * 10**99 + 3 * 10**50 - 1
    assert seq2seq("predict", "a", f"{first} {second}").out.startswith(f"{first + second}   (probability")
