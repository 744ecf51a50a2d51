"""From tokens to answers, and what is told of them on request: what else could have been said, what was looked at."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from seq2seq_transformer.decoding.base import Hypothesis
from seq2seq_transformer.decoding.constraints import Constraint
from seq2seq_transformer.decoding.replay import replay
from seq2seq_transformer.errors import MalformedTokensError
from seq2seq_transformer.inference.base import Engine
from seq2seq_transformer.inference.prediction import Prediction
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.tokenization.vocabulary import Vocabulary
from seq2seq_transformer.values import Value, from_python

Verifier = Callable[[Any, Any], bool | None]
"""Says of a source and an answer whether this solves it, or None where it cannot tell."""


def read_answer(
    source: Value,
    length: int,
    hypothesis: Hypothesis,
    limit: int,
    constraint: Constraint,
    tokenizer: Tokenizer,
    verifier: Verifier | None,
) -> Prediction:
    """What a hypothesis of at most `limit` tokens says to a source of `length` tokens, or why it says nothing."""
    value, problem, reached = None, None, 0
    if math.isnan(hypothesis.log_probability):
        problem = "the model's scores are no numbers"
    elif not hypothesis.finished:
        problem = f"the answer did not end within {limit} tokens"
    else:
        try:
            value = tokenizer.decode_target(hypothesis.tokens)
        except MalformedTokensError as error:
            problem = f"the answer is malformed: {error}"
        reached = limit if constraint.was_short_of_room(hypothesis.tokens, limit) else 0
    verdict = None
    if verifier:  # where there is no answer, there is nothing to ask
        verdict = problem is None and verifier(from_python(source, tokenizer.source), value)
    probability = 0.0 if math.isnan(hypothesis.log_probability) else math.exp(hypothesis.log_probability)
    said = (value, hypothesis.tokens, probability, problem, hypothesis.by_token)
    return Prediction(source, *said, limit_reached=reached, verdict=verdict, source_tokens=length)


def with_alternatives(
    answers: Sequence[Prediction],
    sources: Sequence[Sequence[int]],
    engine: Engine,
    vocabulary: Vocabulary,
    count: int,
) -> list[Prediction]:
    """The answers with so many of the likeliest symbols at each place; sources in tokens."""
    said = [_fed(answer) for answer in answers]
    step = engine.start(sources, max_length=1 + max(map(len, said)))
    places = replay(step, said, sos=vocabulary.sos, count=count)
    return [
        replace(answer, alternatives=tuple(tuple((vocabulary.symbols[t], p) for t, p in each) for each in found))
        for answer, found in zip(answers, places, strict=True)
    ]


def with_attention(
    answers: Sequence[Prediction], sources: Sequence[Sequence[int]], engine: Any, vocabulary: Vocabulary
) -> list[Prediction]:
    """The answers with the weights of cross-attention, which the engine can tell; sources in tokens."""
    weights = engine.cross_attention(sources, [[vocabulary.sos, *_fed(answer)] for answer in answers])
    return [replace(answer, cross_attention=each) for answer, each in zip(answers, weights, strict=True)]


def _fed(answer: Prediction) -> tuple[int, ...]:
    """The tokens that a further one was asked for after: all, but the last of an answer that its limit cut off."""
    return answer.tokens[: len(answer.token_log_probabilities) - 1]
