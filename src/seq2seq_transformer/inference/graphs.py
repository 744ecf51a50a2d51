"""What an exported model consists of: its graphs, and the names of what goes into and comes out of them."""

from dataclasses import dataclass

from seq2seq_transformer.model.config import TransformerConfig

ENCODER, STEP, SINGLE_STEP = "encoder.onnx", "decoder_step.onnx", "decoder_step_single.onnx"
"""File names. The last is the same step laid out for a single sequence, where an export has one."""
OPSET = 24
"""Version of ONNX's operators: the first that writes into a cache in place (TensorScatter)."""


@dataclass(frozen=True)
class Names:
    """Names of tensors. What the encoder says of a source is what each step needs to know of it.

    Args:
        source: what the encoder says: padding, lengths, counts by channel, keys and values by layer.
        past: keys and values of the answer so far, as they go into a step; by layer and loop.
        present: the same as they come out.
    """

    source: tuple[str, ...]
    past: tuple[str, ...]
    present: tuple[str, ...]

    @classmethod
    def of(cls, config: TransformerConfig) -> "Names":
        """Those of a model."""
        channels = config.positions_of("cross").channels
        passes = config.num_decoder_layers * config.decoder_loops
        counts = (f"counts_{place}_{channel}" for place, channel in enumerate(channels))
        memory = _pairs("memory", config.num_decoder_layers)
        return cls(("padding", "lengths", *counts, *memory), _pairs("past", passes), _pairs("present", passes))


def _pairs(prefix: str, number: int) -> tuple[str, ...]:
    return tuple(f"{prefix}_{part}_{place}" for place in range(number) for part in ("key", "value"))
