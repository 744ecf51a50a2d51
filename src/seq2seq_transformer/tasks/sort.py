"""Sort a sequence of small numbers."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS
from seq2seq_transformer.tasks.recipes import COUNTING, Recipe
from seq2seq_transformer.tasks.symbol_sequences import SymbolTask, cut
from seq2seq_transformer.values import IntBatch


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Sort(SymbolTask):
    """The terms in ascending order.

    In numbers: the source 3 1 4 1 5 has the target 1 1 3 4 5.
    As tokens: one symbol a term, so the order of the numbers is nowhere in their spelling and has to be learned; after
    that, the answer needs only how often each symbol occurs, not where.

    >>> source, target = Sort().sample(np.random.default_rng(0))
    >>> sorted(source) == target
    True
    """

    @property
    def recipe(self) -> Recipe:
        """The next equal term, or the first of the next kind."""
        return COUNTING

    def answers(self, sources: IntBatch) -> IntBatch:
        """Each sorted."""
        return ascending(sources)


def ascending(sequences: IntBatch) -> IntBatch:
    """Each sequence sorted."""
    after_all_terms = np.iinfo(np.int64).max
    return cut(np.sort(np.where(sequences.filled(), sequences.values, after_all_terms), axis=1), sequences.lengths)
