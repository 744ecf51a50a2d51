"""Options in sections, `--section.name value`: taken out of the words before the verb is called, shown in its help."""

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from cyclopts import Group, Parameter

from seq2seq_transformer.errors import ConfigError, UnknownNameError, unknown_name
from seq2seq_transformer.experiment.config import (
    MODEL_OPTIONS,
    DecodingConfig,
    EvaluationConfig,
    MachineConfig,
    TrainingConfig,
)
from seq2seq_transformer.experiment.layers import SECTIONS, TOP_LEVEL, Layer, layer_of_environment, layer_of_flags
from seq2seq_transformer.registry import Option, options_of
from seq2seq_transformer.tasks.base import TASKS

Pair = tuple[str, str, str]
_EXTRA = {
    "encoding": [Option("name", str, "symbolic", "Name of the number encoding: `seq2seq list encodings`.")],
    "decoding": [Option("name", str, "greedy", "Name of the decoding strategy: `seq2seq list decoding`.")],
}
_OPTIONS = {
    "encoding": [],
    "model": MODEL_OPTIONS,
    "training": options_of(TrainingConfig),
    "evaluation": options_of(EvaluationConfig),
    "decoding": options_of(DecodingConfig),
    "": options_of(MachineConfig),
}


def take_pairs(words: Sequence[str]) -> tuple[list[Pair], list[str]]:
    """Split words into (section, name, value) and the rest.

    >>> take_pairs(["train", "patterns", "--training.epochs", "3", "--seed=1"])
    ([('training', 'epochs', '3'), ('', 'seed', '1')], ['train', 'patterns'])

    Raises:
        ConfigError: for every section that does not exist.
    """
    pairs: list[Pair] = []
    rest: list[str] = []
    problems: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        flag, equals, value = word.removeprefix("--").partition("=")
        section, dot, name = flag.partition(".")
        if not word.startswith("--") or not (dot or flag in TOP_LEVEL):
            rest.append(word)
            continue
        if not equals:
            value = waiting.pop(0) if waiting and not waiting[0].startswith("--") else "true"
        if not dot:
            section, name = "", flag
        elif section not in SECTIONS:
            problems.append(f"{word}: {unknown_name('section', section, SECTIONS)}")
        pairs.append((section, name, value))
    if problems:
        raise ConfigError(problems)
    return pairs, rest


def layers(verb: str, pairs: Sequence[Pair], sections: Sequence[str]) -> list[Layer]:
    """The layers of the environment and of the flags, for a verb that has these sections.

    Raises:
        ConfigError: for every flag of another section; variables of other sections are none of the verb's business.
    """
    problems = [
        f"--{section}.{name}: `seq2seq {verb}` has options in {', '.join(filter(None, sections))} only."
        if section
        else f"--{name}: `seq2seq {verb}` has no such option."
        for section, name, _ in pairs
        if section not in sections
    ]
    if problems:
        raise ConfigError(problems)
    environment = layer_of_environment()
    mine = {section: values for section, values in environment.values.items() if section in sections}
    return [Layer(mine, environment.origin), layer_of_flags(pairs)]


def show_options(function: Callable[..., Any], sections: Sequence[str], task: str | None) -> Callable[..., Any]:
    """Let a verb's help show the options of these sections; they never reach the function."""
    signature = inspect.signature(function)
    shown = []
    for section in sections:
        options = _task_options(task) if section == "task" else [*_EXTRA.get(section, []), *_OPTIONS[section]]
        title = f"Options of the task {task}" if section == "task" else section or "Machine and seed"
        group = Group(title, sort_key=(2 if section else 3, SECTIONS.index(section) if section else 0))
        shown += [_parameter(section, option, group) for option in options]
    parameters = [*signature.parameters.values(), *shown]
    function.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    function.__annotations__ |= {parameter.name: parameter.annotation for parameter in shown}
    return function


def _task_options(task: str | None) -> list[Option]:
    try:
        return TASKS.options(task) if task else []
    except UnknownNameError:
        return []


def _parameter(section: str, option: Option, group: Group) -> inspect.Parameter:
    flag = f"--{section}.{option.name}" if section else f"--{option.name}"
    default = ",".join(map(str, option.default)) if isinstance(option.default, tuple) else str(option.default)
    described = Parameter(
        name=flag, help=option.doc, group=group, show_default=lambda _: default, negative=(), show_choices=True
    )
    kind = option.annotation if not str(option.annotation).startswith("tuple") else str
    return inspect.Parameter(
        f"{section}__{option.name}",
        inspect.Parameter.KEYWORD_ONLY,
        default=option.default,
        annotation=Annotated[kind, described],
    )
