"""Comma-separated values, with a line of names first."""

import csv
import io
import itertools
from collections.abc import Sequence

from seq2seq_transformer.data.formats.base import FORMATS, LineFault, Types
from seq2seq_transformer.data.formats.text import Text
from seq2seq_transformer.values import Example, to_text
from seq2seq_transformer.values.scalars import BETWEEN_PARTS, BETWEEN_ROWS


@FORMATS.register
class Csv(Text):
    """Columns `source` and `target`, or --data.columns "a,b:c"; in a cell blanks separate numbers, `;` rows."""

    suffixes = (".csv",)
    has_header = True
    delimiter = ","

    @classmethod
    def looks_like(cls, line: str) -> bool:
        return {"source", "target"} <= set(line.strip().split(cls.delimiter))

    def start(self, header: str) -> None:
        names = [name.strip() for name in self._cells(header)]
        sides = (self.columns or "source:target").split(":")
        wanted = [[name.strip() for name in side.split(",")] for side in sides]
        missing = [name for side in wanted for name in side if names.count(name) != 1]
        if missing or len(wanted) != 2:
            raise LineFault(
                1,
                "no such column",
                f"the first line must name the columns {' and '.join(','.join(side) for side in wanted)} once, but has "
                f'{", ".join(names)}. Say which are source and target: --data.columns "a,b:c"',
            )
        self._names, self._width = names, len(names)
        self._places = [[names.index(name) for name in side] for side in wanted]

    def split(self, line: str) -> tuple[str, str]:
        cells = self._cells(line)
        if len(cells) != self._width:
            raise LineFault(
                1, "wrong number of columns", f"a line must have {self._width} columns, but has {len(cells)} instead."
            )
        for place in itertools.chain.from_iterable(self._places):
            if not cells[place].strip():
                raise LineFault(1, "empty cell", f"the column {self._names[place]} must hold a value, but is empty.")
        source, target = (_joined([cells[place] for place in places]) for places in self._places)
        return source, target

    def place(self, line: str, side: str) -> int:
        first = self._places[side == "target"][0]
        return line.find(self._cells(line)[first]) + 1

    def header(self, types: Types) -> str:
        return self.delimiter.join(("source", "target"))

    def write(self, example: Example, types: Types) -> str:
        buffer = io.StringIO()
        row = [to_text(example.source, types.source), to_text(example.target, types.target)]
        csv.writer(buffer, delimiter=self.delimiter, lineterminator="").writerow(row)
        return buffer.getvalue()

    def _cells(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line.rstrip("\r\n")], delimiter=self.delimiter, strict=True), [])
        except csv.Error as error:
            raise LineFault(1, "not CSV", f"a line must be comma-separated values, but is not: {error}.") from None


def _joined(cells: Sequence[str]) -> str:
    """Several cells as the parts of one value."""
    single = all(len(cell.split()) == 1 and BETWEEN_ROWS not in cell for cell in cells)
    return (" " if single else f" {BETWEEN_PARTS} ").join(cells)
