"""Find the unknown number of an equation, modulo a small number."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.modular_arithmetic import number_names
from seq2seq_transformer.tasks.modular_arithmetic_brackets import random_expression
from seq2seq_transformer.tasks.recipes import EXPRESSIONS, Recipe
from seq2seq_transformer.tasks.symbol_sequences import check_symbols
from seq2seq_transformer.values import Example, Range, Symbol, Vector

_OPERATORS = ("+", "-")


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class SolveEquation(Task):
    """The number for which an equation with +, - and brackets holds modulo a small number.

    In numbers: the source ( ( 3 - x ) + 2 ) = 1 has the target 4, since 3 - 4 + 2 is 1.
    As tokens: one symbol a number, operator or bracket, x and =, one for the answer; how many minus signs and brackets
    stand before x decides whether it counts as itself or as its opposite.
    It is Solve Equation of arXiv 2207.02098, modulo 5: an expression of `modular_arithmetic_brackets`, in which x
    takes the place of one number, and its value. There is no *, as in the paper's published code: with it, x
    could have several values or every one. The paper's sources of length 1 and 2, which pose no problem, are left out.

    >>> source, target = SolveEquation().sample(np.random.default_rng(0))
    >>> left, _, right = " ".join(source).partition("=")
    >>> [x for x in range(5) if (eval(left) - eval(right)) % 5 == 0] == [target]
    True
    """

    difficulty = "length"

    min_length: int = 3
    """Fewest terms in a source, x and = included; at least 3."""
    max_length: int = 40
    """Most terms in a source; lengths are uniform."""
    modulus: int = 5
    """What both sides are taken modulo; the numbers are 0 to modulus - 1."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_difficulty(problems, self, lowest=3)
        check_symbols(problems, "modulus", self.modulus)
        problems.raise_if_any()

    @property
    def recipe(self) -> Recipe:
        """A looped encoder that sees neighbours and partners."""
        return EXPRESSIONS

    @property
    def source(self) -> Vector:
        """An equation."""
        return Vector(Symbol((*number_names(self.modulus), *_OPERATORS, "(", ")", "x", "=")))

    @property
    def target(self) -> Range:
        """The value of x."""
        return Range(0, self.modulus)

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw an expression, and put x for the first number at or after a uniform place, the start after the end."""
        length = int(rng.integers(self.min_length, self.max_length + 1)) - 2
        terms, value = random_expression(rng, length, self.modulus, _OPERATORS)
        place = int(rng.integers(length))
        while not terms[place].isdigit():
            place = (place + 1) % length
        return Example([*terms[:place], "x", *terms[place + 1 :], "=", str(value)], int(terms[place]))
