"""A task of your own, in a file of your own: one step of the Collatz map.

Run: seq2seq list tasks examples/02_own_task.py                     (checks the laws of tasks)
     seq2seq train examples/02_own_task.py:Collatz --run runs/collatz --task.max_digits 3
"""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer import Example, Task
from seq2seq_transformer.values import Integer


@dataclass(frozen=True, kw_only=True)
class Collatz(Task):
    """One step of the Collatz map: half of an even number, three times an odd one plus one.

    >>> Collatz(max_digits=2).sample(np.random.default_rng(1))
    Example(source=5, target=16)
    """

    difficulty = "digits"  # so that `--evaluation.lengths 4,5` can ask for longer numbers
    source = Integer()
    target = Integer()

    min_digits: int = 1
    """Fewest digits of the number."""
    max_digits: int = 4
    """Most digits of the number; the number of digits is uniform."""

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw a number and take the step."""
        digits = int(rng.integers(self.min_digits, self.max_digits + 1))
        n = int(rng.integers(10 ** (digits - 1), 10**digits))
        return Example(n, 3 * n + 1 if n % 2 else n // 2)

    def category(self, source: int) -> str:
        """Reports count even and odd numbers apart."""
        return "odd" if source % 2 else "even"
