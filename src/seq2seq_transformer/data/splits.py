"""Which examples are held out: decided by a stable hash of the source, so no source is both trained on and tested.

The hash knows nothing of seeds, platforms or the order of examples. A category with too few distinct sources to split
is trained on whole, and reports say so.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import UserError
from seq2seq_transformer.tasks.base import Task, sampled
from seq2seq_transformer.values import ExampleBatch, ValueBatch, stable_hash

HELD_OUT_SHARE = 0.2
FEWEST_SOURCES = 50
_PROBE_EXAMPLES = 2048
_DRAWS_A_SOURCE = 10
_MOST_ROUNDS = 50


@dataclass(frozen=True)
class Split:
    """The line between training and held-out examples of a task.

    Args:
        task: whose examples.
        trained_whole: categories too small to split, with how many distinct sources each has; all are trained on.
    """

    task: Task
    trained_whole: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of_task(cls, task: Task) -> "Split":
        """Draw from the task, always with the same random numbers, and find the categories too small to split.

        A category is small once it has been drawn so often that more sources would have shown; one that is merely
        rare is split like the others.
        """
        rng = np.random.default_rng(0)
        draws: Counter[str] = Counter()
        distinct: dict[str, set[int]] = {}
        small: dict[str, int] = {}
        for _ in range(_MOST_ROUNDS):
            sources = sampled(task, rng, _PROBE_EXAMPLES).source
            for name, number in zip(task.categories(sources).tolist(), stable_hash(sources).tolist(), strict=True):
                draws[name] += 1
                distinct.setdefault(name, set()).add(number)
            few = {name: len(numbers) for name, numbers in distinct.items() if len(numbers) < FEWEST_SOURCES}
            small = {name: count for name, count in few.items() if draws[name] >= _DRAWS_A_SOURCE * count}
            if len(small) == len(few):
                break
        return cls(task, dict(sorted(small.items())))

    def held_out(self, sources: ValueBatch) -> NDArray[np.bool_]:
        """True for each source that training never sees."""
        chosen = in_lowest_share(stable_hash(sources), HELD_OUT_SHARE)
        if self.trained_whole and chosen.any():
            chosen[chosen] = ~np.isin(self.task.categories(sources[chosen]), list(self.trained_whole))
        return chosen

    def draw(self, rng: np.random.Generator, n: int, *, held_out: bool) -> ExampleBatch:
        """Draw n examples from one side of the line.

        Raises:
            UserError: where a bounded number of draws does not find enough.
        """
        wanted_share = HELD_OUT_SHARE if held_out else 1 - HELD_OUT_SHARE
        parts: list[ExampleBatch] = []
        missing = n
        for _ in range(_MOST_ROUNDS):
            drawn = sampled(self.task, rng, int(missing / wanted_share * 1.1) + 8)
            kept = drawn[self.held_out(drawn.source) == held_out][:missing]
            parts.append(kept)
            missing -= len(kept)
            if not missing:
                return parts[0] if len(parts) == 1 else ExampleBatch.concatenate(parts)
        side = "held-out" if held_out else "training"
        small = ", ".join(f"{name} ({count})" for name, count in self.trained_whole.items())
        why = f" Too few distinct sources to hold any out: {small}." if small and held_out else ""
        raise UserError(
            f"this task has too few {side} examples: {n - missing} of {n} were found in {_MOST_ROUNDS} rounds.{why} "
            "Widen its options, so that it has more distinct sources."
        )


def in_lowest_share(hashes: NDArray[np.uint64], share: float) -> NDArray[np.bool_]:
    """Whether each hash is among the lowest share of all possible ones."""
    return hashes < np.uint64(int(share * 2**64))
