"""Predictor: numbers in, numbers out, with how sure the model is."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from seq2seq_transformer.checkpoints.description import ModelDescription
from seq2seq_transformer.decoding.base import DECODING_STRATEGIES, DecodingStrategy, Hypothesis
from seq2seq_transformer.decoding.constraints import AnyTokens, Constraint
from seq2seq_transformer.errors import ConfigError, InputError
from seq2seq_transformer.inference.answers import Verifier, read_answer, with_alternatives, with_attention
from seq2seq_transformer.inference.base import Engine, load_engine
from seq2seq_transformer.inference.folders import BUNDLED, find_model
from seq2seq_transformer.inference.graphs import ENCODER
from seq2seq_transformer.inference.inputs import change_each, listed, numbered, whole
from seq2seq_transformer.inference.prediction import Prediction, Predictions
from seq2seq_transformer.values import Value, from_python, pack

BATCH_SIZE = 256
"""Rows that are decoded at once."""
MOST, MOST_THREADS = 10**9, 4096
"""What numbers of tokens, of alternatives and of threads are limited to."""


class Predictor:
    """Answers with a trained model.

    Args:
        engine: what runs the model.
        description: its tokenizer and limits.
        strategy: how tokens are chosen, or the name of a way with the options as they are: `seq2seq list decoding`;
            None: greedy.
        max_length: most tokens of an answer, EOS included; None or 0: the model's own limit.
        constrained: whether answers are kept within the grammar of their type, so that each can be read.
        verifier: says of a source and an answer whether this solves it, or None; such as the `verify` of a task.
        note: what a user should know about this model, such as that its training is unfinished.
    """

    def __init__(
        self,
        engine: Engine,
        description: ModelDescription,
        *,
        strategy: DecodingStrategy | str | None = None,
        max_length: int | None = None,
        constrained: bool = True,
        verifier: Verifier | None = None,
        note: str = "",
    ) -> None:
        self.engine, self.description, self.note = engine, description, note
        self.constrained, self.verifier = constrained, verifier
        chosen = "greedy" if strategy is None else strategy
        self.strategy = DECODING_STRATEGIES.build(chosen) if isinstance(chosen, str) else chosen
        if not isinstance(self.strategy, DecodingStrategy):
            raise ConfigError([f"`strategy` must be a DecodingStrategy or the name of one, but is {chosen!r} instead."])
        self.max_length = None if max_length is None else whole("max_length", max_length, 0, MOST)
        self._load_again: Callable[..., Predictor] | None = None

    @classmethod
    def load(
        cls,
        path: str | Path = BUNDLED,
        *,
        engine: str = "auto",
        device: str = "auto",
        threads: int = 0,
        strategy: DecodingStrategy | str | None = None,
        max_length: int | None = None,
        constrained: bool = True,
        verifier: Verifier | None = None,
        knobs: Mapping[str, Any] | None = None,
    ) -> "Predictor":
        """Rebuild the model of a finished run, or of the newest good checkpoint of an unfinished one.

        What is loaded can be sent to other processes, as `multiprocessing` does; it is loaded again there.

        Args:
            path: a run, an exported model, or any folder with model.json and the files that it names; the model inside
                the package where none is given.
            engine: what runs it: `seq2seq list engines`; auto: the one that its files are made for.
            device: where it runs; auto: a GPU where there is one.
            threads: processor threads of one operation, for PyTorch those of the whole process; 0: the engine's choice.
            strategy: how tokens are chosen, or the name of a way with the options as they are; None: greedy.
            max_length: most tokens of an answer, EOS included; None or 0: the model's own limit.
            constrained: whether answers are kept within the grammar of their type, so that each can be read.
            verifier: says of a source and an answer whether this solves it, or None; such as the `verify` of a task.
            knobs: fields of its TransformerConfig to change, such as encoder_loops (those in AFTER_TRAINING).

        Raises:
            RunError: where there is no model, or not one that the engine runs.
            ConfigError: where an exported model is to be changed, or what cannot be changed after training.
            DamagedError: where a file of it is missing or has changed.
        """
        description, files, note = find_model(Path(path))
        description = description.with_knobs(knobs)
        if knobs and ENCODER in files:
            options = " ".join(f"--model.{name}={value}" for name, value in knobs.items())
            raise ConfigError(
                [f"an exported model cannot be changed. Export its run anew: seq2seq export RUN {options}"]
            )
        loaded = load_engine(engine, description, files, device, whole("threads", threads, 0, MOST_THREADS))
        answering = {"strategy": strategy, "max_length": max_length, "constrained": constrained, "verifier": verifier}
        predictor = cls(loaded, description, note=note, **answering)  # type: ignore[arg-type]
        where = {"engine": engine, "device": device, "threads": threads, "knobs": knobs}
        predictor._load_again = partial(cls.load, Path(path).resolve(), **where)  # type: ignore[arg-type]
        return predictor

    def __reduce__(self) -> tuple[Callable[..., "Predictor"], tuple[()]]:
        """What is sent to another process: the folder that it was loaded from, and how it answers now.

        Raises:
            TypeError: where it was made around an engine, which belongs to its process.
        """
        if self._load_again is None:
            raise TypeError("only a Predictor that Predictor.load has made can be sent to another process or copied.")
        names = ("strategy", "max_length", "constrained", "verifier")
        return partial(self._load_again, **{name: getattr(self, name) for name in names}), ()

    def predict(self, source: Value, *, alternatives: int = 0, cross_attention: bool = False) -> Prediction:
        """The answer to one source, a list, tuple or array of NumPy or pandas; see predict_many.

        Raises:
            InputError: where the source is not of the model's type.
        """
        return self.predict_many([source], alternatives=alternatives, cross_attention=cross_attention)[0]

    def predict_many(
        self,
        sources: Iterable[Value],
        *,
        indices: Sequence[int] | None = None,
        constrained: bool | None = None,
        alternatives: int = 0,
        cross_attention: bool = False,
    ) -> Predictions:
        """The answers to many sources, in their order.

        Args:
            sources: in numbers: a list of sequences, a matrix of NumPy, or a Series or DataFrame of pandas.
            indices: a number for each, 0 or more, by which random answers are drawn; None: 0, 1, 2 …
            constrained: whether answers are kept within the grammar; None: as the predictor was made.
            alternatives: how many of the likeliest symbols are told at each place of the answers, 0 or more.
            cross_attention: whether it is told what the decoder looks at; the engine `torch` knows.

        Raises:
            InputError: naming the first source that is not of the model's type, or where `indices` are not one each.
            ConfigError: where no answer fits into the length limit, a number of alternatives is none, or the engine
                cannot tell what is asked for.
        """
        constraint = self.constraint if (self.constrained if constrained is None else constrained) else self._anything
        constraint.require_room(self._least_limit)
        if cross_attention and not hasattr(self.engine, "cross_attention"):
            raise ConfigError(["this engine cannot tell its cross-attention; the engine 'torch' can."])
        alternatives = whole("alternatives", alternatives, 0, MOST)
        values, tokens = self._encode(listed(sources))
        numbers = numbered(indices, len(values))
        vocabulary = self.description.tokenizer.vocabulary
        answers: list[Prediction | None] = [None] * len(values)
        by_length = sorted(range(len(values)), key=lambda index: len(tokens[index]))
        for chunk in _chunks(by_length, max(1, BATCH_SIZE // self.strategy.rows)):
            chosen = [tokens[index] for index in chunk]
            found = self._decode(chosen, [numbers[index] for index in chunk], constraint)
            told = [
                self._answer(values[index], hypothesis, source, constraint)
                for index, source, hypothesis in zip(chunk, chosen, found, strict=True)
            ]
            if alternatives:
                told = with_alternatives(told, chosen, self.engine, vocabulary, alternatives)
            if cross_attention:
                told = with_attention(told, chosen, self.engine, vocabulary)
            for index, answer in zip(chunk, told, strict=True):
                answers[index] = answer
        return Predictions(answer for answer in answers if answer is not None)

    @cached_property
    def constraint(self) -> Constraint:
        """The grammar of the answers."""
        return Constraint.of(self.description.tokenizer)

    @cached_property
    def _anything(self) -> Constraint:
        return AnyTokens(self.description.tokenizer.vocabulary)

    @property
    def has_room(self) -> bool:
        """Whether the length limit leaves room for any answer."""
        return self._least_limit >= self.constraint.shortest

    @property
    def _least_limit(self) -> int:
        return self.max_length or self.description.answer_limit

    def _encode(self, sources: Sequence[Value]) -> tuple[list[Value], list[list[int]]]:
        """The sources as plain values of their type, and as tokens."""
        tokenizer = self.description.tokenizer
        values = change_each(sources, lambda source: from_python(source, tokenizer.source))
        try:
            flat, ends = tokenizer.spell_sources(pack(values))
            return values, [row.tolist() for row in np.split(flat, ends[:-1])]
        except InputError:  # which says not of which source
            return values, change_each(values, tokenizer.encode_source)

    def _decode(
        self, sources: Sequence[Sequence[int]], indices: Sequence[int], constraint: Constraint
    ) -> list[Hypothesis]:
        vocabulary = self.description.tokenizer.vocabulary
        limits = [self._limit(source) for source in sources]
        return self.strategy.decode(
            self.engine.start(sources, max_length=max(limits)),
            len(sources),
            sos=vocabulary.sos,
            eos=vocabulary.eos,
            max_length=limits,
            constraint=constraint,
            indices=indices,
        )

    def _limit(self, source: Sequence[int]) -> int:
        """Most tokens of the answer to a source: what was asked for, or what the model says."""
        return self.max_length or self.description.limit_for(len(source))

    def _answer(self, source: Value, said: Hypothesis, tokens: Sequence[int], constraint: Constraint) -> Prediction:
        """The answer with its others; of independent draws, one that is verified comes first."""
        limit, tokenizer = self._limit(tokens), self.description.tokenizer
        found = [
            read_answer(source, len(tokens), each, limit, constraint, tokenizer, self.verifier)
            for each in (said, *said.others)
        ]
        if self.strategy.draws:
            found.sort(key=lambda answer: not answer.verdict)
        return replace(found[0], others=tuple(found[1:])) if found[1:] else found[0]


def _chunks(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
