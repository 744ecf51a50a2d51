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
