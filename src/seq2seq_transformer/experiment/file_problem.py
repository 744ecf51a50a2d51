"""Files of examples as a problem to train and test on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.data.files import ExampleFile, FileOptions
from seq2seq_transformer.data.formats.base import Types
from seq2seq_transformer.data.lines import Faults
from seq2seq_transformer.data.splits import in_lowest_share
from seq2seq_transformer.errors import ConfigError, UserError
from seq2seq_transformer.experiment.corpus import Corpus, content_hash, tokenise
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.problem import TEST_EXAMPLES, Problem
from seq2seq_transformer.experiment.sections import DataConfig
from seq2seq_transformer.tasks.base import Task, flat
from seq2seq_transformer.tasks.dot_product import is_near
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.values import Example, ExampleBatch, Float, ValueType, scalars_of, stable_hash

if TYPE_CHECKING:
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
        """Equality; where the target is made of floats, nearness within the tolerance."""
        target = example.target
        if answer is None or not all(kind == Float() for kind in scalars_of(self.target)):
            return bool(answer == target)
        found, wanted = flat(answer), flat(target)
        return len(found) == len(wanted) and is_near(found, wanted, self._tolerance)


class FileProblem(Problem):
    """Files of examples: one to train on, and one to validate on or a fraction split off.

    Args:
        task: the types.
        tokenizer: of the types.
        data: which files, and how they are read.
        listener: hears of the reading, and what the files hold.
    """

    trained_whole: Mapping[str, int] = {}

    def __init__(self, task: Task, tokenizer: Tokenizer, data: DataConfig, listener: Listener) -> None:
        super().__init__(task, tokenizer)
        self._data = data
        if data.sha256 and content_hash(Path(data.train)) != data.sha256:
            raise UserError(f"{data.train} must be as it was when the training began, but has changed.")
        paths = [Path(data.train)] + ([Path(data.validation)] if data.validation_share is None else [])
        types = Types(task.source, task.target)
        corpora = [
            tokenise(
                path, file_options(data), types, tokenizer, lambda lines, path=path: listener.on_reading(path, lines)
            )
            for path in paths
        ]
        check_faults([corpus.faults for corpus in corpora], data)
        self.training, self._rows, self.validated, self._held_out_rows = self._split(corpora)
        listener.on_data(self._report(corpora))

    def _split(self, corpora: Sequence[Corpus]) -> tuple[Corpus, NDArray[np.int64], Corpus, NDArray[np.int64]]:
        """Training and held-out examples: a file and its rows each."""
        first, last = corpora[0], corpora[-1]
        rows = np.arange(len(first.stored))
        share = self._data.validation_share
        if share is None:
            held_out_rows = np.arange(len(last.stored))
            check_overlap(first, last.stored.sources, last.path, self._data)
        else:
            chosen = in_lowest_share(first.stored.sources, share)
            rows, held_out_rows = rows[~chosen], rows[chosen]
        for found, what in ((rows, "to train on"), (held_out_rows, "to validate on")):
            if not len(found):
                raise UserError(f"{first.path} must leave examples {what}, but leaves none. See: --data.validation")
        return first, rows, last, held_out_rows

    def _report(self, corpora: Sequence[Corpus]) -> list[str]:
        lines = [line for corpus in corpora for line in describe(corpus, self.task, self._data)]
        if self._data.validation_share is not None:
            lines.append(
                f"{len(self._rows):,} to train on, {len(self._held_out_rows):,} split off by the hash of the source"
            )
        return lines

    def training_batches(self, batch_size: int, examples_per_epoch: int, seed: int) -> "TrainingBatches":
        from seq2seq_transformer.data.sources import StoredBatches

        return StoredBatches(self.tokenizer, batch_size, len(self._rows), seed, self.training.stored, self._rows)

    def validation(self, n: int) -> ExampleBatch:
        return self._chosen(self._held_out_rows, n)

    def test(self, n: int) -> ExampleBatch:
        return self._chosen(self._held_out_rows, n or TEST_EXAMPLES)

    def held_out(self, examples: ExampleBatch) -> NDArray[np.bool_]:
        return ~np.isin(stable_hash(examples.source), self.training.stored.sources[self._rows])

    def test_at(self, difficulty: int, n: int) -> ExampleBatch:
        return at_difficulty(self.test(len(self._held_out_rows)), self.task, difficulty, n)

    def _chosen(self, rows: NDArray[np.int64], n: int) -> ExampleBatch:
        """N of the rows: those of the least hashes, so that the choice is no matter of order in the file."""
        order = np.argsort(self.validated.stored.sources[rows], kind="stable")
        return self.validated.stored.examples(rows[order[:n]], self.tokenizer)


def file_options(data: DataConfig) -> FileOptions:
    """How files are read."""
    return FileOptions(data.format, data.types, data.base, data.columns)


def read_test_file(data: DataConfig, task: Task) -> ExampleBatch:
    """Every example of the test file, read as the task's types.

    Raises:
        ConfigError: with the faulty lines.
        FileError: where it cannot be read.
    """
    path = Path(data.test)
    types = Types(task.source, task.target)
    faults = Faults(path)
    options = FileOptions(data.format, str(types), data.base, data.columns)
    blocks = [block.examples for block in ExampleFile(path, options).blocks(types, faults)]
    check_faults([faults], data)
    return ExampleBatch.concatenate([block for block in blocks if len(block)])


def at_difficulty(examples: ExampleBatch, task: Task, difficulty: int, n: int) -> ExampleBatch:
    """Those of some examples that have this difficulty, at most n of them where n is not 0.

    Raises:
        UserError: where there are none.
    """
    rows = [row for row, source in enumerate(examples.source.to_lists()) if task.difficulty_of(source) == difficulty]
    if not rows:
        raise UserError(f"there must be test examples of the length {difficulty}, but there are none.")
    return examples[np.array(rows[: n or None])]


def check_faults(faults: Sequence[Faults], data: DataConfig) -> None:
    """Raise a ConfigError with the faulty lines of all files, unless they are to be left out."""
    sentences = [sentence for each in faults for sentence in each.sentences()]
    if sentences and data.on_error == "stop":
        raise ConfigError([*sentences, "Mend the lines, or leave them out: --data.on_error skip"])


def check_overlap(training: Corpus, others: NDArray[np.uint64], path: Path, data: DataConfig) -> None:
    """Raise a UserError where another file has sources of the training file, unless that is allowed."""
    shared = int(np.isin(others, training.stored.sources).sum())
    if shared and not data.allow_overlap:
        raise UserError(
            f"{path} must have other sources than {training.path}, but {shared:,} of {len(others):,} stand in both. "
            "Remove them, or say: --data.allow_overlap"
        )


def describe(corpus: Corpus, task: Task, data: DataConfig) -> list[str]:
    """What a file holds, in a few lines."""
    facts, stored = corpus.facts, corpus.stored
    sides = []
    for side in ("source", "target"):
        fewest, most, digits = (facts[side][name] for name in ("fewest", "most", "digits"))
        terms = f"{fewest} terms" if fewest == most else f"{fewest} to {most} terms"
        sides.append(f"{side} {terms}" + (f", up to {digits} digits" if digits else ""))
    lines = [f"{corpus.path}: {len(stored):,} examples, {task.source}:{task.target}; {'; '.join(sides)}"]
    pairs = len(np.unique(stored.sources * np.uint64(31) + stored.targets))
    distinct = len(np.unique(stored.sources))
    _, counts = np.unique(stored.targets, return_counts=True)
    duplicates = f"{len(stored) - pairs:,} repeated examples, {pairs - distinct:,} sources with another answer"
    classes = (
        f"{len(counts):,} distinct answers, the most frequent {100 * counts.max(initial=0) / max(1, len(stored)):.1f} %"
    )
    lines.append(f"{corpus.path}: {duplicates}; {classes}")
    if corpus.faults.kinds:
        kinds = ", ".join(f"{kind} ({count:,})" for kind, count in corpus.faults.kinds.most_common())
        lines.append(f"{corpus.path}: {len(corpus.faults):,} faulty lines left out: {kinds}")
    return lines
