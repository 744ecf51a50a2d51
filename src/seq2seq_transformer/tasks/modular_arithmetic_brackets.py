"""Work out an expression with brackets, modulo a small number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.modular_arithmetic import number_names
from seq2seq_transformer.tasks.recipes import EXPRESSIONS, Recipe
from seq2seq_transformer.tasks.symbol_sequences import check_symbols
from seq2seq_transformer.values import Example, Range, Symbol, Vector

_OPERATORS = ("+", "-", "*")


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class ModularArithmeticBrackets(Task):
    """The value of an expression with +, -, * and brackets, modulo a small number.

    In numbers: the source ( ( 3 - 4 ) * - 2 ) is 2, so the target is 2.
    As tokens: one symbol a number, operator or bracket, one for the value; every operation has its brackets, so
    nothing has to be known of precedence, but the open ones have to be remembered to any depth.
    It is Modular Arithmetic of arXiv 2207.02098, modulo 5 and with its way of drawing: up to four terms are a number,
    perhaps with a minus and brackets; longer ones are two expressions in brackets, all splits equally likely.

    >>> source, target = ModularArithmeticBrackets().sample(np.random.default_rng(0))
    >>> eval(" ".join(source)) % 5 == target
    True
    """

    difficulty = "length"

    min_length: int = 1
    """Fewest numbers, operators and brackets in a source."""
    max_length: int = 40
    """Most numbers, operators and brackets in a source; lengths are uniform."""
    modulus: int = 5
    """What the value is taken modulo; the numbers are 0 to modulus - 1."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_difficulty(problems, self)
        check_symbols(problems, "modulus", self.modulus)
        problems.raise_if_any()

    @property
    def recipe(self) -> Recipe:
        """A looped encoder that sees neighbours and partners."""
        return EXPRESSIONS

    @property
    def source(self) -> Vector:
        """An expression."""
        return Vector(Symbol((*number_names(self.modulus), *_OPERATORS, "(", ")")))

    @property
    def target(self) -> Range:
        """The value of the expression."""
        return Range(0, self.modulus)

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw a length, then an expression."""
        length = int(rng.integers(self.min_length, self.max_length + 1))
        return Example(*random_expression(rng, length, self.modulus, _OPERATORS))


def random_expression(
    rng: np.random.Generator, length: int, modulus: int, operators: Sequence[str]
) -> tuple[list[str], int]:
    """An expression with exactly this many terms, and its value."""
    draws = iter(rng.random(length).tolist())  # drawn at once for speed; no expression needs more than it has terms
    return _expression(draws, length, modulus, operators)


def _expression(draws: Iterator[float], length: int, modulus: int, operators: Sequence[str]) -> tuple[list[str], int]:
    if length < 5:
        number = int(next(draws) * modulus)
        minus = length % 2 == 0
        terms = ["-", str(number)] if minus else [str(number)]
        return (terms if length < 3 else ["(", *terms, ")"]), (-number if minus else number) % modulus
    left_length = 1 + int(next(draws) * (length - 4))
    left, first = _expression(draws, left_length, modulus, operators)
    right, second = _expression(draws, length - 3 - left_length, modulus, operators)
    operator = operators[int(next(draws) * len(operators))]
    value = {"+": first + second, "-": first - second, "*": first * second}[operator]
    return ["(", *left, operator, *right, ")"], value % modulus
