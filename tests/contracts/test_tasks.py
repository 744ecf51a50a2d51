"""Every task keeps the laws of tasks, unasked."""

from contextlib import suppress

import pytest

from seq2seq_transformer import TASKS
from seq2seq_transformer.errors import ConfigError
from seq2seq_transformer.experiment.laws import LAWS


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
