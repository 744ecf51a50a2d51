"""Take the square root of a binary number, rounded down."""

import math
from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.binary_addition import random_bits
from seq2seq_transformer.tasks.recipes import Recipe, windows
from seq2seq_transformer.values import Example, Range, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class SquareRoot(Task):
    """The square root of a positive binary number, rounded down, the highest bits first.

    In numbers: the source 1 0 0 1 0 1 is 37, so the target is 1 1 0, which is 6.
    As tokens: one symbol a bit, zeros at the beginning included; two bits of the source make one of the answer, which
    has half as many, rounded up, but each of them depends on all the bits before.
    It is Compute Sqrt of arXiv 2207.02098, whose answers have this width as well, and no end marker.

    >>> source, target = SquareRoot().sample(np.random.default_rng(0))
    >>> number, root = (int("".join(map(str, bits)), 2) for bits in (source, target))
    >>> root**2 <= number < (root + 1) ** 2, len(target) == math.ceil(len(source) / 2)
    (True, True)
    """

    difficulty = "length"

    min_length: int = 1
    """Fewest bits in a source."""
    max_length: int = 40
    """Most bits in a source; lengths are uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self)

    @property
    def recipe(self) -> Recipe:
        """The bits around the pair that gives a bit of the root: right for its beginning."""
        return windows(
            ["start"],
            ["halved"],
            ["start"],
            model={"dim_model": 128, "num_heads": 8, "num_decoder_layers": 2},
            training={"examples_per_epoch": 20_000},
            positions={"encoder": {"window": [4]}, "cross": {"window": [12]}, "decoder": {"window": [10]}},
        )

    @property
    def source(self) -> Vector:
        """The bits of a number, perhaps with zeros before them."""
        return Vector(Range(0, 2))

    @property
    def target(self) -> Vector:
        """The bits of its root, filled up with zeros before them."""
        return Vector(Range(0, 2))

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw a length, then a number."""
        bits = random_bits(rng, int(rng.integers(self.min_length, self.max_length + 1)))
        root = math.isqrt(int("".join(bits), 2))
        return Example([int(bit) for bit in bits], [int(bit) for bit in f"{root:b}".zfill((len(bits) + 1) // 2)])
