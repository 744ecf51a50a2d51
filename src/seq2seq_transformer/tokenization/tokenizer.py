"""Tokenizer: numbers to token ids and back, for the source and target types of one problem."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import InputError
from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS, NumberEncoding
from seq2seq_transformer.tokenization.grammar import Grammar
from seq2seq_transformer.tokenization.vocabulary import Vocabulary
from seq2seq_transformer.values import (
    Example,
    ExampleBatch,
    Float,
    Integer,
    Value,
    ValueBatch,
    ValueType,
    from_python,
    parse_type,
    scalars_of,
)


def choose_encodings(source: ValueType, target: ValueType) -> tuple[str, str]:
    """The names of the encodings for a source and a target where the user names none.

    Floats are spelled `scientific`, integers in `digits`; where neither side has any, both are `symbolic`.
    """
    kinds = [set(map(type, scalars_of(side))) for side in (source, target)]
    plain = "digits" if any(Integer in side for side in kinds) else "symbolic"
    first, second = ("scientific" if Float in side else plain for side in kinds)
    return first, second


class Tokenizer:
    """An encoding of a source type and one of a target type, with one vocabulary for both.

    Args:
        source: type of the source.
        target: type of the target.
        encoding: name of the source's number encoding; None: chosen by the types.
        options: its options.
        target_encoding: name of the target's; None: that of the source, or chosen by the types.
        target_options: its options; None: those of the source where the encoding is the same.

    Raises:
        UnknownNameError: where there is no such encoding.
        ConfigError: where an encoding cannot spell its type.
    """

    def __init__(
        self,
        source: ValueType,
        target: ValueType,
        encoding: str | None = None,
        options: Mapping[str, Any] | None = None,
        target_encoding: str | None = None,
        target_options: Mapping[str, Any] | None = None,
    ) -> None:
        chosen = choose_encodings(source, target)
        self.source, self.target = source, target
        first, second = encoding or chosen[0], target_encoding or encoding or chosen[1]
        inherited = options if first == second and target_options is None else target_options
        self.encodings = ((first, dict(options or {})), (second, dict(inherited or {})))
        """Name and options of the source's encoding and of the target's."""
        self._source_encoding, self._target_encoding = (_build(name, given) for name, given in self.encodings)
        symbols = self._source_encoding.symbols(source) + self._target_encoding.symbols(target)
        self.vocabulary = Vocabulary(dict.fromkeys(symbols))
        self._source_ids = self._ids(self._source_encoding, source)
        self._target_ids = self._ids(self._target_encoding, target)

    def _ids(self, encoding: NumberEncoding, value_type: ValueType) -> NDArray[np.int64]:
        return np.array(self.vocabulary.ids(encoding.symbols(value_type)), dtype=np.int64)

    def pack(self, examples: Iterable[Example]) -> ExampleBatch:
        """Examples as one batch; sequences may also be tuples or arrays, as in `from_python`.

        Raises:
            InputError: naming the first example that is not of the types.
        """
        found = []
        for number, (source, target) in enumerate(examples, start=1):
            try:
                found.append(Example(from_python(source, self.source), from_python(target, self.target)))
            except InputError as error:
                raise InputError(f"example {number}: {error}") from None
        return ExampleBatch.from_examples(found)

    def encode_source(self, value: Value) -> list[int]:
        """SOS, the source's tokens, EOS."""
        return self._encode(self._source_encoding.encode(value, self.source))

    def encode_target(self, value: Value) -> list[int]:
        """SOS, the target's tokens, EOS."""
        return self._encode(self._target_encoding.encode(value, self.target))

    def decode_source(self, tokens: Sequence[int]) -> Value:
        """The source that tokens spell, without SOS and EOS around them."""
        return self._source_encoding.decode(self.vocabulary.spell(tokens), self.source)

    def decode_target(self, tokens: Sequence[int]) -> Value:
        """The answer that tokens spell, without SOS and EOS around them.

        Raises:
            MalformedTokensError: where they spell none.
        """
        return self._target_encoding.decode(self.vocabulary.spell(tokens), self.target)

    def encode_sources(self, batch: ValueBatch) -> NDArray[np.int64]:
        """Rows of SOS, tokens, EOS, PAD …: int64 of shape (examples, longest + 2)."""
        return self._matrix(*self.spell_sources(batch))

    def encode_targets(self, batch: ValueBatch) -> NDArray[np.int64]:
        """The same for targets."""
        return self._matrix(*self.spell_targets(batch))

    def spell_sources(self, batch: ValueBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """SOS, tokens, EOS of every source, one row after another, and where each row ends."""
        return self._frame(*self._source_encoding.encode_batch(batch, self.source), self._source_ids)

    def spell_targets(self, batch: ValueBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The same for targets."""
        return self._frame(*self._target_encoding.encode_batch(batch, self.target), self._target_ids)

    def roles(self) -> dict[str, Any]:
        """What the tokens are: a letter for each token (see Grammar.roles; s: special), and how numbers are written."""
        grammars = {
            "source": self._source_encoding.grammar(self.source),
            "target": self._target_encoding.grammar(self.target),
        }
        letters = grammars["target"].roles | grammars["source"].roles
        letters |= {symbol: "d" for grammar in grammars.values() for symbol, r in grammar.roles.items() if r == "d"}
        found: dict[str, Any] = {"tokens": "".join(letters.get(symbol, "s") for symbol in self.vocabulary.symbols)}
        for side, grammar in grammars.items():
            spelling = grammar.digit_spelling
            found |= {f"{side}_least_first": spelling.least_first if spelling else False}
            found |= {f"{side}_width": spelling.fixed_width if spelling else 0}
        return found

    @property
    def target_grammar(self) -> Grammar:
        """The automaton of all answers."""
        return self._target_encoding.grammar(self.target)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` needs to make the same tokenizer."""
        return {
            "source": str(self.source),
            "target": str(self.target),
            "encoding": _named(self.encodings[0]),
            "target_encoding": _named(self.encodings[1]),
        }

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> "Tokenizer":
        """The tokenizer that `to_json` described."""
        first = dict(saved["encoding"])
        second = dict(saved.get("target_encoding", first))
        types = parse_type(saved["source"]), parse_type(saved["target"])
        return cls(*types, first.pop("name"), first, second.pop("name"), second)

    def _encode(self, symbols: Sequence[str]) -> list[int]:
        return [self.vocabulary.sos, *self.vocabulary.ids(symbols), self.vocabulary.eos]

    def _frame(
        self, indices: NDArray[Any], lengths: NDArray[np.int64], id_of_index: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The ids of the symbols with SOS and EOS around each row, and where each row ends."""
        ends = np.cumsum(lengths + 2)
        tokens = np.full(int(ends[-1]) if len(ends) else 0, -1, dtype=np.int64)
        tokens[ends - lengths - 2] = self.vocabulary.sos
        tokens[ends - 1] = self.vocabulary.eos
        tokens[tokens < 0] = id_of_index[indices]
        return tokens, ends

    def _matrix(self, tokens: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows that stand one after another as a matrix, filled up with PAD."""
        lengths = np.diff(ends, prepend=0)
        matrix = np.full((len(ends), int(lengths.max(initial=0))), self.vocabulary.pad, dtype=np.int64)
        matrix[np.arange(matrix.shape[1]) < lengths[:, None]] = tokens
        return matrix


def _build(name: str, options: Mapping[str, Any]) -> NumberEncoding:
    return NUMBER_ENCODINGS.build(name, **{key: _hashable(value) for key, value in options.items()})


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _named(encoding: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    name, options = encoding
    return {"name": name, **options}
