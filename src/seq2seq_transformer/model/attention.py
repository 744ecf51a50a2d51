"""Multi-head attention (Vaswani et al. 2017, "Attention Is All You Need", section 3.2)."""

# B batch · S source length · T target length · D dim_model · H num_heads · K dim per head
import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from seq2seq_transformer.model.cache import LayerCache


class MultiHeadAttention(nn.Module):
    """Queries from one sequence attend to keys and values from another, or from the same one.

    The input projections are one weight, rows in the order query, key, value, as in `torch.nn.MultiheadAttention`.

    Args:
        dim_model: D, a multiple of num_heads.
        num_heads: H.
        dropout_p: probability of dropping an attention weight in training; 0 is off.
    """

    def __init__(self, dim_model: int, num_heads: int, dropout_p: float) -> None:
        super().__init__()
        self.dim_model = dim_model
        self.num_heads = num_heads
        self.dropout_p = dropout_p
        self.in_proj = nn.Linear(dim_model, 3 * dim_model)
        self.out_proj = nn.Linear(dim_model, dim_model)

    def attend_to_self(
        self, x_BTD: Float[Tensor, "B T D"], scores_mask: Tensor | None = None, cache: LayerCache | None = None
    ) -> Float[Tensor, "B T D"]:
        """Self-attention of `x` over itself, and over what `cache` already holds of the sequence."""
        query, key, value = self._split_heads(self.in_proj(x_BTD), 3)
        if cache is not None:
            key, value = cache.append(key, value)
        return self._attend(query, key, value, scores_mask)

    def project_memory(
        self, memory_BSD: Float[Tensor, "B S D"]
    ) -> tuple[Float[Tensor, "B S H K"], Float[Tensor, "B S H K"]]:
        """Keys and values of the encoder's output: computed once a source, used at every decoding step."""
        weight, bias = self.in_proj.weight[self.dim_model :], self.in_proj.bias[self.dim_model :]
        key, value = self._split_heads(F.linear(memory_BSD, weight, bias), 2)
        return key, value

    def attend_to_memory(
        self,
        x_BTD: Float[Tensor, "B T D"],
        key_BSHK: Float[Tensor, "B S H K"],
        value_BSHK: Float[Tensor, "B S H K"],
        scores_mask: Tensor | None = None,
    ) -> Float[Tensor, "B T D"]:
        """Cross-attention: `x` attends to keys and values from `project_memory`."""
        weight, bias = self.in_proj.weight[: self.dim_model], self.in_proj.bias[: self.dim_model]
        (query,) = self._split_heads(F.linear(x_BTD, weight, bias), 1)
        return self._attend(query, key_BSHK, value_BSHK, scores_mask)

    def _split_heads(self, projected: Float[Tensor, "B T P"], parts: int) -> tuple[Tensor, ...]:
        """(B, T, parts · D) to `parts` tensors of shape (B, T, H, K)."""
        batch, length, _ = projected.shape
        return projected.view(batch, length, parts, self.num_heads, -1).unbind(2)

    def _attend(self, query_BTHK: Tensor, key_BSHK: Tensor, value_BSHK: Tensor, scores_mask: Tensor | None) -> Tensor:
        """softmax(Q Kᵀ / √K) V (equation 1), as plain products: at these lengths faster on a CPU than a fused kernel."""
        query_BTHK = query_BTHK * (1 / math.sqrt(query_BTHK.shape[-1]))
        scores_BHTS = torch.einsum("bthk,bshk->bhts", query_BTHK, key_BSHK)
        if scores_mask is not None:
            scores_BHTS = scores_BHTS + scores_mask
        weights_BHTS = torch.softmax(scores_BHTS, dim=-1).to(value_BSHK.dtype)
        if self.training and self.dropout_p:
            weights_BHTS = F.dropout(weights_BHTS, self.dropout_p)
        mixed_BTHK = torch.einsum("bhts,bshk->bthk", weights_BHTS, value_BSHK)
        return self.out_proj(mixed_BTHK.flatten(2))
