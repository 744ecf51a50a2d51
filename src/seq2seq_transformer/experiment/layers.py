"""The layers of a configuration, defaults < file < environment < flags, and their merger.

Nothing here knows what an option means: names and types come from the registries and the configuration classes.
"""

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seq2seq_transformer.errors import FileError, unknown_name
from seq2seq_transformer.experiment.options import NO_VALUE, Text

ENVIRONMENT_PREFIX = "SEQ2SEQ_"
SECTIONS = (
    "task",
    "data",
    "encoding",
    "encoding.source",
    "encoding.target",
    "model",
    "model.positions",
    "model.positions.encoder",
    "model.positions.cross",
    "model.positions.decoder",
    "training",
    "evaluation",
    "decoding",
)
POSITIONS = "model.positions"
TOP_LEVEL = ("seed", "threads", "device", "processes")
_OTHER_VARIABLES = ("SEQ2SEQ_TRACEBACK", "SEQ2SEQ_CACHE")


@dataclass(frozen=True)
class Layer:
    """Values from one place, such as a file: by section and name; top-level values under the section ""."""

    values: Mapping[str, Mapping[str, Any]]
    origin: Callable[[str, str], str]
    """Says where the value of (section, name) stands, for messages."""
    problems: Sequence[str] = ()
    """What is wrong with the place itself, such as a section that does not exist."""


def layer_of_values(values: Mapping[str, Mapping[str, Any]], place: str = "") -> Layer:
    """The layer of a program's own values, such as {"task": {"name": "patterns"}, "": {"seed": 1}}.

    Args:
        values: by section and name.
        place: what messages call the place; section and name where nothing is given.
    """
    return Layer(values, lambda section, name: place or f"{section}.{name}")


def layer_of_flags(pairs: Iterable[tuple[str, str, str | None]]) -> Layer:
    """The layer of (section, name, text) that flags gave; a flag without a text says true."""
    values: dict[str, dict[str, Any]] = {}
    for section, name, text in pairs:
        values.setdefault(section, {})[name] = NO_VALUE if text is None else Text(text)
    return Layer(values, lambda section, name: f"--{section}.{name}" if section else f"--{name}")


def layer_of_environment(environment: Mapping[str, str] = os.environ) -> Layer:
    """The layer of variables such as SEQ2SEQ_TRAINING__BATCH_SIZE; one that names no section is a problem."""
    values: dict[str, dict[str, Any]] = {}
    problems = []
    for variable, text in sorted(environment.items()):
        if not is_option(variable):
            continue
        section, separator, name = variable.removeprefix(ENVIRONMENT_PREFIX).lower().rpartition("__")
        section = section.replace("__", ".")
        if separator and section in SECTIONS:
            values.setdefault(section, {})[name] = Text(text)
        elif not separator and name in TOP_LEVEL:
            values.setdefault("", {})[name] = Text(text)
        else:
            words = (*(f"{s.replace('.', '__')}__…" for s in SECTIONS), *TOP_LEVEL)
            known = [f"{ENVIRONMENT_PREFIX}{word.upper()}" for word in words]
            problems.append(unknown_name("environment variable", variable, known))
    return Layer(values, _variable, problems)


def without_options(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without the variables that are options."""
    return {name: value for name, value in environment.items() if not is_option(name)}


def is_option(variable: str) -> bool:
    """Whether a variable of the environment is meant as an option."""
    return variable.startswith(ENVIRONMENT_PREFIX) and variable not in _OTHER_VARIABLES


def _variable(section: str, name: str) -> str:
    return f"{ENVIRONMENT_PREFIX}{f'{section}__' if section else ''}{name}".replace(".", "__").upper()


def layer_of_file(path: Path) -> Layer:
    """The layer of a TOML file.

    A section or top-level key that does not exist is a problem.

    Raises:
        FileError: where it cannot be read or is no TOML.
    """
    try:
        return layer_of_text(path.read_bytes(), path)
    except OSError as error:
        raise FileError(f"{path} must be a configuration file, but cannot be read: {error.strerror}.") from error


def layer_of_text(text: bytes, path: Path) -> Layer:
    """The layer of what a TOML file holds; see `layer_of_file`."""
    try:
        content = tomllib.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # also an integer of thousands of digits, which Python does not read
        reason = str(error).partition(";")[0]
        raise FileError(f"{path} must be a TOML file, but is not: {reason}.") from error
    if not content:
        raise FileError(f"{path} must hold an experiment, but is empty.")
    problems = []
    values: dict[str, dict[str, Any]] = {"": {}}
    for key, value in _flattened(content).items():
        if isinstance(value, dict) and key in SECTIONS:
            values[key] = value
        elif not isinstance(value, dict) and key in TOP_LEVEL:
            values[""][key] = value
        elif isinstance(value, dict):
            problems.append(f"{path}: {unknown_name('section', key, list(SECTIONS))}")
        else:
            problems.append(f"{path}: {unknown_name('option outside the sections', key, TOP_LEVEL)}")
    task = values.get("task", {}).get("name")
    if isinstance(task, str) and ".py:" in task:  # a task file stands beside the configuration that names it
        values["task"] = {**values["task"], "name": str(path.parent / task)}
    return Layer(values, lambda section, name: f"{path} [{section}] {name}" if section else f"{path} {name}", problems)


def _flattened(content: Mapping[str, Any]) -> dict[str, Any]:
    """Sections inside sections as sections of their own: [encoding.source] is "encoding.source"."""
    flat: dict[str, Any] = {}
    for key, value in content.items():
        flat[key] = value
        if isinstance(value, dict):
            inner = {f"{key}.{name}": rest for name, rest in value.items() if isinstance(rest, dict)}
            flat[key] = {name: rest for name, rest in value.items() if not isinstance(rest, dict)}
            flat |= _flattened(inner)
    return flat
