"""Lines of signs, digits and lengths, many at once: integers, and sequences and matrices of them.

Nothing is guessed here: a line with anything unusual is left to the plain parser.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.values import ExampleBatch, IntBatch, Integer, Matrix, Range, ValueType, Vector

_BLANK, _TAB, _NEWLINE = b" \t\n"
_ZERO, _LENGTH = b"0V"
_LONGEST_WORD = 9
_LARGEST = 2**62


def read_columns(
    block: bytes, source: ValueType, target: ValueType, base: int, plus: str
) -> tuple[ExampleBatch, NDArray[np.bool_]] | None:
    """The examples of a block of lines in two columns, and which lines they are; None for other types.

    Args:
        block: whole lines, each with a newline at its end.
        source: the type of the first column.
        target: the type of the second.
        base: of the digits.
        plus: the word before positive numbers; before negative ones it ends in "-".
    """
    if not all(_is_simple(kind) for kind in (source, target)) or not block:
        return None
    words = _Words.of_block(block, base, plus)
    sides = [_read_side(words, column, kind) for column, kind in enumerate((source, target))]
    good = sides[0][1] & sides[1][1] & (words.tabs == 1)
    first, second = (batch[good] for batch, _ in sides)
    return ExampleBatch(first, second), good


def _is_simple(kind: ValueType) -> bool:
    return isinstance(kind, (Integer, Range)) or (isinstance(kind, (Vector, Matrix)) and kind.item == Integer())


@dataclass(frozen=True)
class _Words:
    """The words of a block: what each is, and where the columns of each line begin."""

    value: NDArray[np.int64]
    """Of a digit, or of a length."""
    number: NDArray[np.bool_]
    """Whether a word is a plain number."""
    digit: NDArray[np.bool_]
    """Whether it is one below the base."""
    sign: NDArray[np.bool_]
    negative: NDArray[np.bool_]
    size: NDArray[np.bool_]
    """Whether a word is a length, such as V2."""
    bounds: NDArray[np.int64]
    """First word of each line, its first word after the tab, and the first word after it: shape (lines, 3)."""
    tabs: NDArray[np.int64]
    """Of each line."""
    base: int

    @classmethod
    def of_block(cls, block: bytes, base: int, plus: str) -> "_Words":
        """Cut a block into words at every blank, tab and newline."""
        text = np.frombuffer(block + bytes(_LONGEST_WORD), dtype=np.uint8)
        bytes_ = text[: len(block)]
        ends = np.flatnonzero((bytes_ == _BLANK) | (bytes_ == _TAB) | (bytes_ == _NEWLINE)).astype(np.int64)
        starts = np.concatenate([[0], ends[:-1] + 1])
        lengths = ends - starts
        first = text[starts]
        size = (first == _LENGTH) & (lengths > 1)
        begin = starts + size
        value, number = _decimal(text, begin, lengths - size)
        last = text[np.maximum(ends - 1, 0)]
        head = plus[:-1].encode()
        sign = (lengths == len(plus)) & ((last == ord("+")) | (last == ord("-")))
        for place, letter in enumerate(head):
            sign &= text[starts + place] == letter
        separator = text[ends]
        lines = np.flatnonzero(separator == _NEWLINE)
        tab = separator == _TAB
        tabs_before = np.concatenate([[0], np.cumsum(tab)])
        after = np.concatenate([[0], lines + 1])
        tabs = tabs_before[after[1:]] - tabs_before[after[:-1]]
        tab_words = np.flatnonzero(tab)
        middle = np.append(tab_words + 1, 0)[np.minimum(tabs_before[after[:-1]], len(tab_words))]
        bounds = np.stack([after[:-1], np.clip(middle, after[:-1], after[1:]), after[1:]], axis=1)
        plain = number & ~size
        digit = plain & (value < base)
        return cls(value, plain, digit, sign, sign & (last == ord("-")), size & number, bounds, tabs, base)


def _decimal(
    text: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Words as decimal numbers without leading zeros, and which of them are such numbers."""
    value = np.zeros(len(starts), dtype=np.int64)
    good = (lengths >= 1) & (lengths <= _LONGEST_WORD) & ((text[starts] != _ZERO) | (lengths == 1))
    for place in range(int(min(_LONGEST_WORD, lengths.max(initial=0)))):
        inside = lengths > place
        figure = text[starts + place] - np.uint8(_ZERO)  # below the zero it wraps around to more than 9
        good &= (figure <= 9) | ~inside
        value = np.where(inside, value * 10 + figure, value)
    return value, good


