"""From easy to hard: between which difficulties the examples of a step lie."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass


class Curriculum(ABC):
    """Which difficulties a training draws from, step by step."""

    @abstractmethod
    def span(self, step: int) -> tuple[int, int]:
        """The lowest and the highest difficulty at this step, counted from 0."""


@dataclass(frozen=True)
class Fixed(Curriculum):
    """One difficulty all the time.

    Args:
        difficulty: of every example.
    """

    difficulty: int

    def span(self, step: int) -> tuple[int, int]:
        return self.difficulty, self.difficulty


@dataclass(frozen=True)
class Steps(Curriculum):
    """The most difficult examples grow in equal ratios with the steps.

    Args:
        lowest: the least difficult examples, at every step.
        first: most difficult examples of the first step, at least 1.
        last: from `steps` on.
        steps: in which it grows.
    """

    lowest: int
    first: int
    last: int
    steps: int

    def span(self, step: int) -> tuple[int, int]:
        done = min(1.0, step / self.steps) if self.steps else 1.0
        return self.lowest, round(self.first * (self.last / self.first) ** done)


@dataclass(frozen=True)
class Success(Curriculum):
    """The most difficult examples grow each time that those of before are mastered.

    Args:
        lowest: the least difficult examples, all the time.
        first: most difficult examples to begin with, at least 1.
        last: of the whole task.
        growth: factor of each rise, above 1.
        reached: the most difficult examples so far; 0 before the first rise. It is to change between epochs only.
    """

    lowest: int
    first: int
    last: int
    growth: float
    reached: Callable[[], int]

    def span(self, step: int) -> tuple[int, int]:
        return self.lowest, self.reached() or self.first

    def after(self, difficulty: int) -> int:
        """What follows once this difficulty is mastered."""
        return min(self.last, max(difficulty + 1, round(difficulty * self.growth)))
