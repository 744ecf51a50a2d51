"""What a model is trained and tested on: a task that generates examples, or files of them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.data.splits import Split
from seq2seq_transformer.data.stored import StoredExamples
from seq2seq_transformer.errors import ConfigError
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.values import ExampleBatch

if TYPE_CHECKING:
    from seq2seq_transformer.data.curriculum import Curriculum
    from seq2seq_transformer.data.sources import TrainingBatches

TEST_EXAMPLES = 1000


class Problem(ABC):
    """Examples to train on, to validate on and to test on.

    Args:
        task: judges answers.
        tokenizer: of its types.
    """

    def __init__(self, task: Task, tokenizer: Tokenizer) -> None:
        self.task, self.tokenizer = task, tokenizer

    trained_whole: Mapping[str, int]
    """Categories too small to split, with how many distinct sources each has."""

    @abstractmethod
    def training_batches(
        self, batch_size: int, examples_per_epoch: int, seed: int, curriculum: "Curriculum | None" = None
    ) -> "TrainingBatches":
        """Batches to train on; their own examples_per_epoch says how long an epoch is."""

    @abstractmethod
    def training_examples(self, n: int, seed: int, curriculum: "Curriculum | None" = None) -> ExampleBatch:
        """Some of the examples to train on, at most n, as the first step draws them."""

    @abstractmethod
    def validation(self, n: int) -> ExampleBatch:
        """The fixed validation set, at most n examples of it."""

    @abstractmethod
    def test(self, n: int) -> ExampleBatch:
        """The fixed test set, at most n examples of it; for 0 as many as is usual."""

    @abstractmethod
    def seen(self, stored: StoredExamples) -> NDArray[np.bool_]:
        """Whether training may have seen the source of each example of another file."""

    def practised(self, lowest: int, highest: int, n: int) -> ExampleBatch:
        """Examples such as a training draws them between two difficulties; only a task with a curriculum has them."""
        raise NotImplementedError

    @abstractmethod
    def test_at(self, difficulty: int, n: int) -> ExampleBatch:
        """Test examples of one difficulty.

        Raises:
            UserError: where there are none.
        """


class TaskProblem(Problem):
    """A task that generates examples.

    Args:
        task: the task.
        tokenizer: of its types.
        name: of the task.
        options: of the task.
        trained: the task that a model was trained on, where that had other options.
    """

    def __init__(
        self, task: Task, tokenizer: Tokenizer, name: str, options: Mapping[str, Any], trained: Task | None = None
    ) -> None:
        super().__init__(task, tokenizer)
        self._name, self._options, self._trained = name, options, trained or task

    @cached_property
    def split(self) -> Split:
        """The line between training and held-out examples."""
        return replace(Split.of_task(self._trained), task=self.task)

    @property
    def trained_whole(self) -> Mapping[str, int]:  # type: ignore[override]
        return self.split.trained_whole

    def training_batches(
        self, batch_size: int, examples_per_epoch: int, seed: int, curriculum: "Curriculum | None" = None
    ) -> "TrainingBatches":
        from seq2seq_transformer.data.sources import GeneratedBatches, GrowingBatches

        if curriculum is None:
            return GeneratedBatches(self.tokenizer, batch_size, examples_per_epoch, seed, self.split)
        return GrowingBatches(
            self.tokenizer, batch_size, examples_per_epoch, seed, self.split, curriculum, self._within
        )

    def training_examples(self, n: int, seed: int, curriculum: "Curriculum | None" = None) -> ExampleBatch:
        from seq2seq_transformer.data.sources import REPEATED

        split = self._within(*curriculum.span(0)) if curriculum else self.split
        return split.draw(np.random.default_rng((seed, REPEATED)), n, held_out=False)

    def validation(self, n: int) -> ExampleBatch:
        from seq2seq_transformer.data.sources import validation_examples

        return validation_examples(self.split, n)

    def test(self, n: int) -> ExampleBatch:
        from seq2seq_transformer.data.sources import test_examples

        return test_examples(self.split, n or TEST_EXAMPLES)

    def seen(self, stored: StoredExamples) -> NDArray[np.bool_]:
        examples = stored.examples(np.arange(len(stored)), self.tokenizer)
        return ~self.split.held_out(examples.source)

    def test_at(self, difficulty: int, n: int) -> ExampleBatch:
        from seq2seq_transformer.data.sources import test_examples

        word = self.task.difficulty
        if not word:
            raise ConfigError([f"`evaluation.lengths` needs a task with a difficulty, but {self._name} has none."])
        return test_examples(self._within(difficulty, difficulty), n or TEST_EXAMPLES)

    def practised(self, lowest: int, highest: int, n: int) -> ExampleBatch:
        from seq2seq_transformer.data.sources import practised_examples

        return practised_examples(self._within(lowest, highest), n)

    def _within(self, lowest: int, highest: int) -> Split:
        """The same line for the task between two difficulties."""
        word = self.task.difficulty
        options = {**self._options, f"min_{word}": lowest, f"max_{word}": highest}
        return Split(TASKS.build(self._name, **options), self.split.trained_whole)
