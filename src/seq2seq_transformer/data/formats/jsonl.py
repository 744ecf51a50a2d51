"""JSON Lines: {"source": …, "target": …}."""

import json
import re
from typing import Any

from seq2seq_transformer.data.formats.base import FORMATS, Format, LineFault, Types
from seq2seq_transformer.errors import InputError
from seq2seq_transformer.values import Example, Value, ValueType, to_json
from seq2seq_transformer.values.scalars import MOST_DIGITS
from seq2seq_transformer.values.text import names_once

_JSON = json.JSONDecoder(object_pairs_hook=names_once)


@FORMATS.register
class JsonLines(Format):
    """One object a line, {"source": [17, 25], "target": 42}; integers beyond 2^53 as strings of digits."""

    suffixes = (".jsonl", ".json", ".ndjson")
    word_may_be_list = False

    @classmethod
    def looks_like(cls, line: str) -> bool:
        return line.lstrip().startswith("{")

    def split(self, line: str) -> tuple[Any, Any]:
        try:
            content = _JSON.decode(line)
        except json.JSONDecodeError as error:
            raise LineFault(
                error.colno, "not JSON", f"a line must be a JSON object, but is not: {error.msg}."
            ) from None
        except InputError as error:
            raise LineFault(1, "a name twice", str(error)) from None
        except RecursionError as error:
            raise LineFault(1, "not JSON", f"a line must be a JSON object, but is not: {error}.") from None
        except ValueError:
            raise _too_long(line) from None
        if not isinstance(content, dict):
            rule = 'a line must be one object, such as {"source": [1, 2], "target": 3}'
            raise LineFault(1, "no object", f"{rule}, but is a {'list' if isinstance(content, list) else 'value'}.")
        missing = [name for name in ("source", "target") if name not in content]
        if missing:
            raise LineFault(
                1, f"no {missing[0]}", f'a line must have "source" and "target", but has no "{missing[0]}".'
            )
        return content["source"], content["target"]

    def parse(self, piece: Any, value_type: ValueType) -> Value:
        return value_type.convert(piece)

    def loose(self, piece: Any) -> Any:
        return piece

    def place(self, line: str, side: str) -> int:
        found = re.search(rf'"{side}"\s*:\s*', line)
        return found.end() + 1 if found else 1

    def write(self, example: Example, types: Types) -> str:
        return json.dumps({"source": to_json(example.source), "target": to_json(example.target)}, ensure_ascii=False)


def _too_long(line: str) -> LineFault:
    """What is the matter with a line in which Python refuses to read a whole number."""
    digits: str = max(re.findall(r"\d+", line), key=len)
    rule = f"a whole number must have at most {MOST_DIGITS} digits"
    return LineFault(line.index(digits) + 1, "too many digits", f"{rule}, but one has {len(digits)}.")
