"""Layers of a configuration as one: later ones win, and every problem is collected."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from seq2seq_transformer.errors import ConfigError, UnknownNameError
from seq2seq_transformer.experiment.layers import POSITIONS, Layer
from seq2seq_transformer.experiment.options import bind
from seq2seq_transformer.model.config import ATTENTIONS
from seq2seq_transformer.registry import Option, Registry

_FEW = 3
"""Most entries that are named as those that an option belongs to."""


def _given_by(layer: Layer) -> dict[str, dict[str, tuple[Any, str]]]:
    """What a layer says: by section and name, each value with where it stands."""
    found: dict[str, dict[str, tuple[Any, str]]] = {}
    for section, values in layer.values.items():
        for name, value in values.items():
            where = (POSITIONS, "name") if (section, name) == ("model", "positions") else (section, name)
            found.setdefault(where[0], {})[where[1]] = (value, layer.origin(section, name))
    return found


def _merged(layers: Sequence[dict[str, dict[str, tuple[Any, str]]]]) -> dict[str, dict[str, tuple[Any, str]]]:
    """What stands in the end, later layers over earlier ones.

    An option of a section wins over earlier ones of the same name in the sections inside it, and a layer that names
    positions begins them anew, since options of other positions do not go with them.
    """
    merged: dict[str, dict[str, tuple[Any, str]]] = {}
    for given in layers:
        attentions = (f"{POSITIONS}.{attention}" for attention in ATTENTIONS)
        if "name" in given.get(POSITIONS, {}) or all("name" in given.get(section, {}) for section in attentions):
            merged = {section: values for section, values in merged.items() if not section.startswith(POSITIONS)}
        for section, values in given.items():
            for inner in (other for other in merged if other.startswith(f"{section}.")):
                merged[inner] = {name: value for name, value in merged[inner].items() if name not in values}
        for section, values in given.items():
            merged.setdefault(section, {}).update(values)
    return merged


class Sections:
    """Merged layers, read section by section while problems are collected.

    Args:
        layers: later ones win.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._problems = [problem for layer in layers for problem in layer.problems]
        self._layers = [_given_by(layer) for layer in layers]
        self._given = _merged(self._layers)

    def add_defaults(self, layer: Layer) -> None:
        """Put a layer below all others."""
        self._layers.insert(0, _given_by(layer))
        self._given = _merged(self._layers)

    @contextmanager
    def collecting(self) -> Generator[None]:
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
        self._note_options_of_others(section, registry, str(name), [*options, *others])
        values = self.bind(section, [*options, *others], leave="name")
        other_names = {option.name for option in others}
        chosen = {option.name: values.get(option.name, option.default) for option in options}
        return str(name), chosen, {key: value for key, value in values.items() if key in other_names}

    def _note_options_of_others(
        self, section: str, registry: Registry[Any], chosen: str, known: Sequence[Option]
    ) -> None:
        """Options that few other entries have: which these are helps more than what the chosen one has."""
        given, mine = self._given.get(section, {}), {"name", *(option.name for option in known)}
        for name in sorted(given.keys() - mine):
            having = [entry for entry in registry.names() if name in {each.name for each in registry.options(entry)}]
            if 0 < len(having) <= _FEW:
                add = "" if "name" in given else f" Add: --{section}.name {' or '.join(having)}"
                whose = f"is an option of {' and '.join(having)}, but the {registry.kind} is {chosen}"
                self.note(section, name, f"this {whose}.{add}")
                del given[name]
