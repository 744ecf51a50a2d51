"""evaluate: let a model answer held-out examples by true decoding, and count.

The answers are the model's own, token by token; the teacher's tokens are used for the loss alone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from seq2seq_transformer.errors import InputError
from seq2seq_transformer.evaluation.baselines import baselines
from seq2seq_transformer.evaluation.calibration import Calibration, calibration
from seq2seq_transformer.evaluation.metrics import Interval, is_right, pass_at_k, token_accuracy, wilson_interval
from seq2seq_transformer.inference.prediction import Prediction
from seq2seq_transformer.inference.predictor import BATCH_SIZE, Predictor
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
    by_difficulty: Mapping[str, Score]
    """By the task's own measure of difficulty, in at most ten ranges; empty where it has none."""
    baselines: Mapping[str, float]
    """Exact match of answers that cost nothing."""
    answers: Sequence["Answers"]
    """What the model says to each true answer, in order; empty where an answer is not one number or symbol."""
    well_formed: float
    """Share of answers that spell a value of the target's type."""
    malformed: int
    """Answers that spell none, or that did not end."""
    calibration: Calibration
    """Whether the model knows when it is right."""
    pass_at: Mapping[int, float]
    """Where answers are independent draws: for k = 1, 2, 4 … and all, the share of sources that one of k draws solves,
    by the true answers (see pass_at_k); empty elsewhere."""

    def to_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Answers:
    """What a model says where the true answer is k: its prediction f(k), and how determined it is."""

    true: Any
    examples: int
    correct: int
    prediction: Any
    """The most frequent answer."""
    share: float
    """How often it is given: the determinism of the model's answer."""


def evaluate(
    predictor: Predictor,
    task: Task,
    examples: ExampleBatch | Iterable[Example],
    *,
    constrained: bool = False,
    **options: Any,
) -> tuple[Report, list[Prediction]]:
    """Answer the examples and count.

    Args:
        predictor: a trained model.
        task: judges the answers and names the categories.
        examples: what to answer, in the numbers of the task; at least one.
        constrained: whether answers are kept within the grammar of their type; otherwise they are the model's own.
        **options: what `calibration` is told at: bins, confidence, exact_match.

    Returns:
        The report, and the answers in the order of the examples.

    Raises:
        InputError: where there is no example, or one is not of the model's types.
        ConfigError: where an option cannot be.
    """
    if not isinstance(examples, ExampleBatch):
        examples = predictor.description.tokenizer.pack(examples)
    if not len(examples):
        raise InputError("there must be at least one example to evaluate, but there is none.")
    plain = examples.to_examples()
    predictions = predictor.predict_many([example.source for example in plain], constrained=constrained)
    rows = _rows(predictor, task, plain, predictions)
    malformed = sum(answer.problem is not None for answer in predictions)
    difficulties = [task.difficulty_of(example.source) for example in plain] if task.difficulty else []
    report = Report(
        total=_score(rows),
        loss=loss_of(predictor, plain),
        by_category=_by(task.categories(examples.source).tolist(), rows),
        by_length=_by(examples.source.lengths.tolist(), rows),
        by_difficulty=_by_ranges(difficulties, rows),
        baselines=baselines(task, plain),
        answers=_answers(rows),
        well_formed=1 - malformed / len(rows),
        malformed=malformed,
        calibration=calibration([row.answer.probability for row in rows], [row.correct for row in rows], **options),
        pass_at=_pass_at(predictor.strategy.draws, task, rows),
    )
    return report, predictions


def score(predictor: Predictor, task: Task, examples: ExampleBatch, *, constrained: bool = False) -> Score:
    """Answer the examples and count them in one group; see evaluate."""
    return score_and_answers(predictor, task, examples.to_examples(), constrained=constrained)[0]


