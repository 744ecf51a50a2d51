"""What people see of an evaluation."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seq2seq_transformer.cli.notes import percent
from seq2seq_transformer.evaluation.calibration import Calibration
from seq2seq_transformer.evaluation.evaluate import Answers, Score
from seq2seq_transformer.evaluation.metrics import is_right
from seq2seq_transformer.experiment.evaluation import Evaluation
from seq2seq_transformer.values import to_text

_MOST_ROWS = 30


def interval(score: Score) -> str:
    """The interval of an exact match, in percent."""
    return f"{100 * score.interval.low:.1f}–{100 * score.interval.high:.1f}"


def bar(fraction: float) -> str:
    """A fraction as a bar of ten cells.

    >>> bar(0.5)
    '█████'
    """
    eighths = round(80 * fraction)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def print_report(evaluation: Evaluation) -> None:
    """A report as tables, and what it does not cover."""
    report, task = evaluation.report, evaluation.task
    print(f"exact match {percent(report.total.exact_match)} (95 % interval {interval(report.total)})")
    print(f"token accuracy {percent(report.total.token_accuracy)}   loss {report.loss:.4f} nats a token")
    print(
        f"{report.total.examples:,} test examples, {report.total.distinct_sources:,} of them distinct, "
        f"answered by {evaluation.strategy} decoding{' within the grammar' if evaluation.constrained else ''}; "
        f"{percent(report.well_formed)} well-formed"
    )
    for line in (*_other_ways(evaluation), *_confidence(report.calibration)):
        print(line)
    print("baselines: " + ", ".join(f"{name} {percent(share)}" for name, share in report.baselines.items()))
    if set(report.by_category) != {"all"}:
        _print_most_frequent("category", report.by_category, "categories")
    if report.by_difficulty:
        _print_scores(task.difficulty, report.by_difficulty)
    if task.difficulty != "length" and len(report.by_length) > 1:
        _print_most_frequent("terms", report.by_length, "numbers of terms")
    if evaluation.at_lengths:
        _print_scores(f"{task.difficulty or 'length'} exactly", evaluation.at_lengths, curve=True)
    if evaluation.answers_shown:
        _print_answers(evaluation.answers_shown, len(report.answers))
    if evaluation.shows_bins:
        _print_bins(report.calibration)
    for line in whole_categories(evaluation):
        print(line)


def _other_ways(evaluation: Evaluation) -> Iterator[str]:
    """What the same model comes to by other ways of decoding."""
    score, shares = evaluation.with_grammar, evaluation.report.pass_at
    if score is not None:
        yield f"within the grammar, as `seq2seq predict` answers: {percent(score.exact_match)} ({interval(score)})"
    if shares:
        listed = ", ".join(f"{k}: {percent(share)}" for k, share in shares.items())
        yield f"pass@k, one of k draws being right by the true answer: {listed}"


def _confidence(found: Calibration) -> Iterator[str]:
    """The lines on calibration and selective prediction."""
    yield f"expected calibration error of the probabilities {percent(found.expected_error)}"
    exact = found.exact_match_at_confidence
    right = "" if exact is None else f" ({percent(exact)} right)"
    coverage = found.coverage_at_exact_match
    surest = f"the surest {percent(coverage)} are" if coverage else "no share of the surest is"
    yield (
        f"{percent(found.coverage_at_confidence)} of the answers have a probability of at least "
        f"{100 * found.confidence:g} %{right}; {surest} at least {100 * found.exact_match:g} % right"
    )


def _print_bins(found: Calibration) -> None:
    table = _table("answers", "probability", "exact match")
    for each in found.bins:
        table.add_row(str(each.answers), percent(each.confidence), percent(each.exact_match))
    print()
    Console().print(table)


def whole_categories(evaluation: Evaluation) -> Iterator[str]:
    """The sentence about categories that are too small to hold anything out."""
    if evaluation.trained_whole:
        names = ", ".join(f"{name} ({count})" for name, count in evaluation.trained_whole.items())
        yield f"Trained on whole, so not counted here (too few distinct sources to hold any out): {names}."


def int2int_lines(evaluation: Evaluation) -> Iterator[str]:
    """The report of Int2Int: the total, then a line a true answer."""
    total = evaluation.report.total
    correct = round(total.exact_match * total.examples)
    yield f"{correct}/{total.examples} ({100 * total.exact_match:.2f}%) equations were evaluated correctly."
    classes: dict[str, list[int]] = {}
    for example, answer in zip(evaluation.examples, evaluation.predictions, strict=True):
        counted = classes.setdefault(to_text(example.target, evaluation.task.target), [0, 0])
        counted[0] += is_right(evaluation.task, example, answer)
        counted[1] += 1
    for name in sorted(classes, key=lambda name: (len(name), name)):
        right, examples = classes[name]
        yield f"{name}: {right} / {examples} ({100 * right / examples:.2f}%)"


def _print_most_frequent(title: str, scores: Mapping[Any, Score], rows: str) -> None:
    """The rows with most examples, in their order, and how many there are where some are left out."""
    kept = sorted(scores, key=lambda name: -scores[name].examples)[:_MOST_ROWS]
    _print_scores(title, {name: score for name, score in scores.items() if name in kept})
    if len(scores) > _MOST_ROWS:
        print(f"The {_MOST_ROWS} most frequent of {len(scores)} {rows}; all: --format json.")


def _print_scores(title: str, scores: Mapping[Any, Score], curve: bool = False) -> None:
    table = _table(title, "exact match", "95 % interval", "token accuracy", "examples")
    if curve:
        table.add_column("", justify="left")
    for name, score in scores.items():
        cells = (percent(score.exact_match), interval(score), percent(score.token_accuracy), score.examples)
        table.add_row(escape(str(name)), *map(str, cells), *([bar(score.exact_match)] if curve else []))
    print()
    Console().print(table)


def _print_answers(answers: "list[Answers]", distinct: int) -> None:
    table = _table("true answer k", "prediction f(k)", "given", "exact match", "examples")
    for row in answers:
        said = "malformed" if row.prediction is None else str(row.prediction)
        cells = (said, percent(row.share), percent(row.correct / row.examples), str(row.examples))
        table.add_row(escape(str(row.true)), *map(escape, cells))
    print()
    Console().print(table)
    if len(answers) < distinct:
        print(f"The first {len(answers)} of {distinct:,} true answers; more: --evaluation.answers N, or --format json.")


def _table(title: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(title)
    for column in columns:
        table.add_column(column, justify="right")
    return table
