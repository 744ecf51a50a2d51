"""seq2seq predict."""

import itertools
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter, Token

from seq2seq_transformer.cli.json_lines import arriving, read_line, record, to_line
from seq2seq_transformer.cli.notes import note, percent, say
from seq2seq_transformer.cli.options import Whole, layers
from seq2seq_transformer.cli.words import Pair
from seq2seq_transformer.errors import ConfigError, InputError, is_out_of_memory, typed
from seq2seq_transformer.values import Value, count_terms, has_negative, parse_value, to_text

if TYPE_CHECKING:
    from seq2seq_transformer.inference.prediction import Prediction
    from seq2seq_transformer.inference.predictor import Predictor

SECTIONS = ("model", "decoding", "threads", "device")
_CHUNK = 4096


def _not_empty(_kind: object, tokens: Sequence[Token]) -> Path:
    """The path of an empty word would be the present folder."""
    if not tokens[0].value.strip():
        raise ValueError("a run or an input must be named, but the word is empty.")
    return Path(tokens[0].value)


def run(
    run_or_input: Annotated[Path, Parameter(converter=_not_empty)],
    input: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *,
    format: Literal["text", "json"] = "text",
    alternatives: Whole = 0,
    engine: str = "auto",
    pairs: Annotated[list[Pair], Parameter(parse=False)],
) -> int:
    """Let a trained model answer one input, or JSON Lines from standard input.

    A line is {"id": …, "source": [1, 0, 1]} or the bare source; a record a line comes back, in order. A line that
    cannot be answered gives a record with "error", and exit code 1 in the end.
    Example: `seq2seq predict runs/p "1 0 1 0 1 0 1 0"`
    Example: `seq2seq predict "2 4 6 2 4 6 2 4 6"`

    Args:
        run_or_input: Folder of the run or of a model; an input alone is for the bundled model, which continues digits.
        input: What to answer; blanks separate numbers. Where none is given, standard input is read.
        format: text for people or json, for a single input; lines from standard input are answered in JSON.
        alternatives: So many of the likeliest symbols at each place of an answer, in JSON. 0: none.
        engine: What runs the model: `seq2seq list engines`. auto: onnx for an exported model, torch for a run.
    """
    folder, words = run_or_input, str(run_or_input)
    if input is None and re.fullmatch(r"[-+\d\s,;|.\[\]]+", words) and not _is_there(folder):
        from seq2seq_transformer.inference.folders import BUNDLED

        folder, input = BUNDLED, words
    if alternatives < 0:
        raise ConfigError([f"--alternatives must be 0 or more, but is {alternatives} instead."])
    if alternatives and input is not None and format == "text":
        raise ConfigError(["--alternatives are told in JSON. Add: --format json"])
    predictor = _load(folder, engine, pairs)
    if input is not None:
        return _answer_one(predictor, input, format, alternatives)
    _note_model(predictor)
    if sys.stdin.isatty():
        note("reading JSON Lines from the keyboard; end with Ctrl-D")
    failed, noted = False, set[str]()
    for told, answer in _answer_lines(predictor, arriving(sys.stdin, _CHUNK), alternatives):
        failed = failed or "error" in told
        beyond = _beyond_training(predictor, answer) if answer and answer.prediction is not None else {}
        for kind in [kind for kind in beyond if kind not in noted]:
            noted.add(kind)
            note(f"{beyond[kind]} (said once)")
        print(to_line(told, sys.stdout.encoding), flush=True)
    return 1 if failed else 0


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # such as a name that is too long for one
        return False


def _load(folder: Path, engine: str, pairs: list[Pair]) -> "Predictor":
    from seq2seq_transformer.experiment.config import build_decoding
    from seq2seq_transformer.experiment.saved import decoding_of, verifier_of
    from seq2seq_transformer.inference.predictor import Predictor

    above = layers("predict", pairs, SECTIONS)
    strategy, decoding, machine, knobs = build_decoding(
        [*(decoding_of(folder, above) if _is_there(folder) else []), *above]
    )
    predictor = Predictor.load(
        folder,
        engine=engine,
        device=machine.device,
        threads=machine.threads,
        strategy=strategy,
        max_length=decoding.max_length,
        constrained=decoding.grammar != "off",
        knobs=knobs,
    )
    if strategy.draws:  # now it is known that the folder is whole
        predictor.verifier = verifier_of(folder)
        if predictor.verifier is None:
            note("nothing here can verify an answer without knowing the true one: the likeliest draw is given")
    return predictor


