"""Options in sections, `--section.name value`: shown in a verb's help, and made into layers of a configuration."""

import functools
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, get_origin

from cyclopts import Group, Parameter, Token

from seq2seq_transformer.cli.words import Pair
from seq2seq_transformer.errors import UnknownNameError, unknown_name
from seq2seq_transformer.experiment.layers import SECTIONS, Layer, layer_of_environment, layer_of_flags
from seq2seq_transformer.experiment.sections import (
    KNOBS,
    MODEL_OPTIONS,
    READING,
    TESTING,
    DataConfig,
    DecodingConfig,
    EvaluationConfig,
    MachineConfig,
)
from seq2seq_transformer.experiment.training_section import TrainingConfig
from seq2seq_transformer.registry import Option, options_of

_EXTRA = {
    "encoding": [Option("name", str, "auto", "Name of the number encoding: `seq2seq list encodings`.")],
    "model": [Option("positions", str, "auto", "How positions are encoded: `seq2seq list positions`, or auto.")],
    "model.positions": [
        Option(
            "channels",
            str,
            "absolute",
            "How positions are counted, one for each group of heads: `seq2seq list channels`.",
        )
    ],
    "decoding": [Option("name", str, "greedy", "Name of the decoding strategy: `seq2seq list decoding`.")],
}
_OPTIONS: dict[str, list[Option]] = {
    "data": options_of(DataConfig),
    "encoding.source": [],
    "encoding.target": [],
    "encoding": [],
    "model": MODEL_OPTIONS,
    "model.positions": [],
    "model.positions.encoder": [],
    "model.positions.cross": [],
    "model.positions.decoder": [],
    "training": options_of(TrainingConfig),
    "evaluation": options_of(EvaluationConfig),
    "decoding": options_of(DecodingConfig),
}


def _whole_number(_kind: object, tokens: Sequence[Token]) -> int:
    """Cyclopts itself rounds 1.5 and reads 0x10."""
    if not re.fullmatch(r"[+-]?\d+", tokens[0].value):
        raise ValueError(f"it must be a whole number, but is {tokens[0].value!r} instead.")
    return int(tokens[0].value)


Whole = Annotated[int, Parameter(converter=_whole_number)]
"""The type of a verb's own option."""


def layers(verb: str, pairs: Sequence[Pair], sections: Sequence[str]) -> list[Layer]:
    """The layers of the environment and of the flags.

    A flag of anything that the verb does not have is a problem; such a variable is none of the verb's business, as long
    as it is one of another verb.

    Args:
        verb: for messages.
        pairs: the flags.
        sections: what the verb has: sections, and names of options outside them.
    """
    problems = [
        f"--{section}.{name}: {unknown_name('section', section, SECTIONS)}"
        if section and section not in SECTIONS
        else f"--{section}{'.' if section else ''}{name}: `seq2seq {verb}` has options in {', '.join(sections)} only."
        for section, name, _ in pairs
        if (section or name) not in sections
    ]
    flags = layer_of_flags(pair for pair in pairs if (pair[0] or pair[1]) in sections)
    environment = layer_of_environment()
    mine = {
        section: {
            name: value
            for name, value in values.items()
            if (section or name) in sections and name not in options_elsewhere(section, sections)
        }
        for section, values in environment.values.items()
    }
    return [replace(environment, values=mine), replace(flags, problems=problems)]


def options_elsewhere(section: str, sections: Sequence[str]) -> set[str]:
    """The names of a section that other verbs have, and the verb with these sections does not."""
    if "training" in sections:
        return set()
    if section == "data":
        return {option.name for option in _OPTIONS["data"]} - {*(TESTING if "evaluation" in sections else READING)}
    if section == "model":
        return {option.name for option in [*MODEL_OPTIONS, *_EXTRA["model"]]} - {option.name for option in KNOBS}
    return {"name"} if section == "task" else set()


