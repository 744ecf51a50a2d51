"""Which examples are held out: decided by a stable hash of the source, so no source is both trained on and tested.

The hash knows nothing of seeds, platforms or the order of examples. A category with too few distinct sources to split
is trained on whole, and reports say so.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import UserError
from seq2seq_transformer.tasks.base import Task
from seq2seq_transformer.values import ExampleBatch, VectorBatch

HELD_OUT_SHARE = 0.2
FEWEST_SOURCES = 50
_PROBE_EXAMPLES = 4096
_MOST_ROUNDS = 50


def stable_hash(sources: VectorBatch) -> NDArray[np.uint64]:
    """A 64-bit hash of each row: of its terms, their places and its length (finalizer of splitmix64, Steele 2014)."""
    columns = np.arange(1, sources.values.shape[1] + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = _mix(sources.values.astype(np.uint64) + columns)
    mixed[~sources.filled()] = 0
    return _mix(mixed.sum(axis=1, dtype=np.uint64) + sources.lengths.astype(np.uint64))


def _mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


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
        """Draw a fixed sample of the task and find the categories that are too small to split."""
        sources = task.sample_batch(np.random.default_rng(0), _PROBE_EXAMPLES).source
        hashes, categories = stable_hash(sources), task.categories(sources)
        small = {}
        for name in np.unique(categories):
            distinct = np.unique(hashes[categories == name])
            if len(distinct) < FEWEST_SOURCES or not _in_held_out_share(distinct).any():
                small[str(name)] = len(distinct)
        return cls(task, small)

    def held_out(self, sources: VectorBatch) -> NDArray[np.bool_]:
        """True for each source that training never sees."""
        chosen = _in_held_out_share(stable_hash(sources))
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
            drawn = self.task.sample_batch(rng, int(missing / wanted_share * 1.1) + 8)
            kept = drawn[self.held_out(drawn.source) == held_out][:missing]
            parts.append(kept)
            missing -= len(kept)
            if not missing:
                return parts[0] if len(parts) == 1 else ExampleBatch.concatenate(parts)
        side = "held-out" if held_out else "training"
        raise UserError(
            f"{self.task!r} has too few {side} examples: {n - missing} of {n} were found in {_MOST_ROUNDS} rounds. "
            "Widen the task's options, so that it has more distinct sources."
        )


def _in_held_out_share(hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    return hashes < np.uint64(int(HELD_OUT_SHARE * 2**64))
