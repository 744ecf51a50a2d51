"""Every registry: the file's name is the entry's name, and what a configuration may say is what is registered."""

import importlib
import inspect
import pkgutil
from typing import get_args

import pytest

from seq2seq_transformer.decoding.base import DECODING_STRATEGIES
from seq2seq_transformer.errors import UnknownNameError
from seq2seq_transformer.experiment.training_section import TrainingConfig
from seq2seq_transformer.inference.base import ENGINES
from seq2seq_transformer.model.positional_encodings.base import POSITIONAL_ENCODINGS
from seq2seq_transformer.registry import options_of
from seq2seq_transformer.tasks.base import TASKS
from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS
from seq2seq_transformer.training.optimizers import OPTIMIZERS
from seq2seq_transformer.training.schedules import SCHEDULES

FOLDERS = {
    "tasks": (TASKS, ""),
    "tokenization": (NUMBER_ENCODINGS, ""),
    "model.positional_encodings": (POSITIONAL_ENCODINGS, ""),
    "decoding": (DECODING_STRATEGIES, ""),
    "inference": (ENGINES, "_engine"),
}
REGISTRIES = [*(registry for registry, _ in FOLDERS.values()), OPTIMIZERS, SCHEDULES]


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_entry_is_named_as_its_file(folder):
    registry, suffix = FOLDERS[folder]
    package = importlib.import_module(f"seq2seq_transformer.{folder}")
    files = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert registry.names()
    for name in registry.names():
        assert f"{name}{suffix}" in files
        assert registry.get(name).__module__.endswith(f".{folder}.{name}{suffix}")


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.kind)
def test_an_entry_has_a_summary_and_an_unknown_name_is_refused_at_once(registry):
    for name in registry.names():
        assert registry.summary(name).endswith(".")
        assert inspect.getdoc(registry.get(name))
    with pytest.raises(UnknownNameError) as caught:
        registry.build("no such thing")
    assert str(caught.value) == (f"there is no {registry.kind} 'no such thing'. Known: {', '.join(registry.names())}.")


def test_the_configuration_allows_exactly_what_is_registered():
    allowed = {option.name: get_args(option.annotation) for option in options_of(TrainingConfig)}
    assert sorted(allowed["optimizer"]) == OPTIMIZERS.names()
    assert sorted(allowed["schedule"]) == SCHEDULES.names()
