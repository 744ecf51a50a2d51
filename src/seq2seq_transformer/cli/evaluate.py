"""seq2seq evaluate."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from seq2seq_transformer.cli.notes import note
from seq2seq_transformer.cli.options import layers
from seq2seq_transformer.cli.words import Pair
from seq2seq_transformer.cli.writing import new_file
from seq2seq_transformer.experiment.sections import TESTING

if TYPE_CHECKING:
    from seq2seq_transformer.experiment.layers import Layer

SECTIONS = ("task", "data", "model", "evaluation", "decoding", "threads", "device")


def run(
    run: Path,
    /,
    *,
    format: Literal["text", "json", "int2int"] = "text",
    output: Annotated[Path | None, Parameter(name=("-o", "--output"))] = None,
    pairs: Annotated[list[Pair], Parameter(parse=False)],
) -> None:
    """Let a trained model answer held-out examples, and count.

    Example: `seq2seq evaluate runs/p --evaluation.examples 10000 -o answers.jsonl`
    Options of the run's task change what is tested: `seq2seq evaluate runs/gcd --task.outcomes uniform`

    Args:
        run: Folder of the run, or of an exported model.
        format: text for people, json for programs (fractions, not percentages), int2int as Int2Int reports.
        output: New file for every example, as JSON Lines: source, target, answer, verdict and probability; those of
            --evaluation.lengths follow, each with at_length.
    """
    from seq2seq_transformer.cli.report import int2int_lines, print_report
    from seq2seq_transformer.experiment.evaluation import evaluate_run

    with new_file(output) as file:
        predictor, evaluation = evaluate_run(run, _above(*layers("evaluate", pairs, SECTIONS)))
        if output is not None:
            file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in evaluation.records())
    for sentence in [*filter(None, [predictor.note]), *evaluation.notes]:
        note(sentence)
    if format == "json":
        print(json.dumps(evaluation.to_json(), indent=1))
    elif format == "int2int":
        print("\n".join(int2int_lines(evaluation)))
        if evaluation.at_lengths:
            note("Int2Int's report has no place for --evaluation.lengths: see them with --format text or json")
    else:
        print_report(evaluation)


def _above(environment: "Layer", flags: "Layer") -> "list[Layer]":
    """The layers; where no test file is named, variables that say how to read one are about other files."""
    if any("test" in layer.values.get("data", {}) for layer in (environment, flags)):
        return [environment, flags]
    data = {name: value for name, value in environment.values.get("data", {}).items() if name not in TESTING}
    return [replace(environment, values={**environment.values, "data": data}), flags]
