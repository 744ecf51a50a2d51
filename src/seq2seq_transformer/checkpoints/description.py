"""model.json: everything that is needed to use a model, beside its weights. No torch here."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from seq2seq_transformer.checkpoints.commit import fingerprint, read_file, read_verified
from seq2seq_transformer.errors import ConfigError, DamagedError, Problems, RunError
from seq2seq_transformer.model.config import AFTER_TRAINING, TransformerConfig
from seq2seq_transformer.tokenization.tokenizer import Tokenizer

FORMAT = 1
MODEL_JSON, WEIGHTS = "model.json", "model.safetensors"


@dataclass(frozen=True)
class ModelDescription:
    """What a saved model is.

    Args:
        task: name of the task it was trained on.
        model: its sizes and choices.
        tokenizer: how numbers become its tokens.
        answer_limit: most tokens of an answer, EOS included, where nothing else is asked for.
        source_lengths: fewest and most terms of the sources in a sample of its task.
        source_tokens: tokens of the longest of them; for longer sources the limit grows in proportion. 0: it does not.
        negative_sources: whether one of them has a number below 0.
        trained: facts for people, such as steps, examples, seconds and exact_match.
        config: SHA-256 of the configuration it was trained with.
    """

    task: str
    model: TransformerConfig
    tokenizer: Tokenizer
    answer_limit: int
    source_lengths: tuple[int, int]
    source_tokens: int = 0
    negative_sources: bool = True
    trained: Mapping[str, Any] = field(default_factory=dict)
    config: str = ""

    def limit_for(self, source_tokens: int) -> int:
        """Most tokens of an answer to a source of so many tokens, EOS included."""
        trained = self.source_tokens or source_tokens
        return -(-self.answer_limit * max(source_tokens, trained) // trained)

    def with_facts(self, **facts: Any) -> "ModelDescription":
        """The same with more facts for people."""
        return replace(self, trained={**self.trained, **facts})

    def with_knobs(self, knobs: Mapping[str, Any] | None) -> "ModelDescription":
        """The same with other values of what can be changed after training.

        Raises:
            ConfigError: where a field is among them on which the weights depend, or a value is of another type.
        """
        if others := sorted({*(knobs or {})} - {*AFTER_TRAINING}):
            rule = f"only {', '.join(AFTER_TRAINING)} can be changed after training"
            raise ConfigError([f"{rule}, but not {', '.join(others)}, on which the weights depend."])
        problems, given = Problems(), dict(knobs or {})
        kinds: dict[str, Any] = {each.name: each.type for each in fields(self.model)}
        for name, value in given.items():
            kind, rule = (Real, "a number") if kinds[name] is float else (Integral, "a whole number")
            problems.require(isinstance(value, kind) and not isinstance(value, bool), f"`{name}` must be {rule}", value)
        problems.raise_if_any()
        changed: dict[str, Any] = {name: kinds[name](value) for name, value in given.items()}
        return replace(self, model=replace(self.model, **changed))

    def to_bytes(self, weights: bytes) -> bytes:
        """The content of model.json for these weights."""
        return self._to_bytes(weights={"file": WEIGHTS, **fingerprint(weights)})

    def to_bytes_of_graphs(self, engine: str, graphs: Mapping[str, bytes], **facts: Any) -> bytes:
        """The content of model.json beside graphs that an engine runs.

        Args:
            engine: its name.
            graphs: content by file name.
            **facts: what else is to be known of them.
        """
        files = {name: fingerprint(content) for name, content in graphs.items()}
        return self._to_bytes(graphs={"engine": engine, **facts, "files": files})

    def _to_bytes(self, **model_files: Any) -> bytes:
        content = {
            "format": FORMAT,
            "task": self.task,
            "model": _strict(asdict(self.model)),
            "tokenizer": self.tokenizer.to_json(),
            "answer_limit": self.answer_limit,
            "source_lengths": list(self.source_lengths),
            "source_tokens": self.source_tokens,
            "negative_sources": self.negative_sources,
            "trained": dict(self.trained),
            "config": self.config,
            **model_files,
        }
        return json.dumps({**content, "sha256": _digest(content)}, indent=1, allow_nan=False).encode()


def read_model(folder: Path) -> tuple[ModelDescription, dict[str, bytes]]:
    """The description in a folder's model.json, and the files it names, weights or graphs, all checked.

    Raises:
        DamagedError: where a file is missing, incomplete or has changed.
        RunError: where another version wrote it, or a file may not be read.
    """
    path = folder / MODEL_JSON
    try:
        content = json.loads(read_file(path))
        digest = content.pop("sha256")
        if digest != _digest(content):
            raise ValueError("its content does not match its sha256")
        if content["format"] != FORMAT:  # no damage: its digest is right
            raise RunError(f"{path} must be of format {FORMAT}, but is of {content['format']}: of another version.")
        shortest, longest = content["source_lengths"]
        description = ModelDescription(
            task=content["task"],
            model=TransformerConfig(**content["model"]),
            tokenizer=Tokenizer.from_json(content["tokenizer"]),
            answer_limit=content["answer_limit"],
            source_lengths=(shortest, longest),
            source_tokens=content.get("source_tokens", 0),
            negative_sources=content.get("negative_sources", True),
            trained=content["trained"],
            config=content["config"],
        )
        weights = content.get("weights")
        files = {weights["file"]: weights} if weights else dict(content["graphs"]["files"])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError(f"{path} must describe a trained model, but cannot be used: {error}.") from error
    return description, {name: read_verified(folder / name, expected) for name, expected in files.items()}


def _strict(value: Any) -> Any:
    """The same as JSON has it: infinity, which JSON has not, as "-inf"."""
    if isinstance(value, dict):
        return {key: _strict(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(each) for each in value]
    return "-inf" if value == -math.inf else value


def checkpoint_folders(folder: Path) -> list[Path]:
    """The checkpoints in a folder, newest first; whether one is whole shows when it is loaded.

    Raises:
        OSError: where the folder may not be read.
    """
    paths = folder.iterdir() if folder.is_dir() else ()  # `glob` takes one that may not be read for an empty one
    return sorted((path for path in paths if re.fullmatch(r"step-\d{9}", path.name)), reverse=True)


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
