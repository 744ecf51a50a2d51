"""What decoding is: from the scores of the next token to whole answers. NumPy only, so every engine shares it."""

# W sequences still being decoded · V num_tokens
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.decoding.constraints import Constraint
from seq2seq_transformer.registry import Registry


class StepFunction(Protocol):
    """A model in the middle of a batch of answers, one row a sequence."""

    def __call__(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        """Take the newest token of each row, (W,), and return new logits of the next one, (W, V)."""
        ...

    def select(self, rows: NDArray[np.int64]) -> None:
        """Keep these rows, in this order, also before the first token; a row may be taken more than once."""
        ...


@dataclass(frozen=True)
class Hypothesis:
    """An answer in tokens: without SOS, and without the EOS that ended it."""

    tokens: tuple[int, ...]
    log_probability: float
    """Natural logarithm of the probability of the tokens and the EOS after them, by the model alone."""
    finished: bool
    """False where the length limit cut the answer off."""
    by_token: tuple[float, ...] = ()
    """Natural logarithm of the probability of each token, and of the EOS, given those before it, by the model alone."""
    others: tuple["Hypothesis", ...] = ()
    """Further answers to the same source, where the strategy has them, in its order."""


class DecodingStrategy(ABC):
    """A way to choose tokens. Options are keyword-only parameters."""

    @property
    def rows(self) -> int:
        """Most rows that one source takes at once."""
        return 1

    @property
    def draws(self) -> int:
        """How many independent draws an answer and its `others` are; 0: they are none."""
        return 0

    @abstractmethod
    def decode(
        self,
        step: StepFunction,
        num_sources: int,
        *,
        sos: int,
        eos: int,
        max_length: int | Sequence[int],
        constraint: Constraint | None = None,
        indices: Sequence[int] | None = None,
    ) -> list[Hypothesis]:
        """One answer a source.

        Args:
            step: the model, started on `num_sources` sources.
            num_sources: how many rows `step` begins with.
            sos: id of the token that begins an answer.
            eos: id of the token that ends one.
            max_length: most tokens of an answer, EOS included; one for all sources, or one each.
            constraint: what answers can be; None: anything. The limits must leave room for its shortest answer.
            indices: the number of each source, by which random ones are drawn; None: 0, 1, 2 …
        """


DECODING_STRATEGIES: Registry[DecodingStrategy] = Registry("decoding strategy", "seq2seq_transformer.decoding")
MOST_ROWS = 10_000
"""Answers to one source that are worked on side by side."""


def limits(max_length: int | Sequence[int], num_sources: int) -> NDArray[np.int64]:
    """The limit of each source, (num_sources,)."""
    return np.broadcast_to(np.asarray(max_length, dtype=np.int64), (num_sources,))


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logarithms of the probabilities of each row, in float64."""
    return logits - log_total(logits)[..., None]


def log_total(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Ln of the sum of e to the logits of each row: ln p of a token is its logit minus this.

    Exponentials in float32 are five times faster than in float64, and added up in float64 they lose 1e-8 of it.
    """
    largest = logits.max(axis=-1, keepdims=True)
    return largest[..., 0] + np.log(np.exp(logits - largest).sum(axis=-1, dtype=np.float64))
