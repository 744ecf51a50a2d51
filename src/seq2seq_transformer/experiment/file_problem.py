"""Files of examples as a problem to train and test on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.data.formats.base import Types
from seq2seq_transformer.data.lines import Faults
from seq2seq_transformer.data.shuffle import shuffled
from seq2seq_transformer.data.splits import in_lowest_share
from seq2seq_transformer.data.stored import StoredExamples
from seq2seq_transformer.errors import ConfigError, UserError
from seq2seq_transformer.experiment.corpus import Corpus, joined, tokenise
from seq2seq_transformer.experiment.facts import describe
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.named_files import file_options
from seq2seq_transformer.experiment.problem import TEST_EXAMPLES, Problem
from seq2seq_transformer.experiment.sections import DataConfig
from seq2seq_transformer.tasks.base import Task
from seq2seq_transformer.tasks.floats import agrees
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.values import Example, ExampleBatch, ValueType

if TYPE_CHECKING:
    from seq2seq_transformer.data.curriculum import Curriculum
    from seq2seq_transformer.data.sources import TrainingBatches


class FileTask(Task):
    """The task that a file poses: it has types and judges answers, but cannot make examples.

    Args:
        types: of its examples.
        tolerance: largest relative error of floats in an answer.
    """

    def __init__(self, types: Types, tolerance: float) -> None:
        self._types, self._tolerance = types, tolerance

    @property
    def source(self) -> ValueType:
        """As declared or found out."""
        return self._types.source

    @property
    def target(self) -> ValueType:
        """As declared or found out."""
        return self._types.target

    def sample(self, rng: np.random.Generator) -> Example:
        """Refuse: a file cannot make new examples."""
        raise UserError("a file of examples cannot make new ones.")

    def is_correct(self, example: Example, answer: Any) -> bool:
        """Equality; floats are near enough within the tolerance, all floats of an answer together."""
        return agrees(answer, example.target, self._tolerance)


class FileProblem(Problem):
    """Files of examples: one to train on, one to validate on or a fraction split off, and perhaps one to test on.

    Args:
        task: the types.
        tokenizer: of the types.
        data: which files, and how they are read.
        listener: hears of the reading, and what the files hold.

    Raises:
        ConfigError: with the faulty lines of all files.
        UserError: where a file has sources of the training file, or nothing is left to train or validate on.
    """

    trained_whole: Mapping[str, int] = {}

    def __init__(self, task: Task, tokenizer: Tokenizer, data: DataConfig, listener: Listener) -> None:
        super().__init__(task, tokenizer)
        self._share = data.validation_share
        names = ["" if self._share is not None else data.validation, data.test, data.train, *data.more]
        read = [read_file(Path(name), data, task, tokenizer, listener) if name else None for name in names]
        validated, self.tested, *trained = read  # None: no file of its own
        others = [corpus for corpus in (validated, self.tested) if corpus is not None]
        files = [corpus for corpus in trained if corpus is not None]
        refuse_faults([corpus.faults for corpus in (*files, *others)], data)
        self._training, self._weights = joined(files), np.array(data.weights)
        self._file_ends = np.cumsum([len(corpus.stored) for corpus in files])
        self._rows, rows = np.arange(len(self._training.stored)), np.zeros(0, dtype=np.int64)
        if self._share is None:
            rows = np.arange(len(validated.stored)) if validated else rows
        else:
            chosen = in_lowest_share(self._training.stored.sources, self._share)
            self._rows, rows = self._rows[~chosen], self._rows[chosen]
        self._validated, self._validation_rows = validated or self._training, rows
        parts = np.split(self._rows, np.searchsorted(self._rows, self._file_ends)[:-1])
        for found, corpus, what in (
            *((part, corpus, "to train on") for part, corpus in zip(parts, files, strict=True)),
            (rows, self._validated, "to validate on"),
        ):
            if not len(found):
                raise UserError(f"{corpus.path} must leave examples {what}, but leaves none. See: --data.validation")
        for corpus in others:
            check_overlap(self.seen(corpus.stored), corpus, data)
        listener.on_notes(
            [*(line for corpus in (*files, *others) for line in describe(corpus, task)), *self._split_line()]
        )

    def _split_line(self) -> list[str]:
        if self._share is None:
            return []
        held_out = f"{len(self._validation_rows):,} split off by the hash of the source"
        return [f"{self._training.path}: {len(self._rows):,} to train on, {held_out}"]

    def training_batches(
        self, batch_size: int, examples_per_epoch: int, seed: int, curriculum: "Curriculum | None" = None
    ) -> "TrainingBatches":
        from seq2seq_transformer.data.sources import StoredBatches, WeightedBatches

        assert curriculum is None, "refused when the configuration was read"
        sizes, rows = (batch_size, len(self._rows), seed), (self._training.stored, self._rows)
        if not len(self._weights):
            return StoredBatches(self.tokenizer, *sizes, *rows)
        ends = np.searchsorted(self._rows, self._file_ends)
        return WeightedBatches(self.tokenizer, *sizes, *rows, ends, self._weights / self._weights.sum())

    def training_examples(self, n: int, seed: int, curriculum: "Curriculum | None" = None) -> ExampleBatch:
        rows = self._rows[shuffled(np.arange(min(n, len(self._rows))), len(self._rows), seed, 0)]
        return self._training.stored.examples(rows, self.tokenizer)

    def validation(self, n: int) -> ExampleBatch:
        return self._chosen(self._validated.stored, self._validation_rows, n)

    def test(self, n: int) -> ExampleBatch:
        if self.tested is not None:
            return all_examples(self.tested, self.tokenizer)[: n or None]
        return self._chosen(self._validated.stored, self._validation_rows, n or TEST_EXAMPLES)

    def seen(self, stored: StoredExamples) -> NDArray[np.bool_]:
        return np.isin(stored.sources, self._training.stored.sources[self._rows])

    def test_at(self, difficulty: int, n: int) -> ExampleBatch:
        everything = self.test(0) if self.tested else self.validation(len(self._validation_rows))
        return at_difficulty(everything, self.task, difficulty, n)

    def _chosen(self, stored: StoredExamples, rows: NDArray[np.int64], n: int) -> ExampleBatch:
        """As many of the rows: those of the least hashes, so that the choice is no matter of order in the file."""
        order = np.argsort(stored.sources[rows], kind="stable")
        return stored.examples(rows[order[:n]], self.tokenizer)


def read_file(path: Path, data: DataConfig, task: Task, tokenizer: Tokenizer, listener: Listener) -> Corpus:
    """A file as the task's types, tokenised.

    Raises:
        FileError: where it cannot be read.
    """
    types = Types(task.source, task.target)
    return tokenise(path, file_options(data), types, tokenizer, lambda lines: listener.on_reading(path, lines))


def all_examples(corpus: Corpus, tokenizer: Tokenizer) -> ExampleBatch:
    """Every example of a file.

    Raises:
        UserError: where it holds none.
    """
    if not len(corpus.stored):
        raise UserError(f"{corpus.path} must hold an example, but holds none.")
    return corpus.stored.examples(np.arange(len(corpus.stored)), tokenizer)


def at_difficulty(examples: ExampleBatch, task: Task, difficulty: int, n: int) -> ExampleBatch:
    """Those of some examples that have this difficulty, at most n of them where n is not 0.

    Raises:
        UserError: where there are none.
    """
    rows = [row for row, source in enumerate(examples.source.to_lists()) if task.difficulty_of(source) == difficulty]
    if not rows:
        word = task.difficulty or "length"
        raise UserError(f"there must be test examples of the {word} {difficulty}, but there are none.")
    return examples[np.array(rows[: n or None])]


def refuse_faults(faults: Sequence[Faults], data: DataConfig) -> None:
    """Raise a ConfigError with the faulty lines of all files, unless they are to be left out."""
    sentences = [sentence for each in faults for sentence in each.sentences()]
    if sentences and data.on_error == "stop":
        raise ConfigError([*sentences, "Mend the lines, or leave them out: --data.on_error skip"])


def check_overlap(seen: NDArray[np.bool_], corpus: Corpus, data: DataConfig) -> None:
    """Raise a UserError where a file has sources that were trained on, unless that is allowed."""
    if seen.any() and not data.allow_overlap:
        raise UserError(
            f"{corpus.path} must have other sources than those trained on, but {int(seen.sum()):,} of {len(seen):,} "
            "were. Remove them, or say: --data.allow_overlap"
        )
