"""Several tasks at once, by weight."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import ConfigError, Problems, unknown_name
from seq2seq_transformer.registry import Option
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.values import Example, ExampleBatch, ListBatch, Symbol, Tuple, ValueBatch, ValueType, pack


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Mixture(Task):
    """Several tasks at once, by weight; a source begins with the name of its task.

    In numbers: the source copy | 3 1 4 has the target 3 1 4, and reverse | 3 1 4 has 4 1 3.
    As tokens: reverse | 3 1 4 gives 4 1 3; the name is one token, so that one model can tell the tasks apart. Reports
    count each task by itself, and one with too few sources to hold any out is trained on whole.

    All tasks must have one type of source and one of target. Where they differ in what numbers may stand in them, give
    all the same option, such as --task.options num_symbols=5.

    >>> (name, source), target = Mixture(tasks=("copy", "reverse")).sample(np.random.default_rng(0))
    >>> target == (source if name == "copy" else source[::-1])
    True
    """

    tasks: tuple[str, ...] = ("copy", "reverse")
    """Names of the tasks, built-in ones, each once."""
    weights: tuple[float, ...] = ()
    """How often each task is drawn, in proportion, above 0. Empty: all equally often."""
    options: tuple[str, ...] = ()
    """Options that are whole numbers: max_length=30 for each task that has it, or copy.max_length=30 for one."""

    def __post_init__(self) -> None:
        problems = Problems()
        names, weights = self.tasks, self.weights
        problems.require(bool(names) and len(set(names)) == len(names), "`tasks` must be different names", names)
        for name in names:
            with _noting(problems):
                problems.require(
                    TASKS.get(_built_in(name)) is not Mixture, "a task of `tasks` must be no mixture", name
                )
        rule = "`weights` must be finite numbers above 0, one for each of `tasks`, or none"
        fits = not weights or (len(weights) == len(names) and all(0 < each < float("inf") for each in weights))
        problems.require(fits, rule, weights)
        problems.raise_if_any()
        with _noting(problems):
            self._check_types(problems)
        problems.raise_if_any()

    def _check_types(self, problems: Problems) -> None:
        kinds = {name: f"{task.source}:{task.target}" for name, task in self.parts.items()}
        shown = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
        if len(set(kinds.values())) > 1:
            problems.sentences.append(f"`tasks` must be of one type of source and one of target, but are: {shown}.")

    @cached_property
    def parts(self) -> dict[str, Task]:
        """The tasks by their names.

        Raises:
            ConfigError: where an option fits none of them, or a task refuses it.
        """
        problems, given = Problems(), {name: dict[str, int]() for name in self.tasks}
        known = {name: {option.name: option for option in TASKS.options(name)} for name in self.tasks}
        for text in self.options:
            with _noting(problems):
                names, option, value = _read(text, known)
                for name in names:
                    given[name][option] = value
        parts = {}
        for name, options in given.items():
            with _noting(problems, name):
                parts[name] = TASKS.build(name, **options)
        problems.raise_if_any()
        return parts

    @property
    def source(self) -> Tuple:
        """The name of a task, and a source of it."""
        inner = next(iter(self.parts.values())).source
        return Tuple((Symbol(self.tasks), *(inner.parts if isinstance(inner, Tuple) else (inner,))))

    @property
    def target(self) -> ValueType:
        """That of the tasks."""
        return next(iter(self.parts.values())).target

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw the task of each example, then the examples of each task at once."""
        weights = np.array(self.weights or [1.0] * len(self.tasks))
        kinds = rng.choice(len(self.tasks), size=n, p=weights / weights.sum())
        found: list[Any] = [None] * n
        for kind, (name, task) in enumerate(self.parts.items()):
            places = np.flatnonzero(kinds == kind).tolist()
            drawn = task.sample_batch(rng, len(places)).to_examples() if places else []
            for place, (source, target) in zip(places, drawn, strict=True):
                found[place] = [name, *source] if self._spread else [name, source], target
        return ExampleBatch(ListBatch([source for source, _ in found]), pack([target for _, target in found]))

    def category(self, source: list[Any]) -> str:
        """The name of the task."""
        return str(source[0])

    def categories(self, sources: ValueBatch) -> NDArray[np.str_]:
        """The names of the tasks."""
        return np.array([source[0] for source in sources.to_lists()], dtype=np.str_)

    def is_correct(self, example: Example, answer: Any) -> bool:
        """As the task of the example judges."""
        task, source = self._part(example.source)
        return task.is_correct(Example(source, example.target), answer)

    def verify(self, source: list[Any], answer: Any) -> bool | None:
        """As the task of the source verifies."""
        task, inner = self._part(source)
        return task.verify(inner, answer)

    @property
    def verifies(self) -> bool:
        """Whether one of the tasks does."""
        return any(task.verifies for task in self.parts.values())

    def _part(self, source: list[Any]) -> tuple[Task, Any]:
        """The task of a source, and its own source."""
        name, *rest = source
        return self.parts[name], rest if self._spread else rest[0]

    @cached_property
    def _spread(self) -> bool:
        """Whether a source of the tasks is itself a tuple, whose parts follow the name."""
        return isinstance(next(iter(self.parts.values())).source, Tuple)


def _built_in(name: str) -> str:
    """The name, where it is no user's file: a run keeps only the file of the task that it is named after."""
    if ".py" in name:
        raise ConfigError([f"a task of `tasks` must be a built-in one, but is {name!r} instead."])
    return name


def _read(text: str, known: dict[str, dict[str, Option]]) -> tuple[list[str], str, int]:
    """The tasks, name and value of an option such as max_length=30 or copy.max_length=30."""
    left, _, value = text.partition("=")
    task, _, option = left.strip().rpartition(".")
    if task and task not in known:
        raise ConfigError([f"each of `options` must be of one of `tasks` ({', '.join(known)}), but one is {text!r}."])
    names = [name for name, options in known.items() if task in ("", name) and option in options]
    if not names:
        every = sorted({option for name, options in known.items() if task in ("", name) for option in options})
        raise ConfigError([unknown_name(f"option of {task or 'the tasks'}", option, every)])
    try:
        if any(known[name][option].annotation is not int for name in names):
            raise ValueError
        return names, option, int(value)
    except ValueError:
        rule = "each of `options` must be an option that is a whole number, such as max_length=30"
        raise ConfigError([f"{rule}, but one is {text!r} instead."]) from None


@contextmanager
def _noting(problems: Problems, task: str = "") -> Generator[None]:
    """Collect what is wrong, and go on."""
    try:
        yield
    except ConfigError as error:
        problems.sentences += [f"{task}: {sentence}" if task else sentence for sentence in error.problems]
