"""seq2seq demo: the original system, whole, in a minute."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from seq2seq_transformer.cli.notes import percent
from seq2seq_transformer.cli.options import layers
from seq2seq_transformer.cli.words import Pair
from seq2seq_transformer.errors import Stopped

if TYPE_CHECKING:
    from seq2seq_transformer.experiment.evaluation import Evaluation
    from seq2seq_transformer.inference.predictor import Prediction, Predictor

SECTIONS = ("seed", "threads", "device")
_SHOWN = 12
ORIGINAL: dict[str, dict[str, Any]] = {
    "": {"threads": 1, "device": "cpu"},
    "task": {"name": "patterns", "families": ["zeros", "ones", "alternating", "constant"]},
    "model": {"dim_model": 32},
    "training": {
        "epochs": 10,
        "examples_per_epoch": 4000,
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "momentum": 0.9,
        "weight_decay": 0.0,
        "precision": "float32",
    },
}


def run(*, run: Path | None = None, pairs: Annotated[list[Pair], Parameter(parse=False)]) -> None:
    """Train the original system on one core and show what it predicts.

    Zeros, ones, alternating and constant sequences; SGD and cross-entropy; ten epochs.
    Example: `seq2seq demo --seed 1`

    Args:
        run: New folder that keeps the run; without it, the run is thrown away at the end.
    """
    from seq2seq_transformer.cli.report import whole_categories
    from seq2seq_transformer.cli.screen import Screen
    from seq2seq_transformer.experiment.config import build_experiment
    from seq2seq_transformer.experiment.evaluation import evaluate_predictor
    from seq2seq_transformer.experiment.layers import layer_of_values
    from seq2seq_transformer.experiment.run import start_run

    experiment = build_experiment([layer_of_values(ORIGINAL), *layers("demo", pairs, SECTIONS)])
    with tempfile.TemporaryDirectory(prefix="seq2seq-demo-") as scratch, Screen() as screen:
        try:
            predictor = start_run(experiment, run or Path(scratch) / "run", screen)
        except Stopped as stopped:
            raise stopped if run else Stopped(stopped.exit_code, "stopped; the demo kept nothing.") from None
    evaluation = evaluate_predictor(predictor, experiment)
    print("\nHeld-out sequences, none of them seen in training:\n")
    _show(*_distinct(evaluation))
    if evaluation.trained_whole:
        print("One of each pattern that has too few distinct sequences to hold any out, so seen in training:\n")
        _show(*_seen(predictor, evaluation))
    for line in whole_categories(evaluation):
        print(line)
    total = evaluation.report.total
    print(f"{total.examples:,} held-out sequences ({total.distinct_sources:,} distinct), by greedy decoding:")
    print(f"exact match {percent(total.exact_match)}")
    print(f"The run is kept in {run}." if run else "Next: seq2seq train patterns --run runs/p")


def _distinct(evaluation: "Evaluation") -> "tuple[list[Prediction], list[Any]]":
    """The first test examples with different sources."""
    rows = {
        str(example.source): (answer, example.target)
        for answer, example in zip(evaluation.predictions, evaluation.examples, strict=True)
    }
    chosen = list(rows.values())[:_SHOWN]
    return [answer for answer, _ in chosen], [target for _, target in chosen]


def _seen(predictor: "Predictor", evaluation: "Evaluation") -> "tuple[list[Prediction], list[Any]]":
    """One example of each category that was trained on whole."""
    import numpy as np

    task = evaluation.task
    drawn = task.sample_batch(np.random.default_rng(0), 512)
    categories = task.categories(drawn.source).tolist()
    rows = [categories.index(name) for name in evaluation.trained_whole]
    examples = drawn[rows].to_examples()
    return predictor.predict_many([e.source for e in examples]), [e.target for e in examples]


def _show(predictions: "list[Prediction]", targets: list[Any]) -> None:
    from seq2seq_transformer.inference.prediction import compare

    for block in compare(predictions, targets):
        print(block)
