"""The loop of the strategies that choose one token after another and never take one back."""

# W sequences still being decoded · V num_tokens
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.decoding.base import Hypothesis, StepFunction, log_total
from seq2seq_transformer.decoding.constraints import Constraint

Choose = Callable[[NDArray[np.float32], NDArray[np.int64], int], NDArray[np.int64]]
"""From logits of the next token (W, V), which row is which answer (W,), and the place in the answer, to tokens (W,)."""

_MOST_LOGITS = 2**16
"""Logits that are kept until ln p is worked out: a call costs as much for one row as for ten."""


def decode_stepwise(
    step: StepFunction,
    choose: Choose,
    *,
    sos: int,
    eos: int,
    limit: NDArray[np.int64],
    constraint: Constraint | None,
) -> list[Hypothesis]:
    """One answer a row of the step function; a finished one leaves the batch.

    Args:
        step: the model.
        choose: chooses the next tokens; what is not allowed has a logit of minus infinity there.
        sos: id of the token that begins an answer.
        eos: id of the token that ends one.
        limit: most tokens of each answer, EOS included.
        constraint: what answers can be; None: anything.
    """
    running = np.arange(len(limit))
    newest = np.full(len(limit), sos, dtype=np.int64)
    states = np.zeros(len(limit), dtype=np.int64)
    said, shortest = _Said(len(limit)), int(limit.min()) if len(limit) else 0
    for place in range(int(limit.max(initial=0))):
        logits = step(newest)
        seen = logits if constraint is None else masked(logits, constraint, states, limit[running] - place)
        newest = choose(seen, running, place)
        tokens = newest.tolist()
        said.add(running, tokens, logits)
        if place + 1 >= shortest or eos in tokens:
            kept = np.flatnonzero((newest != eos) & (limit[running] > place + 1))
            if not len(kept):
                break
            if len(kept) < len(running):
                running, newest, states = running[kept], newest[kept], states[kept]
                step.select(kept)
        if constraint is not None:
            states = constraint.next(states, newest)
    return said.hypotheses(eos)


class _Said:
    """The tokens of each answer and ln p of each, which is worked out for many steps at once.

    Args:
        answers: how many.
    """

    def __init__(self, answers: int) -> None:
        self._tokens: list[list[int]] = [[] for _ in range(answers)]
        self._scores: list[list[float]] = [[] for _ in range(answers)]
        self._noted: list[tuple[NDArray[np.int64], list[int], NDArray[np.float32]]] = []
        self._held = 0

    def add(self, answers: NDArray[np.int64], tokens: list[int], logits: NDArray[np.float32]) -> None:
        """A token each for some answers, chosen by logits (W, V)."""
        self._noted.append((answers, tokens, logits))
        self._held += logits.size
        if self._held > _MOST_LOGITS:
            self._work_out()

    def _work_out(self) -> None:
        answers, tokens, logits = zip(*self._noted, strict=True)
        chosen, scores = list(itertools.chain.from_iterable(tokens)), np.concatenate(logits)
        by_token = scores[np.arange(len(chosen)), chosen] - log_total(scores)
        for answer, token, score in zip(np.concatenate(answers).tolist(), chosen, by_token.tolist(), strict=True):
            self._tokens[answer].append(token)
            self._scores[answer].append(score)
        self._noted, self._held = [], 0

    def hypotheses(self, eos: int) -> list[Hypothesis]:
        """All answers."""
        if self._noted:
            self._work_out()
        return [hypothesis(said, score, eos) for said, score in zip(self._tokens, self._scores, strict=True)]


def masked(
    scores: NDArray[Any], constraint: Constraint, states: NDArray[np.int64], remaining: NDArray[np.int64]
) -> NDArray[Any]:
    """The scores, minus infinity where a token cannot come next."""
    return np.where(constraint.allowed(states, remaining), scores, -np.inf)


def hypothesis(tokens: Sequence[int], scores: Sequence[float], eos: int) -> Hypothesis:
    """An answer of these tokens, the EOS at its end among them where it has one."""
    finished = bool(tokens) and tokens[-1] == eos
    return Hypothesis(tuple(tokens[: len(tokens) - finished]), float(sum(scores)), finished, tuple(scores))
