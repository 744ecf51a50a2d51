"""seq2seq predict."""

import io
import itertools
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from seq2seq_transformer.cli.options import layers
from seq2seq_transformer.cli.words import Pair
from seq2seq_transformer.errors import InputError, RunError
from seq2seq_transformer.values import Value, ValueType, from_json, parse_value, to_json, to_text

if TYPE_CHECKING:
    from seq2seq_transformer.inference.predictor import Prediction, Predictor

SECTIONS = ("decoding", "threads", "device")
_CHUNK = 1024


def run(
    run_or_input: str,
    input: str | None = None,
    /,
    *,
    format: Literal["text", "json"] = "text",
    pairs: Annotated[list[Pair], Parameter(parse=False)],
) -> int:
    """Let a trained model answer one input, or JSON Lines from standard input.

    A line is {"id": …, "source": [1, 0, 1]} or the bare source; a record a line comes back, in order. A line that
    cannot be answered gives a record with "error", and exit code 1 in the end.
    Example: `seq2seq predict runs/p "1 0 1 0 1 0 1 0"`

    Args:
        run_or_input: Folder of the run.
        input: What to answer; blanks separate numbers. Where none is given, standard input is read.
        format: text for people or json, for a single input; lines from standard input are answered in JSON.
    """
    from seq2seq_transformer.cli.screen import note

    folder = Path(run_or_input)
    if not folder.exists() and input is None and re.fullmatch(r"[-+\d\s,;]+", run_or_input):
        raise RunError(
            f'the input "{run_or_input}" needs a model: seq2seq predict RUN "{run_or_input}". '
            "Train one first: seq2seq train patterns --run runs/p"
        )
    predictor = _load(folder, pairs)
    if predictor.note:
        note(predictor.note)
    if input is not None:
        return _answer_one(predictor, input, format)
    if sys.stdin.isatty():
        note("reading JSON Lines from the keyboard; end with Ctrl-D")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="backslashreplace")  # a line that is no text is answered as a bad line
    failed = False
    for record in _answer_lines(predictor, sys.stdin):
        failed = failed or "error" in record
        print(json.dumps(record, ensure_ascii=False), flush=True)
    return 1 if failed else 0


def _load(folder: Path, pairs: list[Pair]) -> "Predictor":
    from seq2seq_transformer.experiment.config import build_decoding
    from seq2seq_transformer.inference.predictor import Predictor

    strategy, decoding, machine = build_decoding(layers("predict", pairs, SECTIONS))
    return Predictor.load(
        folder, device=machine.device, threads=machine.threads, strategy=strategy, max_length=decoding.max_length
    )


def _answer_one(predictor: "Predictor", text: str, format: str) -> int:
    from seq2seq_transformer.cli.screen import note, percent

    answer = predictor.predict(parse_value(text, predictor.description.tokenizer.source))
    longest = predictor.description.longest_source
    if len(predictor.description.tokenizer.encode_source(answer.source)) > longest:
        note(f"this source is longer than any in training (its tokens are more than {longest})")
    if format == "json":
        print(json.dumps(_record(0, answer), ensure_ascii=False))
    elif answer.prediction is not None:
        print(f"{to_text(answer.prediction)}   (probability {percent(answer.probability)})")
    else:
        print(f"seq2seq: {answer.problem}", file=sys.stderr)
    return 0 if answer.prediction is not None else 1


@dataclass(frozen=True)
class _Line:
    id: Any
    source: Value | None
    shown: Any
    problem: str = ""


def _answer_lines(predictor: "Predictor", lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """One record a line that is not blank, in order, a chunk of lines at a time."""
    source_type = predictor.description.tokenizer.source
    numbered = ((number, line) for number, line in enumerate(lines) if line.strip())
    while chunk := [_read(number, line, source_type) for number, line in itertools.islice(numbered, _CHUNK)]:
        good = [line.source for line in chunk if line.source is not None]
        answers = iter(predictor.predict_many(good))
        for line in chunk:
            if line.source is None:
                yield {"id": line.id, "source": line.shown, "error": line.problem}
            else:
                yield _record(line.id, next(answers))


def _read(number: int, text: str, source_type: ValueType) -> _Line:
    """A line of input; the id is its own, or else its number counted from 0."""
    shown: Any = text.strip()
    identity: Any = number
    try:
        content = json.loads(text)
        if isinstance(content, dict):
            identity = content.get("id", number)
            if "source" not in content:
                raise InputError('a line must have a "source", such as {"source": [1, 0, 1, 0]}.')
            content = content["source"]
        shown = content
        return _Line(identity, from_json(content, source_type), shown)
    except (ValueError, RecursionError) as error:
        return _Line(identity, None, shown, f"a line must be JSON, such as [1, 0, 1, 0], but is not: {error}.")
    except InputError as error:
        return _Line(identity, None, shown, str(error))


def _record(identity: Any, answer: "Prediction") -> dict[str, Any]:
    source = to_json(answer.source)
    if answer.prediction is None:
        return {"id": identity, "source": source, "error": answer.problem}
    prediction = to_json(answer.prediction)
    return {"id": identity, "source": source, "prediction": prediction, "probability": answer.probability}