def _answer_one(predictor: "Predictor", text: str, format: str, alternatives: int) -> int:
    try:
        source = parse_value(text, predictor.description.tokenizer.source)
    except InputError:
        if not text.strip() or not _is_there(Path(text)):
            raise
        raise InputError(
            f"the input must be numbers, but {text} is a file. To answer its lines: … < {typed(text)}"
        ) from None
    _note_model(predictor)
    answer = predictor.predict(source, alternatives=alternatives)
    for remark in filter(None, (*_beyond_training(predictor, answer).values(), _at_limit(answer))):
        note(remark)
    if format == "json":
        print(to_line(record(0, answer), sys.stdout.encoding))
    elif answer.prediction is not None:
        kind = predictor.description.tokenizer.target
        for each in (answer, *answer.others):
            said = f"({each.problem})" if each.prediction is None else to_text(each.prediction, kind)
            verdict = {True: ", verified", False: ", verified as wrong", None: ""}[each.verdict]
            print(f"{said}   (probability {percent(each.probability)}{verdict})")
    else:
        say(f"seq2seq: {answer.problem}")
    return 0 if answer.prediction is not None else 1


def _note_model(predictor: "Predictor") -> None:
    if predictor.note:
        note(predictor.note)


def _beyond_training(predictor: "Predictor", answer: "Prediction") -> dict[str, str]:
    """Remarks on a source that is shorter or longer than those of the training, or has what they had not, by kind."""
    terms = count_terms(answer.source)
    description = predictor.description
    shortest, longest = description.source_lengths
    found = {}
    if not shortest <= terms <= longest:
        found["terms"] = (
            f"a source of {terms} terms is outside the training, which had {shortest} to {longest}: do not rely on it"
        )
    elif 0 < description.source_tokens < answer.source_tokens:
        trained = f"those of the training (up to {description.source_tokens})"
        found["tokens"] = (
            f"a source of {answer.source_tokens} tokens is longer than {trained}: do not rely on it untested"
        )
    if not description.negative_sources and has_negative(answer.source):
        found["negative"] = "a number below 0 is outside the training, which had none: do not rely on it"
    return found


def _at_limit(answer: "Prediction") -> str:
    """A remark on an answer that the length limit may have shortened; "" on others."""
    if not (limit := answer.limit_reached):
        return ""
    return f"the limit of {limit} tokens may have shortened this answer; allow more: --decoding.max_length {2 * limit}"


def _answer_lines(
    predictor: "Predictor", parts: Iterable[list[str]], alternatives: int
) -> "Iterator[tuple[dict[str, Any], Prediction | None]]":
    """One record a line that is not blank, in order, with the answer in it; a part of the lines at a time."""
    source_type = predictor.description.tokenizer.source
    numbers = itertools.count()
    for lines in parts:
        numbered = [(next(numbers), line) for line in lines]
        chunk = [read_line(number, line, source_type) for number, line in numbered if line.strip()]
        good = [(line.number, line.source) for line in chunk if line.source is not None]
        answers = _predict(predictor, good, alternatives)
        for line in chunk:
            if line.source is None:
                yield {"id": line.id, "source": line.shown, "error": line.problem}, None
            else:
                answer = next(answers)
                yield record(line.id, answer), answer


def _predict(predictor: "Predictor", sources: list[tuple[int, Value]], alternatives: int) -> "Iterator[Prediction]":
    """Answer sources, with their numbers, together; where that fails, half and half, down to the one at fault."""
    from seq2seq_transformer.inference.prediction import Prediction

    try:
        numbers, values = [number for number, _ in sources], [value for _, value in sources]
        yield from predictor.predict_many(values, indices=numbers, alternatives=alternatives)
    except (InputError, MemoryError, RuntimeError) as error:
        if not isinstance(error, InputError) and not is_out_of_memory(error):
            raise
        if len(sources) > 1:
            half = len(sources) // 2
            for some in (sources[:half], sources[half:]):
                yield from _predict(predictor, some, alternatives)
        else:
            problem = str(error) if isinstance(error, InputError) else "there is not enough memory for this source"
            yield Prediction(sources[0][1], None, (), 0.0, problem)
