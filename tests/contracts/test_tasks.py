"""Every task keeps the laws of tasks, unasked."""

from contextlib import suppress

import numpy as np
import pytest

from seq2seq_transformer import TASKS, Example, Task
from seq2seq_transformer.errors import ConfigError, InputError
from seq2seq_transformer.experiment.laws import LAWS
from seq2seq_transformer.values import Range, Vector, pack


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", TASKS.names())
def test_every_task_keeps_every_law(name, law):
    LAWS[law](TASKS.build(name))


@pytest.mark.parametrize("name", TASKS.names())
def test_every_option_has_a_sentence(name):
    for option in TASKS.options(name):
        assert option.doc.endswith("."), f"{name}.{option.name} is not documented"


@pytest.mark.parametrize("name", TASKS.names())
def test_options_without_bounds_are_refused_at_once(name):
    """No option makes a task think for ever: a number of thirteen digits is refused, or costs nothing."""
    for option in TASKS.options(name):
        if isinstance(option.default, int):
            for given in (10**12, -(10**12)):
                with suppress(ConfigError):
                    TASKS.build(name, **{option.name: given})


VERIFIED = [name for name in TASKS.names() if TASKS.build(name).verifies]


@pytest.mark.parametrize("name", VERIFIED)
def test_a_verifier_agrees_with_the_true_answers(name):
    """Also on answers that are right for another source, or next to right."""
    task = TASKS.build(name)
    examples = task.sample_batch(np.random.default_rng(0), 200).to_examples()
    for example, other in zip(examples, examples[1:] + examples[:1], strict=True):
        for answer in (example.target, other.target, example.target + 1, -example.target):
            assert task.verify(example.source, answer) == task.is_correct(example, answer), (example, answer)


@pytest.mark.parametrize("name", TASKS.names())
def test_any_source_that_the_type_allows_is_judged(name):
    """From a file, sources are not those that a task would draw."""
    task = TASKS.build(name)
    source, target = task.sample_batch(np.random.default_rng(0), 1).to_examples()[0]
    for number in (2**64 + 3, 2**63, -(2**63), 0, -5):
        for wanted in (_with_last(source, number), _with_last(source, *[number] * 9)):
            with suppress(InputError):
                given = task.source.convert(wanted)
                assert task.categories(pack([given])).tolist() == [task.category(given)]
                assert task.difficulty_of(given) >= 0
                assert task.verify(given, target) in (None, True, False)


def _with_last(value, *numbers):
    """The value with other numbers at its end."""
    if not isinstance(value, list):
        return numbers[0]
    if value and isinstance(value[-1], list):
        return [*value[:-1], _with_last(value[-1], *numbers)]
    return [*value[: len(value) - len(numbers)], *numbers[: len(value)]]


def test_some_tasks_verify():
    assert {"addition", "gcd", "integer_division", "modular_inverse"} <= set(VERIFIED)
    assert TASKS.build("copy").verify([1], [1]) is None


def test_a_task_may_draw_arrays():
    class Reversed(Task):
        """Terms in reverse."""

        source = target = Vector(Range(0, 100))

        def sample(self, rng):
            terms = rng.integers(0, 100, 9)
            return Example(terms, terms[::-1])

    for law in LAWS.values():
        law(Reversed())
