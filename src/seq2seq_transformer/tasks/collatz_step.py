"""One step of the Collatz sequence."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.drawing import MOST_DIGITS, random_positive
from seq2seq_transformer.values import DigitBatch, ExampleBatch, Integer, pack


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class CollatzStep(Task):
    """The next number of a Collatz sequence: n/2 where n is even, 3n + 1 where it is odd.

    In numbers: the source 26 has the target 13, and 13 has 40.
    As tokens: 2 6 gives 1 3; in an even base the last digit alone decides between the two formulas, and both go
    from digit to digit with a carry (arXiv 2511.10811 studies many steps at once).

    >>> source, target = CollatzStep().sample(np.random.default_rng(0))
    >>> target + target == source if source % 2 == 0 else (target - 1) / 3 == source
    True
    """

    difficulty = "digits"

    min_digits: int = 1
    """Fewest digits of n."""
    max_digits: int = 10
    """Most digits of n; the number of digits is uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self, highest=MOST_DIGITS)

    @property
    def source(self) -> Integer:
        """A positive integer."""
        return Integer()

    @property
    def target(self) -> Integer:
        """The next one."""
        return Integer()

    def sample_batch(self, rng: np.random.Generator, n: int) -> ExampleBatch:
        """Draw n examples as digits, and go on with Python's integers, which are exact at any size."""
        drawn = random_positive(rng, (n, 1), self.min_digits, self.max_digits)
        numbers = DigitBatch(drawn.digits, drawn.negative, depth=0)
        steps = [3 * number + 1 if number % 2 else number // 2 for number in numbers.to_lists()]
        return ExampleBatch(numbers, pack(steps))

    def category(self, source: int) -> str:
        """The formula that applies."""
        return "odd" if source % 2 else "even"
