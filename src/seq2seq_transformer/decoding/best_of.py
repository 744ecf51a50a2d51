"""Draw several answers and let the task's verifier choose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seq2seq_transformer.decoding.base import DECODING_STRATEGIES, MOST_ROWS, Hypothesis, StepFunction, limits
from seq2seq_transformer.decoding.constraints import Constraint
from seq2seq_transformer.decoding.sampling import Sampling
from seq2seq_transformer.decoding.stepwise import decode_stepwise
from seq2seq_transformer.errors import Problems


@DECODING_STRATEGIES.register
@dataclass(frozen=True, kw_only=True)
class BestOf(Sampling):
    """Several drawn answers: the likeliest of those that the task verifies; where it can judge none, the likeliest."""

    n: int = 8
    """Draws a source, from 1 to 10000."""

    def _check(self, problems: Problems) -> None:
        super()._check(problems)
        problems.require(1 <= self.n <= MOST_ROWS, f"`decoding.n` must be from 1 to {MOST_ROWS}", self.n)

    @property
    def rows(self) -> int:
        """The draws, side by side."""
        return self.n

    @property
    def draws(self) -> int:
        """The draws."""
        return self.n

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
        """All draws of each source, the likeliest first; see DecodingStrategy."""
        step.select(np.repeat(np.arange(num_sources), self.n))
        limit = np.repeat(limits(max_length, num_sources), self.n)
        sources = range(num_sources) if indices is None else indices
        numbers = [(source, draw) for source in sources for draw in range(self.n)]
        choose = self.chooser(numbers, int(limit.max(initial=0)))
        drawn = decode_stepwise(step, choose, sos=sos, eos=eos, limit=limit, constraint=constraint)
        return [best_first(drawn[start : start + self.n]) for start in range(0, len(drawn), self.n)]


def best_first(found: Sequence[Hypothesis]) -> Hypothesis:
    """The likeliest of some answers, finished ones before others, with the rest in order behind it."""
    first, *others = sorted(found, key=lambda each: (not each.finished, -each.log_probability))
    return replace(first, others=tuple(others))
