"""What a program hands to a Predictor, checked."""

from collections.abc import Callable, Iterable, Sequence
from operator import index as as_index
from typing import Any

from seq2seq_transformer.errors import ConfigError, InputError
from seq2seq_transformer.values import Value


def listed(sources: Iterable[Value]) -> list[Value]:
    """One source after another, also of a table of pandas, whose own order is that of its columns or labels.

    Raises:
        InputError: where they are none.
    """
    rows: Any = sources
    if hasattr(rows, "to_numpy"):  # of a table as objects: columns of several types would all become floats
        rows = rows.to_numpy(object) if getattr(rows, "ndim", 1) > 1 else rows.to_numpy()
    try:
        each = iter(rows)
    except TypeError:
        raise InputError(f"sources must be a list, one after another, but are {sources!r} instead.") from None
    return list(each)


def change_each(items: Sequence[Value], change: Callable[[Value], Any]) -> list[Any]:
    """The items changed; of many, one that cannot be is named by its place."""
    found = []
    for number, item in enumerate(items):
        try:
            found.append(change(item))
        except InputError as error:
            place = f"source {number + 1} of {len(items)}: " if len(items) > 1 else ""
            raise InputError(f"{place}{error}") from None
    return found


def numbered(indices: Iterable[int] | None, count: int) -> list[int]:
    """The number of each source, by which random answers are drawn; where none are given, 0, 1, 2 and so on.

    Raises:
        InputError: where they are not whole numbers of 0 or more, one each.
    """
    if indices is None:
        return list(range(count))
    found = [_index(number) for number in indices] if isinstance(indices, Iterable) else [-1]
    if min(found, default=0) < 0:
        raise InputError(f"`indices` must be whole numbers, 0 or more, but are {indices!r} instead.")
    if len(found) != count:
        raise InputError(f"`indices` must be one for each of {count} sources, but are {len(found)} instead.")
    return found


def whole(name: str, value: Any, least: int, most: int) -> int:
    """A whole number within limits.

    Raises:
        ConfigError: where it is none.
    """
    found = _index(value)
    if isinstance(value, bool) or not least <= found <= most:
        raise ConfigError([f"`{name}` must be a whole number from {least} to {most}, but is {value!r} instead."])
    return found


def _index(value: Any) -> int:
    """A whole number; -1 for anything else."""
    try:
        return as_index(value)
    except TypeError:
        return -1
