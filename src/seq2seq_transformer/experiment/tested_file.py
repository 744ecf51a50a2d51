"""A file that a trained model is to answer."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.experiment.config import Experiment, build_data
from seq2seq_transformer.experiment.facts import left_out
from seq2seq_transformer.experiment.file_problem import (
    FileProblem,
    all_examples,
    check_overlap,
    read_file,
    refuse_faults,
)
from seq2seq_transformer.experiment.layers import Layer
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.named_files import find_files
from seq2seq_transformer.experiment.problem import Problem
from seq2seq_transformer.experiment.sections import TESTING, DataConfig
from seq2seq_transformer.tasks.base import Task
from seq2seq_transformer.values import ExampleBatch

_AS_TRAINED = ("base", "columns", "tolerance")
"""Options of [data] by which it is read and judged as the files of the training are, where nothing else is said."""


def file_to_test(own: Layer, layers: Sequence[Layer]) -> DataConfig:
    """Which file, if any, and how it is read.

    Args:
        own: the configuration of the run.
        layers: what is asked for over it.
    """
    data = own.values.get("data", {})
    kept = _AS_TRAINED if data.get("train") else TESTING  # a model of files knows its test file without being told
    read = {name: value for name, value in data.items() if name in kept}
    return find_files(build_data([replace(own, values={"data": read}, problems=()), *layers]))


def read_test(test: DataConfig, task: Task, problem: Problem, experiment: Experiment) -> tuple[ExampleBatch, list[str]]:
    """The examples of a file that are asked for, and what a reader should know of them.

    Raises:
        ConfigError: with the faulty lines of the file.
        UserError: where it has sources that were trained on, and that is not allowed.
    """
    corpus = read_file(Path(test.test), test, task, problem.tokenizer, Listener())
    refuse_faults([corpus.faults], test)
    seen = problem.seen(corpus.stored)
    if isinstance(problem, FileProblem):
        check_overlap(seen, corpus, test)
    examples = all_examples(corpus, problem.tokenizer)[: experiment.evaluation.examples or None]
    return examples, [*left_out(corpus), *overlap(seen[: len(examples)], problem, experiment)]


def overlap(seen: NDArray[np.bool_], problem: Problem, experiment: Experiment) -> list[str]:
    """A sentence where some test sources are seen: stand among those to train on."""
    surely = isinstance(problem, FileProblem) and not experiment.training.overfit
    were = "were" if surely else "are not held out and may have been"
    return [f"{int(seen.sum()):,} of {len(seen):,} test sources {were} trained on"] if seen.any() else []