def show_options(
    function: Callable[..., Any], sections: Sequence[str], task: str | None, *, complete: bool = False
) -> Callable[..., Any]:
    """Let a verb's help show the options of these sections; they never reach the function.

    Args:
        function: the verb's.
        sections: what the verb has: sections, and names of options outside them.
        task: whose options the help shows.
        complete: show the options of all tasks and say every name, as completion scripts want it.
    """
    signature = inspect.signature(function)
    shown = []
    for place, section in enumerate(section for section in sections if section in SECTIONS):
        if section == "task":
            options = _task_options(task, complete)
        elif section == "data" and shown and not complete:
            continue  # the options of a task are shown, and a task and files exclude each other
        elif section == "encoding":
            options = [*_EXTRA[section], *_encoding_options(task, complete)]
        elif section == "decoding":
            options = [*_EXTRA[section], *_strategy_options(), *_OPTIONS[section]]
        else:
            options = [*_EXTRA.get(section, []), *_OPTIONS[section]]
        options = [option for option in options if option.name not in options_elsewhere(section, sections)]
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


def names_completed(function: Callable[..., Any]) -> Callable[..., Any]:
    """The verb with the names of tasks, encodings, positions and strategies as choices, for completion scripts."""
    from seq2seq_transformer.decoding.base import DECODING_STRATEGIES
    from seq2seq_transformer.model.positional_encodings.base import POSITIONAL_ENCODINGS
    from seq2seq_transformer.tasks.base import TASKS
    from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS

    registries = {
        "task": TASKS,
        "encoding__name": NUMBER_ENCODINGS,
        "decoding__name": DECODING_STRATEGIES,
        "model__positions": POSITIONAL_ENCODINGS,
    }
    signature = inspect.signature(function)
    parameters = []
    for parameter in signature.parameters.values():
        if parameter.name in registries:
            choices = Literal[tuple(registries[parameter.name].names())]  # type: ignore[valid-type]
            described = getattr(parameter.annotation, "__metadata__", ())
            annotation = Annotated[(choices, *described)] if described else choices
            parameter = parameter.replace(annotation=annotation)
            function.__annotations__[parameter.name] = annotation
        parameters.append(parameter)
    function.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return function


def _task_options(task: str | None, complete: bool) -> list[Option]:
    if task is None and not complete:
        return []
    from seq2seq_transformer.tasks.base import TASKS  # imported late: it brings NumPy

    try:
        names = TASKS.names() if complete else [str(task)]
        return list({option.name: option for name in names for option in TASKS.options(name)}.values())
    except UnknownNameError:
        return []


def _encoding_options(task: str | None, complete: bool) -> list[Option]:
    """Those of the encodings that the task's types call for; of all of them for completion scripts."""
    if task is None and not complete:
        return []
    from seq2seq_transformer.tasks.base import TASKS
    from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS
    from seq2seq_transformer.tokenization.tokenizer import choose_encodings

    names: Sequence[str] = NUMBER_ENCODINGS.names()
    if task is not None:
        try:
            built = TASKS.build(task)
        except Exception:  # help is shown whatever a task needs to be made
            return []
        names = choose_encodings(built.source, built.target)
    return list({option.name: option for name in names for option in NUMBER_ENCODINGS.options(name)}.values())


def _strategy_options() -> list[Option]:
    """Those of all decoding strategies."""
    from seq2seq_transformer.decoding.base import DECODING_STRATEGIES

    names = DECODING_STRATEGIES.names()
    return list({option.name: option for name in names for option in DECODING_STRATEGIES.options(name)}.values())


def _parameter(section: str, option: Option, group: Group) -> inspect.Parameter:
    flag = f"--{section}.{option.name}" if section else f"--{option.name}"
    default = ",".join(map(str, option.default)) if isinstance(option.default, tuple) else str(option.default)
    default = "to be given" if option.default is inspect.Parameter.empty else default
    described = Parameter(
        name=flag, help=option.doc, group=group, show_default=lambda _: default, negative=(), show_choices=True
    )
    known = option.annotation in (int, float, bool) or get_origin(option.annotation) is Literal
    kind = option.annotation if known else str
    return inspect.Parameter(
        f"{section}__{option.name}".replace(".", "__"),
        inspect.Parameter.KEYWORD_ONLY,
        default=None if option.default is inspect.Parameter.empty else option.default,
        annotation=Annotated[kind, described],
    )
