"""How positions are counted: each channel turns the tokens of a source or a target into one integer a token.

Two tokens that belong together get counts that differ by a constant, whatever the length of the sequence; that is what
an attention with a short window can learn. A token without a count in a channel has the count NOWHERE. A source is
SOS, n tokens, EOS with i = −1, 0 … n; of a target, t = 0, 1 … is the index of the token that is about to be produced.
"""

# B batch · S source length · T target length · G channels
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from seq2seq_transformer.model.config import TokenRoles
from seq2seq_transformer.registry import Registry

NOWHERE = -(2**30)
"""The count of a token that has none in a channel."""


@dataclass(frozen=True)
class Tokens:
    """The tokens of one side of a batch, and what channels count with.

    Args:
        ids: token ids, those of the padding of a source included.
        is_source: a source; otherwise a target, which may go on.
        length: of a source n, the tokens between SOS and EOS; one row where it is the same everywhere.
        roles: what the tokens are.
    """

    ids: Int[Tensor, "B T"]
    is_source: bool
    length: Int[Tensor, "B 1"] | Int[Tensor, "1 1"]
    roles: TokenRoles

    @classmethod
    def of_source(cls, ids: Int[Tensor, "B S"], pad_mask: Bool[Tensor, "B S"] | None, roles: TokenRoles) -> "Tokens":
        """A source; the lengths are told by its padding."""
        whole = torch.full((1, 1), ids.shape[1] - 2, device=ids.device)
        if pad_mask is None:
            return cls(ids, True, whole, roles)
        return cls(ids, True, whole - pad_mask.sum(dim=1, keepdim=True), roles)

    @classmethod
    def of_target(cls, ids: Int[Tensor, "B T"], roles: TokenRoles) -> "Tokens":
        """What has been produced of a target."""
        return cls(ids, False, torch.zeros((1, 1), dtype=torch.int64, device=ids.device), roles)

    @cached_property
    def index(self) -> Int[Tensor, "1 T"]:
        """Of a source i, of a target t."""
        return torch.arange(self.ids.shape[1], device=self.ids.device).unsqueeze(0) - int(self.is_source)

    @cached_property
    def is_digit(self) -> Bool[Tensor, "B T"]:
        """Where a digit of a number stands."""
        return self._are("d")

    @property
    def least_first(self) -> bool:
        """Whether numbers begin with their least significant digit."""
        return self.roles.source_least_first if self.is_source else self.roles.target_least_first

    @property
    def width(self) -> int:
        """Digits of every number; 0: as many as it has."""
        return self.roles.source_width if self.is_source else self.roles.target_width

    @cached_property
    def digits_before(self) -> Int[Tensor, "B T"]:
        """Digits that stand before a token in an unbroken row; a row of fixed width begins anew after each number."""
        places = self.index.expand_as(self.ids)
        breaks = torch.where(self.is_digit, places[:, :1] - 1, places)
        before = places - breaks.cummax(dim=1).values - 1
        return before % self.width if self.width else before

    def _are(self, letters: str) -> Bool[Tensor, "B T"]:
        known = torch.tensor([letter in letters for letter in self.roles.tokens] or [False], device=self.ids.device)
        return known[self.ids] if self.roles.tokens else torch.zeros_like(self.ids, dtype=torch.bool)


Channel = Callable[[Tokens], Tensor]
CHANNELS: Registry[Tensor] = Registry("channel")


def count(channels: tuple[str, ...], tokens: Tokens) -> list[Int[Tensor, "B T"]]:
    """The counts of some tokens in each channel; one row stands for all where they are the same everywhere."""
    return [cast(Channel, CHANNELS.get(name))(tokens) for name in channels]


@CHANNELS.register
def absolute(tokens: Tokens) -> Int[Tensor, "B T"]:
    """From the start, SOS being 0 on both sides: i + 1 against t. The original's."""
    return tokens.index + int(tokens.is_source)


@CHANNELS.register
def start(tokens: Tokens) -> Int[Tensor, "B T"]:
    """From the start: i against t. A copy lines up."""
    return tokens.index


@CHANNELS.register
def end(tokens: Tokens) -> Int[Tensor, "B T"]:
    """From the end of the source: n − 1 − i against t. A reversed copy lines up."""
    return tokens.length - 1 - tokens.index if tokens.is_source else tokens.index


@CHANNELS.register
def continuation(tokens: Tokens) -> Int[Tensor, "B T"]:
    """The target goes on where the source ends: i − n against t."""
    return tokens.index - tokens.length


@CHANNELS.register
def lap(tokens: Tokens) -> Int[Tensor, "B T"]:
    """A second pass over the source: i + n against t."""
    return tokens.index + tokens.length


