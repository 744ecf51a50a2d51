"""What a file of examples holds, counted while it is read."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seq2seq_transformer.data.stored import SIDES
from seq2seq_transformer.tasks.base import Task
from seq2seq_transformer.values import ExampleBatch, IntBatch, ValueBatch, ValueType, has_floats

if TYPE_CHECKING:
    from seq2seq_transformer.experiment.corpus import Corpus


def facts_of(examples: ExampleBatch) -> dict[str, Any]:
    """What is counted of a block: examples, terms of source and target, digits of the largest number."""
    facts: dict[str, Any] = {"examples": len(examples)}
    for side, batch in zip(SIDES, (examples.source, examples.target), strict=True):
        terms = batch.lengths
        facts[side] = {
            "fewest": int(terms.min(initial=2**62)),
            "most": int(terms.max(initial=0)),
            "terms": int(terms.sum()),
            "digits": _most_digits(batch),
        }
    return facts


def _most_digits(batch: ValueBatch) -> int:
    """Decimal digits of the largest whole number; 0 where there is none."""
    if isinstance(batch, IntBatch):
        largest = max(int(batch.values.max(initial=0)), -int(batch.values.min(initial=0)))
        return len(str(largest)) if batch.values.size else 0
    return max((_digits_of(value) for value in batch.to_lists()), default=0)


def _digits_of(value: Any) -> int:
    """Decimal digits of the largest whole number in a value."""
    if isinstance(value, list):
        return max(map(_digits_of, value), default=0)
    return len(str(abs(value))) if isinstance(value, int) else 0


def merged(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The facts of all shards together."""
    merged: dict[str, Any] = {"examples": sum(part["examples"] for part in parts)}
    for side in SIDES:
        sides = [part[side] for part in parts]
        merged[side] = {
            "fewest": min((each["fewest"] for each in sides), default=0),
            "most": max((each["most"] for each in sides), default=0),
            "terms": sum(each["terms"] for each in sides),
            "digits": max((each["digits"] for each in sides), default=0),
        }
    return merged


def describe(corpus: "Corpus", task: Task) -> list[str]:
    """What a file holds, in a few lines."""
    facts, stored = corpus.facts, corpus.stored
    sides = []
    for side in SIDES:
        fewest, most, digits = (facts[side][name] for name in ("fewest", "most", "digits"))
        terms = f"{fewest} terms" if fewest == most else f"{fewest} to {most} terms"
        sides.append(f"{side} {terms}" + (f", up to {digits} digits" if digits else ""))
    types = f"{_shown(task.source)}:{_shown(task.target)}"
    lines = [f"{corpus.path}: {len(stored):,} examples, {types}; {'; '.join(sides)}"]
    pairs = len(np.unique(stored.sources * np.uint64(31) + stored.targets))
    distinct = len(np.unique(stored.sources))
    _, counts = np.unique(stored.targets, return_counts=True)
    duplicates = f"{len(stored) - pairs:,} repeated examples, {pairs - distinct:,} sources with another answer"
    classes = (
        f"{len(counts):,} distinct answers, the most frequent {100 * counts.max(initial=0) / max(1, len(stored)):.1f} %"
    )
    lines.append(f"{corpus.path}: {duplicates}; {classes}")
    if has_floats(task.source, task.target):
        lines.append(f"{corpus.path}: floats are read to three digits; those that agree in them count as equal here")
    return lines + left_out(corpus)


def left_out(corpus: "Corpus") -> list[str]:
    """A line on the faulty lines of a file, where there are any."""
    faults = corpus.faults
    if not faults.kinds:
        return []
    kinds = ", ".join(f"{kind} ({count:,})" for kind, count in faults.kinds.most_common())
    return [f"{corpus.path}: {len(faults):,} faulty lines left out: {kinds}"]


def _shown(kind: ValueType) -> str:
    """A type, the names of many symbols counted."""
    return re.sub(r"symbol\(([^()]{60,})\)", lambda found: f"symbol({found[1].count('|') + 1} names)", str(kind))
