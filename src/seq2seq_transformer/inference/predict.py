"""predict: the original's function: continue one sequence with a model in memory."""

import math
from typing import TYPE_CHECKING

from seq2seq_transformer.decoding.base import DECODING_STRATEGIES
from seq2seq_transformer.decoding.constraints import Constraint
from seq2seq_transformer.errors import Seq2SeqError
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.values import Value

if TYPE_CHECKING:
    from seq2seq_transformer.model.transformer import Transformer


def predict(model: "Transformer", input_sequence: Value, tokenizer: Tokenizer, max_length: int = 64) -> Value:
    """The model's continuation of a sequence, token by token until EOS, each the likeliest that can spell an answer.

    Args:
        model: a trained model.
        input_sequence: numbers, such as [1, 0, 1, 0, 1, 0, 1, 0].
        tokenizer: what the model was trained with.
        max_length: most tokens of the answer, EOS included.

    Raises:
        InputError: where the input is not of the tokenizer's source type.
        ConfigError: where no answer is as short as `max_length` wants it.
        Seq2SeqError: where the model's scores are no numbers.
    """
    from seq2seq_transformer.inference.torch_engine import TorchEngine

    step = TorchEngine.of_model(model).start([tokenizer.encode_source(input_sequence)])
    vocabulary = tokenizer.vocabulary
    constraint = Constraint.of(tokenizer)
    constraint.require_room(max_length)
    (answer,) = DECODING_STRATEGIES.build("greedy").decode(
        step, 1, sos=vocabulary.sos, eos=vocabulary.eos, max_length=max_length, constraint=constraint
    )
    if math.isnan(answer.log_probability):
        raise Seq2SeqError("the model's scores must be numbers, but are none: its training has diverged.")
    return tokenizer.decode_target(answer.tokens)
