"""The evaluation of a run: on the fixed test set of its task, on another distribution of it, or on a file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from seq2seq_transformer.data.formats.base import Types
from seq2seq_transformer.errors import ConfigError, RunError
from seq2seq_transformer.evaluation.evaluate import (
    Answers,
    Report,
    Score,
    evaluate,
    score_and_answers,
    score_with_grammar,
)
from seq2seq_transformer.evaluation.metrics import is_right
from seq2seq_transformer.experiment.config import Experiment, build_experiment, build_knobs
from seq2seq_transformer.experiment.file_problem import FileProblem, FileTask, at_difficulty
from seq2seq_transformer.experiment.layers import Layer
from seq2seq_transformer.experiment.machine import resolve_device_and_precision
from seq2seq_transformer.experiment.saved import CONFIG, check_config, not_a_run, own_layer, without_strategy
from seq2seq_transformer.experiment.sections import TESTING, DataConfig
from seq2seq_transformer.experiment.tested_file import file_to_test, overlap, read_test
from seq2seq_transformer.inference.prediction import Prediction
from seq2seq_transformer.inference.predictor import Predictor
from seq2seq_transformer.registry import options_of
from seq2seq_transformer.tasks.base import Task
from seq2seq_transformer.values import Example, to_json

_EXAMPLES_AN_ANSWER = 5


@dataclass(frozen=True)
class Evaluation:
    """An evaluation of a run on held-out examples."""

    report: Report
    at_lengths: Mapping[int, Score]
    """Scores of the difficulties asked for one by one …"""
    answers_at_lengths: Mapping[int, tuple[Sequence[Example], Sequence[Prediction]]]
    """… and the examples behind them, answered."""
    task: Task
    trained_whole: Mapping[str, int]
    """Categories too small to split, with how many distinct sources each has."""
    examples: Sequence[Example]
    predictions: Sequence[Prediction]
    strategy: str
    """Name of the decoding strategy."""
    constrained: bool
    """Whether answers were kept within the grammar of their type."""
    with_grammar: Score | None
    """What the answers would come to within the grammar, where some are malformed and were decoded greedily."""
    shows_bins: bool
    """Whether a person is shown the reliability table."""
    most_answers: int
    """How many true answers a person is shown."""
    notes: Sequence[str]
    """What a reader should know of the test set."""

    @property
    def answers_shown(self) -> list[Answers]:
        """The first true answers, as many as the configuration wants shown; none where few occur more than once."""
        answers = self.report.answers
        often = len(answers) * _EXAMPLES_AN_ANSWER <= self.report.total.examples
        return list(answers[: self.most_answers]) if often else []

    def to_json(self) -> dict[str, Any]:
        """The evaluation as plain data, single examples left out."""
        lengths = {str(length): asdict(found) for length, found in self.at_lengths.items()}
        return {
            **self.report.to_json(),
            "strategy": self.strategy,
            "constrained": self.constrained,
            "limit_reached": _at_their_limit(self.predictions),
            "with_grammar": self.with_grammar and asdict(self.with_grammar),
            "at_lengths": lengths,
            "trained_whole": dict(self.trained_whole),
            "notes": [*self.notes],
        }

    def records(self) -> Iterator[dict[str, Any]]:
        """Every example as plain data: source, target, answer, verdict and probability; then those of each length."""
        for example, answer in zip(self.examples, self.predictions, strict=True):
            yield self._record(example, answer)
        for length, (examples, predictions) in self.answers_at_lengths.items():
            for example, answer in zip(examples, predictions, strict=True):
                yield {"at_length": length, **self._record(example, answer)}

    def _record(self, example: Example, answer: Prediction) -> dict[str, Any]:
        correct = is_right(self.task, example, answer)
        said = {"error": answer.problem} if answer.prediction is None else {"prediction": to_json(answer.prediction)}
        source, target = to_json(example.source), to_json(example.target)
        return {"source": source, "target": target, **said, "correct": correct, "probability": answer.probability}


def evaluate_run(run: Path, layers: Sequence[Layer] = ()) -> tuple[Predictor, Evaluation]:
    """Let the model of a run answer the fixed test set of its task.

    Args:
        run: a run, finished or not, or an exported model.
        layers: options over those of the run's own configuration; those of [data] are about a test file.

    Raises:
        RunError: where there is no run or no model in it, or its configuration has changed since the training;
            DamagedError: where the model is damaged.
    """
    if (own := own_layer(run)) is None:
        raise RunError(f"{run} must be a run, but {not_a_run(run)}")
    exported = not (run / CONFIG).is_file()
    if exported and ".py:" in str(own.values.get("task", {}).get("name")):
        raise RunError(f"{run} was trained on a task of your own, whose file its run holds. Name the run instead.")
    if exported:  # where it was trained says not where it answers
        own = replace(own, values={**own.values, "": {"seed": own.values[""].get("seed", 0)}})
    trained = build_experiment([own])
    mine = [
        replace(layer, values={k: v for k, v in layer.values.items() if k not in ("data", "model")}) for layer in layers
    ]
    _refuse_what_cannot_change(run, trained, layers)
    knobs = build_knobs(layers)
    experiment = build_experiment([without_strategy(own, mine), *mine])
    test = file_to_test(own, layers)
    if not exported:
        experiment = resolve_device_and_precision(experiment)
    predictor = Predictor.load(
        run,
        device=experiment.machine.device,
        threads=experiment.machine.threads,
        strategy=experiment.strategy,
        max_length=experiment.decoding.max_length,
        verifier=experiment.task.verify,
        knobs=knobs,
    )
    if not exported:  # that of an exported model is sealed in it
        check_config(run, predictor.description.config)
    return predictor, evaluate_predictor(predictor, experiment, test if test.test else None, trained.task)


def _refuse_what_cannot_change(run: Path, trained: Experiment, layers: Sequence[Layer]) -> None:
    """Raise a ConfigError where options of a task or of files are asked for that an evaluation does not have."""
    asked = {section: {n for layer in layers for n in layer.values.get(section, {})} for section in ("task", "data")}
    problems = []
    if "name" in asked["task"]:
        problems.append(f"`task.name` cannot be changed: {run} was trained on one task. Its options can.")
    elif asked["task"] and not trained.task_name:
        names = ", ".join(f"`task.{name}`" for name in sorted(asked["task"]))
        problems.append(f"{run} was trained on a file, so there is no task with {names}. See: --data.test FILE")
    known = {option.name for option in options_of(DataConfig)}  # what is unknown is found where it is bound
    others = [f"`data.{name}`" for name in sorted(asked["data"] & known - {*TESTING})]
    if others:
        problems.append(f"an evaluation does not train, so there can be no {', '.join(others)}. See: --data.test FILE")
    elif asked["data"] & known and "test" not in asked["data"]:
        problems.append("options of [data] are about a test file, but none is named. See: --data.test FILE")
    if problems:
        raise ConfigError(problems)


def evaluate_predictor(
    predictor: Predictor, experiment: Experiment, test: DataConfig | None = None, trained: Task | None = None
) -> Evaluation:
    """Let a model answer the fixed test set of an experiment, or a file.

    Args:
        predictor: the model.
        experiment: what it was trained on.
        test: the file to answer, and how it is read; None: the one that the experiment names, or its own test set.
        trained: the task that the model was trained on, where its options are not those of the experiment.

    Raises:
        ConfigError: with the faulty lines of the file.
        UserError: where it has sources that were trained on, and that is not allowed.
    """
    config, task = experiment.evaluation, experiment.task
    problem = experiment.problem(trained=trained)
    notes: list[str] = []
    if test is None:
        examples = problem.test(config.examples)
        if isinstance(problem, FileProblem):
            if problem.tested is None:
                notes.append("the training was validated on these examples; to test on others: --data.test FILE")
            else:
                notes += overlap(problem.seen(problem.tested.stored)[: len(examples)], problem, experiment)
    else:
        if isinstance(task, FileTask):
            task = FileTask(Types(task.source, task.target), test.tolerance)
        examples, notes = read_test(test, task, problem, experiment)
    constrained = experiment.decoding.grammar == "on"
    told = {"bins": config.bins, "confidence": config.confidence, "exact_match": config.exact_match}
    report, predictions = evaluate(predictor, task, examples, constrained=constrained, **told)
    if reached := _at_their_limit(predictions):
        notes.append(
            f"the length limit may have shortened {reached:,} of {len(predictions):,} answers: --decoding.max_length"
        )
    greedy = experiment.strategy_options["name"] == "greedy"
    mended = report.malformed and greedy and not constrained and predictor.has_room
    lengths, answered = {}, {}
    for length in config.lengths:
        chosen = at_difficulty(examples, task, length, 0) if test else problem.test_at(length, config.examples)
        asked = chosen.to_examples()
        lengths[length], answers = score_and_answers(predictor, task, asked, constrained=constrained)
        answered[length] = asked, answers
    return Evaluation(
        report=report,
        at_lengths=lengths,
        answers_at_lengths=answered,
        task=task,
        trained_whole=problem.trained_whole,
        examples=examples.to_examples(),
        predictions=predictions,
        strategy=experiment.strategy_options["name"],
        constrained=constrained,
        with_grammar=score_with_grammar(predictor, task, examples.to_examples(), predictions) if mended else None,
        shows_bins=config.bins > 0,
        most_answers=config.answers,
        notes=notes,
    )


def _at_their_limit(answers: Sequence[Prediction]) -> int:
    """How many the length limit may have shortened."""
    return sum(answer.limit_reached > 0 for answer in answers)
