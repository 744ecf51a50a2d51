"""Invert a residue modulo a prime."""

import math
from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.values import ExampleBatch, IntBatch, Integer


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class ModularInverse(Task):
    """The inverse of a residue modulo a fixed prime.

    In numbers: modulo 9973, the source 2 has the target 4987, because 2 · 4987 = 9974.
    As tokens: 2 gives 4 9 8 7; operand and answer are spelled in digits, because a symbol a residue would leave a
    held-out operand unseen. Neighbouring residues have inverses that look unrelated.

    There are as many sources as the modulus less 1, which is why the modulus is not a small one.

    >>> source, target = ModularInverse(modulus=9973).sample(np.random.default_rng(0))
    >>> source * target % 9973
    1
    """

    modulus: int = 9973
    """Modulus, a prime below 2^31."""

    def __post_init__(self) -> None:
        problems = Problems()
        problems.require(_is_small_prime(self.modulus), "`modulus` must be a prime below 2^31", self.modulus)
        problems.raise_if_any()

    @property
    def source(self) -> Integer:
        """An integer from 1 to the modulus less 1."""
        return Integer()

    @property
    def target(self) -> Integer:
        """The integer of the same range whose product with it leaves the remainder 1."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n uniform residues other than 0."""
        residues = rng.integers(1, self.modulus, size=n)
        inverses = np.array([pow(residue, -1, self.modulus) for residue in residues.tolist()], dtype=np.int64)
        return ExampleBatch(IntBatch.of_scalars(residues), IntBatch.of_scalars(inverses))

    def verify(self, source: int, answer: int) -> bool:
        """By one product."""
        return 0 < answer < self.modulus and source * answer % self.modulus == 1


def _is_small_prime(number: int) -> bool:
    return 2 <= number < 2**31 and all(number % divisor for divisor in range(2, math.isqrt(number) + 1))
