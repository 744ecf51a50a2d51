"""Sort a sequence over a few symbols, as the paper on the Chomsky hierarchy has it."""

from dataclasses import dataclass

from seq2seq_transformer.tasks.base import TASKS
from seq2seq_transformer.tasks.recipes import COUNTING, Recipe
from seq2seq_transformer.tasks.sort import ascending
from seq2seq_transformer.tasks.symbol_sequences import SymbolTask
from seq2seq_transformer.values import IntBatch


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class BucketSort(SymbolTask):
    """The terms in ascending order, where there are only a few different ones.

    In numbers: the source 1 0 2 0 4 1 1 2 has the target 0 0 1 1 1 2 2 4.
    As tokens: one symbol a term; with five symbols and up to forty terms most symbols occur often, so the answer is
    five runs whose lengths have to be counted.
    It is Bucket Sort of arXiv 2207.02098, with the paper's five symbols; `sort` is the same with other defaults.

    >>> import numpy as np
    >>> source, target = BucketSort().sample(np.random.default_rng(0))
    >>> sorted(source) == target
    True
    """

    max_length: int = 40
    num_symbols: int = 5

    @property
    def recipe(self) -> Recipe:
        """The next equal term, or the first of the next kind."""
        return COUNTING

    def answers(self, sources: IntBatch) -> IntBatch:
        """Each sorted."""
        return ascending(sources)
