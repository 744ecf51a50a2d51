"""Continue a sequence that a random expression makes from the terms before."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.arithmetic_progression import check_continuation, check_size, nonzero_integers
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tasks.drawing import MOST_DIGITS
from seq2seq_transformer.tasks.linear_recurrence import shortest_order
from seq2seq_transformer.values import Example, Integer, Vector

_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "mod": operator.mod,
    "//": operator.floordiv,
}
_NAMES = tuple(_OPERATORS)

_Node: TypeAlias = tuple[str, int, int]
"""An operator with the places of its operands; or "constant", "index" or "term" (how many terms back) and a number."""


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class RandomRecurrence(Task):
    """The next terms of a sequence that follows a random expression.

    In numbers: u(n) = u(n-1) + n // 2 from u(0) = 1 on makes the source 1 1 2 3 5 7 10 13 17 21 26 31 and, with a
    horizon of 2, the target 37 43.
    As tokens: 1 , 1 , 2 , 3 and so on gives 3 7 , 4 3; no one procedure finds the rule, so a model has to tell which
    of many short expressions fits, and then has to do its arithmetic.
    The integer sequences of arXiv 2201.04600: an operand is a constant, the index n or an earlier term, each as often.
    The differences: no operators of one operand (abs, sqr, sign and step there); n counts from 0; operators are split
    uniformly between the two sides of a tree; by default expressions are smaller (there up to 10 operators and 6
    terms back) and terms shorter (there up to 10^100). And the source determines the answer in all but rare cases, as
    sequences are refused for which a simpler law would fit the source alone: where a linear recurrence that it
    determines does not go on, or where a part of the expression (or the quotient that a mod leaves out) is constant in
    the first two thirds of the source, or in the last third, but not ever after. Both mod and // round down.

    >>> task = RandomRecurrence(max_digits_of_term=3)
    >>> source, target = task.sample(np.random.default_rng(0))
    >>> max(map(abs, source + target)) < 1000
    True
    """

    difficulty = "length"
    continues = True

    min_length: int = 12
    """Fewest terms in a source, at least 12 and at least four times `max_order`."""
    max_length: int = 24
    """Most terms in a source; lengths are uniform."""
    horizon: int = 5
    """Terms in a target."""
    max_operators: int = 3
    """Most operators of an expression; their number is uniform before sequences are refused."""
    max_order: int = 3
    """How many terms back an expression looks at most; uniform from 1 on."""
    max_constant: int = 10
    """Largest size of a constant, which is not 0."""
    max_initial_term: int = 10
    """Largest size of the terms that a recurrence starts from."""
    max_digits_of_term: int = 10
    """Most decimal digits of a term; sequences with longer ones are refused."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_size(problems, self, "max_operators", 1, 100)
        check_size(problems, self, "max_order", 1, 100)
        check_size(problems, self, "max_constant", 1)
        check_size(problems, self, "max_initial_term", 0)
        check_size(problems, self, "max_digits_of_term", 1, MOST_DIGITS)
        check_continuation(
            problems, self, 4 * max(3, self.max_order), "to show the rule: 12, or four times `max_order`"
        )
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Any number of terms."""
        return Vector(Integer())

    @property
    def target(self) -> Vector:
        """The next `horizon` terms."""
        return Vector(Integer(), self.horizon)

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw one example: a length first, then expressions until one makes a sequence that is good."""
        length = int(rng.integers(self.min_length, self.max_length + 1))
        while True:
            nodes: list[_Node] = []
            operators, order = (int(rng.integers(1, most + 1)) for most in (self.max_operators, self.max_order))
            self._grow(rng, nodes, operators, order)
            if all(name in _OPERATORS or name == "constant" for name, _, _ in nodes):
                continue  # the same number for ever
            used = max(number if name == "term" else 0 for name, number, _ in nodes)
            terms = rng.integers(-self.max_initial_term, self.max_initial_term + 1, size=used).tolist()
            steps = self._run(nodes, terms, length + self.horizon)
            whole = len(terms) == length + self.horizon
            if whole and _keeps_its_parts(nodes, steps, length - used) and _keeps_linear(terms, length):
                return Example(terms[:length], terms[length:])

    def _grow(self, rng: np.random.Generator, nodes: list[_Node], operators: int, order: int) -> int:
        """Add a random tree to `nodes`, operands before operators, and return the place of its root."""
        if operators:
            of_left = int(rng.integers(operators))
            left = self._grow(rng, nodes, of_left, order)
            right = self._grow(rng, nodes, operators - 1 - of_left, order)
            nodes.append((_NAMES[int(rng.integers(len(_NAMES)))], left, right))
        else:
            nodes.append(self._leaf(rng, order))
        return len(nodes) - 1

    def _leaf(self, rng: np.random.Generator, order: int) -> _Node:
        kind = rng.integers(3)
        if kind == 0:
            return "constant", int(nonzero_integers(rng, (), 1, self.max_constant)), 0
        return ("index", 0, 0) if kind == 1 else ("term", int(rng.integers(1, order + 1)), 0)

    def _run(self, nodes: Sequence[_Node], terms: list[int], total: int) -> list[list[int]]:
        """Append to `terms` up to `total`, or until one cannot be; the values of all nodes, a list for each step."""
        steps = []
        while len(terms) < total:
            try:
                steps.append(_evaluate(nodes, terms))
            except ZeroDivisionError:
                break
            if abs(steps[-1][-1]) >= 10**self.max_digits_of_term:
                break
            terms.append(steps[-1][-1])
        return steps


def _evaluate(nodes: Sequence[_Node], terms: Sequence[int]) -> list[int]:
    values: list[int] = []
    for name, first, second in nodes:
        if name in _OPERATORS:
            values.append(_OPERATORS[name](values[first], values[second]))
        elif name == "term":
            values.append(terms[-first])
        else:
            values.append(len(terms) if name == "index" else first)
    return values


def _keeps_its_parts(nodes: Sequence[_Node], steps: Sequence[Sequence[int]], seen: int) -> bool:
    """Whether what is constant in the first two thirds of the source, or in the last third, is so ever after."""
    parts = list(zip(*steps, strict=True))
    for name, first, second in nodes:
        if name == "mod":
            parts.append(tuple(a // b for a, b in zip(parts[first], parts[second], strict=True)))
    third = seen - seen // 3
    return all(_stays(part, third) and _stays(part[third:], seen - third) for part in parts)


def _stays(values: Sequence[int], seen: int) -> bool:
    """Whether values do not change, or do so among the first `seen`."""
    return len(set(values)) == 1 or len(set(values[:seen])) > 1


def _keeps_linear(terms: Sequence[int], seen: int) -> bool:
    """Whether a linear recurrence goes on where the first `seen` terms follow one and show it."""
    order = shortest_order(terms[:seen])
    return 2 * order >= seen or shortest_order(terms) == order
