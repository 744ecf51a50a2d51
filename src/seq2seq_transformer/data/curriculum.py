"""From easy to hard: which difficulty a training has come to at a step."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Curriculum:
    """The most difficult examples of a step: from the first difficulty to the last in equal ratios.

    Args:
        first: most difficult examples of the first step, at least 1.
        last: from `steps` on.
        steps: in which it grows.
    """

    first: int
    last: int
    steps: int

    def highest(self, step: int) -> int:
        """The highest difficulty at this step, counted from 0."""
        done = min(1.0, step / self.steps) if self.steps else 1.0
        return round(self.first * (self.last / self.first) ** done)
