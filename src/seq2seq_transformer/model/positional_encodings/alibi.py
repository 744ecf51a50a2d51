"""Attention that fades with distance."""

# B batch · T queries · S keys · H num_heads
from typing import Any

import torch
from torch import Tensor

from seq2seq_transformer.model.positional_encodings.base import (
    POSITIONAL_ENCODINGS,
    Counts,
    PositionalEncodingBase,
    distances,
    of_all_heads,
)


@POSITIONAL_ENCODINGS.register
class Alibi(PositionalEncodingBase):
    """Subtracts a slope times the distance, its own for each head of a channel: 2^−8/h, 2^−16/h … (arXiv 2108.12409).

    Here the distance is taken to both sides. A token without a count is at no distance from any.
    """

    slopes: Tensor

    def __init__(self, dim_model: int, dropout_p: float, max_len: int, **common: Any) -> None:
        super().__init__(dim_model, dropout_p, max_len, **common)
        heads = self.num_heads // self.num_channels
        slopes = 2.0 ** (-8.0 * torch.arange(1, heads + 1) / heads)
        self.register_buffer("slopes", slopes.view(-1, 1, 1), persistent=False)

    def bias(self, query_counts: Counts, key_counts: Counts) -> list[Tensor | None]:
        parts = []
        for mine, theirs in zip(query_counts, key_counts, strict=True):
            apart, no_key, no_query = distances(mine, theirs)
            parts.append(-self.slopes * apart.abs().masked_fill(no_key | no_query, 0).unsqueeze(1))
        return [of_all_heads(parts)] * self.num_layers
