"""Multi-head attention (Vaswani et al. 2017, "Attention Is All You Need", section 3.2)."""

# B batch · S source length · T target length · D dim_model · H num_heads · K dim per head
# *N rows in one of the two layouts of rows.py: (B, T) with padding, or (N,) without
import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from seq2seq_transformer.model.cache import LayerCache
from seq2seq_transformer.model.config import TransformerConfig
from seq2seq_transformer.model.located import Located
from seq2seq_transformer.model.rows import Rows


def dropped(x: Tensor, probability: float, training: bool) -> Tensor:
    """Dropout; without a call where nothing is dropped, which counts when single tokens are decoded."""
    return F.dropout(x, probability) if training and probability else x


_VECTOR = 16
"""Numbers of float32 in a vector register of 512 bits: PyTorch's softmax takes shorter rows number by number."""
_MANY = 256
"""Rows from which filling them up gains more than it costs."""


def softmax(scores: Float[Tensor, "*N S"]) -> Float[Tensor, "*N S"]:
    """Softmax over the last dimension, in float32, which takes a third of the time of bfloat16 in rows below 32."""
    missing = 0 if torch.compiler.is_compiling() or scores.device.type != "cpu" else _VECTOR - scores.shape[-1]
    if missing <= 0 or math.prod(scores.shape[:-1]) < _MANY:
        return torch.softmax(scores, -1, torch.float32)
    return torch.softmax(F.pad(scores, (0, missing), value=-math.inf), -1, torch.float32)[..., :-missing]


_FEW, _LONG = 64, 512
"""Most single queries, and fewest keys, at which the fused kernel is the faster one on processors."""


def fused_is_faster(
    query_BHTK: Float[Tensor, "B H T K"], key_BHSK: Float[Tensor, "B H S K"], scores_mask: Tensor | None
) -> bool:
    """Whether PyTorch's fused attention serves, and is faster than plain products: always on GPUs."""
    batch, heads, length, _ = query_BHTK.shape
    if torch.compiler.is_exporting() or (scores_mask is not None and scores_mask.shape[-1] != key_BHSK.shape[2]):
        return False
    if query_BHTK.device.type != "cpu":
        return True
    single = length == 1 and batch * heads <= _FEW and not torch.is_grad_enabled()
    return single or key_BHSK.shape[2] >= _LONG


def _unchanged(x: Tensor) -> Tensor:
    return x


class HeadNorm(nn.RMSNorm):
    """RMSNorm of the queries or keys of each head, in float32 whatever their precision."""

    def forward(self, x: Float[Tensor, "B H T K"]) -> Float[Tensor, "B H T K"]:
        return super().forward(x.float()).to(x.dtype)


