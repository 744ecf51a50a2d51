"""What a person sees of a training."""

import re

from seq2seq_transformer.cli.screen import Screen
from seq2seq_transformer.experiment.run import start_run
from tests.conftest import tiny_experiment


def test_a_terminal_shows_every_figure_of_the_step(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm")
    with Screen() as screen:
        start_run(tiny_experiment(training={"checkpoint_every": 7}), tmp_path / "run", screen)
    printed = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().out)
    assert re.search(
        r"memory of the first step: weights 0\.0 MB, gradients .*, optimizer .*, activations .* in all", printed
    )
    assert re.search(r"loss \d\.\d{4}   exact match [\d.]+ %   [\d,]+ examples/s", printed)
    assert re.search(r"rate \S+   gradient \S+   checkpoint in [1-7] steps?", printed)


def test_a_curriculum_that_rises_says_how_far_it_has_come(tmp_path, capsys):
    options = {"curriculum": "success", "curriculum_start": 9, "epochs": 1}
    with Screen() as screen:
        start_run(tiny_experiment(training=options), tmp_path / "run", screen)
    assert re.search(r"^epoch  1/1 .* examples/s   practised up to 9: [\d.]+ %$", capsys.readouterr().out, re.MULTILINE)


def test_the_time_that_is_left_ends_with_the_time_limit(tmp_path, capsys):
    with Screen() as screen:
        start_run(tiny_experiment(training={"epochs": 10**6, "time_limit": 3}), tmp_path / "run", screen)
    left = [int(seconds) for seconds in re.findall(r"   ([\d,]+) s left$", capsys.readouterr().out, re.MULTILINE)]
    assert left
    assert max(left) <= 3
