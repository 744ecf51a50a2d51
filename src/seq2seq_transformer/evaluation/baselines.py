"""Answers that cost nothing, to set a model's beside: what a report is worth shows only against them."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

from seq2seq_transformer.errors import InputError
from seq2seq_transformer.tasks.base import Task
from seq2seq_transformer.values import Example, Integer, Tuple, Value, Vector

_PRIME = 2**521 - 1


def baselines(task: Task, examples: Sequence[Example]) -> dict[str, float]:
    """Exact match of each baseline that the types allow.

    Args:
        task: judges the answers.
        examples: what is answered, at least one.

    Returns:
        Fractions by name: the most frequent answer of these examples, the source itself (of parts the
        first that is of the type of an answer, such as what follows the name of a task), and where the task continues
        a sequence of numbers, finite differences and the shortest linear recurrence.
    """
    frequent, _ = Counter(repr(example.target) for example in examples).most_common(1)[0]
    constant = next(example.target for example in examples if repr(example.target) == frequent)
    answers: dict[str, list[Any]] = {
        "most frequent answer": [constant] * len(examples),
        "copy of the source": [_copied(example.source, task) for example in examples],
    }
    if task.continues and all(isinstance(side, Vector) and _is_whole(side) for side in (task.source, task.target)):
        pairs = [(example.source, len(example.target)) for example in examples]
        answers["finite differences"] = [finite_differences(*pair) for pair in pairs]
        answers["linear recurrence (Berlekamp–Massey)"] = [berlekamp_massey(*pair) for pair in pairs]
    return {name: _share(task, examples, given) for name, given in answers.items()}


def _copied(source: Value, task: Task) -> Value:
    """The source, or the first of its parts that is of the target's type."""
    if not isinstance(task.source, Tuple):
        return source
    parts = zip(cast(list[Value], source), task.source.parts, strict=True)
    return next((part for part, kind in parts if kind == task.target), source)


def _is_whole(side: Vector) -> bool:
    return side.item == Integer() or hasattr(side.item, "low")


def _share(task: Task, examples: Sequence[Example], answers: Sequence[Any]) -> float:
    correct = 0
    for example, answer in zip(examples, answers, strict=True):
        try:
            correct += task.is_correct(example, task.target.convert(answer))
        except InputError:  # such as a source that is no answer by its type
            continue
    return correct / len(examples)


def finite_differences(terms: Sequence[int], count: int) -> list[int]:
    """The next terms of the polynomial of least degree through the terms (Newton's forward differences).

    >>> finite_differences([0, 1, 4, 9], 2)
    [16, 25]
    """
    rows = [list(terms)]
    while len(rows[-1]) > 1 and len(set(rows[-1])) > 1:
        rows.append([after - before for before, after in pairwise(rows[-1])])
    ends = [row[-1] for row in rows if row] or [0]
    found = []
    for _ in range(count):
        for level in range(len(ends) - 2, -1, -1):
            ends[level] += ends[level + 1]
        found.append(ends[0])
    return found


def berlekamp_massey(terms: Sequence[int], count: int) -> list[int]:
    """The next terms by the shortest linear recurrence that the terms fulfil (Massey 1969, algorithm 1).

    Computed modulo a prime of 521 bits, so exact wherever the next terms are whole numbers below 2⁵²⁰ in size.

    >>> berlekamp_massey([1, 1, 2, 3, 5, 8], 3)
    [13, 21, 34]
    """
    recurrence, previous = [1], [1]
    length, gap, last_error = 0, 1, 1
    for n, _ in enumerate(terms):
        error = sum(c * terms[n - i] for i, c in enumerate(recurrence) if i <= n) % _PRIME
        if not error:
            gap += 1
            continue
        factor = error * pow(last_error, -1, _PRIME) % _PRIME
        longer = recurrence + [0] * max(0, len(previous) + gap - len(recurrence))
        for place, c in enumerate(previous):
            longer[place + gap] = (longer[place + gap] - factor * c) % _PRIME
        if 2 * length <= n:
            previous, last_error, length, gap = recurrence, error, n + 1 - length, 1
        else:
            gap += 1
        recurrence = longer
    sequence = list(terms)
    for _ in range(count):
        following = -sum(c * sequence[-i] for i, c in enumerate(recurrence) if 0 < i <= len(sequence)) % _PRIME
        sequence.append(following - _PRIME if following > _PRIME // 2 else following)
    return sequence[len(terms) :]
