"""evaluate: let a model answer held-out examples by true decoding, and count.

The answers are the model's own, token by token; the teacher's tokens are used for the loss alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from seq2seq_transformer.evaluation.metrics import Interval, token_accuracy, wilson_interval
from seq2seq_transformer.inference.predictor import BATCH_SIZE, Prediction, Predictor
from seq2seq_transformer.tasks.base import Task
from seq2seq_transformer.values import Example, ExampleBatch


@dataclass(frozen=True)
class Score:
    """The count of one group of examples."""

    examples: int
    distinct_sources: int
    exact_match: float
    interval: Interval
    """95 % Wilson interval of exact_match; it takes repeated sources for independent."""
    token_accuracy: float


@dataclass(frozen=True)
class Report:
    """What an evaluation found."""

    total: Score
    loss: float
    """Teacher-forced cross-entropy in nats a token, EOS included."""
    by_category: Mapping[str, Score]
    by_length: Mapping[int, Score]
    """By terms of the source."""
    malformed: int
    """Answers that spell no value of the target's type, or that did not end."""

    def to_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)


def evaluate(predictor: Predictor, task: Task, examples: ExampleBatch) -> tuple[Report, list[Prediction]]:
    """Answer the examples and count.

    Args:
        predictor: a trained model.
        task: judges the answers and names the categories.
        examples: what to answer, in the numbers of the task.

    Returns:
        The report, and the answers in the order of the examples.
    """
    plain = examples.to_examples()
    predictions = predictor.predict_many([example.source for example in plain])
    rows = [
        _Row(example, answer, task.is_correct(example, answer.prediction), _target_tokens(predictor, example))
        for example, answer in zip(plain, predictions, strict=True)
    ]
    categories = task.categories(examples.source).tolist()
    report = Report(
        total=_score(rows),
        loss=loss_of(predictor, plain),
        by_category=_by(categories, rows),
        by_length=_by(examples.source.lengths.tolist(), rows),
        malformed=sum(answer.problem is not None for answer in predictions),
    )
    return report, predictions


def loss_of(predictor: Predictor, examples: Sequence[Example]) -> float:
    """Mean of −ln p over the target tokens of the examples, EOS included."""
    tokenizer = predictor.description.tokenizer
    total, count = 0.0, 0
    for start in range(0, len(examples), BATCH_SIZE):
        chunk = examples[start : start + BATCH_SIZE]
        scores = predictor.engine.score(
            [tokenizer.encode_source(example.source) for example in chunk],
            [tokenizer.encode_target(example.target) for example in chunk],
        )
        total -= float(sum(row.sum() for row in scores))
        count += sum(map(len, scores))
    return total / max(1, count)


@dataclass(frozen=True)
class _Row:
    example: Example
    answer: Prediction
    correct: bool
    target_tokens: tuple[int, ...]


def _target_tokens(predictor: Predictor, example: Example) -> tuple[int, ...]:
    return tuple(predictor.description.tokenizer.encode_target(example.target)[1:-1])


def _by(keys: Iterable[Any], rows: Sequence[_Row]) -> dict[Any, Score]:
    groups: dict[Any, list[_Row]] = {}
    for key, row in zip(keys, rows, strict=True):
        groups.setdefault(key, []).append(row)
    return {key: _score(groups[key]) for key in sorted(groups)}


def _score(rows: Sequence[_Row]) -> Score:
    correct = sum(row.correct for row in rows)
    return Score(
        examples=len(rows),
        distinct_sources=len({str(row.example.source) for row in rows}),
        exact_match=correct / max(1, len(rows)),
        interval=wilson_interval(correct, len(rows)),
        token_accuracy=token_accuracy([row.answer.tokens for row in rows], [row.target_tokens for row in rows]),
    )
