"""Tokenised examples on disk, mapped into memory: a batch reads the rows it needs and no more."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import DamagedError
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.values import Example, ExampleBatch
from seq2seq_transformer.values.hashing import hash_rows

SIDES = ("source", "target")
ARRAYS = ("source_tokens", "source_ends", "target_tokens", "target_ends", "sources", "targets")
"""Of a shard: the tokens of all rows one after another, where each row ends, and the hashes of its tokens.

What is equal to the model is equal to the hash: floats that are spelled alike are one source.
"""


def to_arrays(examples: ExampleBatch, tokenizer: Tokenizer) -> dict[str, NDArray[np.generic]]:
    """The arrays of a shard with these examples; tokens as narrow as the vocabulary allows."""
    kind = np.min_scalar_type(len(tokenizer.vocabulary))
    arrays: dict[str, NDArray[np.generic]] = {}
    spelled = (tokenizer.spell_sources(examples.source), tokenizer.spell_targets(examples.target))
    for side, (tokens, ends) in zip(SIDES, spelled, strict=True):
        arrays[f"{side}_tokens"] = tokens.astype(kind)
        arrays[f"{side}_ends"] = ends
        arrays[f"{side}s"] = hash_rows(tokens, ends)
    return arrays


class StoredExamples:
    """The rows of several shards, one after another.

    Args:
        shards: arrays by name, each usually a memory map.
    """

    def __init__(self, shards: Sequence[Mapping[str, NDArray[np.generic]]]) -> None:
        self._shards = shards
        self._ends = np.cumsum([len(shard["sources"]) for shard in shards], dtype=np.int64)
        for shard in shards:
            for side in SIDES:
                ends = shard[f"{side}_ends"]
                if len(ends) != len(shard["sources"]) or (len(ends) and int(ends[-1]) != len(shard[f"{side}_tokens"])):
                    raise DamagedError("a tokenised file must be whole, but a part of it is not; delete it.")

    @classmethod
    def joined(cls, parts: Sequence["StoredExamples"]) -> "StoredExamples":
        """The rows of several, one after another."""
        return cls([shard for part in parts for shard in part._shards])

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    @cached_property
    def sources(self) -> NDArray[np.uint64]:
        """The hash of each source."""
        return self._joined("sources")

    @cached_property
    def targets(self) -> NDArray[np.uint64]:
        """The hash of each target."""
        return self._joined("targets")

    def _joined(self, name: str) -> NDArray[np.uint64]:
        parts = [np.asarray(shard[name], dtype=np.uint64) for shard in self._shards]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)

    def tokens(self, rows: NDArray[np.int64], side: str, pad: int) -> NDArray[np.int64]:
        """SOS, tokens, EOS, PAD … of these rows: int64 of shape (rows, longest)."""
        found = [self._row(row, side) for row in rows.tolist()]
        matrix = np.full((len(found), max(map(len, found), default=0)), pad, dtype=np.int64)
        for place, row in enumerate(found):
            matrix[place, : len(row)] = row
        return matrix

    def examples(self, rows: NDArray[np.int64], tokenizer: Tokenizer) -> ExampleBatch:
        """These rows in numbers."""
        return ExampleBatch.from_examples(
            [
                Example(
                    tokenizer.decode_source(self._row(row, "source")[1:-1].tolist()),
                    tokenizer.decode_target(self._row(row, "target")[1:-1].tolist()),
                )
                for row in rows.tolist()
            ]
        )

    def _row(self, row: int, side: str) -> NDArray[Any]:
        number = int(np.searchsorted(self._ends, row, side="right"))
        shard = self._shards[number]
        place = row - (int(self._ends[number - 1]) if number else 0)
        ends = shard[f"{side}_ends"]
        start = int(ends[place - 1]) if place else 0  # type: ignore[call-overload]
        return shard[f"{side}_tokens"][start : int(ends[place])]  # type: ignore[call-overload]
