"""A run's model as a folder that ONNX Runtime answers with, compared with PyTorch before it is written."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from seq2seq_transformer.checkpoints.commit import write_folder
from seq2seq_transformer.checkpoints.description import MODEL_JSON, WEIGHTS, ModelDescription
from seq2seq_transformer.decoding.greedy import Greedy
from seq2seq_transformer.errors import ExportError, FileError, MissingExtraError, RunError
from seq2seq_transformer.experiment.config import build_experiment
from seq2seq_transformer.experiment.layers import layer_of_file
from seq2seq_transformer.experiment.saved import CONFIG, check_config, not_a_run
from seq2seq_transformer.inference.base import Engine
from seq2seq_transformer.inference.folders import find_model
from seq2seq_transformer.inference.graphs import OPSET
from seq2seq_transformer.inference.onnx_engine import OnnxEngine

Quantization = Literal["no", "int8"]
Tokens = Sequence[Sequence[int]]
EXAMPLES, BATCH_SIZE, SINGLES, TOLERANCE = 200, 50, 20, 1e-4
"""Examples that are compared, how many at once, how many of them alone as well, and the largest difference of a
log-probability that float32 explains."""


@dataclass(frozen=True)
class Agreement:
    """How an exported model compares with PyTorch on held-out examples."""

    examples: int
    largest_difference: float
    """Of the log-probability of a token of a true answer."""
    equal_answers: float
    """Share of greedy answers that are equal token by token, in [0, 1]."""


@dataclass(frozen=True)
class Exported:
    """What an export has written."""

    folder: Path
    sizes: Mapping[str, int]
    """Bytes of each graph."""
    agreement: Agreement
    note: str
    """What a user should know about this model, such as that its training is unfinished."""


def export_run(
    run: Path, folder: Path | None = None, *, quantize: Quantization = "no", knobs: Mapping[str, Any] | None = None
) -> Exported:
    """Write the model of a run as graphs for ONNX Runtime, once they are known to say what PyTorch says.

    Args:
        run: a run, finished or not.
        folder: a new folder; beside the run, with -onnx after its name, where none is given.
        quantize: int8: matrices of weights in 8 bits, which is smaller and often faster, but not the same.
        knobs: fields of its TransformerConfig to change, such as encoder_loops (those in AFTER_TRAINING).

    Raises:
        RunError: where there is no run; FileError: where the folder exists; DamagedError: where the model is damaged.
        MissingExtraError: where what exporting needs is not installed.
        ConfigError: where what is to be changed cannot be changed after training.
        ExportError: where the graphs differ from PyTorch by more than rounding.
    """
    if folder is None:
        named = run if run.name not in ("", "..") else run.resolve()  # such as "."
        folder = named.with_name(f"{named.name}-onnx" + ("" if quantize == "no" else f"-{quantize}"))
    _check_new(folder)
    description, files, note = find_model(run)
    if WEIGHTS not in files:
        raise RunError(f"{run} must be a run, but is an exported model already.")
    description = description.with_knobs(knobs)
    sources, targets = _examples(run, description)
    torch_engine, graphs = _trace(description, files, quantize)
    onnx_engine = OnnxEngine.of_graphs(description.model, graphs)
    agreement = compare(torch_engine, onnx_engine, description, sources, targets)
    if quantize == "no" and not agreement.largest_difference <= TOLERANCE:
        raise ExportError(
            f"the graphs must give the log-probabilities of PyTorch to {TOLERANCE:g}, but differ by "
            f"{agreement.largest_difference:.2g} instead. Nothing was written; please report this model."
        )
    experiment = (run / CONFIG).read_text(encoding="utf-8-sig")
    facts = {"opset": OPSET, "quantized": quantize, "compared": asdict(agreement), "experiment": experiment}
    described = description.to_bytes_of_graphs("onnx", graphs, **facts)
    write_folder(folder, {MODEL_JSON: described, **graphs})
    return Exported(folder, {name: len(content) for name, content in graphs.items()}, agreement, note)


def _check_new(folder: Path) -> None:
    """Refuse at once what would be refused after the work."""
    if folder.exists():
        raise FileError(f"-o must name a new folder, but {folder} exists already; it is left as it was.")
    above = next(each for each in folder.parents if each.exists())
    try:
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=above):  # root may do anything, but not everywhere
            pass
    except OSError as error:
        raise FileError(
            f"-o must name a new folder, but {folder} cannot be one: {above} cannot be written to as a folder."
        ) from error


def _trace(
    description: ModelDescription, files: Mapping[str, bytes], quantize: Quantization
) -> tuple[Engine, dict[str, bytes]]:
    """The model in PyTorch, and its graphs."""
    from seq2seq_transformer.inference.torch_engine import TorchEngine

    try:
        from seq2seq_transformer.export.quantization import quantize_graphs
        from seq2seq_transformer.export.tracing import export_graphs
    except ModuleNotFoundError as error:
        if error.name not in ("onnx", "onnxscript"):
            raise
        raise MissingExtraError("`seq2seq export`", "export") from error
    engine = TorchEngine(description=description, files=files, device="cpu")
    graphs = export_graphs(engine.model)
    return engine, graphs if quantize == "no" else quantize_graphs(graphs)


def _examples(run: Path, description: ModelDescription) -> tuple[Tokens, Tokens]:
    """Held-out examples of a run in tokens."""
    if not (run / CONFIG).is_file():
        raise RunError(f"{run} must be a run, but {not_a_run(run)}")
    check_config(run, description.config)
    examples = build_experiment([layer_of_file(run / CONFIG)]).problem().test(EXAMPLES)[:EXAMPLES].to_examples()
    tokenizer = description.tokenizer
    return (
        [tokenizer.encode_source(each.source) for each in examples],
        [tokenizer.encode_target(each.target) for each in examples],
    )


def compare(theirs: Engine, ours: Engine, description: ModelDescription, sources: Tokens, targets: Tokens) -> Agreement:
    """What two engines say of the same examples, in batches with padding, and of some alone."""
    largest, equal = 0.0, [True] * len(sources)
    batches = [range(len(sources))[first : first + BATCH_SIZE] for first in range(0, len(sources), BATCH_SIZE)]
    for places in batches + [range(place, place + 1) for place in range(min(SINGLES, len(sources)))]:
        some, answers = ([all_of[place] for place in places] for all_of in (sources, targets))
        for expected, found in zip(theirs.score(some, answers), ours.score(some, answers), strict=True):
            largest = float(np.maximum(largest, np.abs(expected - found).max()))  # what is no number stays
        said = [_greedy(engine, description, some) for engine in (theirs, ours)]
        for place, one, other in zip(places, *said, strict=True):
            equal[place] &= one == other
    return Agreement(len(sources), largest, sum(equal) / max(1, len(sources)))


def _greedy(engine: Engine, description: ModelDescription, sources: Tokens) -> list[tuple[int, ...]]:
    vocabulary = description.tokenizer.vocabulary
    limit = max(map(description.limit_for, map(len, sources)))
    step = engine.start(sources, limit)
    answers = Greedy().decode(step, len(sources), sos=vocabulary.sos, eos=vocabulary.eos, max_length=limit)
    return [answer.tokens for answer in answers]
