"""Every task keeps the laws of tasks, unasked."""

import pytest

from seq2seq_transformer import TASKS
from seq2seq_transformer.experiment.laws import LAWS


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", TASKS.names())
def test_every_task_keeps_every_law(name, law):
    LAWS[law](TASKS.build(name))


@pytest.mark.parametrize("name", TASKS.names())
def test_every_option_has_a_sentence(name):
    for option in TASKS.options(name):
        assert option.doc.endswith("."), f"{name}.{option.name} is not documented"
