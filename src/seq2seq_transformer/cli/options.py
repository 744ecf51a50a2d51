"""Options in sections, `--section.name value`: shown in a verb's help, and made into layers of a configuration."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from cyclopts import Group, Parameter

from seq2seq_transformer.cli.words import Pair
from seq2seq_transformer.errors import ConfigError, UnknownNameError
from seq2seq_transformer.experiment.layers import SECTIONS, Layer, layer_of_environment, layer_of_flags
from seq2seq_transformer.experiment.sections import (
    MODEL_OPTIONS,
    DecodingConfig,
    EvaluationConfig,
    MachineConfig,
    TrainingConfig,
)
from seq2seq_transformer.registry import Option, options_of

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
}


def layers(verb: str, pairs: Sequence[Pair], sections: Sequence[str]) -> list[Layer]:
    """The layers of the environment and of the flags.

    Args:
        verb: for messages.
        pairs: the flags.
        sections: what the verb has: sections, and names of options outside them.

    Raises:
        ConfigError: for every flag of anything else; variables of anything else are none of the verb's business.
    """
    problems = [
        f"--{section}{'.' if section else ''}{name}: `seq2seq {verb}` has options in {', '.join(sections)} only."
        for section, name, _ in pairs
        if (section or name) not in sections
    ]
    if problems:
        raise ConfigError(problems)
    environment = layer_of_environment()
    mine = {
        section: {name: value for name, value in values.items() if (section or name) in sections}
        for section, values in environment.values.items()
    }
    return [Layer(mine, environment.origin), layer_of_flags(pairs)]


def show_options(function: Callable[..., Any], sections: Sequence[str], task: str | None) -> Callable[..., Any]:
    """Let a verb's help show the options of these sections; they never reach the function."""
    signature = inspect.signature(function)
    shown = []
    for place, section in enumerate(section for section in sections if section in SECTIONS):
        options = _task_options(task) if section == "task" else [*_EXTRA.get(section, []), *_OPTIONS[section]]
        group = Group(f"Options of the task {task}" if section == "task" else section, sort_key=(2, place))
        shown += [_parameter(section, option, group) for option in options]
    outside = Group("Machine and seed", sort_key=(3, 0))
    shown += [_parameter("", option, outside) for option in options_of(MachineConfig) if option.name in sections]

    @functools.wraps(function)
    def verb(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    verb.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *shown])  # type: ignore[attr-defined]
    verb.__annotations__ = function.__annotations__ | {parameter.name: parameter.annotation for parameter in shown}
    return verb


def _task_options(task: str | None) -> list[Option]:
    if task is None:
        return []
    from seq2seq_transformer.tasks.base import TASKS  # imported late: it brings NumPy

    try:
        return TASKS.options(task)
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
