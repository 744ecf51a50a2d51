"""What an engine is: something that runs a model's numbers. Importing this imports no engine."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.checkpoints.description import ModelDescription
from seq2seq_transformer.decoding.base import StepFunction
from seq2seq_transformer.errors import ConfigError, RunError
from seq2seq_transformer.inference.graphs import ENCODER
from seq2seq_transformer.registry import Registry


class Engine(Protocol):
    """Runs a trained model. Sources and targets are token ids, SOS and EOS included, one list each."""

    def start(self, sources: Sequence[Sequence[int]], max_length: int | None = None) -> StepFunction:
        """Encode sources and be ready to say their answers, of at most so many tokens; None: not known."""
        ...

    def score(self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[NDArray[np.float64]]:
        """Of each example, ln p of every token of its target after SOS, given those before it."""
        ...


ENGINES: Registry[Engine] = Registry("engine", "seq2seq_transformer.inference", suffix="_engine")


def load_engine(
    name: str, description: ModelDescription, files: Mapping[str, bytes], device: str, threads: int
) -> Engine:
    """The engine of this name, with a model in it; auto: the one that its files are made for.

    Raises:
        UnknownNameError: where there is no such engine.
        RunError: where it cannot run these files.
        MissingExtraError: where its library is not installed.
    """
    if name == "auto":
        name = "onnx" if ENCODER in files else "torch"
    if name == "torch" and ENCODER in files:  # before its library is asked for
        raise RunError("the engine torch needs a run, but this is an exported model, for the engine onnx.")
    return ENGINES.build(name, description=description, files=files, device=device, threads=threads)


def pad(rows: Sequence[Sequence[int]], pad_token: int | None) -> NDArray[np.int64]:
    """Token lists as one matrix, filled up with PAD on the right.

    Raises:
        ConfigError: where that is needed, and the model has no PAD.
    """
    widths = {*map(len, rows)}
    if pad_token is None and len(widths) > 1:
        raise ConfigError(["sequences of different lengths need a model that knows its `pad_token`, but it is None."])
    matrix = np.full((len(rows), max(widths, default=0)), pad_token or 0, dtype=np.int64)
    for index, row in enumerate(rows):
        matrix[index, : len(row)] = row
    return matrix
