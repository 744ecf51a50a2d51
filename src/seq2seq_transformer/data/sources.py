"""Where batches come from. A batch is a pure function of (seed, step): nothing needs to be remembered to resume."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.data.splits import Split
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.values import ExampleBatch

_TRAINING, _VALIDATION, _TEST = range(3)


@dataclass(frozen=True)
class GeneratedBatches:
    """Endless training batches of a task, generated as they are needed, held-out sources left out.

    Args:
        split: the task and what is held out.
        tokenizer: the task's tokenizer.
        batch_size: examples a batch.
        examples_per_epoch: after how many examples an epoch ends; the last batch of an epoch may be smaller.
        seed: another seed gives other batches.
    """

    split: Split
    tokenizer: Tokenizer
    batch_size: int
    examples_per_epoch: int
    seed: int

    def __len__(self) -> int:
        """Batches an epoch."""
        return -(-self.examples_per_epoch // self.batch_size)

    def batch(self, step: int) -> Batch:
        """The batch of this step, counted from 0 over all epochs."""
        place = step % len(self)
        size = min(self.batch_size, self.examples_per_epoch - place * self.batch_size)
        rng = np.random.default_rng((self.seed, _TRAINING, step))
        return Batch.from_examples(self.split.draw(rng, size, held_out=False), self.tokenizer)

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from the one with index `first` on."""
        for place in range(first, len(self)):
            yield self.batch(number * len(self) + place)


def validation_examples(split: Split, n: int) -> ExampleBatch:
    """The fixed validation set: held-out examples, the same for every seed and epoch."""
    return split.draw(np.random.default_rng((0, _VALIDATION)), n, held_out=True)


def test_examples(split: Split, n: int) -> ExampleBatch:
    """The fixed test set: held-out examples drawn independently of the validation set."""
    return split.draw(np.random.default_rng((0, _TEST)), n, held_out=True)
