from collections import Counter

import numpy as np
import pytest

from seq2seq_transformer import generate_random_data
from seq2seq_transformer.errors import ConfigError
from seq2seq_transformer.tasks.base import Task
from seq2seq_transformer.tasks.patterns import FAMILIES, Patterns

CATEGORIES = {"zeros": {"zeros"}, "ones": {"ones"}, "alternating": {"alternating"}}


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_is_what_its_name_says(family):
    task = Patterns(families=(family,))
    examples = task.sample_batch(np.random.default_rng(0), 500).to_examples()
    whole = [example.source + example.target for example in examples]
    longest = task.longest_period
    assert all(any(row[p:] == row[:-p] for p in range(1, longest + 1)) for row in whole)
    assert {len(example.source) for example in examples} == set(range(8, 17))
    assert {len(example.target) for example in examples} == {8}
    terms = {term for row in whole for term in row}
    assert terms == {"zeros": {0}, "ones": {1}, "alternating": {0, 1}}.get(family, set(range(10)))
    if family in CATEGORIES:
        assert set(task.categories(task.sample_batch(np.random.default_rng(0), 500).source)) == CATEGORIES[family]
    if family == "alternating":
        assert {tuple(row[:2]) for row in whole} == {(0, 1), (1, 0)}


def test_every_family_and_period_is_drawn():
    task = Patterns(max_period=4)
    counts = Counter(task.categories(task.sample_batch(np.random.default_rng(0), 4000).source).tolist())
    kinds = {"zeros", "ones", "alternating", "constant", "period 2", "period 3", "period 4"}
    assert set(counts) == kinds
    assert min(counts.values()) > 150


def test_a_period_is_always_shown_twice():
    task = Patterns(families=("periodic",), min_length=12, max_length=12, max_period=6)
    for example in task.sample_batch(np.random.default_rng(0), 500).to_examples():
        period = next(p for p in range(1, 7) if example.source[p:] == example.source[:-p])
        assert 2 * period <= 12
        continued = example.source + example.target
        assert continued[period:] == continued[:-period]


def test_every_contradiction_is_named_at_once():
    with pytest.raises(ConfigError) as caught:
        Patterns(families=("zeros", "nines"), min_length=4, max_length=3, horizon=0, max_period=1)
    assert caught.value.problems == [
        "`families` must be one or more of zeros, ones, alternating, constant, periodic, but is 'nines' instead.",
        "`horizon` must be from 1 to 100000, but is 0 instead.",
        "`max_period` must be at least `min_period` (2), but is 1 instead.",
        "`max_length` must be at least `min_length` (4), but is 3 instead.",
    ]
    with pytest.raises(ConfigError, match=r"^`min_length` must be at least 8, to show a period of 4 twice, but is 7"):
        Patterns(min_length=7)
    with pytest.raises(ConfigError, match="^`families` must be one or more of"):
        Patterns(families=())


def test_generate_random_data_takes_whole_numbers_from_0():
    with pytest.raises(ConfigError) as caught:
        generate_random_data(-1, seed=-1)
    assert caught.value.problems == [
        "`n` must be a whole number, 0 or more, but is -1 instead.",
        "`seed` must be a whole number, 0 or more, but is -1 instead.",
    ]


def test_generate_random_data_is_repeatable_and_takes_options():
    first = generate_random_data(20, families=("ones",), horizon=3)
    assert first == generate_random_data(20, families=("ones",), horizon=3)
    assert first != generate_random_data(20, families=("ones",), horizon=3, seed=1)
    assert all(set(example.source) == {1} and example.target == [1, 1, 1] for example in first)


def test_a_task_without_sampling_is_refused_when_it_is_defined():
    with pytest.raises(TypeError, match=r"^Nothing must define `sample` or `sample_batch`, but defines neither\.$"):
        type("Nothing", (Task,), {})
