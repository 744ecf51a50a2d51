"""Multiply two residues."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tasks.modular_addition import LARGEST_MODULUS
from seq2seq_transformer.values import ExampleBatch, IntBatch, Range, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class ModularMultiplication(Task):
    """The product of two residues modulo a fixed number.

    In numbers: modulo 97, the source 60 50 has the target 90.
    As tokens: every residue is one symbol that says nothing of its size. Modulo a prime, residues other than 0
    multiply as their discrete logarithms add, so the table is that of modular addition in another order
    (studied in arXiv 2406.03495).

    >>> (first, second), target = ModularMultiplication(modulus=97).sample(np.random.default_rng(0))
    >>> sum(first for _ in range(second)) % 97 == target
    True
    """

    modulus: int = 97
    """Modulus, at least 2; there are as many symbols."""

    def __post_init__(self) -> None:
        problems = Problems()
        rule = f"`modulus` must be from 2 to {LARGEST_MODULUS}"
        problems.require(2 <= self.modulus <= LARGEST_MODULUS, rule, self.modulus)
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Two residues."""
        return Vector(Range(0, self.modulus), 2)

    @property
    def target(self) -> Range:
        """The residue of their product."""
        return Range(0, self.modulus)

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n uniform pairs."""
        pairs = rng.integers(0, self.modulus, size=(n, 2))
        return ExampleBatch(IntBatch.of_rows(pairs), IntBatch.of_scalars(pairs.prod(axis=1) % self.modulus))
