"""From what a user wrote to checked values: options are converted by their types, and every problem is collected."""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from seq2seq_transformer.errors import ConfigError, nearest, unknown_name
from seq2seq_transformer.registry import Option

if TYPE_CHECKING:
    import cattrs


class Text(str):
    """A value that came as text, from a flag or the environment, and is converted by the type of its option."""


NO_VALUE = Text("true")
"""What a flag without a value says: true, to an option that can be true, and nothing to any other."""


def bind(
    section: str, given: Mapping[str, Any], options: Sequence[Option], origin: Callable[[str], str]
) -> tuple[dict[str, Any], list[str]]:
    """Convert the values of a section; an option that is not given is left out.

    Args:
        section: the section's name, for messages.
        given: values by name, from a file (typed) or as Text.
        options: what can be set.
        origin: says where the value of a name came from, such as "--training.epochs".

    Returns:
        The values that are of their option's type, and a sentence for each unknown name and each other value.
    """
    known = {option.name: option for option in options}
    problems, values = [], {}
    for name, value in given.items():
        if name not in known:
            place = f"option of [{section}]" if section else "option outside the sections"
            problems.append(f"{origin(name)}: {unknown_name(place, name, list(known))}")
            continue
        annotation = _type_of(known[name])
        try:
            values[name] = _converter().structure(value, annotation)
        except Exception:  # cattrs wraps what a hook raised in errors of many kinds; all mean "not of this type"
            shown = "missing" if value is NO_VALUE else f"{_plain(value)!r} instead"
            choices = get_args(annotation) if get_origin(annotation) is Literal else ()
            kind = describe_type(annotation, as_text=isinstance(value, Text))
            rule = f"`{_full(section, name)}` must be {kind}, but is {shown}."
            problems.append(f"{origin(name)}: {rule}{nearest(str(value), choices)}")
    problems += [
        f"`{_full(section, option.name)}` must be given: --{_full(section, option.name)} ({option.doc})"
        for option in options
        if option.default in (Parameter.empty, MISSING) and option.name not in given
    ]
    return values, problems


def _type_of(option: Option) -> Any:
    """The type of an option; that of its default where a user's task does not say."""
    annotation = option.annotation
    if annotation is Parameter.empty and option.default is not Parameter.empty:
        annotation = type(option.default)
    if not (annotation in _SINGULARS or get_origin(annotation) in (Literal, tuple)):
        raise ConfigError(
            [f"the option `{option.name}` must be annotated as int, float, bool, str, Literal or tuple[…, ...]."]
        )
    return annotation


def _full(section: str, name: str) -> str:
    return f"{section}.{name}" if section else name


def describe_type(annotation: Any, *, as_text: bool = True) -> str:
    """A type in words: "a whole number", "one of auto, float32"; several items as text or as an array of a file.

    >>> describe_type(tuple[int, ...]), describe_type(tuple[int, ...], as_text=False)
    ('whole numbers separated by commas', 'an array of whole numbers')
    """
    if get_origin(annotation) is Literal:
        return f"one of {', '.join(map(str, get_args(annotation)))}"
    if get_origin(annotation) is tuple:
        items = _PLURALS[get_args(annotation)[0]]
        return f"{items} separated by commas" if as_text else f"an array of {items}"
    return _SINGULARS[annotation]


_SINGULARS: dict[Any, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "a name"}
_PLURALS: dict[Any, str] = {int: "whole numbers", float: "numbers", str: "names"}


def _whole(value: Any, _: Any) -> int:
    if isinstance(value, Text) and re.fullmatch(r"[+-]?\d[\d_]*", value):
        return int(value)
    if type(value) is int:
        return value
    raise ValueError


def _number(value: Any, _: Any) -> float:
    if isinstance(value, Text) or type(value) in (int, float):
        return float(value)
    raise ValueError


def _truth(value: Any, _: Any) -> bool:
    if isinstance(value, Text) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if type(value) is bool:
        return value
    raise ValueError


def _name(value: Any, _: Any) -> str:
    if isinstance(value, str):
        return str(value)
    raise ValueError


def _sequence(value: Any, annotation: Any) -> tuple[Any, ...]:
    items = [Text(part.strip()) for part in value.split(",")] if isinstance(value, Text) else value
    if isinstance(items, str):
        raise ValueError
    return tuple(_converter().structure(item, get_args(annotation)[0]) for item in items)


def _choice(value: Any, annotation: Any) -> Any:
    if value in get_args(annotation):
        return str(value) if isinstance(value, str) else value
    raise ValueError


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Text) else value


@functools.cache
def _converter() -> "cattrs.Converter":
    """One hook a type, all strict: cattrs by itself would take "7" for 7 and True for 1."""
    import cattrs  # imported late: a command that converts nothing starts faster

    converter = cattrs.Converter()
    for kind, hook in {int: _whole, float: _number, bool: _truth, str: _name}.items():
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_func(lambda annotation: get_origin(annotation) is tuple, _sequence)
    converter.register_structure_hook_func(lambda annotation: get_origin(annotation) is Literal, _choice)
    return converter
