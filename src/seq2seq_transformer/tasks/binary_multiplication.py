"""Multiply two binary numbers, bit by bit."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.binary_addition import ended_bits, random_operands, to_number
from seq2seq_transformer.tasks.recipes import Recipe, windows
from seq2seq_transformer.values import Example, Range, Symbol, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class BinaryMultiplication(Task):
    """The product of two positive binary numbers, their lowest bits first.

    In numbers: the source 0 0 1 * 0 1 1 0 1 is 4 * 22, so the target is 0 0 0 1 1 0 1 2: 88 and a 2 for its end.
    As tokens: one symbol a bit; a bit in the middle of the product needs all pairs of bits whose places add up to its
    own, and a carry that may be larger than 1.
    It is Binary Multiplication of arXiv 2207.02098. The paper fills its answers up with zeros after the 2 and does not
    count these; here they are left out, so the tokens of the target are the ones that the paper counts. The paper's
    sources of length 1 and 2, which have no *, are left out.

    >>> source, target = BinaryMultiplication().sample(np.random.default_rng(0))
    >>> first, second = (int(bits[::-1], 2) for bits in "".join(source).split("*"))
    >>> int("".join(map(str, target[-2::-1])), 2) == first * second, target[-2:]
    (True, [1, 2])
    """

    difficulty = "length"

    min_length: int = 3
    """Fewest terms in a source, the * included; at least 3."""
    max_length: int = 40
    """Most terms in a source, both numbers and the *; lengths are uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self, lowest=3)

    @property
    def recipe(self) -> Recipe:
        """Bits of near places: no algorithm, but the ends of the product."""
        return windows(
            ["place", "start"],
            ["place", "end", "none"],
            ["start"],
            model={"dim_model": 96, "num_heads": 12, "num_encoder_layers": 2, "num_decoder_layers": 2},
            training={"epochs": 4, "examples_per_epoch": 15_000},
            positions={"encoder": {"window": [3, 8]}, "cross": {"window": [6, 4, 1]}, "decoder": {"window": [4]}},
        )

    @property
    def source(self) -> Vector:
        """The bits of a number, * and the bits of another."""
        return Vector(Symbol(("0", "1", "*")))

    @property
    def target(self) -> Vector:
        """The bits of their product, then a 2."""
        return Vector(Range(0, 3))

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw a length, then two numbers."""
        first, second = random_operands(rng, int(rng.integers(self.min_length, self.max_length + 1)) - 1)
        return Example([*first, "*", *second], ended_bits(to_number(first) * to_number(second)))
