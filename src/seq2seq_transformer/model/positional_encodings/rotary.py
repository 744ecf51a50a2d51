"""Queries and keys turned by their positions."""

# B batch · T positions · H num_heads · K dim per head
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.model.positional_encodings.base import POSITIONAL_ENCODINGS, Counts, PositionalEncodingBase
from seq2seq_transformer.model.tokens import NOWHERE


@POSITIONAL_ENCODINGS.register
class Rotary(PositionalEncodingBase):
    """Turns pairs of a query's and a key's values by angles that grow with the count (Su et al. 2021, equation 34).

    The product of a query and a key then depends on the difference of their counts alone. A token without a count is
    not turned.
    """

    def __init__(self, dim_model: int, dropout_p: float, max_len: int, *, wavelength: float = 10_000.0, **common: Any):
        """As every positional encoding.

        Args:
            dim_model: D.
            dropout_p: not used.
            max_len: not used: any count can be turned by.
            wavelength: base of the wavelengths, above 1.
            **common: what the model sets.
        """
        super().__init__(dim_model, dropout_p, max_len, **common)
        problems = Problems()
        self.width = dim_model // self.num_heads
        problems.require(self.width % 2 == 0, "rotary positions need an even `dim_model` / `num_heads`", self.width)
        problems.require(wavelength > 1, "`positions.wavelength` must be above 1", wavelength)
        problems.raise_if_any()
        self.wavelength = wavelength

    def rotate(self, x_BHTK: Float[Tensor, "B H T K"], counts: Counts) -> Float[Tensor, "B H T K"]:
        """Turn each group of heads by the counts of its channel."""
        heads = self.num_heads // self.num_channels
        parts = [self._turn(part, each) for part, each in zip(x_BHTK.split(heads, dim=1), counts, strict=True)]
        return torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]

    def _turn(self, x_BHTK: Float[Tensor, "B H T K"], counts: Int[Tensor, "A T"]) -> Float[Tensor, "B H T K"]:
        exponent = torch.arange(0, self.width, 2, device=x_BHTK.device) / self.width
        places = torch.where(counts == NOWHERE, 0, counts).float()
        angle = (places.unsqueeze(-1) * self.wavelength**-exponent).unsqueeze(1)
        cos, sin = angle.cos().to(x_BHTK.dtype), angle.sin().to(x_BHTK.dtype)
        left, right = x_BHTK.chunk(2, dim=-1)
        return torch.cat([left * cos - right * sin, left * sin + right * cos], dim=-1)
