"""The two kinds of Transformer block, and the feed-forward network inside both."""

# B batch · S source length · T target length · D dim_model · F dim_feedforward · H num_heads · K dim per head
from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from seq2seq_transformer.model.attention import CrossAttention, SelfAttention
from seq2seq_transformer.model.cache import LayerCache
from seq2seq_transformer.model.config import TransformerConfig

Sublayer = Callable[[Tensor], Tensor]


class FeedForward(nn.Module):
    """Linear, ReLU, linear: the same for every position (Vaswani et al. 2017, equation 2)."""

    def __init__(self, dim_model: int, dim_feedforward: int, dropout_p: float) -> None:
        super().__init__()
        self.widen = nn.Linear(dim_model, dim_feedforward)
        self.narrow = nn.Linear(dim_feedforward, dim_model)
        self.dropout_p = dropout_p

    def forward(self, x_BTD: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        hidden_BTF = F.relu(self.widen(x_BTD))
        return self.narrow(F.dropout(hidden_BTF, self.dropout_p, self.training))


class Block(nn.Module):
    """A residual block: around each sublayer a normalization, a dropout and a shortcut.

    Pre-norm normalizes what goes into a sublayer; post-norm, as in the paper, what comes out of the shortcut.
    """

    def __init__(self, config: TransformerConfig, num_sublayers: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(config.dim_model) for _ in range(num_sublayers))
        self.pre_norm = config.norm == "pre"
        self.dropout_p = config.dropout

    def residual(self, index: int, x_BTD: Tensor, sublayer: Sublayer) -> Tensor:
        """Apply the sublayer with the norm of this index and its shortcut."""
        norm = self.norms[index]
        if self.pre_norm:
            return x_BTD + F.dropout(sublayer(norm(x_BTD)), self.dropout_p, self.training)
        return norm(x_BTD + F.dropout(sublayer(x_BTD), self.dropout_p, self.training))


class EncoderLayer(Block):
    """Self-attention over the source, then a feed-forward network."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config, num_sublayers=2)
        self.self_attention = SelfAttention(config.dim_model, config.num_heads, config.dropout)
        self.feed_forward = FeedForward(config.dim_model, config.feedforward_width, config.dropout)

    def forward(self, x_BSD: Float[Tensor, "B S D"], src_mask: Tensor | None) -> Float[Tensor, "B S D"]:
        x_BSD = self.residual(0, x_BSD, lambda x: self.self_attention(x, src_mask))
        return self.residual(1, x_BSD, self.feed_forward)


class DecoderLayer(Block):
    """Causal self-attention over the target, cross-attention to the source, then a feed-forward network."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config, num_sublayers=3)
        self.self_attention = SelfAttention(config.dim_model, config.num_heads, config.dropout)
        self.cross_attention = CrossAttention(config.dim_model, config.num_heads, config.dropout)
        self.feed_forward = FeedForward(config.dim_model, config.feedforward_width, config.dropout)

    def project_memory(
        self, memory: Float[Tensor, "B S D"]
    ) -> tuple[Float[Tensor, "B S H K"], Float[Tensor, "B S H K"]]:
        """Keys and values of the encoder's output for this layer."""
        return self.cross_attention.project_memory(memory)

    def forward(
        self,
        x_BTD: Float[Tensor, "B T D"],
        memory_projection: tuple[Float[Tensor, "B S H K"], Float[Tensor, "B S H K"]],
        tgt_mask: Tensor | None,
        memory_mask: Tensor | None,
        cache: LayerCache | None = None,
    ) -> Float[Tensor, "B T D"]:
        key, value = memory_projection
        x_BTD = self.residual(0, x_BTD, lambda x: self.self_attention(x, tgt_mask, cache))
        x_BTD = self.residual(1, x_BTD, lambda x: self.cross_attention(x, key, value, memory_mask))
        return self.residual(2, x_BTD, self.feed_forward)
