"""The form of a value: the places of its numbers, and what stands between them.

Numbers of a row stand side by side or behind a comma, rows of a matrix behind a semicolon, parts of a tuple behind a
bar; a tuple of single numbers is one row.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, cast

from seq2seq_transformer.values import Matrix, Scalar, Tuple, Value, ValueType, Vector
from seq2seq_transformer.values.scalars import BETWEEN_PARTS, BETWEEN_ROWS
from seq2seq_transformer.values.text import is_flat


class Place(NamedTuple):
    """Where in a value a number stands. `row`, `column` and `columns` stay 0 where their count is open."""

    part: int = 0
    row: int = 0
    column: int = 0
    columns: int = 0


class Form:
    """The form of all values of a type.

    Args:
        value_type: the type.
        separators: after the numbers of each part, what stands before the next number of the row: "" for nothing.
        costs: of each part, the fewest symbols of a number.
    """

    def __init__(self, value_type: ValueType, separators: Sequence[str], costs: Sequence[int]) -> None:
        self.parts = parts_of(value_type)
        self.flat = isinstance(value_type, Tuple) and is_flat(value_type)
        self.separators, self._costs = separators, costs
        self._is_tuple = isinstance(value_type, Tuple)

    @property
    def symbols(self) -> list[str]:
        """Every separator that a value can need."""
        found = [
            separator
            for part, separator in zip(self.parts, self.separators, strict=True)
            if separator and (isinstance(part, (Vector, Matrix)) or self.flat)
        ]
        found += [BETWEEN_ROWS] * any(isinstance(part, Matrix) for part in self.parts)
        return [*dict.fromkeys(found), *([BETWEEN_PARTS] if len(self.parts) > 1 and not self.flat else [])]

    def numbers(self, value: Value) -> Iterator[tuple[str, int, Value]]:
        """The numbers of a value in order, each with the separator before it ("" for none) and its part."""
        if not self._is_tuple:
            yield from self._numbers_of_part(value, 0, "")
            return
        before = ""
        for part, item in enumerate(cast(list[Value], value)):
            yield from self._numbers_of_part(item, part, before)
            before = self.separators[part] if self.flat else BETWEEN_PARTS

    def _numbers_of_part(self, value: Value, part: int, before: str) -> Iterator[tuple[str, int, Value]]:
        rows = value if isinstance(self.parts[part], Matrix) else [value]
        for row in cast(list[Value], rows):
            for number in row if isinstance(row, list) else [row]:
                yield before, part, number
                before = self.separators[part]
            before = BETWEEN_ROWS

    def build(self, numbers: Sequence[tuple[str, Value]]) -> Value:
        """Numbers, each with the separator before it, as a value: the inverse of `numbers`."""
        if self.flat:
            return [number for _, number in numbers]
        built = [_of_part(kind, part) for kind, part in zip(self.parts, _split(numbers, BETWEEN_PARTS), strict=True)]
        return built if self._is_tuple else built[0]

    def after(self, place: Place) -> list[tuple[str, Place]]:
        """The places that can come next, each with the separator before it."""
        part = self.parts[place.part]
        found: list[tuple[str, Place]] = []
        if isinstance(part, Vector) and (part.length is None or place.column + 1 < part.length):
            following = place if part.length is None else place._replace(column=place.column + 1)
            found.append((self.separators[place.part], following))
        if isinstance(part, Matrix):
            limit = part.columns or place.columns
            if not limit or place.column + 1 < limit:
                found.append((self.separators[place.part], place._replace(column=place.column + 1)))
            if self._row_may_end(place) and (part.rows is None or place.row + 1 < part.rows):
                row = 0 if part.rows is None else place.row + 1
                found.append((BETWEEN_ROWS, place._replace(row=row, column=0, columns=place.column + 1)))
        if self._part_may_end(place) and place.part + 1 < len(self.parts):
            between = self.separators[place.part] if self.flat else BETWEEN_PARTS
            found.append((between, Place(part=place.part + 1)))
        return found

    def may_end(self, place: Place) -> bool:
        """Whether the value may end after the number at a place."""
        return place.part + 1 == len(self.parts) and self._part_may_end(place)

    def _part_may_end(self, place: Place) -> bool:
        part = self.parts[place.part]
        if isinstance(part, Matrix):
            return self._row_may_end(place) and (part.rows is None or place.row + 1 == part.rows)
        return not isinstance(part, Vector) or part.length in (None, place.column + 1)

    def _row_may_end(self, place: Place) -> bool:
        part = self.parts[place.part]
        assert isinstance(part, Matrix), "only a matrix has rows"
        return (part.columns or place.columns or place.column + 1) == place.column + 1

    @lru_cache(maxsize=4096)  # noqa: B019 (a form lives as long as its tokenizer)
    def rest(self, place: Place) -> int:
        """Fewest symbols from the end of the number at a place to the end of the value."""
        part, own = self.parts[place.part], self._costs[place.part]
        each = own + bool(self.separators[place.part])
        rest = 0
        if isinstance(part, Vector) and part.length is not None:
            rest = (part.length - place.column - 1) * each
        if isinstance(part, Matrix):
            columns = part.columns or place.columns or place.column + 1
            rest = (columns - place.column - 1) * each
            rows_after = part.rows - place.row - 1 if part.rows else 0
            rest += rows_after * (1 + own + (columns - 1) * each)
        if place.part + 1 == len(self.parts):
            return rest
        between = bool(self.separators[place.part]) if self.flat else 1
        return rest + between + self._costs[place.part + 1] + self.rest(Place(part=place.part + 1))


def parts_of(value_type: ValueType) -> Sequence[Scalar | Vector | Matrix]:
    """The parts of a tuple; any other type is its own only part."""
    return value_type.parts if isinstance(value_type, Tuple) else (value_type,)


def _of_part(kind: ValueType, numbers: list[tuple[str, Value]]) -> Value:
    if isinstance(kind, Matrix):
        return [[number for _, number in row] for row in _split(numbers, BETWEEN_ROWS)]
    return [number for _, number in numbers] if isinstance(kind, Vector) else numbers[0][1]


def _split(numbers: Sequence[tuple[str, Value]], separator: str) -> list[list[tuple[str, Value]]]:
    groups: list[list[tuple[str, Value]]] = [[]]
    for before, number in numbers:
        if before == separator:
            groups.append([])
        groups[-1].append((before, number))
    return groups
