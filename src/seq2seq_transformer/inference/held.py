"""What engines share: which rows of a batch are held, and how many are encoded at once."""

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.model.config import TransformerConfig

_MOST_SCORES = 2**26
"""Attention scores of one layer that are held at once, 256 MB of them; longer sources are encoded in smaller parts."""


def rows_at_once(config: TransformerConfig, length: int) -> int:
    """How many rows of so many tokens may attend to themselves at once, at least 1."""
    return max(1, _MOST_SCORES // (config.num_heads * length**2))


def _idle_share(config: TransformerConfig) -> float:
    """What share of the rows of a cache may be idle: at most this part of their work is done for nothing.

    0 where positions are learned and each row counts in its own way, for a row that has ended could run out of them.
    """
    asked = [config.positions_of(attention) for attention in ("cross", "decoder")]
    alike = all(each.name != "learned" or {*each.channels} <= {"absolute", "start"} for each in asked)
    return 1 / 8 if alike else 0.0


class HeldRows:
    """The rows of a cache, and those of them that are still asked for.

    Rows that are dropped one by one stay in the cache, where they cost a little of every step, until leaving them out
    pays for the copy that it takes.

    Args:
        config: of the model.
        number: of rows to begin with.
    """

    def __init__(self, config: TransformerConfig, number: int) -> None:
        self._held, self._idle = number, _idle_share(config)
        self._asked: NDArray[np.int64] | None = None  # where they stand among those held; None: all, in order

    def spread(self, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """A token for each row held, from one for each that is asked for."""
        if self._asked is None:
            return tokens
        spread = np.zeros(self._held, dtype=np.int64)
        spread[self._asked] = tokens
        return spread

    def asked(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of what each row held has, that of the rows asked for: a copy, or the same where that is all."""
        return logits if self._asked is None else logits[self._asked]

    def select(self, rows: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Ask for these rows of those asked for, in this order; returns what to keep of the cache, None: all of it."""
        rows = rows if self._asked is None else self._asked[rows]
        if len(rows) > (1 - self._idle) * self._held and (np.diff(rows) > 0).all():
            self._asked = rows if len(rows) < self._held else None
            return None
        self._held, self._asked = len(rows), None
        return rows
