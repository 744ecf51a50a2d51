"""Write a sequence twice."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS
from seq2seq_transformer.tasks.recipes import COPYING, Recipe
from seq2seq_transformer.tasks.symbol_sequences import SymbolTask, cut
from seq2seq_transformer.values import IntBatch


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Duplicate(SymbolTask):
    """The sequence twice, one after the other.

    In numbers: the source 1 0 2 has the target 1 0 2 1 0 2.
    As tokens: one symbol a term, and nothing between the two copies; a symbol may occur often, so only its place tells
    the model where it is in the source and when to begin again.
    It is Duplicate String of arXiv 2207.02098, which has `num_symbols` 2.

    >>> source, target = Duplicate().sample(np.random.default_rng(0))
    >>> source * 2 == target
    True
    """

    max_length: int = 40

    @property
    def recipe(self) -> Recipe:
        """Places from either end, and a second pass."""
        return COPYING

    def answers(self, sources: IntBatch) -> IntBatch:
        """Each gone through twice."""
        places = np.arange(2 * sources.values.shape[1]) % sources.lengths[:, None]
        return cut(np.take_along_axis(sources.values, places, axis=1), 2 * sources.lengths)
