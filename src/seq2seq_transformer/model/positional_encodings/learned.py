"""A learned vector for each count."""

# B batch · S sequence length · D dim_model
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2seq_transformer.errors import InputError
from seq2seq_transformer.model.config import too_far
from seq2seq_transformer.model.positional_encodings.base import POSITIONAL_ENCODINGS, Counts, PositionalEncodingBase
from seq2seq_transformer.model.tokens import NOWHERE


@POSITIONAL_ENCODINGS.register
class Learned(PositionalEncodingBase):
    """Adds a learned vector for each count (Gehring et al. 2017, arXiv 1705.03122); longer sequences are refused."""

    adds = True

    def __init__(self, dim_model: int, dropout_p: float, max_len: int, **common: Any) -> None:
        super().__init__(dim_model, dropout_p, max_len, **common)
        self.tables = nn.ModuleList(nn.Embedding(2 * max_len, dim_model) for _ in range(self.num_channels))
        for table in self.tables:
            nn.init.normal_(table.weight, std=0.02)  # pyrefly: ignore[bad-argument-type]

    def forward(self, token_embedding: Float[Tensor, "B S D"], counts: Counts | None = None) -> Float[Tensor, "B S D"]:
        """Embedded tokens plus the vectors of their counts, with dropout.

        Raises:
            InputError: where a count is max_len or more, or below −max_len.
        """
        if counts is None:
            counts = [torch.arange(token_embedding.shape[1], device=token_embedding.device).unsqueeze(0)]
            counts = counts * self.num_channels
        for table, each in zip(self.tables, counts, strict=True):
            known = each != NOWHERE
            rows = self._rows(torch.where(known, each, 0))
            token_embedding = token_embedding + table(rows) * known.unsqueeze(-1)
        return self.dropout(token_embedding)

    def _rows(self, counts: Int[Tensor, "B S"]) -> Int[Tensor, "B S"]:
        """Which rows of the table are theirs. A graph cannot raise: it asks for a row that is none, which fails."""
        rows = counts + self.max_len
        if torch.compiler.is_exporting():
            return torch.where(counts.abs() < self.max_len, rows, 2 * self.max_len)
        farthest = int(counts.abs().max())
        if farthest >= self.max_len:
            raise InputError(too_far(self.max_len, str(farthest)))
        return rows