@CHANNELS.register
def half(tokens: Tokens) -> Int[Tensor, "B T"]:
    """Place within a half of the source, against nothing; the last token of an odd source is in neither."""
    if not tokens.is_source:
        return torch.full_like(tokens.index, NOWHERE)
    size = (tokens.length // 2).clamp(min=1)
    inside = (tokens.index >= 0) & (tokens.index < 2 * size)
    return torch.where(inside, tokens.index % size, NOWHERE)


@CHANNELS.register
def occurrence(tokens: Tokens) -> Int[Tensor, "B T"]:
    """How many equal tokens come before; one more on the side of the target, so the next equal one lines up."""
    by_token, order = tokens.ids.sort(dim=1, stable=True)
    places = torch.arange(tokens.ids.shape[1], device=tokens.ids.device).expand_as(order)
    counts = places - torch.searchsorted(by_token, by_token)
    return torch.zeros_like(order).scatter(1, order, counts) + int(not tokens.is_source)


@CHANNELS.register
def first(tokens: Tokens) -> Int[Tensor, "B T"]:
    """How many equal tokens come before, against 0: the first of each kind lines up with every token of the target."""
    return occurrence(tokens) if tokens.is_source else torch.zeros_like(tokens.index)


@CHANNELS.register
def distinct(tokens: Tokens) -> Int[Tensor, "B T"]:
    """Among the first of each kind, how many come before (SOS is the −1st); against t."""
    if not tokens.is_source:
        return tokens.index
    new = occurrence(tokens) == 0
    return torch.where(new, new.cumsum(dim=1) - 2, NOWHERE)


@CHANNELS.register
def digit_start(tokens: Tokens) -> Int[Tensor, "B T"]:
    """Place of a digit in its number, from the first digit; against t."""
    return torch.where(tokens.is_digit, tokens.digits_before, NOWHERE) if tokens.is_source else tokens.index


@CHANNELS.register
def digit_end(tokens: Tokens) -> Int[Tensor, "B T"]:
    """Place of a digit in its number, from the last digit; against t."""
    return _digits_after(tokens) if tokens.is_source else tokens.index


@CHANNELS.register
def digit(tokens: Tokens) -> Int[Tensor, "B T"]:
    """Significance of a digit, 0 for the units; against that of the digit about to be produced."""
    if tokens.is_source:
        return digit_start(tokens) if tokens.least_first else _digits_after(tokens)
    produced = torch.where(tokens.is_digit, tokens.digits_before + 1, 0)
    if tokens.least_first:
        return produced
    if not tokens.width:
        return torch.full_like(tokens.index, NOWHERE)
    return tokens.width - 1 - produced % tokens.width


@CHANNELS.register
def number(tokens: Tokens) -> Int[Tensor, "B T"]:
    """Which number a digit belongs to, 0 for the first; of another token, which number comes after it."""
    begins = tokens.is_digit & (tokens.digits_before == 0)
    return begins.cumsum(dim=1) - tokens.is_digit.long()


@CHANNELS.register
def none(tokens: Tokens) -> Int[Tensor, "B T"]:
    """No position: content alone."""
    return torch.full_like(tokens.index, NOWHERE)


def _digits_after(tokens: Tokens) -> Int[Tensor, "B T"]:
    """Digits that stand after a digit in its number; NOWHERE for other tokens."""
    if tokens.width:
        return torch.where(tokens.is_digit, tokens.width - 1 - tokens.digits_before, NOWHERE)
    places = tokens.index.expand_as(tokens.ids)
    ends = torch.where(tokens.is_digit, places[:, -1:] + 1, places)
    after = ends.flip(1).cummin(dim=1).values.flip(1) - places - 1
    return torch.where(tokens.is_digit, after, NOWHERE)


def stretched(counts: list[Tensor], others: list[Tensor], how: str, limit: int) -> tuple[list[Tensor], list[Tensor]]:
    """Randomized positions of queries and keys: one increasing map a sequence, the same for both.

    Args:
        counts: of the queries, by channel: (B, T), or (1, T) for all rows alike.
        others: of the keys, (B, S) or (1, S).
        how: "sorted": to a random subset, in order (Ruoss et al. 2023, arXiv 2305.16843); "shifted": by an offset.
        limit: where it fits, counts stay below this.
    """
    batch = max(len(each) for each in (*counts, *others))
    stretched_counts, stretched_others = [], []
    for mine, theirs in zip(counts, others, strict=True):
        both = torch.cat([mine.expand(batch, -1), theirs.expand(batch, -1)], dim=1)
        known = both != NOWHERE
        lowest = torch.where(known, both, 0).amin()
        places = torch.where(known, both - lowest, 0)
        size = int(places.amax()) + 1
        room = max(limit, size)
        if how == "sorted":
            chosen = torch.rand(batch, room, device=both.device).argsort(dim=1)[:, :size].sort(dim=1).values
        else:
            chosen = torch.arange(size, device=both.device) + torch.randint(0, room - size + 1, (batch, 1),
                                                                           device=both.device)  # fmt: skip
        moved = torch.where(known, chosen.gather(1, places), NOWHERE)
        stretched_counts.append(moved[:, : mine.shape[1]])
        stretched_others.append(moved[:, mine.shape[1] :])
    return stretched_counts, stretched_others
