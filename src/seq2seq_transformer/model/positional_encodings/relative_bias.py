"""Scores learned for each distance, in a short window."""

# B batch · L layers · T queries · S keys · H num_heads · E entries
import math
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.model.positional_encodings.base import (
    POSITIONAL_ENCODINGS,
    Counts,
    PositionalEncodingBase,
    distances,
    of_all_heads,
)

_BLOCKED, _LOWEST = -1e9, -100.0


@POSITIONAL_ENCODINGS.register
class RelativeBias(PositionalEncodingBase):
    """Adds to each score a learned number for the distance of query and key (Raffel et al. 2020, arXiv 1910.10683).

    Distances inside the window have a number each; all farther ones share one on each side. So has a key without a
    count, and a query without one. Every head of every layer has its own numbers. With buckets in place of a window,
    distances share numbers in ranges that grow with the distance.
    """

    rate_factor = 10.0

    def __init__(
        self,
        dim_model: int,
        dropout_p: float,
        max_len: int,
        *,
        window: tuple[int, ...] = (2,),
        far: tuple[float, ...] = (-6.0,),
        ahead: tuple[float, ...] = (),
        buckets: int = 0,
        **common: Any,
    ) -> None:
        """As every positional encoding.

        Args:
            dim_model: D.
            dropout_p: not used.
            max_len: farthest distance that buckets tell apart.
            window: distances below this have a number each, at least 1; one for all channels, or one for each.
            far: what the numbers of all farther distances begin with; one for all channels, or one for each. 0: open,
                -6: nearly closed, -inf: blocked for good (a hard window; a key without a count is blocked as well).
            ahead: the same for keys whose count is higher than the query's. Empty: as far.
            buckets: numbers for distances to each side, half of them for single distances. 0: a window.
            **common: what the model sets.
        """
        super().__init__(dim_model, dropout_p, max_len, **common)
        problems = Problems()
        ahead = ahead or far
        for name, values in (("window", window), ("far", far), ("ahead", ahead)):
            rule = f"`positions.{name}` must have one value, or one for each channel ({self.num_channels})"
            problems.require(len(values) in (1, self.num_channels), rule, values)
        problems.require(all(each >= 1 for each in window), "`positions.window` must be at least 1", window)
        problems.require(buckets == 0 or buckets >= 4, "`positions.buckets` must be 0, or 4 or more", buckets)
        problems.raise_if_any()
        self.buckets = buckets
        self.windows = [buckets or each for each in _for_each(window, self.num_channels)]
        heads = self.num_heads // self.num_channels
        self.entries = nn.ParameterList()
        self.ends = list(zip(_for_each(ahead, self.num_channels), _for_each(far, self.num_channels), strict=True))
        """Of each channel, what the numbers of higher and of lower counts begin with."""
        for each, (higher, lower) in zip(self.windows, self.ends, strict=True):
            entries = torch.zeros(self.num_layers, heads, 2 * each + 3)
            if not buckets:
                entries[..., 0], entries[..., 2 * each] = max(higher, _LOWEST), max(lower, _LOWEST)
            self.entries.append(nn.Parameter(entries))

    def seen(self, query_counts: Counts, key_counts: Counts) -> list[Tensor | None]:
        """With a hard window the keys in it; from queries without a count, all."""
        found: list[Tensor | None] = []
        for window, (higher, lower), *counts in zip(self.windows, self.ends, query_counts, key_counts, strict=True):
            if -math.inf not in (higher, lower):
                found.append(None)
                continue
            apart, no_key, no_query = distances(*counts)
            outside = (apart <= -window) & (higher == -math.inf) | (apart >= window) & (lower == -math.inf)
            visible = ~(outside | no_key) | no_query
            found.append(visible | no_key if higher != lower else visible)
        return found

    def bias(self, query_counts: Counts, key_counts: Counts) -> list[Tensor | None]:
        """The learned numbers, by layer."""
        channels = zip(self.entries, self.windows, self.ends, query_counts, key_counts, strict=True)
        found = [self._of_channel(*channel) for channel in channels]
        return [of_all_heads([part[layer] for part in found]) for layer in range(self.num_layers)]

    def _of_channel(
        self, entries: Float[Tensor, "L H E"], window: int, ends: tuple[float, float], mine: Tensor, theirs: Tensor
    ) -> list[Float[Tensor, "B H T S"]]:
        apart, no_key, no_query = distances(mine, theirs)
        places = self._bucket(apart, window).clamp(-window, window) + window
        places = torch.where(no_query, 2 * window + 2, torch.where(no_key, 2 * window + 1, places))
        higher, lower = (end == -math.inf for end in ends)
        if higher or lower:
            blocked = torch.zeros(entries.shape[-1], dtype=torch.bool, device=entries.device)
            blocked[0], blocked[2 * window], blocked[2 * window + 1] = higher, lower, higher and lower
            entries = entries.masked_fill(blocked, _BLOCKED)
        found = _looked_up(entries, places)
        if not any(-math.inf in each for each in self.ends):
            return list(found)
        return [nn.functional.pad(part, (0, 1), value=0.0 if higher or lower else _BLOCKED) for part in found]

    def _bucket(self, apart: Int[Tensor, "B T S"], window: int) -> Int[Tensor, "B T S"]:
        """Distances as they are, or in ranges: half of the buckets single, the others in equal ratios to max_len."""
        if not self.buckets:
            return apart
        single = window // 2
        size = apart.abs().clamp(min=1).float() / single
        ratio = torch.log(torch.tensor(max(2.0, self.max_len / single)))
        ranged = single + (torch.log(size) / ratio * (window - single)).int()
        return torch.where(apart.abs() < single, apart, ranged.clamp(max=window) * apart.sign())


def _looked_up(entries: Float[Tensor, "L H E"], places: Int[Tensor, "B T S"]) -> Float[Tensor, "L B H T S"]:
    """Each place's entry. In training as a product with ones and zeros, whose gradient is a product as well."""
    if not torch.is_grad_enabled():
        return entries.index_select(2, places.flatten()).unflatten(2, places.shape).transpose(1, 2)
    numbers = torch.arange(entries.shape[-1], device=places.device).view(-1, 1, 1, 1)
    chosen = (places.unsqueeze(0) == numbers).to(entries.dtype)
    layers, heads, _ = entries.shape
    product = entries.flatten(0, 1) @ chosen.flatten(1)
    return product.view(layers, heads, *places.shape).transpose(1, 2)


def _for_each(values: tuple[Any, ...], channels: int) -> tuple[Any, ...]:
    return tuple(values) * channels if len(values) == 1 else tuple(values)
