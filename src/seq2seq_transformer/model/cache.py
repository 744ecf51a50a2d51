"""What the decoder remembers between two tokens, so that a step costs one token and not the whole prefix."""

# B batch · D dim_model · H num_heads · S source length · T target length · P positions so far · R room · K dim per head
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

_FIRST_ROOM = 16


@dataclass(frozen=True)
class Memory:
    """The encoder's output for a batch of sources, and the sources themselves, which cross-attention counts."""

    states: Float[Tensor, "B S D"]
    src: Int[Tensor, "B S"]
    pad_mask: Bool[Tensor, "B S"] | None

    def select(self, rows: Int[Tensor, " W"]) -> "Memory":
        """These rows of the batch, in this order."""
        return Memory(self.states[rows], self.src[rows], None if self.pad_mask is None else self.pad_mask[rows])


class LayerCache:
    """Keys and values of one decoder layer's self-attention, in a buffer that doubles when it is full."""

    def __init__(self) -> None:
        self.length = 0
        self._key: Tensor | None = None
        self._value: Tensor | None = None

    def append(
        self, key: Float[Tensor, "B T H K"], value: Float[Tensor, "B T H K"]
    ) -> tuple[Float[Tensor, "B P H K"], Float[Tensor, "B P H K"]]:
        """Add the new positions and return all P positions so far."""
        end = self.length + key.shape[1]
        if self._key is None or self._value is None:
            self._key, self._value = _room(key, end), _room(value, end)
        elif end > self._key.shape[1]:
            self._key = torch.cat([self._key, _room(key, end)], dim=1)
            self._value = torch.cat([self._value, _room(value, end)], dim=1)
        self._key[:, self.length : end] = key
        self._value[:, self.length : end] = value
        self.length = end
        return self._key[:, :end], self._value[:, :end]

    def select(self, rows: Int[Tensor, " W"]) -> None:
        """Keep these rows of the batch, in this order; a row may be taken more than once."""
        if self._key is not None and self._value is not None:
            self._key, self._value = self._key[rows], self._value[rows]


def _room(like: Float[Tensor, "B T H K"], positions: int) -> Float[Tensor, "B R H K"]:
    batch, _, heads, width = like.shape
    return like.new_empty(batch, max(positions, _FIRST_ROOM), heads, width)


class DecoderCache:
    """The decoder's memory of one batch: of each layer its own past and the projected encoder output.

    Args:
        memory: the encoder's output.
        memory_projections: of each layer, keys and values of it, (B, S, H, K) each.
        passes: how many self-attentions a token passes: layers times loops.
    """

    def __init__(self, memory: Memory, memory_projections: list[tuple[Tensor, Tensor]], passes: int) -> None:
        self.memory = memory
        self.memory_projections = memory_projections
        self.layers = [LayerCache() for _ in range(passes)]
        self.tokens = memory.src[:, :0]
        """The target so far, (B, P)."""

    def select(self, rows: Int[Tensor, " W"]) -> None:
        """Keep these rows of the batch, in this order."""
        self.memory = self.memory.select(rows)
        self.memory_projections = [(key[rows], value[rows]) for key, value in self.memory_projections]
        self.tokens = self.tokens[rows]
        for layer in self.layers:
            layer.select(rows)
