"""The configuration of an experiment, checked whole before anything starts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import tomli_w

from seq2seq_transformer.data.files import ExampleFile
from seq2seq_transformer.data.formats.base import Types
from seq2seq_transformer.decoding.base import DECODING_STRATEGIES, DecodingStrategy
from seq2seq_transformer.errors import ConfigError
from seq2seq_transformer.experiment.cache import is_copy
from seq2seq_transformer.experiment.curricula import check_curriculum
from seq2seq_transformer.experiment.encodings import build_tokenizer, check_names
from seq2seq_transformer.experiment.file_problem import FileProblem, FileTask
from seq2seq_transformer.experiment.layers import Layer, layer_of_values
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.merged import Sections
from seq2seq_transformer.experiment.model import read_knobs, read_model
from seq2seq_transformer.experiment.named_files import data_of_task, file_options, find_files
from seq2seq_transformer.experiment.positions import AUTO, positions_to_toml
from seq2seq_transformer.experiment.problem import Problem, TaskProblem
from seq2seq_transformer.experiment.sections import (
    MODEL_OPTIONS,
    DataConfig,
    DecodingConfig,
    EvaluationConfig,
    MachineConfig,
)
from seq2seq_transformer.experiment.task_files import TASK_HASH, check_task_file
from seq2seq_transformer.experiment.training_section import TrainingConfig
from seq2seq_transformer.model.config import TransformerConfig
from seq2seq_transformer.registry import options_of
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tokenization.tokenizer import Tokenizer


@dataclass(frozen=True)
class Experiment:
    """Everything that decides a training: two equal experiments give equal losses on one machine."""

    task_name: str
    """Empty where files take the place of a task."""
    task: Task
    task_options: Mapping[str, Any]
    tokenizer: Tokenizer
    model: TransformerConfig
    data: DataConfig = field(default_factory=DataConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    strategy: DecodingStrategy = field(default_factory=lambda: DECODING_STRATEGIES.build("greedy"))
    strategy_options: Mapping[str, Any] = field(default_factory=lambda: {"name": "greedy"})
    machine: MachineConfig = field(default_factory=MachineConfig)
    auto_positions: bool = False
    """Whether the positions are still to be chosen, before the first step."""

    @property
    def name(self) -> str:
        """What runs are called by default: the task's name, that of its class, or that of the file."""
        of_file = "stdin" if is_copy(file := Path(self.data.train)) else file.name.partition(".")[0]
        return self.task_name.rpartition(":")[2] or of_file

    def problem(self, listener: Listener | None = None, trained: Task | None = None) -> Problem:
        """What to train and test on; files are read here.

        Args:
            listener: hears of the files.
            trained: the task that a model was trained on, where that had other options.

        Raises:
            ConfigError: with the faulty lines of files.
        """
        if self.task_name:
            return TaskProblem(self.task, self.tokenizer, self.task_name, self.task_options, trained)
        return FileProblem(self.task, self.tokenizer, self.data, listener or Listener())

    def to_toml(self, named: Mapping[str, str] | None = None) -> str:
        """The whole configuration; reading it back gives an equal experiment.

        Args:
            named: what stands for the task's name, where its file has been copied.
        """
        task = (named or {"name": self.task_name}) | self.task_options  # type: ignore[operator]
        model: dict[str, Any] = {option.name: getattr(self.model, option.name) for option in MODEL_OPTIONS}
        model["positions"] = AUTO if self.auto_positions else positions_to_toml(self.model)
        text = tomli_w.dumps(
            {
                **asdict(self.machine),
                **({"task": task} if self.task_name else {}),
                "data": asdict(self.data),
                "encoding": _encoding_sections(self.tokenizer),
                "model": model,
                "training": asdict(self.training),
                "evaluation": asdict(self.evaluation),
                "decoding": {**self.strategy_options, **asdict(self.decoding)},
            }
        )
        # Python has the bytes of a file's name that are no UTF-8 as halves of pairs, which no encoding takes.
        if strange := [line for line in text.splitlines() if line.encode(errors="ignore").decode() != line]:
            rule = "the name of a file must be UTF-8, as a configuration is"
            raise ConfigError([f"{rule}, but is not: {ascii(line)[1:-1]}. Rename it." for line in strange])
        return text


def _encoding_sections(tokenizer: Tokenizer) -> dict[str, Any]:
    """The section [encoding], in two where source and target differ."""
    source, target = ({"name": name, **options} for name, options in tokenizer.encodings)
    return source if source == target else {"source": source, "target": target}


def build_decoding(
    layers: Sequence[Layer],
) -> tuple[DecodingStrategy, DecodingConfig, MachineConfig, dict[str, Any]]:
    """The decoding strategy, its limits, the machine and the model's knobs that layers ask for, without a training.

    Raises:
        ConfigError: with every problem.
    """
    sections = Sections(layers)
    strategy, _, decoding = _read_decoding(sections)
    machine = sections.build(MachineConfig, sections.bind("", options_of(MachineConfig)))
    knobs = read_knobs(sections)
    sections.raise_if_any()
    return strategy, decoding, machine, knobs


