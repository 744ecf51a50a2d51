"""Drop the terms that have occurred before."""

from dataclasses import dataclass

from seq2seq_transformer.tasks.base import TASKS
from seq2seq_transformer.tasks.recipes import FIRSTS, Recipe
from seq2seq_transformer.tasks.symbol_sequences import SymbolTask
from seq2seq_transformer.values import IntBatch


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Deduplicate(SymbolTask):
    """The different terms, each where it occurs first.

    In numbers: the source 3 1 3 3 2 1 has the target 3 1 2.
    As tokens: one symbol a term; the next token of the answer is the first one of the source that the answer does not
    hold yet, so the model has to compare what it reads with what it has written.

    >>> import numpy as np
    >>> source, target = Deduplicate().sample(np.random.default_rng(0))
    >>> sorted(set(source), key=source.index) == target
    True
    """

    @property
    def recipe(self) -> Recipe:
        """The first of each kind, one after another."""
        return FIRSTS

    def answers(self, sources: IntBatch) -> IntBatch:
        """The first of each symbol."""
        return IntBatch.from_lists([list(dict.fromkeys(row)) for row in sources.to_lists()])
