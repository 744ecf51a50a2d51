"""What the decoder remembers between two tokens, so that a step costs one token and not the whole prefix."""

# B batch · D dim_model · H num_heads · S source length · T target length · P positions so far · R room · K dim per head
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seq2seq_transformer.model.config import TokenRoles
from seq2seq_transformer.model.tokens import Tokens

_FIRST_ROOM = 16


@dataclass(frozen=True)
class Memory:
    """The encoder's output for a batch of sources, and the sources themselves, which cross-attention counts."""

    states: Float[Tensor, "B S D"]
    source: Tokens
    pad_mask: Bool[Tensor, "B S"] | None

    @classmethod
    def joined(cls, parts: "Sequence[Memory]") -> "Memory":
        """Batches of sources of one length as one batch."""
        masks = [
            torch.zeros_like(each.source.ids, dtype=torch.bool) if each.pad_mask is None else each.pad_mask
            for each in parts
        ]
        mask = torch.cat(masks)
        ids = torch.cat([each.source.ids for each in parts])
        return cls._of(torch.cat([each.states for each in parts]), ids, mask, parts[0].source.roles)

    def select(self, rows: Int[Tensor, " W"]) -> "Memory":
        """These rows of the batch, in this order."""
        mask = None if self.pad_mask is None else self.pad_mask[rows]
        return self._of(self.states[rows], self.source.ids[rows], mask, self.source.roles)

    @classmethod
    def _of(cls, states: Tensor, ids: Tensor, mask: Tensor | None, roles: TokenRoles) -> "Memory":
        mask = mask if mask is not None and mask.any() else None
        return cls(states, Tokens.of_source(ids, mask, roles), mask)


class LayerCache:
    """Keys and values of one decoder layer's self-attention, head by head, in a buffer that doubles when it is full."""

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
        elif end > self._key.shape[2]:
            self._key = torch.cat([self._key, _room(key, end)], dim=2)
            self._value = torch.cat([self._value, _room(value, end)], dim=2)
        self._key[:, :, self.length : end] = key.transpose(1, 2)
        self._value[:, :, self.length : end] = value.transpose(1, 2)
        self.length = end
        return self._key[:, :, :end].transpose(1, 2), self._value[:, :, :end].transpose(1, 2)

    def select(self, rows: Int[Tensor, " W"]) -> None:
        """Keep these rows of the batch, in this order; a row may be taken more than once."""
        if self._key is not None and self._value is not None:
            self._key, self._value = self._key[rows], self._value[rows]


def _room(like: Float[Tensor, "B T H K"], positions: int) -> Float[Tensor, "B H R K"]:
    batch, _, heads, width = like.shape
    return like.new_empty(batch, heads, max(positions, _FIRST_ROOM), width)


def head_by_head(x: Float[Tensor, "B S H K"]) -> Float[Tensor, "B S H K"]:
    """The same, laid out such that a product over the positions of each head copies nothing."""
    return x.transpose(1, 2).contiguous().transpose(1, 2)


class DecoderCache:
    """The decoder's memory of one batch: of each layer its own past and the projected encoder output.

    Args:
        memory: the encoder's output.
        memory_projections: of each layer, keys and values of it, (B, S, H, K) each.
        passes: how many self-attentions a token passes: layers times loops.
    """

    def __init__(self, memory: Memory, memory_projections: list[tuple[Tensor, Tensor]], passes: int) -> None:
        self.memory = memory
        self.memory_projections = [(head_by_head(key), head_by_head(value)) for key, value in memory_projections]
        self.layers = [LayerCache() for _ in range(passes)]
        self.tokens = memory.source.ids[:, :0]
        """The target so far, (B, P)."""

    def select(self, rows: Int[Tensor, " W"]) -> None:
        """Keep these rows of the batch, in this order."""
        self.memory = self.memory.select(rows)
        chosen = [(key[rows], value[rows]) for key, value in self.memory_projections]
        self.memory_projections = [(head_by_head(key), head_by_head(value)) for key, value in chosen]
        self.tokens = self.tokens[rows]
        for layer in self.layers:
            layer.select(rows)
