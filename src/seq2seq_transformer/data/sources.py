"""Where batches come from. A batch is a pure function of (seed, step): nothing needs to be remembered to resume.

A difficulty that rises with success is the one exception: a batch is a function of it as well, and checkpoints hold it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.data.curriculum import Curriculum
from seq2seq_transformer.data.shuffle import shuffled
from seq2seq_transformer.data.splits import Split
from seq2seq_transformer.data.stored import StoredExamples
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.values import ExampleBatch

TRAINING, _VALIDATION, _TEST, _POOLS, REPEATED, _PRACTISED = range(6)


@dataclass(frozen=True)
class TrainingBatches(ABC):
    """Endless training batches, in epochs; the last batch of an epoch may be smaller.

    Args:
        tokenizer: of the problem.
        batch_size: examples a batch.
        examples_per_epoch: after how many examples an epoch ends.
        seed: another seed gives other batches.
    """

    tokenizer: Tokenizer
    batch_size: int
    examples_per_epoch: int
    seed: int

    def __len__(self) -> int:
        """Batches an epoch."""
        return -(-self.examples_per_epoch // self.batch_size)

    @abstractmethod
    def batch(self, step: int) -> Batch:
        """The batch of this step, counted from 0 over all epochs."""

    def difficulty(self, step: int) -> int:
        """The most difficult examples of this step; 0 where they do not change."""
        return 0

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from the one with index `first` on."""
        for place in range(first, len(self)):
            yield self.batch(number * len(self) + place)

    def size(self, step: int) -> int:
        """Examples of the batch of this step."""
        return min(self.batch_size, self.examples_per_epoch - step % len(self) * self.batch_size)


@dataclass(frozen=True)
class GeneratedBatches(TrainingBatches):
    """Batches of a task, generated as they are needed, held-out sources left out.

    Args:
        split: the task and what is held out.
    """

    split: Split

    def batch(self, step: int) -> Batch:
        rng = np.random.default_rng((self.seed, TRAINING, step))
        return Batch.from_examples(self.split_at(step).draw(rng, self.size(step), held_out=False), self.tokenizer)

    def split_at(self, step: int) -> Split:
        """The task as it is at this step."""
        return self.split


@dataclass(frozen=True)
class GrowingBatches(GeneratedBatches):
    """Batches of a task that becomes more difficult.

    Args:
        curriculum: how.
        within: the task between two difficulties.
    """

    curriculum: Curriculum
    within: Callable[[int, int], Split]

    def difficulty(self, step: int) -> int:
        return self.curriculum.span(step)[1]

    def split_at(self, step: int) -> Split:
        return self.within(*self.curriculum.span(step))


@dataclass(frozen=True)
class StoredBatches(TrainingBatches):
    """Batches of a tokenised file: an epoch is one pass, shuffled anew.

    Args:
        stored: the file.
        rows: those to train on, `examples_per_epoch` of them.
    """

    stored: StoredExamples
    rows: NDArray[np.int64]

    def places(self, step: int) -> NDArray[np.int64]:
        """Which of the rows stand in the batch of this step."""
        epoch, place = divmod(step, len(self))
        first = place * self.batch_size
        return shuffled(np.arange(first, first + self.size(step)), len(self.rows), self.seed, epoch)

    def batch(self, step: int) -> Batch:
        rows = self.rows[self.places(step)]
        pad = self.tokenizer.vocabulary.pad
        src, tgt = (torch.from_numpy(self.stored.tokens(rows, side, pad)) for side in ("source", "target"))
        return Batch(src, tgt, pad)


@dataclass(frozen=True)
class WeightedBatches(StoredBatches):
    """Batches of several tokenised files, each example drawn by itself: a file by its share, then one of its rows.

    Args:
        ends: where the rows of each file end, none of them empty.
        shares: probability of each file.
    """

    ends: NDArray[np.int64]
    shares: NDArray[np.float64]

    def places(self, step: int) -> NDArray[np.int64]:
        rng = np.random.default_rng((self.seed, TRAINING, step))
        files = rng.choice(len(self.shares), size=self.size(step), p=self.shares)
        return rng.integers(np.concatenate([[0], self.ends])[files], self.ends[files])


_POOL = 16


@dataclass(frozen=True, eq=False)
class GroupedBatches(TrainingBatches):
    """The batches of another source, their examples sorted by length within every few batches.

    Args:
        inner: whose examples.
    """

    inner: TrainingBatches

    @classmethod
    def of(cls, inner: TrainingBatches) -> "GroupedBatches":
        """The same examples in other company."""
        return cls(inner.tokenizer, inner.batch_size, inner.examples_per_epoch, inner.seed, inner)

    def batch(self, step: int) -> Batch:
        epoch, place = divmod(step, len(self))
        pool, slot = divmod(place, _POOL)
        return self._pool(epoch, pool, self.difficulty(epoch * len(self) + pool * _POOL))[slot]

    def difficulty(self, step: int) -> int:
        return self.inner.difficulty(step)

    @lru_cache(maxsize=2)  # noqa: B019 (a training has one of these)
    def _pool(self, epoch: int, number: int, _difficulty: int) -> list[Batch]:
        """The batches of a pool, in a random order: a pure function of its number, like the examples in it.

        Its difficulty is told as well: where a training goes back and on otherwise, it need not be that of before.
        """
        first = epoch * len(self) + number * _POOL
        steps = range(first, min(first + _POOL, (epoch + 1) * len(self)))
        drawn = [self.inner.batch(step) for step in steps]
        pad = self.tokenizer.vocabulary.pad
        src, tgt = (stacked([getattr(batch, side) for batch in drawn], pad) for side in ("src", "tgt"))
        lengths = (src != pad).sum(dim=1) * (tgt.shape[1] + 1) + (tgt != pad).sum(dim=1)
        order = lengths.argsort(stable=True).split(self.batch_size)
        mixed = np.random.default_rng((self.seed, _POOLS, epoch, number)).permutation(len(order))
        pool = Batch(src, tgt, pad)
        return [pool.rows(order[part]).trimmed() for part in mixed]


def stacked(rows: list[torch.Tensor], pad: int) -> torch.Tensor:
    """Matrices of token ids as one, filled up with PAD."""
    width = max(each.shape[1] for each in rows)
    return torch.cat([torch.nn.functional.pad(each, (0, width - each.shape[1]), value=pad) for each in rows])


def validation_examples(split: Split, n: int) -> ExampleBatch:
    """The fixed validation set: held-out examples, the same for every seed and epoch."""
    return split.draw(np.random.default_rng((0, _VALIDATION)), n, held_out=True)


def practised_examples(split: Split, n: int) -> ExampleBatch:
    """A fixed set of examples such as a training draws them, the same for every seed."""
    return split.draw(np.random.default_rng((0, _PRACTISED)), n, held_out=False)


def test_examples(split: Split, n: int) -> ExampleBatch:
    """The fixed test set: held-out examples drawn independently of the validation set."""
    return split.draw(np.random.default_rng((0, _TEST)), n, held_out=True)
