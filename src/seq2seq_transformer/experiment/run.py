"""A run: a training in a directory of its own, which can be gone on from, and its evaluation.

runs/NAME/config.toml         the whole configuration, written before the first step
          metrics.jsonl       one record a report
          checkpoints/        one folder each
          model.safetensors   the finished model,
          model.json          and what it needs to be used
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from seq2seq_transformer.checkpoints.commit import DISK_FAULTS, write_file
from seq2seq_transformer.checkpoints.description import MODEL_JSON, WEIGHTS, read_model
from seq2seq_transformer.checkpoints.state import set_aside
from seq2seq_transformer.errors import ConfigError, DamagedError, RunError, Seq2SeqError
from seq2seq_transformer.evaluation.evaluate import Answers, Report, Score, evaluate, score
from seq2seq_transformer.experiment.config import Experiment, build_data, build_experiment
from seq2seq_transformer.experiment.file_problem import at_difficulty, read_test_file
from seq2seq_transformer.experiment.layers import Layer, layer_of_file
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.machine import resolve_device_and_precision
from seq2seq_transformer.experiment.sections import DataConfig
from seq2seq_transformer.experiment.task_files import keep_task_file
from seq2seq_transformer.experiment.training import CONFIG, Training, check_config
from seq2seq_transformer.inference.predictor import Prediction, Predictor
from seq2seq_transformer.tasks.base import Task
from seq2seq_transformer.values import Example, to_json


def start_run(experiment: Experiment, run: Path, listener: Listener | None = None) -> Predictor:
    """Train in a new directory; returns the finished model.

    Raises:
        RunError: where the directory exists or cannot be made.
        Stopped: where a signal ended it, saved.
    """
    experiment = resolve_device_and_precision(experiment)
    try:
        exists = run.exists()
    except OSError as error:
        raise _cannot_write(run, error) from error
    if exists:
        on = f"Go on with it: seq2seq train --resume {run}, or choose" if (run / CONFIG).is_file() else "Choose"
        raise RunError(f"{run} must be a new folder, but exists already. {on} another name: --run {run}-2")
    training = Training(experiment, run, listener or Listener())
    training.choose_threads()
    create_run(run, training.experiment)
    return training.complete()


def resume_run(run: Path, listener: Listener | None = None) -> Predictor | None:
    """Go on with a run from its newest good checkpoint; None where it is finished already.

    Raises:
        RunError: where the folder holds no run, or a checkpoint of another configuration.
    """
    config = run / CONFIG
    if not config.is_file():
        raise RunError(
            f"{run} must be a run to resume, but holds no {CONFIG}. Start one: seq2seq train TASK --run {run}"
        )
    listener = listener or Listener()
    experiment = build_experiment([layer_of_file(config)])
    if (run / MODEL_JSON).exists():
        try:
            check_config(run, read_model(run)[0].config)
        except DamagedError as error:
            aside = [set_aside(path).name for path in (run / MODEL_JSON, run / WEIGHTS) if path.exists()]
            listener.on_warning(f"{error} Set aside as {', '.join(aside)}; the model is made again.")
        else:
            return None
    try:
        experiment = resolve_device_and_precision(experiment)
    except ConfigError as error:
        again = f"seq2seq train --config {config} --run {run}-2 --device cpu"
        raise RunError(f"{error} A run goes on where it began; to begin anew elsewhere: {again}") from error
    training = Training(experiment, run, listener)
    training.choose_threads()
    return training.complete()


def create_run(run: Path, experiment: Experiment) -> None:
    """Make the folder of a run with its configuration in it."""
    try:
        run.mkdir(parents=True)
    except OSError as error:
        raise _cannot_write(run, error) from error
    try:
        kept = keep_task_file(experiment.task_name, run)
        write_file(run / CONFIG, experiment.to_toml(kept).encode())
    except OSError as error:
        with suppress(OSError):
            run.rmdir()
        raise _cannot_write(run, error) from error


def _cannot_write(run: Path, error: OSError) -> Exception:
    problem = f"a run must be written to {run}, but that failed: {error.strerror}"
    if error.errno in DISK_FAULTS:
        return Seq2SeqError(f"{problem}. Nothing has been trained yet; make room, or choose another folder with --run.")
    return RunError(f"{problem}. Choose another folder with --run.")


_EXAMPLES_AN_ANSWER = 5


@dataclass(frozen=True)
class Evaluation:
    """An evaluation of a run on held-out examples."""

    report: Report
    at_lengths: Mapping[int, Score]
    """Scores of the difficulties asked for one by one."""
    task: Task
    trained_whole: Mapping[str, int]
    """Categories too small to split, with how many distinct sources each has."""
    examples: Sequence[Example]
    predictions: Sequence[Prediction]
    strategy: str
    """Name of the decoding strategy."""
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
        return {**self.report.to_json(), "at_lengths": lengths, "trained_whole": dict(self.trained_whole)}

    def records(self) -> Iterator[dict[str, Any]]:
        """Every example as plain data: source, target, answer, verdict and probability."""
        for example, answer in zip(self.examples, self.predictions, strict=True):
            correct = self.task.is_correct(example, answer.prediction)
            said = (
                {"error": answer.problem} if answer.prediction is None else {"prediction": to_json(answer.prediction)}
            )
            source, target = to_json(example.source), to_json(example.target)
            yield {"source": source, "target": target, **said, "correct": correct, "probability": answer.probability}


def evaluate_run(run: Path, layers: Sequence[Layer] = ()) -> tuple[Predictor, Evaluation]:
    """Let the model of a run answer the fixed test set of its task.

    Args:
        run: a run, finished or not.
        layers: options over those of the run's own configuration; those of [data] are about a test file.

    Raises:
        RunError: where there is no run or no model in it, or its configuration has changed since the training;
            DamagedError: where the model is damaged.
    """
    if not (run / CONFIG).is_file():
        raise RunError(f"{run} must be a run, but holds no {CONFIG}. Make one: seq2seq train TASK --run {run}")
    mine = [replace(layer, values={k: v for k, v in layer.values.items() if k != "data"}) for layer in layers]
    own = layer_of_file(run / CONFIG)
    asked = {name for layer in layers for name in layer.values.get("task", {})}
    trained = build_experiment([own])
    if "name" in asked:
        raise ConfigError([f"`task.name` cannot be changed: {run} was trained on one task. Its options can."])
    if asked and not trained.task_name:
        names = ", ".join(f"`task.{name}`" for name in sorted(asked))
        raise ConfigError([f"{run} was trained on a file, so there is no task with {names}. See: --data.test FILE"])
    experiment = build_experiment([own, *mine])
    test = build_data(layers)
    experiment = resolve_device_and_precision(experiment)
    predictor = Predictor.load(
        run,
        device=experiment.machine.device,
        threads=experiment.machine.threads,
        strategy=experiment.strategy,
        max_length=experiment.decoding.max_length,
    )
    check_config(run, predictor.description.config)
    return predictor, evaluate_predictor(predictor, experiment, test if test.test else None, trained.task)


def evaluate_predictor(
    predictor: Predictor, experiment: Experiment, test: DataConfig | None = None, trained: Task | None = None
) -> Evaluation:
    """Let a model answer the fixed test set of an experiment, or a file.

    Args:
        predictor: the model.
        experiment: what it was trained on.
        test: the file to answer, and how it is read; None: the one that the experiment names, or its own test set.
        trained: the task that the model was trained on, where its options are not those of the experiment.
    """
    config, data, task = experiment.evaluation, test or experiment.data, experiment.task
    problem = experiment.problem(trained=trained)
    examples = read_test_file(data, task)[: config.examples or None] if data.test else problem.test(config.examples)
    report, predictions = evaluate(predictor, task, examples)
    lengths = {}
    for length in config.lengths:
        chosen = at_difficulty(examples, task, length, 0) if data.test else problem.test_at(length, config.examples)
        lengths[length] = score(predictor, task, chosen)
    return Evaluation(
        report=report,
        at_lengths=lengths,
        task=task,
        trained_whole=problem.trained_whole,
        examples=examples.to_examples(),
        predictions=predictions,
        strategy=experiment.strategy_options["name"],
        most_answers=config.answers,
        notes=problem.notes_on(examples) if data.test else [],
    )