class Attention(nn.Module):
    """What self-attention and cross-attention share: H heads look at keys and mix values.

    Args:
        config: of the model.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.dropout_p = config.dropout
        width = config.dim_model // config.num_heads
        self.scale = 1 / math.sqrt(width)
        self.query_norm = HeadNorm(width) if config.qk_norm else _unchanged
        self.key_norm = HeadNorm(width) if config.qk_norm else _unchanged
        self.out_proj = nn.Linear(config.dim_model, config.dim_model, config.attention_bias)

    @property
    def query_map(self) -> nn.Linear:
        """The map whose first rows make queries."""
        raise NotImplementedError

    def fold_scale(self) -> None:
        """Put the scale of the scores into new weights, so that answers need not multiply by it."""
        scaled = self.query_norm if isinstance(self.query_norm, HeadNorm) else self.query_map
        for name, weight in list(scaled.named_parameters(recurse=False)):
            queries = weight[: self.out_proj.in_features] * self.scale
            setattr(scaled, name, nn.Parameter(torch.cat([queries, weight[len(queries) :]]).detach()))
        self.scale = 1.0

    def attend(
        self,
        query_BHTK: Float[Tensor, "B H T K"],
        key_BHSK: Float[Tensor, "B H S K"],
        value_BHSK: Float[Tensor, "B H S K"],
        located: Located,
        layer: int,
    ) -> Float[Tensor, "*N D"]:
        """softmax(Q Kᵀ / √K) V (equation 1), as plain products or in PyTorch's fused kernel, whichever is faster.

        Where the mask has a column more than there are keys, the last one is a key of score 0 and value 0.
        """
        scores_mask = located.scores[layer]
        if fused_is_faster(query_BHTK, key_BHSK, scores_mask):
            mask = None if scores_mask is None else scores_mask.to(query_BHTK.dtype)
            dropout_p = self.dropout_p if self.training else 0.0
            mixed = F.scaled_dot_product_attention(query_BHTK, key_BHSK, value_BHSK, mask, dropout_p, scale=self.scale)
            return self.out_proj(located.rows.merge_heads(mixed))
        scores_BHTS = query_BHTK @ key_BHSK.transpose(2, 3)
        if scores_mask is None:
            scores_BHTS = scores_BHTS if self.scale == 1 else scores_BHTS * self.scale
        else:
            if scores_mask.shape[-1] > scores_BHTS.shape[-1]:
                scores_BHTS = F.pad(scores_BHTS, (0, 1))
            scores_BHTS = torch.add(scores_mask, scores_BHTS, alpha=self.scale)
        weights_BHTS = softmax(scores_BHTS).to(value_BHSK.dtype)[..., : value_BHSK.shape[2]]
        weights_BHTS = dropped(weights_BHTS, self.dropout_p, self.training)
        return self.out_proj(located.rows.merge_heads(weights_BHTS @ value_BHSK))


class SelfAttention(Attention):
    """A sequence looks at itself. One projection makes queries, keys and values, in this order of its rows."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config)
        self.in_proj = nn.Linear(config.dim_model, 3 * config.dim_model, config.attention_bias)

    @property
    def query_map(self) -> nn.Linear:
        return self.in_proj

    def forward(
        self, x_ND: Float[Tensor, "*N D"], located: Located, layer: int, cache: LayerCache | None = None
    ) -> Float[Tensor, "*N D"]:
        """Attend to `x` itself, and to what `cache` already holds of the sequence.

        Args:
            x_ND: the sequence, or its newest part.
            located: how the sequence is laid out, and where queries and keys stand; without those of the past, which
                are in the cache.
            layer: index of the layer.
            cache: the past of the sequence.
        """
        query, key, value = located.rows.split_heads(self.in_proj(x_ND), 3, self.num_heads)
        query, key = located.query(self.query_norm(query)), located.key(self.key_norm(key))
        if cache is not None:
            key, value = cache.append(key, value)
        return self.attend(query, key, value, located, layer)


class CrossAttention(Attention):
    """A target looks at the encoder's output ("memory")."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config)
        self.query_proj = nn.Linear(config.dim_model, config.dim_model, config.attention_bias)
        self.key_value_proj = nn.Linear(config.dim_model, 2 * config.dim_model, config.attention_bias)

    @property
    def query_map(self) -> nn.Linear:
        return self.query_proj

    def project_memory(
        self, memory_ND: Float[Tensor, "*N D"], rows: Rows, located: Located
    ) -> tuple[Float[Tensor, "B H S K"], Float[Tensor, "B H S K"]]:
        """Keys and values of the memory: computed once a source, used at every decoding step."""
        key, value = rows.split_heads(self.key_value_proj(memory_ND), 2, self.num_heads)
        return located.key(self.key_norm(key)), value

    def forward(
        self,
        x_ND: Float[Tensor, "*N D"],
        key_BHSK: Float[Tensor, "B H S K"],
        value_BHSK: Float[Tensor, "B H S K"],
        located: Located,
        layer: int,
    ) -> Float[Tensor, "*N D"]:
        """Attend to keys and values from `project_memory`; see SelfAttention."""
        (query,) = located.rows.split_heads(self.query_proj(x_ND), 1, self.num_heads)
        query = located.query(self.query_norm(query))
        return self.attend(query, key_BHSK, value_BHSK, located, layer)


def fold_scales(model: nn.Module) -> None:
    """Make a model one for answers alone: the scale of each attention goes into its weights."""
    for module in model.modules():
        if isinstance(module, Attention):
            module.fold_scale()
