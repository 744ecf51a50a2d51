"""The configuration of an experiment, checked whole before anything starts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import tomli_w

from seq2seq_transformer.decoding.base import DECODING_STRATEGIES, DecodingStrategy
from seq2seq_transformer.experiment.layers import Layer, Sections
from seq2seq_transformer.experiment.sections import (
    MODEL_OPTIONS,
    DecodingConfig,
    EvaluationConfig,
    MachineConfig,
    TrainingConfig,
)
from seq2seq_transformer.model.config import TransformerConfig
from seq2seq_transformer.registry import options_of
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS
from seq2seq_transformer.tokenization.tokenizer import Tokenizer


@dataclass(frozen=True)
class Experiment:
    """Everything that decides a training: two equal experiments give equal losses on one machine."""

    task_name: str
    task: Task
    task_options: Mapping[str, Any]
    tokenizer: Tokenizer
    model: TransformerConfig
    training: TrainingConfig = field(default_factory=TrainingConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    strategy: DecodingStrategy = field(default_factory=lambda: DECODING_STRATEGIES.build("greedy"))
    strategy_options: Mapping[str, Any] = field(default_factory=lambda: {"name": "greedy"})
    machine: MachineConfig = field(default_factory=MachineConfig)

    def to_toml(self) -> str:
        """The whole configuration; reading it back gives an equal experiment."""
        model = {option.name: getattr(self.model, option.name) for option in MODEL_OPTIONS}
        return tomli_w.dumps(
            {
                **asdict(self.machine),
                "task": {"name": self.task_name, **self.task_options},
                "encoding": {"name": self.tokenizer.encoding_name, **self.tokenizer.options},
                "model": model,
                "training": asdict(self.training),
                "evaluation": asdict(self.evaluation),
                "decoding": {**self.strategy_options, **asdict(self.decoding)},
            }
        )


def build_decoding(layers: Sequence[Layer]) -> tuple[DecodingStrategy, DecodingConfig, MachineConfig]:
    """The decoding strategy, its limits and the machine that layers ask for, where there is no experiment.

    Raises:
        ConfigError: with every problem.
    """
    sections = Sections(layers)
    strategy, _, decoding = _read_decoding(sections)
    machine = sections.build(MachineConfig, sections.bind("", options_of(MachineConfig)))
    sections.raise_if_any()
    return strategy, decoding, machine


def _read_decoding(sections: Sections) -> tuple[Any, dict[str, Any], Any]:
    """Strategy, its name and options, and DecodingConfig; None for what cannot be."""
    name, options, values = sections.entry("decoding", DECODING_STRATEGIES, "greedy", options_of(DecodingConfig))
    strategy = sections.build(partial(DECODING_STRATEGIES.build, name), options) if name else None
    return strategy, {"name": name, **options}, sections.build(DecodingConfig, values)


def build_experiment(layers: Sequence[Layer]) -> Experiment:
    """Merge layers, later ones over earlier ones, and check the whole.

    Raises:
        ConfigError: with every problem of every section.
    """
    sections = Sections(layers)
    task_name, task_options, _ = sections.entry("task", TASKS, None)
    encoding_name, encoding_options, _ = sections.entry("encoding", NUMBER_ENCODINGS, "symbolic")
    strategy, strategy_options, decoding = _read_decoding(sections)
    model_options = sections.bind("model", MODEL_OPTIONS)
    task = sections.build(partial(TASKS.build, task_name), task_options) if task_name else None
    sections.build(partial(TransformerConfig, num_tokens=1), model_options)
    if "positions" in model_options:  # looked up only where it is set, for it brings PyTorch
        from seq2seq_transformer.model.positional_encodings.base import POSITIONAL_ENCODINGS

        sections.build(POSITIONAL_ENCODINGS.get, {"name": model_options["positions"]})
    training = sections.build(TrainingConfig, sections.bind("training", options_of(TrainingConfig)))
    evaluation = sections.build(EvaluationConfig, sections.bind("evaluation", options_of(EvaluationConfig)))
    machine = sections.build(MachineConfig, sections.bind("", options_of(MachineConfig)))
    sections.raise_if_any()
    assert task is not None, "a task that is missing is one of the problems just raised"
    tokenizer = Tokenizer(task.source, task.target, encoding_name, encoding_options)
    vocabulary = tokenizer.vocabulary
    return Experiment(
        task_name=task_name,
        task=task,
        task_options=task_options,
        tokenizer=tokenizer,
        model=TransformerConfig(num_tokens=len(vocabulary), pad_token=vocabulary.pad, **model_options),
        training=training,
        evaluation=evaluation,
        decoding=decoding,
        strategy=strategy,
        strategy_options=strategy_options,
        machine=machine,
    )
