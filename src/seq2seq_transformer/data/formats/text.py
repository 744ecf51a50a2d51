"""Plain text: source, tab, target, each as the command line spells it."""

from typing import Any

from seq2seq_transformer.data.formats.base import FORMATS, Format, LineFault, Types
from seq2seq_transformer.values import Example, Value, ValueType, parse_value, to_text
from seq2seq_transformer.values.text import loose_value


@FORMATS.register
class Text(Format):
    """Source, a tab, target: blanks separate numbers, `;` rows and `|` parts, as on the command line."""

    suffixes = (".txt",)

    @classmethod
    def looks_like(cls, line: str) -> bool:
        return line.count("\t") == 1

    def split(self, line: str) -> tuple[str, str]:
        columns = line.rstrip("\r\n").split("\t")
        if len(columns) != 2:
            raise LineFault(
                1,
                "wrong number of columns",
                f"a line must have a source, a tab and a target, but has {len(columns) - 1} tabs.",
            )
        return columns[0], columns[1]

    def parse(self, piece: str, value_type: ValueType) -> Value:
        return parse_value(piece, value_type)

    def loose(self, piece: str) -> Any:
        return loose_value(piece)

    def write(self, example: Example, types: Types) -> str:
        return f"{to_text(example.source, types.source)}\t{to_text(example.target, types.target)}"