def build_knobs(layers: Sequence[Layer]) -> dict[str, Any]:
    """What layers change of a trained model.

    Raises:
        ConfigError: where that cannot be changed any more.
    """
    sections = Sections(layers)
    knobs = read_knobs(sections)
    sections.raise_if_any()
    return knobs


def _read_decoding(sections: Sections) -> tuple[Any, dict[str, Any], Any]:
    """Strategy, its name and options, and DecodingConfig; None for what cannot be."""
    name, options, values = sections.entry("decoding", DECODING_STRATEGIES, "greedy", options_of(DecodingConfig))
    strategy = sections.build(partial(DECODING_STRATEGIES.build, name), options) if name else None
    return strategy, {"name": name, **options}, sections.build(DecodingConfig, values)


def build_data(layers: Sequence[Layer]) -> DataConfig:
    """How files are read, where there is nothing else to do with them.

    Raises:
        ConfigError: with every problem.
    """
    sections = Sections(layers)
    data = sections.build(DataConfig, sections.bind("data", options_of(DataConfig)))
    sections.raise_if_any()
    return data  # type: ignore[no-any-return]


def build_task(layers: Sequence[Layer]) -> tuple[Task, MachineConfig]:
    """The task and the machine that layers ask for, where there is nothing to train.

    Raises:
        ConfigError: with every problem.
    """
    sections = Sections(layers)
    _, task, _ = _read_task(sections)
    machine = sections.build(MachineConfig, sections.bind("", options_of(MachineConfig)))
    sections.raise_if_any()
    assert task is not None, "a task that is missing is one of the problems just raised"
    return task, machine


def _read_task(sections: Sections) -> tuple[str, Task | None, dict[str, Any]]:
    """Name, task and options; None for a task that cannot be."""
    check_task_file(sections.given("task", "name"), sections.given("task", TASK_HASH.name))  # before it is executed
    name, options, _ = sections.entry("task", TASKS, None, [TASK_HASH])
    if not name:
        return "", None, {}
    return name, sections.build(partial(TASKS.build, name), options), options


def _read_problem(sections: Sections) -> tuple[str, Task | None, dict[str, Any], DataConfig]:
    """The task, or what the training file poses as one; None where neither can be."""
    data = sections.build(DataConfig, sections.bind("data", options_of(DataConfig)))
    if data is None and not sections.given("task", "name"):
        return "", None, {}, DataConfig()  # whether a task is missing cannot be told
    if data is None or not data.train:
        return *_read_task(sections), data_of_task(sections, data) if data else DataConfig()
    with sections.collecting():
        if sections.given("task", "name"):
            raise ConfigError(["a task and --data.train exclude each other: a model is trained on one of the two."])
        if sections.names_given("task"):
            raise ConfigError(["a model that is trained on a file has no task, so there can be no options of [task]."])
        data = find_files(data)
        data = replace(data, types=str(ExampleFile(Path(data.train), file_options(data)).types))
        return "", FileTask(Types.parse(data.types), data.tolerance), {}, data
    return "", None, {}, data


def build_experiment(layers: Sequence[Layer]) -> Experiment:
    """Merge layers, later ones over earlier ones, and check the whole.

    Raises:
        ConfigError: with every problem of every section.
    """
    sections = Sections(layers)
    task_name, task, task_options, data = _read_problem(sections)
    strategy, strategy_options, decoding = _read_decoding(sections)
    if task is not None and task.recipe:
        sections.add_defaults(layer_of_values(task.recipe, place=f"the recipe of {task_name}"))
    check_names(sections)
    tokenizer = build_tokenizer(sections, task.source, task.target) if task else None
    model, auto = read_model(sections, tokenizer)
    training = sections.build(TrainingConfig, sections.bind("training", options_of(TrainingConfig)))
    evaluation = sections.build(EvaluationConfig, sections.bind("evaluation", options_of(EvaluationConfig)))
    machine = sections.build(MachineConfig, sections.bind("", options_of(MachineConfig)))
    if task is not None and training is not None:
        check_curriculum(sections, training, task)
    if training is not None and training.compile and machine is not None and machine.processes != 1:
        sections.note("training", "compile", "must be false with several `processes`, but is true instead.")
    sections.raise_if_any()
    assert task is not None and tokenizer is not None, "what is missing is one of the problems just raised"
    return Experiment(
        task_name=task_name,
        task=task,
        task_options=task_options,
        tokenizer=tokenizer,
        model=model,
        data=data,
        training=training,
        evaluation=evaluation,
        decoding=decoding,
        strategy=strategy,
        strategy_options=strategy_options,
        machine=machine,
        auto_positions=auto,
    )
