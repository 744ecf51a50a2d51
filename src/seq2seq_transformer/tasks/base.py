"""What a task is: a problem on numbers that can be sampled, and whose answers can be judged. No tokens, no torch."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.registry import Registry
from seq2seq_transformer.values import Example, ExampleBatch, ValueType, VectorBatch


class Task(ABC):
    """A family of problems with exact answers. Options are the keyword-only parameters of the subclass.

    A subclass says the types of `source` and `target` and overrides one of `sample` and `sample_batch`: the first is
    plain, the second fast.
    """

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
        """Draw n examples at once."""
        return ExampleBatch.from_examples([self.sample(rng) for _ in range(n)])

    def category(self, source: Any) -> str:
        """The name under which reports count this source; it depends on the source alone."""
        return "all"

    def categories(self, sources: VectorBatch) -> NDArray[np.str_]:
        """`category` of many sources."""
        return np.array([self.category(source) for source in sources.to_lists()], dtype=np.str_)

    def is_correct(self, example: Example, answer: Any) -> bool:
        """Whether `answer` solves the example; override where a problem has several answers."""
        return answer == example.target


TASKS: Registry[Task] = Registry("task", "seq2seq_transformer.tasks")


def generate_random_data(n: int, task: str = "patterns", *, seed: int = 0, **options: Any) -> list[Example]:
    """Draw n examples of a task.

    Args:
        n: how many.
        task: the task's name.
        seed: the same seed gives the same examples.
        **options: the task's options, such as families=("zeros", "ones").

    Raises:
        UnknownNameError: where there is no such task.
        ConfigError: where an option cannot be.
    """
    return TASKS.build(task, **options).sample_batch(np.random.default_rng(seed), n).to_examples()
