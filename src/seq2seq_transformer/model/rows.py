"""Which rows of a padded batch are tokens: linear maps and norms need to work on these alone."""

# B batch · S length · N tokens that are no padding · P width of a row · H heads · K dim per head
from typing import Any

import torch
from jaxtyping import Bool, Int, Shaped
from torch import Tensor

_WORTH_IT = 0.9
"""Share of tokens above which leaving the padding out gains less than it costs."""
_MULTIPLE = 32
"""Rows come in multiples of this, some padding among them: PyTorch prepares a product for each number of rows and keeps
what it prepared, 0.8 MB for each product of a model of 8 million weights."""


class Rows:
    """A padded batch in two layouts: (B, S, P), and (N, P) without the padding. One sequence after the other.

    Args:
        pad_mask: True = padding.
        multiple: as much padding is kept as makes N a multiple of this.
    """

    def __init__(self, pad_mask: Bool[Tensor, "B S"], multiple: int = 1) -> None:
        self.shape = tuple(pad_mask.shape)
        tokens = ~pad_mask.flatten()
        if missing := -int(tokens.sum()) % multiple:
            tokens[(~tokens).nonzero()[:missing]] = True
        self.places = tokens.nonzero().squeeze(1)
        self.origins = (tokens.cumsum(0) - 1).clamp(min=0)
        self.origins_or_zero = self.origins.where(tokens, len(self.places))
        self._spread: dict[tuple[int, int, bool], Tensor] = {}
        self._gathered: dict[tuple[int, int], Tensor] = {}

    def gather(self, x: Shaped[Tensor, "B S P"]) -> Shaped[Tensor, "N P"]:
        """The tokens alone."""
        return _Gather.apply(x, self)

    def spread(self, x: Shaped[Tensor, "N P"]) -> Shaped[Tensor, "B S P"]:
        """The batch again. Padding holds what some token holds: any number that no attention looks at."""
        return _Spread.apply(x, self)

    def split_heads(self, x: Shaped[Tensor, "*N P"], parts: int, heads: int) -> tuple[Shaped[Tensor, "B H S K"], ...]:
        """Rows of `parts` vectors each, such as a query, a key and a value, head by head."""
        return _SplitHeads.apply(x, self, parts, heads).unbind(0)

    def merge_heads(self, x_BHSK: Shaped[Tensor, "B H S K"]) -> Shaped[Tensor, "*N P"]:
        """What the heads found, as rows again."""
        return _MergeHeads.apply(x_BHSK, self)

    def spread_by_head(self, parts: int, heads: int, *, zeros: bool = False) -> Int[Tensor, " PBHS"]:
        """Where in (N, parts, H, K) each piece of (parts, B, H, S, K) lies; with zeros, padding in row N."""
        key = parts, heads, zeros
        if key not in self._spread:
            head, part = (torch.arange(number, device=self.places.device) for number in (heads, parts))
            token = (self.origins_or_zero if zeros else self.origins).view(self.shape[0], 1, self.shape[1])
            self._spread[key] = ((token * parts + part.view(-1, 1, 1, 1)) * heads + head.view(-1, 1)).flatten()
        return self._spread[key]

    def gathered_by_head(self, parts: int, heads: int) -> Int[Tensor, " NPH"]:
        """Where in (parts, B, H, S, K) each piece of (N, parts, H, K) lies."""
        if (parts, heads) not in self._gathered:
            batch, length = self.shape
            sequence, place = (each.view(-1, 1, 1) for each in (self.places // length, self.places % length))
            head, part = (torch.arange(number, device=self.places.device) for number in (heads, parts))
            by_head = ((part.view(-1, 1) * batch + sequence) * heads + head) * length + place
            self._gathered[parts, heads] = by_head.flatten()
        return self._gathered[parts, heads]


class AllRows(Rows):
    """The same where nothing is left out: both layouts are (B, S, P)."""

    def __init__(self) -> None:
        pass

    def gather(self, x: Shaped[Tensor, "B S P"]) -> Shaped[Tensor, "B S P"]:
        return x

    def spread(self, x: Shaped[Tensor, "B S P"]) -> Shaped[Tensor, "B S P"]:
        return x

    def split_heads(self, x: Shaped[Tensor, "B S P"], parts: int, heads: int) -> tuple[Shaped[Tensor, "B H S K"], ...]:
        return x.view(*x.shape[:2], parts * heads, -1).transpose(1, 2).chunk(parts, dim=1)

    def merge_heads(self, x_BHSK: Shaped[Tensor, "B H S K"]) -> Shaped[Tensor, "B S P"]:
        return x_BHSK.transpose(1, 2).flatten(2)


class FlatRows(AllRows):
    """The same as rows, padding among them: (B, S, P) and (B·S, P), where a linear map and its bias are one product.

    Args:
        shape: B and S.
    """

    def __init__(self, shape: torch.Size) -> None:
        self.shape = tuple(shape)

    def gather(self, x: Shaped[Tensor, "B S P"]) -> Shaped[Tensor, "N P"]:
        return x.flatten(0, 1)

    def spread(self, x: Shaped[Tensor, "N P"]) -> Shaped[Tensor, "B S P"]:
        return x.unflatten(0, self.shape)

    def split_heads(self, x: Shaped[Tensor, "N P"], parts: int, heads: int) -> tuple[Shaped[Tensor, "B H S K"], ...]:
        return super().split_heads(self.spread(x), parts, heads)

    def merge_heads(self, x_BHSK: Shaped[Tensor, "B H S K"]) -> Shaped[Tensor, "N P"]:
        return self.gather(super().merge_heads(x_BHSK))


class SingleRows(Rows):
    """Batches of one token each: (B, 1, P) and (B, P), where a linear map and its bias are one product."""

    def __init__(self) -> None:
        pass

    def gather(self, x: Shaped[Tensor, "B 1 P"]) -> Shaped[Tensor, "B P"]:
        return x.squeeze(1)

    def spread(self, x: Shaped[Tensor, "B P"]) -> Shaped[Tensor, "B 1 P"]:
        return x.unsqueeze(1)

    def split_heads(self, x: Shaped[Tensor, "B P"], parts: int, heads: int) -> tuple[Shaped[Tensor, "B H 1 K"], ...]:
        x_BHSK = x.unflatten(1, (parts * heads, 1, -1))
        return x_BHSK.chunk(parts, dim=1) if parts > 1 else (x_BHSK,)

    def merge_heads(self, x_BHSK: Shaped[Tensor, "B H 1 K"]) -> Shaped[Tensor, "B P"]:
        return x_BHSK.flatten(1)


def rows_of(pad_mask: Bool[Tensor, "B S"] | None) -> Rows:
    """The rows of a batch. On GPUs, and in graphs, whose shapes must not hang on what a batch holds: all of them."""
    if pad_mask is not None and torch.compiler.is_exporting():
        return FlatRows(pad_mask.shape)
    if pad_mask is None or pad_mask.device.type != "cpu" or torch.compiler.is_compiling():
        return AllRows()
    tokens = pad_mask.numel() - int(pad_mask.sum())
    return Rows(pad_mask, _MULTIPLE) if 0 < tokens < _WORTH_IT * pad_mask.numel() else AllRows()


class _Gather(torch.autograd.Function):
    """Padding gets a gradient of 0."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rows: Rows) -> Tensor:
        ctx.rows = rows
        return x.flatten(0, 1).index_select(0, rows.places)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        rows, (gradient,) = ctx.rows, gradients
        return _with_zeros(gradient).index_select(0, rows.origins_or_zero).unflatten(0, rows.shape), None


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


class _SplitHeads(torch.autograd.Function):
    """Spread, transposed and divided into parts, in one copy; the pieces that are copied are of a token and a head."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rows: Rows, parts: int, heads: int) -> Tensor:
        ctx.rows = rows
        return _split(x, rows, parts, heads)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (gradient,) = gradients
        return _merged(gradient, ctx.rows), None, None, None


class _MergeHeads(torch.autograd.Function):
    """The other way about. Padding gets a gradient of 0."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rows: Rows) -> Tensor:
        ctx.rows, ctx.heads = rows, x.shape[1]
        return _merged(x.unsqueeze(0), rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,) = gradients
        return _split(_with_zeros(gradient), ctx.rows, 1, ctx.heads, zeros=True)[0], None


def _with_zeros(x: Shaped[Tensor, "N P"]) -> Shaped[Tensor, "N+1 P"]:
    """A row of zeros for the padding: to copy it is faster than to clear what was copied."""
    return torch.cat([x, x.new_zeros(1, x.shape[1])])


def _split(
    x: Shaped[Tensor, "*N P"], rows: Rows, parts: int, heads: int, *, zeros: bool = False
) -> Shaped[Tensor, "parts B H S K"]:
    pieces = x.reshape(len(x) * parts * heads, -1).index_select(0, rows.spread_by_head(parts, heads, zeros=zeros))
    batch, length = rows.shape
    return pieces.view(parts, batch, heads, length, -1)


def _merged(x: Shaped[Tensor, "parts B H S K"], rows: Rows) -> Shaped[Tensor, "N P"]:
    pieces = x.flatten(0, 3).index_select(0, rows.gathered_by_head(x.shape[0], x.shape[2]))
    return pieces.view(len(rows.places), -1)
