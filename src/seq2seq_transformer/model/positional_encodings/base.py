"""What a positional encoding is: a module that turns counted positions into something the model uses."""

# A, B, C batch, or 1 for all rows alike · T queries · S keys · D dim_model · H num_heads · K dim per head · G channels
from collections.abc import Sequence
from typing import ClassVar, TypeAlias

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.model.tokens import NOWHERE
from seq2seq_transformer.registry import Registry

Counts: TypeAlias = Sequence[Tensor]
"""Counts of some tokens in each channel, int64 of shape (B, T); (1, T) where they are the same in every row."""


class PositionalEncodingBase(nn.Module):
    """A way to tell one attention where tokens stand. Every hook does nothing unless a subclass says otherwise.

    A hook takes the counts themselves, never an offset, so cached decoding runs the same code as training. Options are
    keyword-only parameters.

    Args:
        dim_model: D.
        dropout_p: probability of dropping a value of what `forward` returns, in training.
        max_len: positions to prepare for.
        num_heads: H, which the channels share out evenly.
        num_channels: G.
        num_layers: layers whose attention it serves; 0 where it only adds to embeddings.

    Raises:
        ConfigError: where the numbers do not go together.
    """

    adds: ClassVar[bool] = False
    """Whether it adds to embeddings; then cross-attention, which has none of its own, needs no positions."""
    rate_factor: ClassVar[float] = 1.0
    """What the learning rate of its own weights is multiplied by where nothing else is asked for."""

    def __init__(
        self,
        dim_model: int,
        dropout_p: float,
        max_len: int,
        *,
        num_heads: int = 1,
        num_channels: int = 1,
        num_layers: int = 1,
    ) -> None:
        super().__init__()
        problems = Problems()
        rule = f"`num_heads` must be a multiple of the channels of an attention ({num_channels})"
        problems.require(num_heads % num_channels == 0, rule, num_heads)
        problems.raise_if_any()
        self.dim_model = dim_model
        self.dropout = nn.Dropout(dropout_p)
        self.max_len = max_len
        self.num_heads, self.num_channels, self.num_layers = num_heads, num_channels, num_layers

    def forward(self, token_embedding: Float[Tensor, "B S D"], counts: Counts | None = None) -> Float[Tensor, "B S D"]:
        """Add positions to embedded tokens; `counts` defaults to 0, 1, … S − 1."""
        return self.dropout(token_embedding)

    def rotate(self, x_BHTK: Float[Tensor, "B H T K"], counts: Counts) -> Float[Tensor, "B H T K"]:
        """Turn queries or keys by their counts."""
        return x_BHTK

    def seen(self, query_counts: Counts, key_counts: Counts) -> list[Tensor | None]:
        """Of each channel, which keys a query can see, bool of (B or 1, T, S); None for all."""
        return [None] * self.num_channels

    def bias(self, query_counts: Counts, key_counts: Counts) -> list[Tensor | None]:
        """What is added to the scores of each layer, (B or 1, H, T, S); None for nothing.

        With one more column than keys, the last one is a key that is not there: it takes attention and gives nothing.
        """
        return [None] * self.num_layers


def distances(
    query_counts: Int[Tensor, "A T"], key_counts: Int[Tensor, "C S"]
) -> tuple[Int[Tensor, "B T S"], Tensor, Tensor]:
    """Query's count minus key's, where the key has no count, and where the query has none."""
    apart = query_counts.int().unsqueeze(2) - key_counts.int().unsqueeze(1)  # half the bytes of int64
    return apart, (key_counts == NOWHERE).unsqueeze(1), (query_counts == NOWHERE).unsqueeze(2)


def of_all_heads(parts: Sequence[Tensor]) -> Tensor:
    """Biases of the groups of heads, (B or 1, heads, T, S) each, as one."""
    batch = max(part.shape[0] for part in parts)
    return torch.cat([part.expand(batch, -1, -1, -1) for part in parts], dim=1) if len(parts) > 1 else parts[0]


POSITIONAL_ENCODINGS: Registry[PositionalEncodingBase] = Registry(
    "positional encoding", "seq2seq_transformer.model.positional_encodings"
)
BASE_OPTIONS = ("num_heads", "num_channels", "num_layers")
"""Keyword-only parameters of every encoding that the model sets, not the user."""
