"""Copy a sequence."""

from dataclasses import dataclass

from seq2seq_transformer.tasks.base import TASKS
from seq2seq_transformer.tasks.recipes import COPYING, Recipe
from seq2seq_transformer.tasks.symbol_sequences import SymbolTask
from seq2seq_transformer.values import IntBatch


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Copy(SymbolTask):
    """The same sequence again.

    In numbers: the source 3 1 4 1 5 has the target 3 1 4 1 5.
    As tokens: one symbol a term; token k of the answer is token k of the source, so the model has to learn places
    rather than values, and a source longer than those of its training has places that are new to it.

    >>> import numpy as np
    >>> source, target = Copy().sample(np.random.default_rng(0))
    >>> source == target
    True
    """

    @property
    def recipe(self) -> Recipe:
        """Places from either end, and a second pass."""
        return COPYING

    def answers(self, sources: IntBatch) -> IntBatch:
        """The sources."""
        return sources
