"""Work out an expression without brackets, modulo a small number."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, check_difficulty
from seq2seq_transformer.tasks.symbol_sequences import RunningTask, check_symbols
from seq2seq_transformer.values import ListBatch, Range, Symbol, Vector

_OPERATORS = ("+", "-", "*")
_PLUS, _MINUS, _TIMES = range(3)


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class ModularArithmetic(RunningTask):
    """The value of an expression with +, - and *, without brackets, modulo a small number.

    In numbers: the source 1 + 2 * 3 is 7, so the target is 2 (modulo 5); 1 - 1 - 1 is -1 and has 4.
    As tokens: one symbol a number or operator, one for the value; products come before sums, so a number cannot be
    added before the operator after it has been read. With `answer="running"` the target has a token for each term:
    after a number the value so far, after an operator the sum that it leaves alone; 1 + 2 * 3 has 1 1 3 1 2.
    It is Modular Arithmetic (Simple) of arXiv 2207.02098, modulo 5 as there. Expressions have an odd number of terms:
    where the paper asks for an even one it takes one less, and so only odd lengths are drawn here.

    >>> source, target = ModularArithmetic().sample(np.random.default_rng(0))
    >>> eval(" ".join(source)) % 5 == target
    True
    """

    difficulty = "length"

    min_length: int = 1
    """Fewest numbers and operators in a source."""
    max_length: int = 40
    """Most numbers and operators in a source; the odd lengths are uniform."""
    modulus: int = 5
    """What the value is taken modulo; the numbers are 0 to modulus - 1."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_difficulty(problems, self)
        odd = self.min_length != self.max_length or self.min_length % 2 == 1
        problems.require(odd, "`min_length` must be odd where `max_length` is the same", self.min_length)
        check_symbols(problems, "modulus", self.modulus)
        problems.raise_if_any()

    @property
    def source(self) -> Vector:
        """Numbers with operators between them."""
        return Vector(Symbol((*number_names(self.modulus), *_OPERATORS)))

    @property
    def value(self) -> Range:
        """The value of the expression."""
        return Range(0, self.modulus)

    def draw(self, rng: np.random.Generator, n: int) -> tuple[ListBatch, NDArray[np.int64]]:
        """Draw n expressions: numbers, and an operator before each but the first."""
        counts = rng.integers(self.min_length // 2, (self.max_length - 1) // 2 + 1, size=n)
        most = int(counts.max(initial=0))
        numbers = rng.integers(0, self.modulus, size=(n, most + 1))
        operators = rng.integers(0, len(_OPERATORS), size=(n, most))
        after_end = np.arange(most) >= counts[:, None]
        operators[after_end] = _PLUS  # adding 0 changes nothing, so expressions of all lengths are worked out together
        numbers[:, 1:][after_end] = 0
        codes = np.empty((n, 2 * most + 1), dtype=np.int64)
        codes[:, ::2], codes[:, 1::2] = numbers, operators + self.modulus
        terms = np.array([*number_names(self.modulus), *_OPERATORS])[codes]
        sources = [row[: 2 * count + 1].tolist() for row, count in zip(terms, counts, strict=True)]
        return ListBatch(sources), _running_values(numbers, operators, self.modulus)


def number_names(modulus: int) -> list[str]:
    """The numbers below the modulus, as symbols of an expression."""
    return [str(number) for number in range(modulus)]


def _running_values(numbers: NDArray[np.int64], operators: NDArray[np.int64], modulus: int) -> NDArray[np.int64]:
    """Of many expressions, term by term: after a number the value so far, after an operator the sum it leaves alone.

    The state of the work is a sum, which no operator can change any more, and the product in progress.
    """
    running = np.empty((len(numbers), 2 * operators.shape[1] + 1), dtype=np.int64)
    sums, products = np.zeros(len(numbers), dtype=np.int64), numbers[:, 0]
    running[:, 0] = products % modulus
    for place, (number, operator) in enumerate(zip(numbers[:, 1:].T, operators.T, strict=True)):
        times = operator == _TIMES
        sums = np.where(times, sums, (sums + products) % modulus)
        signed = np.where(operator == _MINUS, -number, number)
        products = np.where(times, products * number % modulus, signed)
        running[:, 2 * place + 1] = sums
        running[:, 2 * place + 2] = (sums + products) % modulus
    return running
