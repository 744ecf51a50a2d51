"""Continue a sequence in which every term is a fixed combination of the terms before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.arithmetic_progression import (
    check_continuation,
    check_growth,
    check_size,
    cut,
    nonzero_integers,
)
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.values import ExampleBatch, Integer, Vector

_PRIME = 2**61 - 1


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class LinearRecurrence(Task):
    """The next terms of a linear recurrence with small coefficients.

    In numbers: 1 1 2 3 5 8 (each term the sum of the two before it) has, with a horizon of 3, the target 13 21 34.
    As tokens: 1 , 1 , 2 , 3 , 5 , 8 gives 1 3 , 2 1 , 3 4; the coefficients are the solution of a system of linear
    equations between the terms, and an error in one term of the answer spoils those after it.
    A source has at least twice as many terms as the longest recurrence uses, so the shortest one that fits is the only
    one of its order, and any other that is allowed continues alike (Massey, 1969).

    >>> source, target = LinearRecurrence(max_order=1).sample(np.random.default_rng(0))
    >>> terms = source + target
    >>> all(before * after == term**2 for before, term, after in zip(terms, terms[1:], terms[2:]))
    True
    """

    difficulty = "length"
    continues = True

    min_length: int = 6
    """Fewest terms in a source, at least twice `max_order`."""
    max_length: int = 20
    """Most terms in a source; lengths are uniform."""
    horizon: int = 5
    """Terms in a target."""
    max_order: int = 3
    """Most terms that the next one depends on; orders are drawn uniformly, and now and then a shorter one fits."""
    max_coefficient: int = 2
    """Largest size of a coefficient; in the long run, terms grow by a factor below this plus one at each step."""
    max_initial_term: int = 10
    """Largest size of the terms that the recurrence starts from; the last of them is not 0."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_size(problems, self, "max_order", 1, 100)
        check_size(problems, self, "max_coefficient", 1)
        check_size(problems, self, "max_initial_term", 1)
        check_continuation(problems, self, 2 * self.max_order, "twice `max_order`")
        check_growth(problems, self, self.max_initial_term, self.max_order * self.max_coefficient)
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Any number of terms."""
        return Vector(Integer())

    @property
    def target(self) -> Vector:
        """The next `horizon` terms."""
        return Vector(Integer(), self.horizon)

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples, and run the recurrences in Python's integers, which are exact at any size."""
        shape, rows = (n, self.max_order), np.arange(n)
        lengths = rng.integers(self.min_length, self.max_length + 1, size=n)
        orders = rng.integers(1, self.max_order + 1, size=n)
        drawn = rng.integers(-self.max_coefficient, self.max_coefficient + 1, size=shape)
        drawn[np.arange(self.max_order) >= orders[:, None]] = 0
        drawn[rows, orders - 1] = nonzero_integers(rng, n, 1, self.max_coefficient)
        initial = rng.integers(-self.max_initial_term, self.max_initial_term + 1, size=shape)
        initial[rows, orders - 1] = nonzero_integers(rng, n, 1, self.max_initial_term)
        coefficients, initial_terms = drawn.astype(object), initial.astype(object)
        terms = np.zeros((n, int(lengths.max(initial=0)) + self.horizon), dtype=object)
        for place in range(terms.shape[1]):
            past = range(min(place, self.max_order))
            following = sum(coefficients[:, back] * terms[:, place - 1 - back] for back in past)
            starts = place < orders
            terms[:, place] = np.where(starts, initial_terms[:, place], following) if starts.any() else following
        return cut(terms, lengths, self.horizon)

    def category(self, source: Sequence[int]) -> str:
        """The order of the shortest recurrence that fits."""
        return f"order {shortest_order(source)}"


def shortest_order(terms: Sequence[int]) -> int:
    """Order of the shortest linear recurrence that fits, by the algorithm of Berlekamp and Massey.

    It runs modulo a prime, where division is exact; the order is too small only where the prime divides a determinant
    of the terms.

    >>> shortest_order([1, 1, 2, 3, 5, 8]), shortest_order([3, 3, 3]), shortest_order([0, 0])
    (2, 1, 0)
    """
    order, current = 0, [1]
    distance, before, before_discrepancy = 1, [1], 1
    for place in range(len(terms)):
        discrepancy = sum(factor * terms[place - back] for back, factor in enumerate(current)) % _PRIME
        if not discrepancy:
            distance += 1
            continue
        scale = discrepancy * pow(before_discrepancy, -1, _PRIME)
        pairs = zip_longest(current, [0] * distance + before, fillvalue=0)
        corrected = [(factor - scale * other) % _PRIME for factor, other in pairs]
        if 2 * order <= place:
            order, distance, before, before_discrepancy = place + 1 - order, 1, current, discrepancy
        else:
            distance += 1
        current = corrected
    return order
