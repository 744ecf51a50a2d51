"""Continue the values of a polynomial."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.arithmetic_progression import check_continuation, check_size, cut, nonzero_integers
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.values import ExampleBatch, Integer, Vector


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Polynomial(Task):
    """The next values of a polynomial with integer coefficients, from those at 0, 1, 2 and so on.

    In numbers: 2x² - x + 1 gives the source 1 2 7 16 29 and, with a horizon of 2, the target 46 67.
    As tokens: 1 , 2 , 7 , 1 6 , 2 9 gives 4 6 , 6 7; for the degree d, the d-th differences of the terms are all the
    same, so an answer takes d additions of numbers with several digits each.
    The degree is from 1 to `max_degree`, and a source has one term more than determine it.

    >>> source, target = Polynomial(max_degree=3).sample(np.random.default_rng(0))
    >>> set(np.diff(source + target, n=4).tolist())
    {0}
    """

    difficulty = "length"
    continues = True

    min_length: int = 5
    """Fewest terms in a source, at least two more than `max_degree`."""
    max_length: int = 20
    """Most terms in a source; lengths are uniform."""
    horizon: int = 5
    """Terms in a target."""
    max_degree: int = 3
    """Largest degree, at least 1; degrees are uniform."""
    max_coefficient: int = 10
    """Largest size of a coefficient."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_size(problems, self, "max_degree", 1, 100)
        check_size(problems, self, "max_coefficient", 1)
        check_continuation(problems, self, self.max_degree + 2, "two more than `max_degree`")
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Any number of values."""
        return Vector(Integer())

    @property
    def target(self) -> Vector:
        """The next `horizon` values."""
        return Vector(Integer(), self.horizon)

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples, and evaluate by Horner's rule in Python's integers, which are exact at any size."""
        lengths = rng.integers(self.min_length, self.max_length + 1, size=n)
        degrees = rng.integers(1, self.max_degree + 1, size=n)
        drawn = rng.integers(-self.max_coefficient, self.max_coefficient + 1, size=(n, self.max_degree + 1))
        drawn[np.arange(self.max_degree + 1) > degrees[:, None]] = 0
        drawn[np.arange(n), degrees] = nonzero_integers(rng, n, 1, self.max_coefficient)
        coefficients = drawn.astype(object)
        places = np.arange(int(lengths.max(initial=0)) + self.horizon).astype(object)
        terms = np.zeros((n, len(places)), dtype=object)
        for power in reversed(range(self.max_degree + 1)):
            terms = terms * places + coefficients[:, [power]]
        return cut(terms, lengths, self.horizon)

    def category(self, source: Sequence[int]) -> str:
        """The degree: how often differences can be taken until all are 0, less one."""
        degree, differences = 0, list(source)
        while any(differences := [after - before for before, after in pairwise(differences)]):
            degree += 1
        return f"degree {degree}"