def score_and_answers(
    predictor: Predictor, task: Task, examples: Sequence[Example], *, constrained: bool = False
) -> tuple[Score, list[Prediction]]:
    """The same, with the answers in order."""
    answers = predictor.predict_many([example.source for example in examples], constrained=constrained)
    return _score(_rows(predictor, task, examples, answers)), answers


def score_with_grammar(
    predictor: Predictor, task: Task, examples: Sequence[Example], predictions: Sequence[Prediction]
) -> Score:
    """What greedy answers of the model's own would come to within the grammar.

    Only the malformed ones are answered anew: where the likeliest tokens are well-formed, the grammar allows them all.
    """
    malformed = [place for place, answer in enumerate(predictions) if answer.problem is not None]
    mended = predictor.predict_many([examples[place].source for place in malformed], constrained=True)
    answers = dict(enumerate(predictions)) | dict(zip(malformed, mended, strict=True))
    return _score(_rows(predictor, task, examples, [answers[place] for place in range(len(examples))]))


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


def _rows(
    predictor: Predictor, task: Task, examples: Sequence[Example], predictions: Sequence[Prediction]
) -> list[_Row]:
    encode = predictor.description.tokenizer.encode_target
    return [
        _Row(example, answer, is_right(task, example, answer), tuple(encode(example.target)[1:-1]))
        for example, answer in zip(examples, predictions, strict=True)
    ]


def _pass_at(draws: int, task: Task, rows: Sequence[_Row]) -> dict[int, float]:
    """pass@k at powers of two and at all draws."""
    if not draws:
        return {}
    correct = [sum(is_right(task, row.example, answer) for answer in (row.answer, *row.answer.others)) for row in rows]
    sizes = sorted({*(2**power for power in range(draws.bit_length())), draws})
    return {k: sum(pass_at_k(draws, right, k) for right in correct) / len(rows) for k in sizes}


def _by(keys: Iterable[Any], rows: Sequence[_Row]) -> dict[Any, Score]:
    groups: dict[Any, list[_Row]] = {}
    for key, row in zip(keys, rows, strict=True):
        groups.setdefault(key, []).append(row)
    return {key: _score(groups[key]) for key in sorted(groups, key=_in_order)}


def _in_order(key: Any) -> tuple[bool, int, str]:
    """Numbers by their value, also where they are names; then other names."""
    number = str(key).lstrip("-").isdecimal()
    return not number, int(key) if number else 0, str(key)


def _by_ranges(numbers: Sequence[int], rows: Sequence[_Row]) -> dict[str, Score]:
    """Scores by number, in ranges of equal width where there are more than ten."""
    if not numbers:
        return {}
    lowest, width = min(numbers), -(-(max(numbers) - min(numbers) + 1) // 10)
    scores = _by([(number - lowest) // width for number in numbers], rows)
    first = {place: lowest + place * width for place in scores}
    return {f"{low}–{low + width - 1}" if width > 1 else str(low): scores[place] for place, low in first.items()}


def _answers(rows: Sequence[_Row]) -> list[Answers]:
    """Rows by their true answers, where those are single numbers or symbols."""
    if any(isinstance(row.example.target, (list, float)) for row in rows):
        return []
    groups: dict[Any, list[_Row]] = {}
    for row in rows:
        groups.setdefault(row.example.target, []).append(row)
    found = []
    for true, group in sorted(groups.items()):
        (said, times), *_ = Counter(row.answer.prediction for row in group).most_common(1)
        found.append(Answers(true, len(group), sum(row.correct for row in group), said, times / len(group)))
    return found


def _score(rows: Sequence[_Row]) -> Score:
    correct = sum(row.correct for row in rows)
    return Score(
        examples=len(rows),
        distinct_sources=len({str(row.example.source) for row in rows}),
        exact_match=correct / max(1, len(rows)),
        interval=wilson_interval(correct, len(rows)),
        token_accuracy=token_accuracy([row.answer.tokens for row in rows], [row.target_tokens for row in rows]),
    )
