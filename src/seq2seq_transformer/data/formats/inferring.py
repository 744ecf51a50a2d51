"""Types found out from values: what most of them are decides, and the others are faults. No torch."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from seq2seq_transformer.errors import InputError
from seq2seq_transformer.values import Float, Integer, Matrix, Range, Scalar, Symbol, Tuple, ValueType, Vector

T = TypeVar("T")
_MOST_OF_THEM = 0.9
"""Share that decides; the others are faults."""
_DEEPEST = 8
"""Levels of lists: more than any type has."""
_MINUS = re.compile(r"−\d")
_KINDS = (Integer(), Float(), Symbol())


def most_alike(items: Sequence[T], key: Callable[[T], object]) -> list[T]:
    """The items that have the same key where these are most of them, or else all."""
    keys = list(map(key, items))
    common, count = Counter(keys).most_common(1)[0]
    if count < _MOST_OF_THEM * len(keys):
        return list(items)
    return [item for item, its_key in zip(items, keys, strict=True) if its_key == common]


def nesting(value: Any, word: int, levels: int = _DEEPEST) -> int | tuple[Any, ...]:
    """How deep a value is nested: 0 for one number, 1 for a list of them; of unlike parts, that of each.

    Args:
        value: in plain lists, strings and numbers.
        word: what it is of one word: 1 where that may be a list.
        levels: how many are told apart.
    """
    if not isinstance(value, (list, tuple)):
        return word if isinstance(value, str) else 0
    if not levels or not any(isinstance(item, (list, tuple)) for item in value):
        return 1
    first, *others = parts = [nesting(item, word, levels - 1) for item in value]
    alike = isinstance(first, int) and all(part == first for part in others) and not isinstance(value, tuple)
    return first + 1 if alike else tuple(parts)  # type: ignore[operator]


def infer_type(values: Sequence[Any], levels: int = _DEEPEST) -> ValueType:
    """The narrowest type that holds all the values: lengths stay open, and lists of digits are `range(0,10)`.

    Args:
        values: in plain lists, strings and numbers.
        levels: how deep they may be nested.

    Raises:
        InputError: where they have no type in common.
    """
    lists = [isinstance(value, (list, tuple)) for value in values]
    if not any(lists):
        return _infer_scalar(values)
    if not all(lists):
        values = [value if is_list else [value] for value, is_list in zip(values, lists, strict=True)]
    nested = [isinstance(item, (list, tuple)) for value in values for item in value]
    items = [item for value in values for item in value]
    if not items:
        raise InputError("types cannot be found out from empty lists; declare them: --data.types")
    if not any(nested):
        kind = _infer_scalar(items)
        return Vector(Range(0, 10) if kind == Integer() and _are_digits(items) else kind)
    rows = all(nested) and not any(isinstance(value, tuple) for value in values)  # a tuple's parts are told apart
    if rows and not any(isinstance(cell, (list, tuple)) for row in items for cell in row):
        return Matrix(_infer_scalar([cell for row in items for cell in row]))
    if levels and len({len(value) for value in values}) == 1:
        return Tuple(tuple(infer_type(part, levels - 1) for part in zip(*values, strict=True)))  # type: ignore[arg-type, misc]
    raise InputError("types cannot be found out from lists of such different forms; declare them: --data.types")


def _infer_scalar(values: Sequence[Any]) -> Scalar:
    if wrong := next((value for value in values if isinstance(value, str) and _MINUS.match(value)), None):
        raise InputError(f"a minus must be the hyphen -, but is the character − (U+2212) in {wrong!r}.")
    for kind in _KINDS:
        if sum(_is(kind, value) for value in values) >= _MOST_OF_THEM * len(values):
            return kind
    for value in values:
        if not any(_is(kind, value) for kind in _KINDS):
            raise InputError(f"a term must be a finite number or a word, but is {value!r} instead.")
    number, word = (next(value for value in values if not _is(kind, value)) for kind in (Symbol(), Float()))
    raise InputError(f"terms must be all numbers or all words, but are {number!r} and {word!r} instead.")


def _is(kind: Scalar, value: Any) -> bool:
    try:
        kind.convert(value)
    except InputError:
        return False
    return True


def _are_digits(items: Sequence[Any]) -> bool:
    return all(_is(Range(0, 10), item) for item in items)
