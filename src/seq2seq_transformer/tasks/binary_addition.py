"""Add two binary numbers, bit by bit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.recipes import Recipe, windows
from seq2seq_transformer.values import Example, Range, Symbol, Vector

_END = 2


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class BinaryAddition(Task):
    """The sum of two positive binary numbers, their lowest bits first.

    In numbers: the source 0 0 1 + 0 1 1 0 1 is 4 + 22, so the target is 0 1 0 1 1 2: 26 and a 2 for its end.
    As tokens: one symbol a bit; carries run the way the answer is written, but the numbers may end in zeros and differ
    in length, so the two bits of a place lie at a distance that depends on where the + stands.
    It is Binary Addition of arXiv 2207.02098. The paper fills its answers up with zeros after the 2 and does not count
    these; here they are left out, so the tokens of the target are the ones that the paper counts. The paper's sources
    of length 1 and 2, which have no +, are left out.

    >>> source, target = BinaryAddition().sample(np.random.default_rng(0))
    >>> first, second = (int(bits[::-1], 2) for bits in "".join(source).split("+"))
    >>> int("".join(map(str, target[-2::-1])), 2) == first + second, target[-2:]
    (True, [1, 2])
    """

    difficulty = "length"

    min_length: int = 3
    """Fewest terms in a source, the + included; at least 3."""
    max_length: int = 40
    """Most terms in a source, both numbers and the +; lengths are uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self, lowest=3)

    @property
    def recipe(self) -> Recipe:
        """Bits of one place side by side, and a look at the higher ones."""
        return windows(
            ["place", "start"],
            ["place"],
            ["start"],
            training={"examples_per_epoch": 20_000},
            positions={"encoder": {"window": [10, 2]}, "cross": {"window": [4]}},
        )

    @property
    def source(self) -> Vector:
        """The bits of a number, + and the bits of another."""
        return Vector(Symbol(("0", "1", "+")))

    @property
    def target(self) -> Vector:
        """The bits of their sum, then a 2."""
        return Vector(Range(0, 3))

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw a length, then two numbers."""
        first, second = random_operands(rng, int(rng.integers(self.min_length, self.max_length + 1)) - 1)
        return Example([*first, "+", *second], ended_bits(to_number(first) + to_number(second)))


def random_operands(rng: np.random.Generator, places: int) -> tuple[list[str], list[str]]:
    """The bits of two positive numbers: all ways to share out the places are equally likely, and so are all numbers."""
    first = int(rng.integers(1, places))
    return random_bits(rng, first), random_bits(rng, places - first)


def random_bits(rng: np.random.Generator, places: int) -> list[str]:
    """Uniform bits that are not all 0."""
    bits = rng.integers(0, 2, size=places)
    while not bits.any():
        bits = rng.integers(0, 2, size=places)
    return [str(bit) for bit in bits.tolist()]


def to_number(bits: Sequence[str]) -> int:
    """The number that bits spell, the lowest first."""
    return int("".join(reversed(bits)), 2)


def ended_bits(number: int) -> list[int]:
    """The bits of a number, the lowest first, with a 2 after the highest 1."""
    return [*map(int, reversed(f"{number:b}")), _END]
