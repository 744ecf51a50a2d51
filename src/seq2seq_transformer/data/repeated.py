"""Some examples seen again and again, beside fresh ones or alone."""

from dataclasses import dataclass

import numpy as np
import torch

from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.data.sources import REPEATED, TrainingBatches, stacked


@dataclass(frozen=True, eq=False)
class RepeatedBatches(TrainingBatches):
    """The batches of another source, in which some rows are examples of a small set that stays the same.

    A small set that is repeated beside fresh examples can teach what fresh ones alone do not (Charton and Kempe 2024,
    "Emergent properties with repeated examples", arXiv 2410.07041).

    Args:
        inner: where fresh examples come from.
        kept: the small set.
        share: probability of each row to come from it, in (0, 1].
    """

    inner: TrainingBatches
    kept: Batch
    share: float

    @classmethod
    def of(cls, inner: TrainingBatches, kept: Batch, share: float) -> "RepeatedBatches":
        """Batches of the same size."""
        return cls(inner.tokenizer, inner.batch_size, inner.examples_per_epoch, inner.seed, inner, kept, share)

    def difficulty(self, step: int) -> int:
        return self.inner.difficulty(step)

    def batch(self, step: int) -> Batch:
        rng = np.random.default_rng((self.seed, REPEATED, step))
        size, pad = self.size(step), self.tokenizer.vocabulary.pad
        again = torch.from_numpy(rng.random(size) < self.share)
        rows = torch.from_numpy(rng.integers(len(self.kept), size=int(again.sum())))
        if again.all():
            return self.kept.rows(rows).trimmed()
        fresh = self.inner.batch(step)
        src = stacked([fresh.src[~again], self.kept.src[rows]], pad)
        tgt = stacked([fresh.tgt[~again], self.kept.tgt[rows]], pad)
        return Batch(src, tgt, pad).trimmed()
