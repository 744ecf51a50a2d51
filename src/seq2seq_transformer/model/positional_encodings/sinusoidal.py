"""Sines and cosines of the position (Vaswani et al. 2017, section 3.5)."""

# B batch · S sequence length · D dim_model · P positions
import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2seq_transformer.model.positional_encodings.base import POSITIONAL_ENCODINGS, PositionalEncodingBase


def sinusoidal_table(num_positions: int, dim_model: int) -> Float[Tensor, "P D"]:
    """PE(p, 2i) = sin(p / 10000^(2i/D)) and PE(p, 2i+1) = cos(p / 10000^(2i/D)), computed in float64.

    Args:
        num_positions: P.
        dim_model: D, even.
    """
    position_P1 = torch.arange(num_positions, dtype=torch.float64).unsqueeze(1)
    frequency_D = torch.exp(torch.arange(0, dim_model, 2, dtype=torch.float64) * (-math.log(10_000.0) / dim_model))
    table_PD = torch.empty(num_positions, dim_model, dtype=torch.float64)
    table_PD[:, 0::2] = torch.sin(position_P1 * frequency_D)
    table_PD[:, 1::2] = torch.cos(position_P1 * frequency_D)
    return table_PD.float()


@POSITIONAL_ENCODINGS.register
class PositionalEncoding(PositionalEncodingBase):
    """Adds a fixed wave pattern to each embedded token; any length can be computed."""

    table_PD: Tensor

    def __init__(self, dim_model: int, dropout_p: float, max_len: int) -> None:
        super().__init__(dim_model, dropout_p, max_len)
        self.register_buffer("table_PD", sinusoidal_table(max_len, dim_model), persistent=False)

    def forward(
        self, token_embedding: Float[Tensor, "B S D"], counts: Int[Tensor, " S"] | None = None
    ) -> Float[Tensor, "B S D"]:
        """Embedded tokens plus the pattern of their position, with dropout."""
        needed = token_embedding.shape[1] if counts is None else int(counts.max()) + 1
        if needed > len(self.table_PD):
            self.table_PD = sinusoidal_table(2 * needed, self.dim_model).to(self.table_PD.device)
        pattern_SD = self.table_PD[:needed] if counts is None else self.table_PD[counts]
        return self.dropout(token_embedding + pattern_SD)
