"""Where the tokens of one batch stand, as one attention sees them."""

# B batch · T queries · S keys · H num_heads · K dim per head
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seq2seq_transformer.model.config import ATTENTIONS, TransformerConfig
from seq2seq_transformer.model.masks import blocked_to_scores
from seq2seq_transformer.model.positional_encodings.base import POSITIONAL_ENCODINGS, Counts, PositionalEncodingBase
from seq2seq_transformer.model.positions import count
from seq2seq_transformer.model.randomized import stretched
from seq2seq_transformer.model.rows import AllRows, Rows
from seq2seq_transformer.model.tokens import Tokens


@dataclass(frozen=True)
class Located:
    """Queries and keys with their counts, and what is added to their scores.

    Args:
        encoding: of the attention.
        query_counts: of the queries, by channel.
        key_counts: of the keys.
        scores: of each layer, what is added to its scores: masks and positions; None for nothing.
        sharpness: factor of the queries: a number, or one for each, (B or 1, H, T or 1, 1).
        rows: how what asks is laid out.
    """

    encoding: PositionalEncodingBase
    query_counts: Counts
    key_counts: Counts
    scores: Sequence[Tensor | None]
    sharpness: Tensor | float
    rows: Rows

    def query(self, query_BHTK: Float[Tensor, "B H T K"]) -> Float[Tensor, "B H T K"]:
        """Queries, turned to where they stand."""
        turned = self.encoding.rotate(query_BHTK, self.query_counts)
        return turned if isinstance(self.sharpness, float) and self.sharpness == 1 else turned * self.sharpness

    def key(self, key_BHSK: Float[Tensor, "B H S K"]) -> Float[Tensor, "B H S K"]:
        """Keys, turned to where they stand."""
        return self.encoding.rotate(key_BHSK, self.key_counts)

    def with_past_in_cache(self) -> "Located":
        """The same where only the newest keys, those of the queries, are still to be turned."""
        return replace(self, key_counts=self.query_counts)


class Positions(nn.Module):
    """The positions of all three attentions: counted, encoded, and in training randomized.

    Args:
        config: of the model.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        layers = {"encoder": config.num_encoder_layers}
        for attention in ATTENTIONS:
            chosen = config.positions_of(attention)
            kind = POSITIONAL_ENCODINGS.get(chosen.name)
            if attention == "cross" and getattr(kind, "adds", False):
                kind = PositionalEncodingBase
            encoding = kind(
                config.dim_model,
                config.dropout,
                config.max_len,
                num_heads=config.num_heads,
                num_channels=len(chosen.channels),
                num_layers=layers.get(attention, config.num_decoder_layers),
                **(chosen.options if kind is not PositionalEncodingBase else {}),
            )
            setattr(self, attention, encoding)

    def encoding(self, attention: str) -> PositionalEncodingBase:
        """The positional encoding of an attention."""
        return cast("PositionalEncodingBase", getattr(self, attention))

    def counts(self, attention: str, queries: Tokens, keys: Tokens) -> tuple[Counts, Counts]:
        """The counts that an attention sees; of one sequence of tokens, where it is the same, one count."""
        chosen = self.config.positions_of(attention)
        mine = count(chosen.channels, queries)
        theirs = mine if keys is queries else count(chosen.channels, keys)
        if self.training and chosen.randomized != "no":
            mine, theirs = stretched(mine, theirs, chosen.randomized, chosen.limit)
        return mine, theirs

    def locate(
        self,
        attention: str,
        counts: tuple[Counts, Counts],
        blocked: Bool[Tensor, "..."] | None,
        keys: Int[Tensor, "..."],
        rows: Rows | None = None,
    ) -> Located:
        """What an attention needs to know of a batch.

        Args:
            attention: which.
            counts: of its queries and of its keys.
            blocked: which keys no query, or which query, may look at.
            keys: how many keys are not blocked, (B or 1, T or 1).
            rows: how the queries are laid out; None: with their padding.
        """
        encoding = self.encoding(attention)
        mask = blocked_to_scores(blocked)
        sharpness = self._sharpness(encoding, counts, blocked, keys)
        scores = [_joined(bias, mask, sharpness) for bias in encoding.bias(*counts)]
        return Located(encoding, *counts, scores, sharpness, rows or AllRows())

    def _sharpness(
        self, encoding: PositionalEncodingBase, counts: tuple[Counts, Counts], blocked: Tensor | None, keys: Tensor
    ) -> Tensor | float:
        """What scores are multiplied by: 1 / temperature, and ln(keys seen) / ln(log_length) where that is more than 1.

        A short window sees no more keys in a longer sequence, unless these share their counts.
        """
        config = self.config
        if not config.log_length:
            return 1 / config.temperature
        by_channel = []
        for seen in encoding.seen(*counts):
            if seen is not None:
                seen = seen if blocked is None else seen & ~(blocked.squeeze(1) if blocked.ndim == 4 else blocked)
                by_channel.append(seen.sum(dim=-1))
            else:
                by_channel.append(keys)
        visible = torch.stack(torch.broadcast_tensors(*by_channel), dim=1)
        grown = torch.log(visible.clamp(min=2).float()) / math.log(config.log_length)
        heads = config.num_heads // len(by_channel)
        return (grown.clamp(min=1) / config.temperature).repeat_interleave(heads, dim=1).unsqueeze(-1)


def _joined(bias: Tensor | None, mask: Tensor | None, factor: Tensor | float) -> Tensor | None:
    """Positions and masks as one; a mask does not cover the column that is no key."""
    if bias is None:
        return mask
    if isinstance(factor, Tensor) or factor != 1:
        bias = bias * factor
    if mask is None:
        return bias
    return bias + nn.functional.pad(mask, (0, bias.shape[-1] - mask.shape[-1]))
