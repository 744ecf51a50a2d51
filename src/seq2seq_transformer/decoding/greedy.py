"""Take the likeliest token, again and again."""

from collections.abc import Sequence

from seq2seq_transformer.decoding.base import (
    DECODING_STRATEGIES,
    DecodingStrategy,
    Hypothesis,
    StepFunction,
    limits,
)
from seq2seq_transformer.decoding.constraints import Constraint
from seq2seq_transformer.decoding.stepwise import decode_stepwise


@DECODING_STRATEGIES.register
class Greedy(DecodingStrategy):
    """The likeliest next token at every step, until EOS; a finished sequence leaves the batch."""

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
        """One answer a source; see DecodingStrategy."""
        return decode_stepwise(
            step,
            lambda scores, rows, place: scores.argmax(axis=-1),
            sos=sos,
            eos=eos,
            limit=limits(max_length, num_sources),
            constraint=constraint,
        )
