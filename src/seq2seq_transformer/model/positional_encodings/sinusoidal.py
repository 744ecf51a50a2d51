"""Sines and cosines of the position (Vaswani et al. 2017, section 3.5)."""

# B batch · S sequence length · D dim_model · P positions
import math
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.model.positional_encodings.base import POSITIONAL_ENCODINGS, Counts, PositionalEncodingBase
from seq2seq_transformer.model.tokens import NOWHERE


def sinusoidal_table(num_positions: int, dim_model: int) -> Float[Tensor, "P D"]:
    """PE(p, 2i) = sin(p / 10000^(2i/D)) and PE(p, 2i+1) = cos(p / 10000^(2i/D)), computed in float64.

    Args:
        num_positions: P.
        dim_model: D, even.
    """
    return _waves(torch.arange(num_positions), dim_model)


def _waves(counts: Int[Tensor, "*B P"], dim_model: int) -> Float[Tensor, "*B P D"]:
    """Both as sines, of which a cosine is one a quarter of a turn ahead: in a graph that is one operation."""
    places_D = torch.arange(dim_model)
    frequency_D = torch.exp((places_D - places_D % 2).double() * (-math.log(10_000.0) / dim_model))
    ahead_D = (places_D % 2).double() * (math.pi / 2)
    return torch.sin(counts.double().unsqueeze(-1) * frequency_D + ahead_D).float()


@POSITIONAL_ENCODINGS.register
class PositionalEncoding(PositionalEncodingBase):
    """Adds a fixed wave pattern to each embedded token; any length can be computed. Channels share out the width."""

    adds = True
    table_PD: Tensor

    def __init__(self, dim_model: int, dropout_p: float, max_len: int, **common: Any) -> None:
        super().__init__(dim_model, dropout_p, max_len, **common)
        problems = Problems()
        rule = f"`dim_model` must be a multiple of twice the channels of an attention ({self.num_channels})"
        problems.require(dim_model % (2 * self.num_channels) == 0, rule, dim_model)
        problems.raise_if_any()
        self.width = dim_model // self.num_channels
        self.register_buffer("table_PD", sinusoidal_table(max_len, self.width), persistent=False)

    def forward(self, token_embedding: Float[Tensor, "B S D"], counts: Counts | None = None) -> Float[Tensor, "B S D"]:
        """Embedded tokens plus the pattern of their position, with dropout."""
        if counts is None:
            counts = [torch.arange(token_embedding.shape[1], device=token_embedding.device).unsqueeze(0)]
            counts = counts * self.num_channels
        patterns = [self._pattern(each) for each in counts]
        batch = max(pattern.shape[0] for pattern in patterns)
        pattern_BSD = torch.cat([pattern.expand(batch, -1, -1) for pattern in patterns], dim=-1)
        return self.dropout(token_embedding + pattern_BSD)

    def _pattern(self, counts: Int[Tensor, "B S"]) -> Float[Tensor, "B S W"]:
        """The waves at these counts; sines of negative ones change their sign, and NOWHERE has none."""
        if torch.compiler.is_exporting():  # a graph has no table that grows
            return _waves(counts, self.width) * (counts != NOWHERE).unsqueeze(-1)
        if int(counts.min()) >= 0:  # as at every step of an answer, mostly
            return self._rows(counts)
        known = counts != NOWHERE
        pattern = self._rows(torch.where(known, counts.abs(), 0))
        is_sine = torch.arange(self.width, device=counts.device) % 2 == 0
        return torch.where((counts < 0).unsqueeze(-1) & is_sine, -pattern, pattern) * known.unsqueeze(-1)

    def _rows(self, places: Int[Tensor, "B S"]) -> Float[Tensor, "B S W"]:
        """Rows of the table, which grows to twice of what is needed; another thread may have it grow meanwhile."""
        table, needed = self.table_PD, int(places.max()) + 1
        if needed > len(table):
            self.table_PD = table = sinusoidal_table(2 * needed, self.width).to(table.device)
        return table[places]
