"""Draw tokens by their probabilities."""

# W sequences still being decoded · V num_tokens
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.decoding.base import (
    DECODING_STRATEGIES,
    DecodingStrategy,
    Hypothesis,
    StepFunction,
    limits,
)
from seq2seq_transformer.decoding.constraints import Constraint
from seq2seq_transformer.decoding.stepwise import Choose, decode_stepwise
from seq2seq_transformer.errors import Problems

_DRAWN_AT_ONCE = 256
"""Places of an answer: most end long before their limit."""


@DECODING_STRATEGIES.register
@dataclass(frozen=True, kw_only=True)
class Sampling(DecodingStrategy):
    """Tokens drawn by their probabilities; the draw depends on the seed and the number of the source alone.

    The filters act one after another, in the order of the options, on the probabilities that the temperature gives.
    """

    temperature: float = 1.0
    """What logits are divided by, 0 or more: below 1 likely tokens become likelier. 0: the likeliest token, always."""
    top_k: int = 0
    """Draw among so many likeliest tokens. 0: among all."""
    top_p: float = 1.0
    """Draw among the fewest likeliest tokens that have this probability together (arXiv 1904.09751). 1: among all."""
    min_p: float = 0.0
    """Draw among tokens of at least this share of the likeliest one's probability (arXiv 2407.01082). 0: among all."""
    seed: int = 0
    """Another seed draws other answers."""

    def __post_init__(self) -> None:
        problems = Problems()
        self._check(problems)
        problems.raise_if_any()

    def _check(self, problems: Problems) -> None:
        """Note what is wrong with the options."""
        degrees = self.temperature
        problems.require(
            0 <= degrees < float("inf"), "`decoding.temperature` must be a finite number, 0 or more", degrees
        )
        problems.require(self.top_k >= 0, "`decoding.top_k` must be 0 or more", self.top_k)
        problems.require(0 < self.top_p <= 1, "`decoding.top_p` must be above 0 and at most 1", self.top_p)
        problems.require(0 <= self.min_p <= 1, "`decoding.min_p` must be from 0 to 1", self.min_p)
        problems.require(self.seed >= 0, "`decoding.seed` must be 0 or more", self.seed)

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
        """One drawn answer a source; see DecodingStrategy."""
        limit = limits(max_length, num_sources)
        numbers = [(number, 0) for number in (range(num_sources) if indices is None else indices)]
        choose = self.chooser(numbers, int(limit.max(initial=0)))
        return decode_stepwise(step, choose, sos=sos, eos=eos, limit=limit, constraint=constraint)

    def chooser(self, numbers: Sequence[tuple[int, int]], longest: int) -> Choose:
        """What draws tokens.

        Args:
            numbers: of each answer, the number of its source and which draw of that source it is.
            longest: most tokens of an answer.
        """
        if not self.temperature:
            return lambda scores, rows, place: scores.argmax(axis=-1)
        generators = [np.random.default_rng([self.seed, *pair]) for pair in numbers]
        shares = np.empty((len(generators), 0))

        def draw(scores: NDArray[np.float32], rows: NDArray[np.int64], place: int) -> NDArray[np.int64]:
            nonlocal shares
            if place == shares.shape[1]:
                more = min(_DRAWN_AT_ONCE, longest - place)
                shares = np.concatenate([shares, [generator.random(more) for generator in generators]], axis=1)
            return self._draw(scores, shares[rows, place])

        return draw

    def _draw(self, scores: NDArray[np.float32], shares: NDArray[np.float64]) -> NDArray[np.int64]:
        """The token at which the probabilities, added up in order of the ids, pass a share of their sum."""
        probabilities = self.filtered(scores)
        sums = probabilities.cumsum(axis=-1)
        passed = (sums <= shares[:, None] * sums[:, -1:]).sum(axis=-1)
        last = probabilities.shape[1] - 1 - (probabilities[:, ::-1] > 0).argmax(axis=-1)
        return np.minimum(passed, last)  # a share next to 1 may be rounded to all of the sum

    def filtered(self, scores: NDArray[Any]) -> NDArray[np.float64]:
        """What tokens are drawn by, in proportion: 0 for those filtered out; from logits or ln p, (W, V)."""
        scores = scores.astype(np.float64)
        with np.errstate(over="ignore"):
            heated = (scores - scores.max(axis=-1, keepdims=True)) / self.temperature
        weights = np.exp(heated)
        if 0 < self.top_k < weights.shape[1]:
            weights = _among(weights, np.arange(weights.shape[1]) < self.top_k)
        if self.top_p < 1:
            descending = -np.sort(-weights, axis=-1)
            before = descending.cumsum(axis=-1) - descending
            weights = _among(weights, before < self.top_p * descending.sum(axis=-1, keepdims=True))
        if self.min_p:
            weights = np.where(weights >= self.min_p * weights.max(axis=-1, keepdims=True), weights, 0)
        return weights


def _among(weights: NDArray[np.float64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The weights at the ranks that are kept (equal weights rank in order of their ids), 0 elsewhere."""
    order = np.argsort(-weights, axis=-1, kind="stable")
    chosen = np.zeros(weights.shape, dtype=bool)
    np.put_along_axis(chosen, order, np.broadcast_to(kept, weights.shape), axis=-1)
    return np.where(chosen, weights, 0)
