"""What a task is: a problem on numbers that can be sampled, and whose answers can be judged. No tokens, no torch."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Integral
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import FileError, InputError, Problems, UnknownNameError
from seq2seq_transformer.registry import Registry
from seq2seq_transformer.tasks.floats import agrees
from seq2seq_transformer.tasks.recipes import Recipe
from seq2seq_transformer.tasks.user_files import classes_of_file, split_file_name
from seq2seq_transformer.values import Example, ExampleBatch, ValueBatch, ValueType, flat, from_python

LENGTH, DIGITS = "length", "digits"


class Task(ABC):
    """A family of problems with exact answers. Options are the keyword-only parameters of the subclass.

    A subclass says the types of `source` and `target` and overrides one of `sample` and `sample_batch`: the first is
    plain, the second fast. Where its problems grow, the subclass names what grows in `difficulty` and has the options
    `min_…` and `max_…` of that name, such as `min_length` and `max_length`.
    """

    difficulty: ClassVar[str] = ""
    """What makes a problem harder, such as "length" or "digits"; "" where nothing can be ranged over."""
    continues: ClassVar[bool] = False
    """Whether the target is the next terms of the source."""

    @property
    def recipe(self) -> Recipe:
        """What a training on this task does by default, by section and option, where that is not what all tasks do."""
        return {}

    @property
    @abstractmethod
    def source(self) -> ValueType:
        """The type of a source."""

    @property
    @abstractmethod
    def target(self) -> ValueType:
        """The type of a target."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.sample is Task.sample and cls.sample_batch is Task.sample_batch:
            raise TypeError(f"{cls.__name__} must define `sample` or `sample_batch`, but defines neither.")

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw one example; the same generator state gives the same example."""
        return self.sample_batch(rng, 1).to_examples()[0]

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples at once.

        Raises:
            InputError: where `sample` gives what is not of the types.
        """
        source, target = self.source, self.target
        examples = []
        for _ in range(n):
            drawn = self.sample(rng)
            try:
                examples.append(Example(from_python(drawn[0], source), from_python(drawn[1], target)))
            except (InputError, TypeError, LookupError) as error:
                raise InputError(f"{type(self).__name__}.sample gave {drawn!r}, but {error}") from None
        return ExampleBatch.from_examples(examples)

    def category(self, source: Any) -> str:
        """The name under which reports count this source; it depends on the source alone."""
        return "all"

    def categories(self, sources: ValueBatch) -> NDArray[np.str_]:
        """`category` of many sources."""
        if type(self).category is Task.category:
            return np.full(len(sources), "all")
        names = [self.category(source) for source in sources.to_lists()]
        for name in names:
            if not isinstance(name, (str, Integral)):
                raise InputError(f"{type(self).__name__}.category must give a name, a string, but gave {name!r}.")
        return np.array(names, dtype=np.str_)

    def difficulty_of(self, source: Any) -> int:
        """How hard a source is, in the unit of `difficulty`: terms, or the digits of the largest number.

        Where the unit is another, the subclass overrides this.
        """
        if self.difficulty == DIGITS:
            return max(len(str(abs(number))) for number in flat(source))
        return len(source) if isinstance(source, list) else 1

    def is_correct(self, example: Example, answer: Any) -> bool:
        """Whether `answer`, a value of the target's type, solves the example: equal, or floats near enough (`agrees`).

        Override where a problem has several answers.
        """
        return agrees(answer, example.target)

    def verify(self, source: Any, answer: Any) -> bool | None:
        """Whether `answer` solves the source, told without its target; None where that cannot be told.

        With it `--decoding.name best_of` chooses among answers. Override where checking is exact; it must agree with
        `is_correct`.
        """
        return None

    @property
    def verifies(self) -> bool:
        """Whether `verify` tells anything."""
        return type(self).verify is not Task.verify


class TaskRegistry(Registry[Task]):
    """The tasks of this package, and those in users' files: `my_task.py:Collatz`."""

    def get(self, name: str) -> Callable[..., Task]:
        """The task of this name.

        Raises:
            UnknownNameError: where there is none, with the nearest name.
            FileError: where a file cannot be executed.
        """
        path, entry = split_file_name(name)
        if path is None:
            return super().get(name)
        for each in classes_of_file(path):
            if each.__name__ == entry and issubclass(each, Task) and inspect.isabstract(each):
                missing = ", ".join(sorted(each.__abstractmethods__))
                raise FileError(f"{path}: {entry} must define {missing}, but does not.")
        tasks = self.of_file(path)
        if entry not in tasks:
            raise UnknownNameError(f"task in {path}", entry, sorted(tasks))
        return tasks[entry]

    def of_file(self, path: Path) -> dict[str, type[Task]]:
        """The tasks that a file defines, by the names of their classes; the file is executed, once.

        Raises:
            FileError: where it cannot be read, fails, or defines none.
        """
        found = {
            entry.__name__: entry
            for entry in classes_of_file(path)
            if issubclass(entry, Task) and not inspect.isabstract(entry)
        }
        if not found:
            raise FileError(f"{path} must define a class derived from Task, but defines none.")
        return found


TASKS = TaskRegistry("task", "seq2seq_transformer.tasks")


def sampled(task: Task, rng: np.random.Generator, n: int) -> ExampleBatch:
    """The examples that a task gives, of which there must be as many as are asked for.

    Raises:
        InputError: where there are not.
    """
    batch: object = task.sample_batch(rng, n)
    if not isinstance(batch, ExampleBatch) or len(batch) != n:
        gave = f"gave {len(batch)}" if isinstance(batch, ExampleBatch) else f"gave a {type(batch).__name__}"
        raise InputError(f"{type(task).__name__}.sample_batch must give an ExampleBatch of {n} examples, but {gave}.")
    return batch


def check_difficulty(problems: Problems, task: Task, lowest: int = 1, highest: int = 100_000) -> None:
    """Note what is wrong with the options `min_…` and `max_…` of a task.

    Args:
        problems: where to note it.
        task: with a `difficulty` and its two options.
        lowest: the least the first may be.
        highest: the most the second may be.
    """
    name = task.difficulty
    low, high = getattr(task, f"min_{name}"), getattr(task, f"max_{name}")
    problems.require(low >= lowest, f"`min_{name}` must be at least {lowest}", low)
    problems.require(high >= low, f"`max_{name}` must be at least `min_{name}` ({low})", high)
    problems.require(high <= highest, f"`max_{name}` must be at most {highest}", high)


def require_difficulty(task: Task, lowest: int = 1, highest: int = 100_000) -> None:
    """Refuse a task whose options `min_…` and `max_…` cannot be, where it has no others to check.

    Raises:
        ConfigError: naming what is wrong; see check_difficulty.
    """
    problems = Problems()
    check_difficulty(problems, task, lowest, highest)
    problems.raise_if_any()


def generate_random_data(n: int, task: str = "patterns", *, seed: int = 0, **options: Any) -> list[Example]:
    """Draw n examples of a task.

    Args:
        n: how many, 0 or more.
        task: the task's name.
        seed: the same seed gives the same examples; 0 or more.
        **options: the task's options, such as families=("zeros", "ones").

    Raises:
        UnknownNameError: where there is no such task.
        ConfigError: where an option or a number cannot be.
    """
    problems = Problems()
    problems.require(isinstance(n, int) and n >= 0, "`n` must be a whole number, 0 or more", n)
    problems.require(isinstance(seed, int) and seed >= 0, "`seed` must be a whole number, 0 or more", seed)
    problems.raise_if_any()
    return TASKS.build(task, **options).sample_batch(np.random.default_rng(seed), n).to_examples()
