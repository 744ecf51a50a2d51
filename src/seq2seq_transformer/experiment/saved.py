"""What a run keeps beside its weights: the configuration, which must stay as it was, and what the model is."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq_transformer.checkpoints.commit import fingerprint, write_file
from seq2seq_transformer.checkpoints.description import MODEL_JSON, WEIGHTS, ModelDescription, read_model
from seq2seq_transformer.decoding.constraints import Constraint
from seq2seq_transformer.errors import DamagedError, RunError, Seq2SeqError, typed
from seq2seq_transformer.experiment.config import Experiment, build_task
from seq2seq_transformer.experiment.layers import Layer, layer_of_file, layer_of_text, layer_of_values
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.sections import DecodingConfig
from seq2seq_transformer.inference.answers import Verifier
from seq2seq_transformer.registry import options_of
from seq2seq_transformer.tasks.base import TASKS
from seq2seq_transformer.training.callbacks import TRAIN_LOSS, Progress
from seq2seq_transformer.values import ExampleBatch, has_negative

if TYPE_CHECKING:
    from torch import nn

    from seq2seq_transformer.data.batch import Batch

CONFIG, CHECKPOINTS = "config.toml", "checkpoints"


def config_fingerprint(run: Path) -> str:
    """SHA-256 of the configuration of a run."""
    return digest((run / CONFIG).read_bytes())


def digest(config: bytes) -> str:
    """SHA-256 of a configuration."""
    return str(fingerprint(config)["sha256"])


def check_config(run: Path, expected: str, found: str = "") -> None:
    """Refuse a configuration that is not the one a model was trained with.

    Args:
        run: the folder.
        expected: SHA-256 of the configuration of the model.
        found: that of the present one, where it has been read already.

    Raises:
        RunError: where it has changed.
    """
    if (found or config_fingerprint(run)) != expected:
        raise RunError(
            f"{run / CONFIG} must be as it was when the training began, but has changed. "
            "Restore it, or start a new run from it: "
            f"seq2seq train --config {typed(run / CONFIG)} --run {typed(f'{run}-2')}"
        )


def describe(experiment: Experiment, sample: ExampleBatch, batch: "Batch") -> ModelDescription:
    """What the model of an experiment is; a sample of its examples, also as tokens, tells how long answers can be.

    Raises:
        ConfigError: where not even the shortest answer fits into the limit that is asked for.
    """
    limit = experiment.decoding.max_length
    if limit:
        Constraint.of(experiment.tokenizer).require_room(limit)
    return ModelDescription(
        task=experiment.name,
        model=experiment.model,
        tokenizer=experiment.tokenizer,
        answer_limit=limit or 2 * (batch.tgt.shape[1] - 1),
        source_lengths=(int(sample.source.lengths.min()), int(sample.source.lengths.max())),
        source_tokens=0 if limit else batch.src.shape[1],
        negative_sources=any(map(has_negative, sample.source.to_lists())),
    )


def without_strategy(own: Layer, others: Sequence[Layer]) -> Layer:
    """The layer without its decoding strategy where another layer names one, and without the name of the default."""
    named = any("name" in layer.values.get("decoding", {}) for layer in others)
    if not named and own.values.get("decoding", {}).get("name") != "greedy":
        return own
    kept = {option.name for option in options_of(DecodingConfig)}
    decoding = {name: value for name, value in own.values.get("decoding", {}).items() if name in kept}
    return replace(own, values={**own.values, "decoding": decoding})


def decoding_of(run: Path, others: Sequence[Layer]) -> list[Layer]:
    """How a run or exported model answers by its own configuration, below other layers; [] where it has none."""
    if (own := own_layer(run)) is None:
        return []
    said = without_strategy(own, others).values.get("decoding", {})
    return [replace(own, values={"decoding": said}, problems=())]


def verifier_of(run: Path) -> Verifier | None:
    """What a built-in task of a run verifies answers by, if anything; a user's file is not executed."""
    own = own_layer(run)
    options = own.values.get("task", {}) if own else {}
    if options.get("name") not in TASKS.names():
        return None
    task, _ = build_task([layer_of_values({"task": options})])
    return task.verify if task.verifies else None


def not_a_run(folder: Path) -> str:
    """What a folder without a configuration is, and what to type."""
    if (folder / MODEL_JSON).is_file():
        return "holds a model alone. Name the run that it came from."
    if folder.name == CONFIG and folder.is_file():
        return f"is a file of one. Name its folder: {typed(folder.parent)}"
    if inside := sorted(path.parent for path in folder.glob(f"*/{CONFIG}")):
        return f"holds runs. Name one of them, such as {typed(inside[0])}"
    new = typed(f"{folder}-2" if folder.exists() else folder)
    return f"holds no {CONFIG}. Make one: seq2seq train TASK --run {new}"


def own_layer(folder: Path) -> Layer | None:
    """The configuration of a run, or of the run that an exported model was; None where a folder has none.

    Raises:
        DamagedError: where its model.json cannot be read; FileError: where the configuration cannot.
    """
    if (folder / CONFIG).is_file():
        return layer_of_file(folder / CONFIG)
    if not (folder / MODEL_JSON).is_file():
        return None
    try:
        text = json.loads((folder / MODEL_JSON).read_bytes()).get("graphs", {}).get("experiment", "")
    except (ValueError, AttributeError, OSError, RecursionError):
        read_model(folder)  # which says what is the matter with it
        return None
    return layer_of_text(str(text).encode(), folder / MODEL_JSON) if text else None


def save_model(run: Path, description: ModelDescription, model: "nn.Module") -> None:
    """Write the finished model of a run.

    Raises:
        Seq2SeqError: where the disk refuses, with the way to try again.
    """
    from seq2seq_transformer.checkpoints.state import model_to_bytes

    weights = model_to_bytes(model)
    try:
        write_file(run / WEIGHTS, weights)
        write_file(run / MODEL_JSON, description.to_bytes(weights))
    except OSError as error:
        raise Seq2SeqError(
            f"the finished model must be written to {run}, but that failed: {error.strerror}. "
            f"Make room, then repeat what followed the newest checkpoint: seq2seq train --resume {typed(run)}"
        ) from error


def take_best(run: Path, progress: Progress, model: "nn.Module", listener: Listener) -> dict[str, float]:
    """Give a model the weights of the best checkpoint, where that is not the last step; returns what it came to."""
    from seq2seq_transformer.checkpoints.state import load_weights, set_aside

    if progress.best_step == progress.step:
        return {}
    path = run / CHECKPOINTS / f"step-{progress.best_step:09d}"
    try:
        load_weights(path, model)
    except DamagedError as error:
        aside = f" It is set aside as {set_aside(path).name}." if path.exists() else ""
        listener.on_warning(f"{error}{aside} The last step is the model, not the best.")
        return {}
    except RunError as error:
        raise RunError(f"{error} Once it can be: seq2seq train --resume {typed(run)}") from error
    return {key: value for key, value in progress.best_facts.items() if key != TRAIN_LOSS}
