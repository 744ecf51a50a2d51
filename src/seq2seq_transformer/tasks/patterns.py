"""Continue a number sequence that repeats: the task of the original system."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tasks.recipes import ORIGINAL, Recipe
from seq2seq_transformer.values import ExampleBatch, IntBatch, Range, ValueBatch, Vector

FAMILIES = ("zeros", "ones", "alternating", "constant", "periodic")
BASE = 10
LONGEST = 100_000


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class Patterns(Task):
    """Sequences of zeros, of ones, alternating, of one digit, or with a short period; continue them.

    In numbers: the source 1 0 1 0 1 0 1 0 has the target 1 0 1 0 1 0 1 0, and 2 4 6 2 4 6 2 4 has 6 2 4 6 2 4 6 2.
    As tokens: one symbol a term, so the model copies symbols and never needs arithmetic on digits.
    The period is shown at least twice, so the answer is determined.

    >>> task = Patterns(families=("alternating",), min_length=8, max_length=8, horizon=4)
    >>> example = task.sample(np.random.default_rng(0))
    >>> (example.source + example.target)[2:] == (example.source + example.target)[:-2]
    True
    """

    difficulty = "length"
    continues = True

    families: tuple[str, ...] = FAMILIES
    """Kinds to draw from: zeros, ones, alternating, constant, periodic; each period as often as it is long."""
    min_length: int = 8
    """Fewest terms in a source."""
    max_length: int = 16
    """Most terms in a source; lengths are uniform."""
    horizon: int = 8
    """Terms in a target."""
    min_period: int = 2
    """Shortest period of the family `periodic`, in terms, at least 2."""
    max_period: int = 4
    """Longest period of the family `periodic`, in terms."""

    def __post_init__(self) -> None:
        problems = Problems()
        unknown = [family for family in self.families if family not in FAMILIES]
        rule = f"`families` must be one or more of {', '.join(FAMILIES)}"
        problems.require(bool(self.families) and not unknown, rule, ",".join(unknown))
        rule = f"`horizon` must be from 1 to {LONGEST}"
        problems.require(1 <= self.horizon <= LONGEST, rule, self.horizon)
        problems.require(self.min_period >= 2, "`min_period` must be at least 2", self.min_period)
        rule = f"`max_period` must be at least `min_period` ({self.min_period})"
        problems.require(self.max_period >= self.min_period, rule, self.max_period)
        shortest = 2 * self.longest_period
        rule = f"`min_length` must be at least {shortest}, to show a period of {self.longest_period} twice"
        problems.require(self.min_length >= shortest, rule, self.min_length)
        rule = f"`max_length` must be at least `min_length` ({self.min_length})"
        problems.require(self.max_length >= self.min_length, rule, self.max_length)
        problems.require(self.max_length <= LONGEST, f"`max_length` must be at most {LONGEST}", self.max_length)
        problems.raise_if_any()

    @property
    def recipe(self) -> Recipe:
        """The positions of the original system; `configs/lengths/patterns.toml` has those that carry further."""
        return ORIGINAL

    @property
    def longest_period(self) -> int:
        """The longest period that the chosen families can show."""
        return max(self.periods(family)[-1] for family in (*self.families, "zeros"))

    def periods(self, family: str) -> range:
        """The periods of a family, in terms."""
        if family == "periodic":
            return range(max(2, self.min_period), max(2, self.min_period, self.max_period) + 1)
        return range(2, 3) if family == "alternating" else range(1, 2)

    @property
    def source(self) -> Vector:
        """Any number of digits."""
        return Vector(Range(0, BASE))

    @property
    def target(self) -> Vector:
        """The next `horizon` digits."""
        return Vector(Range(0, BASE), self.horizon)

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples: a motif each, repeated as long as needed."""
        kinds = [
            (index, period)
            for index, name in enumerate(FAMILIES)
            if name in self.families
            for period in self.periods(name)
            for _ in range(period)
        ]
        family, period = np.array(kinds, dtype=np.int64)[rng.integers(len(kinds), size=n)].T
        lengths = rng.integers(self.min_length, self.max_length + 1, size=n)
        motif = rng.integers(0, BASE, size=(n, self.max_period))
        for index, name in enumerate(FAMILIES):
            rows = family == index
            if name == "zeros":
                motif[rows, 0] = 0
            elif name == "ones":
                motif[rows, 0] = 1
            elif name == "alternating":
                motif[rows, 0] %= 2
                motif[rows, 1] = 1 - motif[rows, 0]
        source_index = np.arange(int(lengths.max(initial=0))) % period[:, None]
        source = IntBatch(np.take_along_axis(motif, source_index, axis=1), lengths)
        source.values[~source.filled()] = 0
        target_index = (lengths[:, None] + np.arange(self.horizon)) % period[:, None]
        target = IntBatch(np.take_along_axis(motif, target_index, axis=1), np.full(n, self.horizon))
        return ExampleBatch(source, target)

    def categories(self, sources: ValueBatch) -> NDArray[np.str_]:
        """zeros, ones, alternating, constant, or "period p" for the shortest period p that a source has."""
        assert isinstance(sources, IntBatch), "digits are small"
        values, filled = sources.values, sources.filled()
        shortest = np.full(len(sources), values.shape[1])
        for period in range(values.shape[1] - 1, 0, -1):
            differs = (values[:, period:] != values[:, :-period]) & filled[:, period:]
            shortest[~differs.any(axis=1)] = period
        names = np.char.add("period ", shortest.astype(np.str_)).astype(object)
        single = shortest == 1
        names[single] = "constant"
        names[single & (values[:, 0] == 0)] = "zeros"
        names[single & (values[:, 0] == 1)] = "ones"
        names[(shortest == 2) & (values[:, :2].sum(axis=1) == 1) & (values[:, :2].max(axis=1) == 1)] = "alternating"
        return names.astype(np.str_)

    def category(self, source: Sequence[int]) -> str:
        """The category of one source."""
        return str(self.categories(IntBatch.from_lists([source]))[0])
