"""Write a sequence backwards."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS
from seq2seq_transformer.tasks.recipes import COPYING, Recipe
from seq2seq_transformer.tasks.symbol_sequences import SymbolTask, cut
from seq2seq_transformer.values import IntBatch


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Reverse(SymbolTask):
    """The sequence backwards.

    In numbers: the source 1 2 3 0 has the target 0 3 2 1.
    As tokens: one symbol a term; the answer begins with the last token of the source, whose place differs from source
    to source, so places have to be counted from the end.
    It is Reverse String of arXiv 2207.02098, which has `num_symbols` 2.

    >>> source, target = Reverse().sample(np.random.default_rng(0))
    >>> list(reversed(source)) == target
    True
    """

    max_length: int = 40

    @property
    def recipe(self) -> Recipe:
        """Places from either end, and a second pass."""
        return COPYING

    def answers(self, sources: IntBatch) -> IntBatch:
        """Each read from its end."""
        places = np.maximum(sources.lengths[:, None] - 1 - np.arange(sources.values.shape[1]), 0)
        return cut(np.take_along_axis(sources.values, places, axis=1), sources.lengths)
