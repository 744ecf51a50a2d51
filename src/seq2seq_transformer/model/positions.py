"""How positions are counted: each channel turns the tokens of a source or a target into one integer a token.

Two tokens that belong together get counts that differ by a constant, whatever the length of the sequence; that is what
an attention with a short window can learn. A token without a count in a channel has the count NOWHERE. A source is
SOS, n tokens, EOS with i = −1, 0 … n; of a target, t = 0, 1 … is the index of the token that is about to be produced.
"""

# B batch · T tokens
from collections.abc import Callable
from typing import cast

import torch
from jaxtyping import Int
from torch import Tensor, nn

from seq2seq_transformer.model.tokens import NOWHERE, Tokens
from seq2seq_transformer.registry import Registry

Channel = Callable[[Tokens], Tensor]
CHANNELS: Registry[Tensor] = Registry("channel")


def count(channels: tuple[str, ...], tokens: Tokens) -> list[Int[Tensor, "B T"]]:
    """The counts of some tokens in each channel; one row stands for all where they are the same everywhere."""
    for name in channels:
        if name not in tokens.counts:
            tokens.counts[name] = cast(Channel, CHANNELS.get(name))(tokens)
    return [tokens.counts[name] for name in channels]


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
    begins = nn.functional.pad(by_token[:, 1:] != by_token[:, :-1], (1, 0))
    counts = places - torch.where(begins, places, 0).cummax(dim=1).values
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
def twice(tokens: Tokens) -> Int[Tensor, "B T"]:
    """The target takes every second token: i against 2t."""
    return tokens.index if tokens.is_source else 2 * tokens.index


@CHANNELS.register
def twice_lap(tokens: Tokens) -> Int[Tensor, "B T"]:
    """A second pass over every second token: i + n, n rounded up to an even number, against 2t."""
    return tokens.index + tokens.length + tokens.length % 2 if tokens.is_source else 2 * tokens.index


@CHANNELS.register
def halved(tokens: Tokens) -> Int[Tensor, "B T"]:
    """Two tokens of the source make one of the target, the last two the last: i, + 1 where n is odd, against 2t."""
    return tokens.index + tokens.length % 2 if tokens.is_source else 2 * tokens.index


@CHANNELS.register
def steps(tokens: Tokens) -> Int[Tensor, "B T"]:
    """How many tokens have been produced: EOS of the source is 0 and no other of its tokens counts, against t."""
    return torch.where(tokens.index == tokens.length, 0, NOWHERE) if tokens.is_source else tokens.index


@CHANNELS.register
def place(tokens: Tokens) -> Int[Tensor, "B T"]:
    """Place after the last operator before a token, or after the start; against t. Operands line up."""
    if not tokens.is_source:
        return tokens.index
    places = tokens.index.expand_as(tokens.ids)
    last = torch.where(tokens.are("o"), places, -1).cummax(dim=1).values
    before = torch.cat([torch.full_like(last[:, :1], -1), last[:, :-1]], dim=1)
    return places - before - 1


@CHANNELS.register
def pair(tokens: Tokens) -> Int[Tensor, "B T"]:
    """Opening and closing tokens that belong together share a count, the index of the first; any other has its own."""
    if not tokens.is_source:
        return torch.full_like(tokens.index, NOWHERE)
    opens, closes, places = tokens.are("("), tokens.are(")"), tokens.index.expand_as(tokens.ids)
    by_level, order = torch.where(opens | closes, _levels(tokens), NOWHERE).sort(dim=1, stable=True)
    before = order.roll(1, dims=1)
    meet = closes.gather(1, order) & opens.gather(1, before) & (by_level == by_level.roll(1, dims=1))
    partners = torch.where(meet, places.gather(1, before), places.gather(1, order))
    return torch.zeros_like(order).scatter(1, order, partners)


@CHANNELS.register
def inside(tokens: Tokens) -> Int[Tensor, "B T"]:
    """The index of the opening token that was last opened and is not closed, its own pair counted; against nothing."""
    if not tokens.is_source:
        return torch.full_like(tokens.index, NOWHERE)
    places = tokens.index.expand_as(tokens.ids)
    _, order = _levels(tokens).sort(dim=1, stable=True)
    ranks = torch.arange(places.shape[1], device=places.device).expand_as(places)
    opened = torch.where(tokens.are("(").gather(1, order), ranks, -1).cummax(dim=1).values
    owners = torch.where(opened < 0, NOWHERE, places.gather(1, order.gather(1, opened.clamp(min=0))))
    return torch.zeros_like(order).scatter(1, order, owners)


@CHANNELS.register
def depth(tokens: Tokens) -> Int[Tensor, "B T"]:
    """How many more tokens are open at the end of the source than at a token; against t."""
    if not tokens.is_source:
        return tokens.index
    return (tokens.are("(").long() - tokens.are(")").long()).sum(dim=1, keepdim=True) - _levels(tokens)


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
def digit_first(tokens: Tokens) -> Int[Tensor, "B T"]:
    """As digit, for the digits of the first number of a source alone."""
    return torch.where(number(tokens) == 0, digit(tokens), NOWHERE) if tokens.is_source else digit(tokens)


@CHANNELS.register
def digit_last(tokens: Tokens) -> Int[Tensor, "B T"]:
    """As digit, for the digits of the last number of a source alone."""
    if not tokens.is_source:
        return digit(tokens)
    numbers = torch.where(tokens.is_digit, number(tokens), NOWHERE)
    return torch.where(numbers == numbers.amax(dim=1, keepdim=True), digit(tokens), NOWHERE)


@CHANNELS.register
def number_end(tokens: Tokens) -> Int[Tensor, "B T"]:
    """Which number a digit belongs to, 0 for the last one; against 0."""
    if not tokens.is_source:
        return torch.zeros_like(tokens.index)
    numbers = torch.where(tokens.is_digit, number(tokens), NOWHERE)
    return torch.where(tokens.is_digit, numbers.amax(dim=1, keepdim=True) - numbers, NOWHERE)


@CHANNELS.register
def number(tokens: Tokens) -> Int[Tensor, "B T"]:
    """Which number a digit belongs to, 0 for the first; of another token, which number comes after it."""
    begins = tokens.is_digit & (tokens.digits_before == 0)
    return begins.cumsum(dim=1) - tokens.is_digit.long()


@CHANNELS.register
def none(tokens: Tokens) -> Int[Tensor, "B T"]:
    """No position: content alone."""
    return torch.full_like(tokens.index, NOWHERE)


def _levels(tokens: Tokens) -> Int[Tensor, "B T"]:
    """How many tokens are open at each; an opening and a closing one that belong together count themselves."""
    opens, closes = tokens.are("(").long(), tokens.are(")").long()
    return (opens - closes).cumsum(dim=1) + closes


def _digits_after(tokens: Tokens) -> Int[Tensor, "B T"]:
    """Digits that stand after a digit in its number; NOWHERE for other tokens."""
    if tokens.width:
        return torch.where(tokens.is_digit, tokens.width - 1 - tokens.digits_before, NOWHERE)
    places = tokens.index.expand_as(tokens.ids)
    ends = torch.where(tokens.is_digit, places[:, -1:] + 1, places)
    after = ends.flip(1).cummin(dim=1).values.flip(1) - places - 1
    return torch.where(tokens.is_digit, after, NOWHERE)
