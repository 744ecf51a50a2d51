"""Put the terms at odd places before those at even places."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS
from seq2seq_transformer.tasks.recipes import SECONDS, Recipe
from seq2seq_transformer.tasks.symbol_sequences import SymbolTask, cut
from seq2seq_transformer.values import IntBatch


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class OddsFirst(SymbolTask):
    """The first, third, fifth … term, then the second, fourth, sixth ….

    In numbers: the source 5 6 7 8 9 has the target 5 7 9 6 8.
    As tokens: one symbol a term; each token of the answer lies two places after the one before it, and only places
    tell which one that is.
    It is Odds First of arXiv 2207.02098, which has `num_symbols` 2. The definition is the paper's, with places counted
    from 1; its published code counts from 0, and so begins with the second, fourth … term.

    >>> source, target = OddsFirst().sample(np.random.default_rng(0))
    >>> source[::2] + source[1::2] == target
    True
    """

    max_length: int = 40

    @property
    def recipe(self) -> Recipe:
        """Every second place, in two passes."""
        return SECONDS

    def answers(self, sources: IntBatch) -> IntBatch:
        """Every second term of each, from two starts."""
        lengths = sources.lengths[:, None]
        order, odd_ones = np.arange(sources.values.shape[1]), (lengths + 1) // 2
        places = np.where(order < odd_ones, 2 * order, np.minimum(2 * (order - odd_ones) + 1, lengths - 1))
        return cut(np.take_along_axis(sources.values, places, axis=1), sources.lengths)
