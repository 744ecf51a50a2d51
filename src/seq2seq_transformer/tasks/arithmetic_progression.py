"""Continue an arithmetic progression; also what the tasks that continue integer sequences share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task, check_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS
from seq2seq_transformer.values import Example, ExampleBatch, Integer, Vector

LONGEST = 100_000
"""Most terms of a source, and of a target."""


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class ArithmeticProgression(Task):
    """The next terms of an arithmetic progression.

    In numbers: the source 3 7 11 15 has, with a horizon of 3, the target 19 23 27.
    As tokens: 3 , 7 , 1 1 , 1 5 gives 1 9 , 2 3 , 2 7; one addition makes each term from the one before it, so the
    model needs a subtraction to find the difference, and after it the carries between digits.

    >>> source, target = ArithmeticProgression().sample(np.random.default_rng(0))
    >>> set(np.diff(source + target).tolist()) == {source[1] - source[0]}
    True
    """

    difficulty = "length"
    continues = True

    min_length: int = 3
    """Fewest terms in a source, at least 2."""
    max_length: int = 20
    """Most terms in a source; lengths are uniform."""
    horizon: int = 5
    """Terms in a target."""
    max_start: int = 1000
    """Largest size of the first term."""
    max_difference: int = 100
    """Largest size of the difference between two terms, which is not 0."""

    def __post_init__(self) -> None:
        problems = Problems()
        check_continuation(problems, self, 2, "to show the difference")
        check_size(problems, self, "max_start", 0)
        check_size(problems, self, "max_difference", 1)
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
        """Draw n examples: a start and a difference each."""
        lengths = rng.integers(self.min_length, self.max_length + 1, size=n)
        start = rng.integers(-self.max_start, self.max_start + 1, size=(n, 1))
        difference = nonzero_integers(rng, (n, 1), 1, self.max_difference)
        return cut(start + difference * np.arange(self.max_length + self.horizon), lengths, self.horizon)

    def category(self, source: Sequence[int]) -> str:
        """Rising or falling."""
        return "rising" if source[-1] > source[0] else "falling"


def cut(terms: NDArray[Any], lengths: NDArray[np.int64], horizon: int) -> ExampleBatch:
    """Cut each row into a source of its length and the target after it.

    Args:
        terms: int64, or Python's integers where they may be larger, of shape (examples, terms).
        lengths: of the sources, of shape (examples,).
        horizon: the length of the targets.
    """
    rows = zip(terms.tolist(), lengths.tolist(), strict=True)
    return ExampleBatch.from_examples([Example(row[:end], row[end : end + horizon]) for row, end in rows])


def nonzero_integers(rng: np.random.Generator, shape: int | tuple[int, ...], low: int, high: int) -> NDArray[np.int64]:
    """Integers of either sign, uniform in size from `low` to `high`."""
    drawn = rng.integers(2 * low, 2 * high + 2, size=shape)
    return drawn // 2 * (1 - drawn % 2 * 2)


def check_continuation(problems: Problems, task: Any, shortest: int, reason: str) -> None:
    """Note what is wrong with the options `min_length`, `max_length` and `horizon`.

    Args:
        problems: where to note it.
        task: that continues sequences.
        shortest: the least `min_length` may be.
        reason: why, such as "to show the difference".
    """
    rule = f"`min_length` must be at least {shortest}, {reason}"
    problems.require(task.min_length >= shortest, rule, task.min_length)
    lowest = min(shortest, task.min_length)  # one sentence about it is enough
    check_difficulty(problems, task, lowest=lowest, highest=LONGEST)
    problems.require(1 <= task.horizon <= LONGEST, f"`horizon` must be from 1 to {LONGEST}", task.horizon)


def check_size(problems: Problems, task: Any, name: str, lowest: int, highest: int = 10**9) -> None:
    """Note where an option that bounds the size of a number is out of its own bounds."""
    given = getattr(task, name)
    problems.require(lowest <= given <= highest, f"`{name}` must be from {lowest} to {highest}", given)


def check_growth(problems: Problems, task: Any, start: int, factor: int) -> None:
    """Note where terms could have too many digits, unless something else is wrong.

    Args:
        problems: where to note it.
        task: that continues sequences.
        start: no first term is larger in size.
        factor: no term is more than this many times as large as those before it.
    """
    if not problems.sentences:
        longest = int((MOST_DIGITS - math.log10(start)) / math.log10(max(2, factor)))
        rule = f"`max_length` plus `horizon` must be at most {longest}, to keep terms within {MOST_DIGITS} digits"
        problems.require(task.max_length + task.horizon <= longest, rule, task.max_length + task.horizon)
