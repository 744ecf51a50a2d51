"""The two kinds of Transformer block, and the feed-forward network inside both."""

# B batch · S source length · T target length · D dim_model · F dim_feedforward · H num_heads · K dim per head
# *N rows in one of the two layouts of rows.py: (B, T) with padding, or (N,) without
from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from seq2seq_transformer.model.attention import CrossAttention, SelfAttention, dropped
from seq2seq_transformer.model.cache import LayerCache
from seq2seq_transformer.model.config import TransformerConfig
from seq2seq_transformer.model.located import Located

Sublayer = Callable[[Tensor], Tensor]


_ACTIVATIONS: dict[str, Sublayer] = {
    "relu": partial(F.relu, inplace=True),
    "gelu": F.gelu,
    "swiglu": lambda x: _gated(*x.chunk(2, dim=-1)),
}


_CLOSED = 3.0


def _gated(x: Tensor, gate: Tensor) -> Tensor:
    return x * F.silu(gate)


class FeedForward(nn.Module):
    """Linear, activation, linear: the same for every position (Vaswani et al. 2017, equation 2).

    SwiGLU, whose first map is twice as wide, is Shazeer's (2020, equation 6).

    Args:
        config: of the model.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        parts = 2 if config.activation == "swiglu" else 1
        self.widen = nn.Linear(config.dim_model, parts * config.feedforward_width)
        self.narrow = nn.Linear(config.feedforward_width, config.dim_model)
        self.activation_name = config.activation
        self.activation = _ACTIVATIONS[config.activation]
        self.dropout_p = config.dropout

    def forward(self, x_ND: Float[Tensor, "*N D"]) -> Float[Tensor, "*N D"]:
        if x_ND.dim() > 2 and torch.is_grad_enabled():  # changed in place, a view has its gradient copied three times
            return self.forward(x_ND.flatten(0, -2)).view_as(x_ND)
        hidden_NF = self.activation(self.widen(x_ND))
        return self.narrow(dropped(hidden_NF, self.dropout_p, self.training))


def make_norm(config: TransformerConfig) -> nn.Module:
    """The normalization that a configuration asks for."""
    return nn.RMSNorm(config.dim_model) if config.normalization == "rms" else nn.LayerNorm(config.dim_model)


class Block(nn.Module):
    """A residual block: around each sublayer a normalization, a dropout and a shortcut.

    Pre-norm normalizes what goes into a sublayer; post-norm, as in the paper, what comes out of the shortcut.
    """

    def __init__(self, config: TransformerConfig, num_sublayers: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(make_norm(config) for _ in range(num_sublayers))
        self.pre_norm = config.norm == "pre"
        self.dropout_p = config.dropout

    def residual(self, index: int, x_ND: Tensor, sublayer: Sublayer) -> Tensor:
        """Apply the sublayer with the norm of this index and its shortcut."""
        norm = self.norms[index]
        if self.pre_norm:
            return x_ND + dropped(sublayer(norm(x_ND)), self.dropout_p, self.training)
        return norm(x_ND + dropped(sublayer(x_ND), self.dropout_p, self.training))


class CopyGate(nn.Module):
    """How much of a block's outcome each token takes, in [0, 1] for each number; near 0 when training begins.

    The rest stays as it was, so that a token can wait until what it depends on is known (Neural Data Router, Csordás et
    al. 2022, arXiv 2110.07732, equations 5 and 6).

    Args:
        config: of the model.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.inner = nn.Linear(config.dim_model, config.dim_model)
        self.outer = nn.Linear(config.dim_model, config.dim_model)

    def forward(self, x_ND: Float[Tensor, "*N D"]) -> Float[Tensor, "*N D"]:
        return torch.sigmoid(self.outer(F.relu(self.inner(x_ND))) - _CLOSED)


class EncoderLayer(Block):
    """Self-attention over the source, then a feed-forward network."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config, num_sublayers=2)
        self.self_attention = SelfAttention(config)
        self.feed_forward = FeedForward(config)
        self.gate = CopyGate(config) if config.encoder_gate else None

    def forward(self, x_ND: Float[Tensor, "*N D"], located: Located, layer: int) -> Float[Tensor, "*N D"]:
        new_ND = self.residual(0, x_ND, lambda x: self.self_attention(x, located, layer))
        if self.gate is None:
            return self.residual(1, new_ND, self.feed_forward)
        share_ND = self.gate(new_ND)
        return x_ND + share_ND * (self.residual(1, new_ND, self.feed_forward) - x_ND)


class DecoderLayer(Block):
    """Causal self-attention over the target, cross-attention to the source, then a feed-forward network."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config, num_sublayers=3)
        self.self_attention = SelfAttention(config)
        self.cross_attention = CrossAttention(config)
        self.feed_forward = FeedForward(config)

    def forward(
        self,
        x_ND: Float[Tensor, "*N D"],
        memory_projection: tuple[Float[Tensor, "B H S K"], Float[Tensor, "B H S K"]],
        located: tuple[Located, Located],
        layer: int,
        cache: LayerCache | None = None,
    ) -> Float[Tensor, "*N D"]:
        own, across = located
        key, value = memory_projection
        x_ND = self.residual(0, x_ND, lambda x: self.self_attention(x, own, layer, cache))
        x_ND = self.residual(1, x_ND, lambda x: self.cross_attention(x, key, value, across, layer))
        return self.residual(2, x_ND, self.feed_forward)