def _read_side(words: _Words, column: int, kind: ValueType) -> tuple[IntBatch, NDArray[np.bool_]]:
    """One column of every line; lines that are not good have any values."""
    begin, end = words.bounds[:, column], words.bounds[:, column + 1]
    if isinstance(kind, Range):
        place = np.minimum(begin, len(words.value) - 1)
        value = words.value[place]
        good = (end - begin == 1) & words.number[place] & (value >= kind.low) & (value < kind.high)
        return IntBatch.of_scalars(value), good
    depth = 2 if isinstance(kind, Matrix) else int(isinstance(kind, Vector))
    good = end - begin > depth
    sizes = [np.where(good, words.value[np.minimum(begin + level, len(words.value) - 1)], 0) for level in range(depth)]
    for level in range(depth):
        good &= words.size[np.minimum(begin + level, len(words.value) - 1)]
    return _read_integers(words, begin + depth, end, good, sizes, kind)


def _read_integers(
    words: _Words,
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    good: NDArray[np.bool_],
    sizes: list[NDArray[np.int64]],
    kind: ValueType,
) -> tuple[IntBatch, NDArray[np.bool_]]:
    """The integers between two words of every line, as many as the sizes say."""
    begin = np.minimum(begin, end)
    signs_before = np.concatenate([[0], np.cumsum(words.sign)])
    odd_before = np.concatenate([[0], np.cumsum(~(words.sign | words.digit))])
    count = signs_before[end] - signs_before[begin]
    wanted = np.prod(sizes, axis=0) if sizes else np.ones(len(begin), dtype=np.int64)
    for size, limit in zip(sizes, _limits(kind), strict=True):
        good &= (size > 0) & (size == limit if limit else True)
    good &= (count == wanted) & (odd_before[end] == odd_before[begin])
    good &= words.sign[np.minimum(begin, len(words.sign) - 1)]
    numbers, fine = _integers(words)
    faulty_before = np.concatenate([[0], np.cumsum(~fine)])
    first, last = signs_before[begin], signs_before[end]
    good &= faulty_before[last] == faulty_before[first]
    count = np.where(good, count, 0)
    values = np.zeros((len(begin), int(count.max(initial=not sizes))), dtype=np.int64)
    mask = np.arange(values.shape[1]) < count[:, None]
    places = first[:, None] + np.arange(values.shape[1])
    values[mask] = numbers[places[mask]]
    columns = sizes[1] if len(sizes) == 2 else None
    return IntBatch(values, count, len(sizes), columns), good


def _limits(kind: ValueType) -> list[int | None]:
    if isinstance(kind, Matrix):
        return [kind.rows, kind.columns]
    return [kind.length] if isinstance(kind, Vector) else []


def _integers(words: _Words) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The number that begins at each sign, and whether its digits are in order."""
    signs = np.flatnonzero(words.sign)
    following = np.append(np.flatnonzero(~words.digit), len(words.digit))
    after = following[np.searchsorted(following, signs, side="right")]
    line_ends = words.bounds[:, 1:].ravel()
    after = np.minimum(after, line_ends[np.searchsorted(line_ends, signs, side="right")])
    digits = after - signs - 1
    number = np.zeros(len(signs), dtype=np.int64)
    fine = digits > 0
    for place in range(int(digits.max(initial=0))):
        inside = np.flatnonzero(digits > place)
        fine[inside] &= number[inside] <= (_LARGEST // words.base)
        number[inside] = number[inside] * words.base + words.value[signs[inside] + 1 + place]
        if place == 0:
            fine[inside] &= (number[inside] > 0) | (digits[inside] == 1)
        number[~fine] = 0
    negative = words.negative[signs]
    fine &= ~(negative & (number == 0))
    return np.where(negative, -number, number), fine
