"""Take the likeliest token, again and again."""

import numpy as np

from seq2seq_transformer.decoding.base import (
    DECODING_STRATEGIES,
    DecodingStrategy,
    Hypothesis,
    StepFunction,
    log_softmax,
)


@DECODING_STRATEGIES.register
class Greedy(DecodingStrategy):
    """The likeliest next token at every step, until EOS; a finished sequence leaves the batch."""

    def decode(self, step: StepFunction, num_sources: int, *, sos: int, eos: int, max_length: int) -> list[Hypothesis]:
        """One answer a source; see DecodingStrategy."""
        answers: list[list[int]] = [[] for _ in range(num_sources)]
        log_probability = np.zeros(num_sources)
        finished = np.zeros(num_sources, dtype=bool)
        running = np.arange(num_sources)
        newest = np.full(num_sources, sos, dtype=np.int64)
        for _ in range(max_length):
            scores = log_softmax(step(newest))
            newest = scores.argmax(axis=-1)
            log_probability[running] += scores[np.arange(len(running)), newest]
            going_on = newest != eos
            finished[running[~going_on]] = True
            running, newest = running[going_on], newest[going_on]
            for row, token in zip(running, newest.tolist(), strict=True):
                answers[row].append(token)
            if not len(running):
                break
            if not going_on.all():
                step.select(np.flatnonzero(going_on))
        return [
            Hypothesis(tuple(tokens), float(score), bool(done))
            for tokens, score, done in zip(answers, log_probability, finished, strict=True)
        ]
