"""Random integers of any size, by their number of decimal digits."""

import numpy as np

from seq2seq_transformer.values import DigitBatch
from seq2seq_transformer.values.scalars import MOST_DIGITS as MOST_DIGITS


def random_integer(rng: np.random.Generator, digits: int) -> int:
    """A uniform non-negative integer with exactly this many decimal digits; 0 counts as one digit."""
    text = "".join(map(str, rng.integers(0, 10, size=digits).tolist()))
    return int(f"{rng.integers(1, 10)}{text[1:]}") if digits > 1 else int(text)


def random_digits(rng: np.random.Generator, shape: tuple[int, int], low: int, high: int) -> DigitBatch:
    """Non-negative integers of shape (examples, terms), each with a uniform number of decimal digits in [low, high]."""
    digits = rng.integers(0, 10, size=(*shape, high), dtype=np.uint8)
    counts = rng.integers(low, high + 1, size=shape)
    leading = rng.integers(1, 10, size=shape, dtype=np.uint8)
    first = np.take_along_axis(digits, counts[..., None] - 1, axis=2)[..., 0]
    np.put_along_axis(digits, counts[..., None] - 1, np.where(counts == 1, first, leading)[..., None], axis=2)
    digits[np.arange(high) >= counts[..., None]] = 0
    return DigitBatch(digits, np.zeros(shape, dtype=bool))


def random_positive(rng: np.random.Generator, shape: tuple[int, int], low: int, high: int) -> DigitBatch:
    """As `random_digits`, but positive: a uniform digit from 1 to 9 takes the place of a 0."""
    numbers = random_digits(rng, shape, low, high)
    zero = ~numbers.digits.any(axis=2)
    numbers.digits[zero, 0] = rng.integers(1, 10, size=int(zero.sum()), dtype=np.uint8)
    return numbers
