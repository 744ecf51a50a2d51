"""The layers of a configuration, defaults < file < environment < flags, and their merger.

Nothing here knows what an option means: names and types come from the registries and the configuration classes.
"""

import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seq2seq_transformer.errors import ConfigError, FileError, UnknownNameError, unknown_name
from seq2seq_transformer.experiment.options import NO_VALUE, Text, bind
from seq2seq_transformer.model.config import ATTENTIONS
from seq2seq_transformer.registry import Option, Registry

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
TOP_LEVEL = ("seed", "threads", "device")
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
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable in _OTHER_VARIABLES:
            continue
        section, separator, name = variable.removeprefix(ENVIRONMENT_PREFIX).lower().rpartition("__")
        section = section.replace("__", ".")
        if separator and section in SECTIONS:
            values.setdefault(section, {})[name] = Text(text)
        elif not separator and name in TOP_LEVEL:
            values.setdefault("", {})[name] = Text(text)
        else:
            known = [f"{ENVIRONMENT_PREFIX}{word.upper()}" for word in (*(f"{s}__…" for s in SECTIONS), *TOP_LEVEL)]
            problems.append(unknown_name("environment variable", variable, known))
    return Layer(values, _variable, problems)


def _variable(section: str, name: str) -> str:
    return f"{ENVIRONMENT_PREFIX}{f'{section}__' if section else ''}{name}".replace(".", "__").upper()


def layer_of_file(path: Path) -> Layer:
    """The layer of a TOML file.

    A section or top-level key that does not exist is a problem.

    Raises:
        FileError: where it cannot be read or is no TOML.
    """
    try:
        content = tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise FileError(f"{path} must be a configuration file, but cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FileError(f"{path} must be a TOML file, but is not: {error}.") from error
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


def _given_by(layer: Layer) -> dict[str, dict[str, tuple[Any, str]]]:
    """What a layer says: by section and name, each value with where it stands."""
    found: dict[str, dict[str, tuple[Any, str]]] = {}
    for section, values in layer.values.items():
        for name, value in values.items():
            where = (POSITIONS, "name") if (section, name) == ("model", "positions") else (section, name)
            found.setdefault(where[0], {})[where[1]] = (value, layer.origin(section, name))
    return found


class Sections:
    """Merged layers, read section by section while problems are collected.

    Args:
        layers: later ones win.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._given: dict[str, dict[str, tuple[Any, str]]] = {}
        self._problems: list[str] = []
        for layer in layers:
            self._problems += layer.problems
            given = _given_by(layer)
            if "name" in given.get(POSITIONS, {}):  # options of other positions do not go with these
                self._forget_positions()
            for section, values in given.items():
                self._given.setdefault(section, {}).update(values)

    def add_defaults(self, layer: Layer) -> None:
        """Put a layer below all others. Where these name positions, those of the layer are left out."""
        sections = [POSITIONS, *(f"{POSITIONS}.{attention}" for attention in ATTENTIONS)]
        whole, *single = ("name" in self._given.get(section, {}) for section in sections)
        named = whole or all(single)
        for section, values in _given_by(layer).items():
            if not (named and section.startswith(POSITIONS)):
                self._given[section] = values | self._given.get(section, {})

    def _forget_positions(self) -> None:
        for section in [section for section in self._given if section.startswith(POSITIONS)]:
            del self._given[section]

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Note the problems of a ConfigError instead of raising it."""
        try:
            yield
        except ConfigError as error:
            self._problems += error.problems

    @property
    def has_problems(self) -> bool:
        """Whether any have been noted."""
        return bool(self._problems)

    def raise_if_any(self) -> None:
        """Raise ConfigError with all problems noted so far."""
        if self._problems:
            raise ConfigError(self._problems)

    def bind(self, section: str, options: Sequence[Option], leave: str = "") -> dict[str, Any]:
        """The values given in a section that can be, that of the name `leave` aside."""
        given = {name: pair for name, pair in self._given.get(section, {}).items() if name != leave}
        values = {name: value for name, (value, _) in given.items()}
        bound, problems = bind(section, values, options, lambda name: given[name][1])
        self._problems += problems
        return bound

    def note(self, section: str, name: str, sentence: str) -> None:
        """Note a problem of a value given, with its place."""
        place = self._given.get(section, {}).get(name, (None, f"{section}.{name}"))[1]
        self._problems.append(f"{place}: {sentence}")

    def note_once(self, section: str, name: str, sentence: str) -> None:
        """Note a problem that is found more than once."""
        if not self._problems or not self._problems[-1].endswith(sentence):
            self.note(section, name, sentence)

    def names_given(self, section: str) -> list[str]:
        """The names that stand in a section."""
        return list(self._given.get(section, {}))

    def keep(self, section: str, names: Iterable[str]) -> None:
        """Forget what else was given in a section."""
        self._given[section] = {
            name: self._given[section][name] for name in names if name in self._given.get(section, {})
        }

    def given(self, section: str, name: str) -> Any:
        """The value given for a name, not yet converted; None where none is."""
        return self._given.get(section, {}).get(name, (None, ""))[0]

    def build(self, make: Callable[..., Any], values: Mapping[str, Any]) -> Any:
        """`make(**values)`, or None where the values make nothing."""
        with self.collecting():
            return make(**values)
        return None

    def entry(
        self, section: str, registry: Registry[Any], default: str | None, others: Sequence[Option] = ()
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """The registry entry that a section names: its name, its options (defaults included) and the `others` given."""
        name, origin = self._given.get(section, {}).get("name", (default, ""))
        if name is None:
            example = "seq2seq train patterns, or: seq2seq train --data.train FILE"
            self._problems.append(f"a {registry.kind} must be named, but none is. Type, for example: {example}")
            return "", {}, {}
        try:
            options = registry.options(str(name))
        except UnknownNameError as error:
            self._problems.append(f"{origin}: {error}")
            return "", {}, {}
        values = self.bind(section, [*options, *others], leave="name")
        other_names = {option.name for option in others}
        chosen = {option.name: values.get(option.name, option.default) for option in options}
        return str(name), chosen, {key: value for key, value in values.items() if key in other_names}
