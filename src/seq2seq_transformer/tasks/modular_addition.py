"""Add two residues."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.values import ExampleBatch, IntBatch, Range, Vector

LARGEST_MODULUS = 100_000
"""Every residue is a symbol of its own."""


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class ModularAddition(Task):
    """The sum of two residues modulo a fixed number.

    In numbers: modulo 97, the source 60 50 has the target 13.
    As tokens: every residue is one symbol that says nothing of its size, so the whole table of sums has to be learnt
    from a part of it; grokking was first seen on such tables (arXiv 2201.02177).

    >>> source, target = ModularAddition(modulus=97).sample(np.random.default_rng(0))
    >>> divmod(sum(source) - target, 97)[1]
    0
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
        """The residue of their sum."""
        return Range(0, self.modulus)

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n uniform pairs."""
        pairs = rng.integers(0, self.modulus, size=(n, 2))
        return ExampleBatch(IntBatch.of_rows(pairs), IntBatch.of_scalars(pairs.sum(axis=1) % self.modulus))
