"""What the decoder remembers between two tokens, so that a step costs one token and not the whole prefix."""

# B batch · D dim_model · H num_heads · S source length · T target length · P positions so far · R room · K dim per head
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seq2seq_transformer.model.config import TokenRoles
from seq2seq_transformer.model.tokens import Tokens

_FIRST_ROOM, _MOST_FIRST_ROOM = 16, 32  # more at first gains nothing: keys of a head would lie farther apart


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
    """Keys and values of one decoder layer's self-attention, head by head, in buffers that double when they are full.

    Args:
        room: positions that there is room for at first.
    """

    def __init__(self, room: int = _FIRST_ROOM) -> None:
        self.length = 0
        self._first_room = room
        self._key: Tensor | None = None
        self._value: Tensor | None = None

    def append(
        self, key: Float[Tensor, "B H T K"], value: Float[Tensor, "B H T K"]
    ) -> tuple[Float[Tensor, "B H P K"], Float[Tensor, "B H P K"]]:
        """Add the new positions and return all P positions so far."""
        end = self.length + key.shape[2]
        if self._key is None or self._value is None:
            self._key, self._value = self._room(key, end), self._room(value, end)
        elif end > self._key.shape[2]:
            self._key = torch.cat([self._key, torch.empty_like(self._key)], dim=2)
            self._value = torch.cat([self._value, torch.empty_like(self._value)], dim=2)
        self._key[:, :, self.length : end] = key
        self._value[:, :, self.length : end] = value
        self.length = end
        return self._key[:, :, :end], self._value[:, :, :end]

    def _room(self, like: Float[Tensor, "B H T K"], positions: int) -> Float[Tensor, "B H R K"]:
        batch, heads, _, width = like.shape
        return like.new_empty(batch, heads, max(positions, self._first_room), width)

    def select(self, rows: Int[Tensor, " W"]) -> None:
        """Keep these rows of the batch, in this order; a row may be taken more than once."""
        if self._key is not None and self._value is not None:
            self._key, self._value = self._selected(self._key, rows), self._selected(self._value, rows)

    def _selected(self, kept: Float[Tensor, "B H R K"], rows: Int[Tensor, " W"]) -> Float[Tensor, "W H R K"]:
        """The rows, in the same buffer where that is large enough; only what is filled of it is copied."""
        chosen = kept[:, :, : self.length].index_select(0, rows)
        buffer = kept[: len(rows)] if len(rows) <= len(kept) else kept.new_empty(len(rows), *kept.shape[1:])
        buffer[:, :, : self.length] = chosen
        return buffer


class DecoderCache:
    """The decoder's memory of one batch: of each layer its own past and the projected encoder output.

    Args:
        memory: the encoder's output.
        memory_projections: of each layer, keys and values of it, (B, H, S, K) each.
        passes: how many self-attentions a token passes: layers times loops.
        max_length: most tokens of a target, to make room for; None: unknown.
    """

    def __init__(
        self,
        memory: Memory,
        memory_projections: list[tuple[Tensor, Tensor]],
        passes: int,
        max_length: int | None = None,
    ) -> None:
        self.memory = memory
        # Contiguous, such that a product over the positions of each head copies nothing.
        self.memory_projections = [(key.contiguous(), value.contiguous()) for key, value in memory_projections]
        room = min(max_length or _FIRST_ROOM, _MOST_FIRST_ROOM)
        self.layers = [LayerCache(room) for _ in range(passes)]
        self.tokens = memory.source.ids[:, :0]
        """The target so far, (B, P)."""
        self._sources = torch.arange(len(self.tokens), device=self.tokens.device)

    def select(self, rows: Int[Tensor, " W"]) -> None:
        """Keep these rows of the batch, in this order; what belongs to the sources stays where these stay the same."""
        sources = self._sources[rows]
        if not torch.equal(sources, self._sources):
            self.memory = self.memory.select(rows)
            self.memory_projections = [
                (key.index_select(0, rows), value.index_select(0, rows)) for key, value in self.memory_projections
            ]
            self._sources = sources
        self.tokens = self.tokens[rows]
        for layer in self.layers:
            layer.select(rows)
