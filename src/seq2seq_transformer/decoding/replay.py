"""What else a model could have said: its likeliest tokens at every place of an answer that is known."""

from collections.abc import Sequence

import numpy as np

from seq2seq_transformer.decoding.base import StepFunction, log_softmax

Alternatives = list[tuple[int, float]]
"""Tokens, the likeliest first, each with its probability by the model alone."""


def replay(step: StepFunction, answers: Sequence[Sequence[int]], *, sos: int, count: int) -> list[list[Alternatives]]:
    """The likeliest tokens at each place of each answer, and after its last token.

    Args:
        step: the model, started on the sources of the answers.
        answers: in tokens, without SOS and EOS.
        sos: id of the token that begins an answer.
        count: how many tokens a place.
    """
    found: list[list[Alternatives]] = [[] for _ in answers]
    running, newest = np.arange(len(answers)), np.full(len(answers), sos, dtype=np.int64)
    for place in range(1 + max(map(len, answers), default=-1)):
        scores = log_softmax(step(newest))
        top = np.argsort(-scores, axis=-1, kind="stable")[:, :count]
        shares = np.exp(np.take_along_axis(scores, top, axis=-1))
        for row, tokens, some in zip(running.tolist(), top.tolist(), shares.tolist(), strict=True):
            found[row].append(list(zip(tokens, some, strict=True)))
        kept = np.array([place < len(answers[row]) for row in running.tolist()], dtype=bool)
        if kept.any() and not kept.all():
            step.select(np.flatnonzero(kept))
        running = running[kept]
        newest = np.array([answers[row][place] for row in running.tolist()], dtype=np.int64)
    return found
