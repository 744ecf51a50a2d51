"""Which rows of a padded batch are tokens: linear maps and norms need to work on these alone."""

# B batch · S length · N tokens that are no padding · P width of a row
from typing import Any

import torch
from jaxtyping import Bool, Shaped
from torch import Tensor

_WORTH_IT = 0.9
"""Share of tokens above which leaving the padding out gains less than it costs."""


class Rows:
    """A padded batch in two layouts: (B, S, P), and (N, P) without the padding. One sequence after the other.

    Args:
        pad_mask: True = padding.
    """

    def __init__(self, pad_mask: Bool[Tensor, "B S"]) -> None:
        self.shape = tuple(pad_mask.shape)
        tokens = ~pad_mask.flatten()
        self.places = tokens.nonzero().squeeze(1)
        self.origins = (tokens.cumsum(0) - 1).clamp(min=0)
        self.is_token = tokens.unsqueeze(1)

    def gather(self, x: Shaped[Tensor, "B S P"]) -> Shaped[Tensor, "N P"]:
        """The tokens alone."""
        return _Gather.apply(x, self)

    def spread(self, x: Shaped[Tensor, "N P"]) -> Shaped[Tensor, "B S P"]:
        """The batch again. Padding holds what some token holds: any number that no attention looks at."""
        return _Spread.apply(x, self)


class AllRows(Rows):
    """The same where nothing is left out: both layouts are (B, S, P)."""

    def __init__(self) -> None:
        pass

    def gather(self, x: Shaped[Tensor, "B S P"]) -> Shaped[Tensor, "B S P"]:
        return x

    def spread(self, x: Shaped[Tensor, "B S P"]) -> Shaped[Tensor, "B S P"]:
        return x


def rows_of(pad_mask: Bool[Tensor, "B S"] | None) -> Rows:
    """The rows of a batch. On GPUs, and in graphs, whose shapes must not hang on what a batch holds: all of them."""
    if pad_mask is None or pad_mask.device.type != "cpu" or torch.compiler.is_compiling():
        return AllRows()
    tokens = pad_mask.numel() - int(pad_mask.sum())
    return Rows(pad_mask) if 0 < tokens < _WORTH_IT * pad_mask.numel() else AllRows()


class _Gather(torch.autograd.Function):
    """Padding gets a gradient of 0."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rows: Rows) -> Tensor:
        ctx.rows = rows
        return x.flatten(0, 1).index_select(0, rows.places)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        rows, (gradient,) = ctx.rows, gradients
        spread = gradient.index_select(0, rows.origins).mul_(rows.is_token)
        return spread.unflatten(0, rows.shape), None


class _Spread(torch.autograd.Function):
    """The gradient of padding is 0, for nothing looks at it, and is left out."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rows: Rows) -> Tensor:
        ctx.rows = rows
        return x.index_select(0, rows.origins).unflatten(0, rows.shape)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,) = gradients
        return gradient.flatten(0, 1).index_select(0, ctx.rows.places), None
