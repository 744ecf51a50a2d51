"""Tasks whose answer can be the values of all beginnings of the source, and other options that change what is drawn."""

import numpy as np
import pytest

from seq2seq_transformer.errors import ConfigError
from seq2seq_transformer.tasks.base import TASKS, generate_random_data

RUNNING = ("parity", "even_pairs", "cycle_navigation", "modular_arithmetic")


@pytest.mark.parametrize("name", RUNNING)
def test_the_last_running_value_is_the_value(name):
    """The same random numbers give the same sources, whatever is asked of them."""
    values = generate_random_data(200, name, seed=5)
    for (source, value), (same, running) in zip(
        values, generate_random_data(200, name, seed=5, answer="running"), strict=True
    ):
        assert source == same and len(running) == len(source)
        assert running[-1] == value


@pytest.mark.parametrize("name", RUNNING[:3])
def test_each_running_value_is_that_of_a_beginning(name):
    source, running = generate_random_data(1, name, answer="running", min_length=20, max_length=20)[0]
    for size in range(1, 21):
        whole = {"parity": sum(source[:size]) % 2, "cycle_navigation": sum(source[:size]) % 5,
                 "even_pairs": sum(a != b for a, b in zip(source[: size - 1], source[1:size], strict=True)) % 2}  # fmt: skip
        assert running[size - 1] == whole[name]


def test_running_values_of_an_expression_are_all_that_has_to_be_known():
    source, running = generate_random_data(1, "modular_arithmetic", answer="running", min_length=31, max_length=31)[0]
    for place in range(2, 31, 2):
        number, operator, left_alone, before = (
            int(source[place]),
            source[place - 1],
            running[place - 1],
            running[place - 2],
        )
        if operator == "*":
            expected = left_alone + (before - left_alone) * number
        else:
            assert left_alone == before
            expected = before + number if operator == "+" else before - number
        assert running[place] == expected % 5


def test_a_carry_chain_runs_from_end_to_end():
    for (first, second), total in generate_random_data(100, "addition", carries="chain", max_digits=30):
        digits = [int(a) + int(b) for a, b in zip(str(first)[::-1], str(second)[::-1], strict=True)]
        assert len(str(first)) == len(str(second)) and first + second == total
        assert digits[0] >= 10 and set(digits[1:]) <= {9}
        assert len(str(total)) == len(digits) + 1


def test_the_shortest_period_can_be_set():
    task = TASKS.build("patterns", families=("periodic",), min_period=7, max_period=9, min_length=18, max_length=30)
    names = set(task.categories(task.sample_batch(np.random.default_rng(0), 500).source).tolist())
    assert {"period 7", "period 8", "period 9"} <= names
    assert not names & {"period 2", "period 3", "period 4", "period 5", "period 6"}
    with pytest.raises(ConfigError, match="`max_period` must be at least `min_period`"):
        TASKS.build("patterns", min_period=5)
