"""A shuffled order of any length that takes no memory: place i of the order is computed when it is needed."""

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 4


def shuffled(places: NDArray[np.int64], length: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """What stands at these places of a permutation of range(length): another one for every seed and epoch.

    A Feistel network permutes the numbers below a power of four; one that falls beyond the length is sent through again
    ("cycle walking", Black and Rogaway 2002), which keeps it a permutation.

    >>> sorted(shuffled(np.arange(10), 10, seed=0, epoch=3).tolist())
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    half = max(1, ((max(1, length - 1)).bit_length() + 1) // 2)
    keys = np.random.default_rng((seed, epoch)).integers(0, 2**63, size=_ROUNDS, dtype=np.uint64)
    found = _permuted(places.astype(np.uint64), half, keys)
    while (beyond := found >= length).any():
        found[beyond] = _permuted(found[beyond], half, keys)
    return found.astype(np.int64)


def _permuted(numbers: NDArray[np.uint64], half: int, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mask, shift = np.uint64((1 << half) - 1), np.uint64(half)
    left, right = numbers >> shift, numbers & mask
    for key in keys:
        mixed = (right + key) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        left, right = right, (left ^ (mixed >> np.uint64(32))) & mask
    return (left << shift) | right
