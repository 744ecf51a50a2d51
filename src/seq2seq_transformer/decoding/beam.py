"""Keep the likeliest beginnings of each answer, and go on with all of them."""

# A sources still being decoded · R rows of the step function · W width · V num_tokens
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.decoding.base import (
    DECODING_STRATEGIES,
    MOST_ROWS,
    DecodingStrategy,
    Hypothesis,
    StepFunction,
    limits,
    log_softmax,
)
from seq2seq_transformer.decoding.constraints import Constraint
from seq2seq_transformer.decoding.stepwise import hypothesis, masked
from seq2seq_transformer.errors import Problems


@DECODING_STRATEGIES.register
@dataclass(frozen=True, kw_only=True)
class Beam(DecodingStrategy):
    """Beam search: the likeliest beginnings of an answer side by side, for answers likelier than the greedy one."""

    width: int = 4
    """Beginnings of an answer that are kept, from 1 to 10000. 1, without penalty: greedy."""
    length_penalty: float = 0.0
    """α of Wu et al. (2016, arXiv 1609.08144, equation 14): ln p is divided by ((5 + tokens) / 6)^α, EOS counted, so
    that above 0 longer answers are preferred. 0 is off."""
    early_stopping: bool = False
    """Stop when as many answers as the width are found; otherwise, when no other can be better than these."""
    n_best: int = 1
    """Answers that are given, best first, from 1 to the width."""

    def __post_init__(self) -> None:
        problems = Problems()
        problems.require(1 <= self.width <= MOST_ROWS, f"`decoding.width` must be from 1 to {MOST_ROWS}", self.width)
        power = self.length_penalty
        problems.require(0 <= power < 100, "`decoding.length_penalty` must be at least 0 and below 100", power)
        rule = f"`decoding.n_best` must be from 1 to `decoding.width` ({self.width})"
        problems.require(1 <= self.n_best <= max(1, self.width), rule, self.n_best)
        problems.raise_if_any()

    @property
    def rows(self) -> int:
        """The width."""
        return self.width

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
        """The best answer found to each source; see DecodingStrategy."""
        limit = limits(max_length, num_sources)
        search = _Search(self, eos, limit, constraint)
        live = _Live.at_start(num_sources, sos)
        while len(live.source):
            live, parents = search.advance(step(live.newest), live)
            if len(live.source) and not np.array_equal(parents, np.arange(search.rows)):
                step.select(parents)
        return [self._best(*each) for each in zip(search.found, search.without_numbers.tolist(), strict=True)]

    def _best(self, found: Sequence[Hypothesis], without_numbers: bool) -> Hypothesis:
        if not found:  # nothing is possible, or nothing is a number
            return Hypothesis((), math.nan if without_numbers else -math.inf, finished=False)
        first, *others = sorted(found, key=lambda each: (not each.finished, -self.score(each)))[: self.n_best]
        return replace(first, others=tuple(others))

    def score(self, answer: Hypothesis) -> float:
        """What answers are compared by."""
        return answer.log_probability / self.penalty(len(answer.by_token))

    def penalty(self, tokens: int) -> float:
        """The divisor of ln p at so many tokens, EOS included."""
        return ((5 + tokens) / 6) ** self.length_penalty


class _Live(NamedTuple):
    """The beginnings that are gone on with, rows in order of their sources and, of a source, the likeliest first."""

    source: NDArray[np.int64]  # (R,)
    newest: NDArray[np.int64]  # (R,)
    state: NDArray[np.int64]  # (R,)
    total: NDArray[np.float64]  # (R,) ln p so far
    tokens: NDArray[np.int64]  # (R, tokens so far)
    scores: NDArray[np.float64]  # (R, tokens so far) ln p of each

    @classmethod
    def at_start(cls, num_sources: int, sos: int) -> "_Live":
        zeros = np.zeros(num_sources, dtype=np.int64)
        nothing = np.zeros((num_sources, 0), dtype=np.int64)
        return cls(
            np.arange(num_sources), zeros + sos, zeros, np.zeros(num_sources), nothing, np.zeros((num_sources, 0))
        )

    def of_rows(self, rows: NDArray[np.int64]) -> "_Live":
        """These rows."""
        return _Live(*(part[rows] for part in self))  # type: ignore[arg-type]


