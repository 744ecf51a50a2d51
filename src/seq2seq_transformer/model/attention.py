"""Multi-head attention (Vaswani et al. 2017, "Attention Is All You Need", section 3.2)."""

# B batch · S source length · T target length · D dim_model · H num_heads · K dim per head
import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from seq2seq_transformer.model.cache import LayerCache


class Attention(nn.Module):
    """What self-attention and cross-attention share: H heads look at keys and mix values.

    Args:
        dim_model: D, a multiple of num_heads.
        num_heads: H.
        dropout_p: probability of dropping an attention weight in training; 0 is off.
    """

    def __init__(self, dim_model: int, num_heads: int, dropout_p: float) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.dropout_p = dropout_p
        self.out_proj = nn.Linear(dim_model, dim_model)

    def split_heads(self, projected: Float[Tensor, "B T P"], parts: int) -> tuple[Tensor, ...]:
        """(B, T, parts · D) to `parts` tensors of shape (B, T, H, K)."""
        batch, length, _ = projected.shape
        return projected.view(batch, length, parts, self.num_heads, -1).unbind(2)

    def attend(
        self,
        query_BTHK: Float[Tensor, "B T H K"],
        key_BSHK: Float[Tensor, "B S H K"],
        value_BSHK: Float[Tensor, "B S H K"],
        scores_mask: Tensor | None,
    ) -> Float[Tensor, "B T D"]:
        """softmax(Q Kᵀ / √K) V (equation 1), as plain products: at these lengths faster on CPUs than fused kernels."""
        query_BTHK = query_BTHK * (1 / math.sqrt(query_BTHK.shape[-1]))
        scores_BHTS = torch.einsum("bthk,bshk->bhts", query_BTHK, key_BSHK)
        if scores_mask is not None:
            scores_BHTS = scores_BHTS + scores_mask
        weights_BHTS = torch.softmax(scores_BHTS, dim=-1).to(value_BSHK.dtype)
        if self.training and self.dropout_p:
            weights_BHTS = F.dropout(weights_BHTS, self.dropout_p)
        mixed_BTHK = torch.einsum("bhts,bshk->bthk", weights_BHTS, value_BSHK)
        return self.out_proj(mixed_BTHK.flatten(2))


class SelfAttention(Attention):
    """A sequence looks at itself. One projection makes queries, keys and values, in this order of its rows."""

    def __init__(self, dim_model: int, num_heads: int, dropout_p: float) -> None:
        super().__init__(dim_model, num_heads, dropout_p)
        self.in_proj = nn.Linear(dim_model, 3 * dim_model)

    def forward(
        self, x_BTD: Float[Tensor, "B T D"], scores_mask: Tensor | None = None, cache: LayerCache | None = None
    ) -> Float[Tensor, "B T D"]:
        """Attend to `x` itself, and to what `cache` already holds of the sequence."""
        query, key, value = self.split_heads(self.in_proj(x_BTD), 3)
        if cache is not None:
            key, value = cache.append(key, value)
        return self.attend(query, key, value, scores_mask)


class CrossAttention(Attention):
    """A target looks at the encoder's output ("memory")."""

    def __init__(self, dim_model: int, num_heads: int, dropout_p: float) -> None:
        super().__init__(dim_model, num_heads, dropout_p)
        self.query_proj = nn.Linear(dim_model, dim_model)
        self.key_value_proj = nn.Linear(dim_model, 2 * dim_model)

    def project_memory(
        self, memory_BSD: Float[Tensor, "B S D"]
    ) -> tuple[Float[Tensor, "B S H K"], Float[Tensor, "B S H K"]]:
        """Keys and values of the memory: computed once a source, used at every decoding step."""
        key, value = self.split_heads(self.key_value_proj(memory_BSD), 2)
        return key, value

    def forward(
        self,
        x_BTD: Float[Tensor, "B T D"],
        key_BSHK: Float[Tensor, "B S H K"],
        value_BSHK: Float[Tensor, "B S H K"],
        scores_mask: Tensor | None = None,
    ) -> Float[Tensor, "B T D"]:
        """Attend to keys and values from `project_memory`."""
        (query,) = self.split_heads(self.query_proj(x_BTD), 1)
        return self.attend(query, key_BSHK, value_BSHK, scores_mask)
