"""seq2seq evaluate."""

import json
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from seq2seq_transformer.cli.notes import note
from seq2seq_transformer.cli.options import layers
from seq2seq_transformer.cli.words import Pair

SECTIONS = ("evaluation", "decoding", "threads", "device")


def run(
    run: Path,
    /,
    *,
    format: Literal["text", "json"] = "text",
    pairs: Annotated[list[Pair], Parameter(parse=False)],
) -> None:
    """Let a trained model answer held-out examples, and count.

    Example: `seq2seq evaluate runs/p --evaluation.examples 10000`

    Args:
        run: Folder of the run.
        format: text for people, json for programs (fractions, not percentages).
    """
    from seq2seq_transformer.cli.screen import print_report
    from seq2seq_transformer.experiment.run import evaluate_run

    predictor, evaluation = evaluate_run(run, layers("evaluate", pairs, SECTIONS))
    if predictor.note:
        note(predictor.note)
    if format == "json":
        record = {**evaluation.report.to_json(), "trained_whole": evaluation.split.trained_whole}
        print(json.dumps(record, indent=1))
    else:
        print_report(evaluation)