class _Search:
    """One search for every source at once.

    Args:
        options: of the beam.
        eos: id of the token that ends an answer.
        limit: most tokens of each answer, EOS included.
        constraint: what answers can be; None: anything.
    """

    def __init__(self, options: Beam, eos: int, limit: NDArray[np.int64], constraint: Constraint | None) -> None:
        self.options, self.eos, self.limit, self.constraint = options, eos, limit, constraint
        self.found: list[list[Hypothesis]] = [[] for _ in limit]
        self.without_numbers = np.zeros(len(limit), dtype=np.bool_)
        self.rows = len(limit)

    def advance(self, logits: NDArray[np.float32], live: _Live) -> tuple[_Live, NDArray[np.int64]]:
        """Beginnings that are a token longer, and the row that each of them comes from."""
        self.rows = len(live.source)
        model = log_softmax(logits)
        self.without_numbers[live.source[np.isnan(model[:, 0])]] = True  # one that is none makes all of its row none
        seen = model
        if self.constraint is not None:
            seen = masked(model, self.constraint, live.state, self.limit[live.source] - live.tokens.shape[1])
        parents, tokens, ranks = self._candidates(live, live.total[:, None] + seen)
        longer = _Live(
            live.source[parents],
            tokens,
            live.state[parents],
            live.total[parents] + model[parents, tokens],
            np.concatenate([live.tokens[parents], tokens[:, None]], axis=1),
            np.concatenate([live.scores[parents], model[parents, tokens][:, None]], axis=1),
        )
        ended = tokens == self.eos
        self._keep(longer, np.flatnonzero(ended & (ranks < self.options.width)))
        going_on = ~ended & (_running_count(longer.source, ~ended) <= self.options.width)
        cut = going_on & (self.limit[longer.source] <= longer.tokens.shape[1])
        self._keep(longer, np.flatnonzero(cut))
        done = self._done(longer, going_on)
        chosen = np.flatnonzero(going_on & ~cut & ~done[longer.source])
        following = longer.of_rows(chosen)
        if self.constraint is not None and len(chosen):
            following = following._replace(state=self.constraint.next(following.state, following.newest))
        return following, parents[chosen]

    def _candidates(
        self, live: _Live, totals: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The best 2W continuations of each source, best first: the row they go on from, their token, their rank.

        At most W of them end, so W are left to go on with, where there are as many.
        """
        sources, first, counts = np.unique(live.source, return_index=True, return_counts=True)
        place = np.repeat(np.arange(len(sources)), counts)
        beam = np.arange(len(live.source)) - first[place]
        num_tokens = totals.shape[1]
        grid_AWV = np.full((len(sources), int(counts.max()), num_tokens), -np.inf)
        grid_AWV[place, beam] = totals
        flat = grid_AWV.reshape(len(sources), -1)
        count = min(2 * self.options.width, flat.shape[1])
        top = np.sort(np.argpartition(-flat, count - 1, axis=1)[:, :count], axis=1)
        order = np.argsort(-np.take_along_axis(flat, top, axis=1), axis=1, kind="stable")
        top = np.take_along_axis(top, order, axis=1)
        possible = np.take_along_axis(flat, top, axis=1) > -np.inf
        ranks = np.broadcast_to(np.arange(count), top.shape)
        return (first[:, None] + top // num_tokens)[possible], (top % num_tokens)[possible], ranks[possible]

    def _keep(self, longer: _Live, rows: NDArray[np.int64]) -> None:
        """Take these for answers: ended, or cut off by the limit."""
        for row in rows.tolist():
            answer = hypothesis(longer.tokens[row].tolist(), longer.scores[row].tolist(), self.eos)
            self.found[longer.source[row]].append(answer)

    def _done(self, longer: _Live, going_on: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Of each source, whether enough answers are found and no other can be better."""
        width, done = self.options.width, np.zeros(len(self.limit), dtype=bool)
        # The likeliest beginning stands first; it loses nothing more at best, and is divided by the most there can be.
        firsts = np.flatnonzero(going_on & (_running_count(longer.source, going_on) == 1))
        for row in firsts.tolist():
            source = int(longer.source[row])
            scores = sorted((self.options.score(each) for each in self.found[source] if each.finished), reverse=True)
            if len(scores) >= width:
                best = longer.total[row] / self.options.penalty(int(self.limit[source]))
                done[source] = self.options.early_stopping or best <= scores[width - 1]
        return done


def _running_count(source: NDArray[np.int64], counted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Of each row, how many rows of its source are counted up to it."""
    total = counted.cumsum()
    _, first, inverse = np.unique(source, return_index=True, return_inverse=True)
    return total - (total - counted)[first][inverse]
