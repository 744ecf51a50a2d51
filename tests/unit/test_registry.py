import subprocess
import sys
from dataclasses import dataclass

import pytest

from seq2seq_transformer.errors import ConfigError, MissingExtraError, Problems, UnknownNameError
from seq2seq_transformer.registry import Option, Registry, options_of


def plain(*, width: int = 3, name: str) -> str:
    """Say something.

    Args:
        width: How wide it is,
            in terms.
        name: What it is called.
    """
    return name * width


def test_entries_are_built_by_name_with_their_options():
    registry: Registry[str] = Registry("thing")
    registry.register(plain)
    assert registry.names() == ["plain"]
    assert registry.build("plain", name="x") == "xxx"
    assert registry.summary("plain") == "Say something."
    assert [(option.name, option.annotation, option.doc) for option in registry.options("plain")] == [
        ("width", int, "How wide it is, in terms."),
        ("name", str, "What it is called."),
    ]
    assert isinstance(registry.options("plain")[0], Option)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A shape."""

    width: int = 1
    """How wide it is."""
    height: int = 1
    """How high it is."""


@dataclass(frozen=True, kw_only=True)
class Door(Shape):
    """A door."""

    height: int = 2
    """How high it is, with its frame."""


def test_an_inherited_option_keeps_its_sentence_unless_the_subclass_has_its_own():
    assert [(option.name, option.default, option.doc) for option in options_of(Door)] == [
        ("width", 1, "How wide it is."),
        ("height", 2, "How high it is, with its frame."),
    ]


def test_a_name_is_registered_once():
    registry: Registry[str] = Registry("thing")
    registry.register(plain)
    with pytest.raises(AssertionError, match="the thing 'plain' is registered twice"):
        registry.register(plain)


def test_what_a_script_registers_in_a_registry_of_files_has_its_own_name():
    registry: Registry[str] = Registry("thing", "seq2seq_transformer.decoding")
    of_script = [type(name, (), {"__module__": "__main__"}) for name in ("First", "Second", "Second")]
    for each in of_script:
        registry.register(each)
    assert registry.names() == ["First", "Second"]
    assert registry.get("Second") is of_script[2], "a cell that is run again"


def test_an_unknown_name_says_the_nearest_and_all():
    registry: Registry[str] = Registry("thing")
    with pytest.raises(UnknownNameError) as caught:
        registry.get("plan")
    assert str(caught.value) == "there is no thing 'plan'. Known: none."
    registry.register(plain)
    with pytest.raises(UnknownNameError) as caught:
        registry.get("plan")
    assert str(caught.value) == "there is no thing 'plan'. Did you mean 'plain'? Known: plain."


def test_problems_are_raised_together_or_not_at_all():
    problems = Problems()
    problems.require(True, "`a` must be 1", 1)
    problems.raise_if_any()
    problems.require(False, "`a` must be 1", 2)
    problems.require(False, "`b` must be 1", "3")
    with pytest.raises(ConfigError, match="^`a` must be 1, but is 2 instead.\n`b` must be 1, but is '3' instead.$"):
        problems.raise_if_any()


def test_a_missing_extra_is_one_sentence_with_the_pip_line():
    assert str(MissingExtraError("`fit`", "torch")) == (
        "`fit` needs the extra `torch`: pip install 'seq2seq-transformer[torch]'"
    )


def test_an_entry_whose_library_is_not_installed_is_left_out_of_a_list():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from seq2seq_transformer.inference.base import ENGINES\n"
        "from seq2seq_transformer.errors import UnknownNameError\n"
        "print(ENGINES.names())\n"
        "for name in ('torhc', 'torch'):\n"
        "    try: ENGINES.get(name)\n"
        "    except (UnknownNameError, ImportError) as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.stdout.splitlines()[:2] == ["['onnx']", "there is no engine 'torhc'. Known: onnx."], told.stderr
    assert "torch" in told.stdout.splitlines()[2]
