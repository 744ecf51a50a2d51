"""Predictor: numbers in, numbers out, with how sure the model is."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seq2seq_transformer.checkpoints.description import MODEL_JSON, ModelDescription, checkpoint_folders, read_model
from seq2seq_transformer.decoding.base import DECODING_STRATEGIES, DecodingStrategy, Hypothesis
from seq2seq_transformer.errors import DamagedError, FileError, InputError, MalformedTokensError, RunError
from seq2seq_transformer.inference.base import Engine, load_engine
from seq2seq_transformer.model.config import AFTER_TRAINING
from seq2seq_transformer.values import Value, from_python, to_text

BATCH_SIZE = 256


@dataclass(frozen=True)
class Prediction:
    """A model's answer to one source."""

    source: Value
    prediction: Value | None
    """The answer; None where the tokens spell none."""
    tokens: tuple[int, ...]
    """The answer in token ids, without SOS and EOS."""
    probability: float
    """The model's probability of exactly this answer, in [0, 1]."""
    problem: str | None = None
    """Why there is no answer."""


class Predictor:
    """Answers with a trained model.

    Args:
        engine: what runs the model.
        description: its tokenizer and limits.
        strategy: how tokens are chosen.
        max_length: most tokens of an answer, EOS included; None: the model's own limit.
        note: what a user should know about this model, such as that its training is unfinished.
    """

    def __init__(
        self,
        engine: Engine,
        description: ModelDescription,
        *,
        strategy: DecodingStrategy | None = None,
        max_length: int | None = None,
        note: str = "",
    ) -> None:
        self.engine, self.description, self.note = engine, description, note
        self.strategy = strategy or DECODING_STRATEGIES.build("greedy")
        self.max_length = max_length

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        engine: str = "torch",
        device: str = "auto",
        threads: int = 0,
        strategy: DecodingStrategy | None = None,
        max_length: int | None = None,
        knobs: Mapping[str, Any] | None = None,
    ) -> "Predictor":
        """Rebuild the model of a finished run, or of the newest good checkpoint of an unfinished one.

        Args:
            path: a run, or any folder with model.json and model.safetensors.
            engine: what runs it: `seq2seq list engines`.
            device: where it runs; auto: a GPU where there is one.
            threads: processor threads of one operation; 0: the library's own choice.
            strategy: how tokens are chosen; greedy where none is given.
            max_length: most tokens of an answer, EOS included; None: the model's own limit.
            knobs: fields of its TransformerConfig to change, such as encoder_loops (those in AFTER_TRAINING).

        Raises:
            RunError: where there is no model.
            DamagedError: where a file of it is missing or has changed.
        """
        description, weights, note = find_model(Path(path))
        assert set(knobs or ()) <= set(AFTER_TRAINING), "weights depend on the other fields"
        description = replace(description, model=replace(description.model, **(knobs or {})))
        loaded = load_engine(engine, description, weights, device, threads)
        return cls(loaded, description, strategy=strategy, max_length=max_length, note=note)

    def predict(self, source: Value) -> Prediction:
        """The answer to one source.

        Raises:
            InputError: where the source is not of the model's type.
        """
        return self.predict_many([source])[0]

    def predict_many(self, sources: Sequence[Value]) -> list[Prediction]:
        """The answers to many sources, in their order.

        Raises:
            InputError: naming the first source that is not of the model's type.
        """
        tokens, tokenizer = [], self.description.tokenizer
        for number, source in enumerate(sources):
            try:
                tokens.append(tokenizer.encode_source(from_python(source, tokenizer.source)))
            except InputError as error:
                place = f"source {number + 1} of {len(sources)}: " if len(sources) > 1 else ""
                raise InputError(f"{place}{error}") from None
        answers: list[Prediction | None] = [None] * len(sources)
        by_length = sorted(range(len(sources)), key=lambda index: len(tokens[index]))
        for chunk in _chunks(by_length, BATCH_SIZE):
            for index, hypothesis in zip(chunk, self._decode([tokens[index] for index in chunk]), strict=True):
                answers[index] = self._answer(sources[index], hypothesis, self._limit(tokens[index]))
        return [answer for answer in answers if answer is not None]

    def _decode(self, sources: Sequence[Sequence[int]]) -> list[Hypothesis]:
        vocabulary = self.description.tokenizer.vocabulary
        step = self.engine.start(sources)
        limit = max(map(self._limit, sources))
        return self.strategy.decode(step, len(sources), sos=vocabulary.sos, eos=vocabulary.eos, max_length=limit)

    def _limit(self, source: Sequence[int]) -> int:
        """Most tokens of the answer to a source: what was asked for, or what the model says."""
        return self.max_length or self.description.limit_for(len(source))

    def _answer(self, source: Value, hypothesis: Hypothesis, limit: int) -> Prediction:
        value, problem = None, None
        if not hypothesis.finished or len(hypothesis.tokens) >= limit:  # companions may have had a higher limit
            problem = f"the answer did not end within {limit} tokens"
        else:
            try:
                value = self.description.tokenizer.decode_target(hypothesis.tokens)
            except MalformedTokensError as error:
                problem = f"the answer is malformed: {error}"
        return Prediction(source, value, hypothesis.tokens, math.exp(hypothesis.log_probability), problem)


def find_model(path: Path) -> tuple[ModelDescription, bytes, str]:
    """The model of a folder, its weights, and a note where it is not a finished one.

    Raises:
        RunError: where there is none; DamagedError: where there is one, but none that is whole.
    """
    if not path.is_dir():
        found = "that is a file" if path.exists() else "there is no such folder"
        raise RunError(f"there must be a run or model in the folder {path}, but {found}.")
    if (path / MODEL_JSON).exists():
        return (*read_model(path), "")
    damaged = []
    for checkpoint in checkpoint_folders(path / "checkpoints"):
        try:
            description, weights = read_model(checkpoint)
        except DamagedError as error:
            damaged.append(str(error))
            continue
        note = f"this run is not finished: the checkpoint {checkpoint.name} answers"
        return description, weights, "; ".join([*damaged, note])
    if damaged:
        raise DamagedError("\n".join(damaged))
    if (path / "model.safetensors").exists():
        raise FileError(f"{path / MODEL_JSON} is missing: without it the weights beside it cannot be used.")
    begun = (path / "config.toml").exists()
    way_on = f"Go on with it: seq2seq train --resume {path}" if begun else "Train one: seq2seq train TASK --run NEW"
    raise RunError(
        f"there must be a trained model in {path}, but it holds neither {MODEL_JSON} nor a checkpoint. {way_on}"
    )


def compare(predictions: Sequence[Prediction], targets: Sequence[Value]) -> Iterator[str]:
    """A block of lines an example: input, predicted and true continuation."""
    for answer, target in zip(predictions, targets, strict=True):
        said = answer.problem if answer.prediction is None else to_text(answer.prediction)
        mark = "✓" if answer.prediction == target else "✗"
        yield f"input        {to_text(answer.source)}\npredicted  {mark} {said}\ntrue         {to_text(target)}\n"


def _chunks(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
