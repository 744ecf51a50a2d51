"""Tokenizer: numbers to token ids and back, for the source and target types of one problem."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS
from seq2seq_transformer.tokenization.vocabulary import Vocabulary
from seq2seq_transformer.values import Value, ValueType, VectorBatch, parse_type


class Tokenizer:
    """An encoding of a source type and a target type, with one vocabulary for both.

    Args:
        source: type of the source.
        target: type of the target.
        encoding: name of the number encoding.
        options: the encoding's options.

    Raises:
        UnknownNameError: where there is no such encoding.
    """

    def __init__(
        self,
        source: ValueType,
        target: ValueType,
        encoding: str = "symbolic",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.source, self.target = source, target
        self.encoding_name, self.options = encoding, dict(options or {})
        self.encoding = NUMBER_ENCODINGS.build(encoding, **self.options)
        self.vocabulary = Vocabulary(dict.fromkeys(self.encoding.symbols(source) + self.encoding.symbols(target)))

    def encode_source(self, value: Value) -> list[int]:
        """SOS, the source's tokens, EOS."""
        return self._encode(value, self.source)

    def encode_target(self, value: Value) -> list[int]:
        """SOS, the target's tokens, EOS."""
        return self._encode(value, self.target)

    def decode_target(self, tokens: Sequence[int]) -> Value:
        """The answer that tokens spell, without SOS and EOS around them.

        Raises:
            MalformedTokensError: where they spell none.
        """
        return self.encoding.decode(self.vocabulary.spell(tokens), self.target)

    def encode_sources(self, batch: VectorBatch) -> NDArray[np.int64]:
        """Rows of SOS, tokens, EOS, PAD …: int64 of shape (examples, longest + 2)."""
        return self._encode_batch(batch, self.source)

    def encode_targets(self, batch: VectorBatch) -> NDArray[np.int64]:
        """The same for targets."""
        return self._encode_batch(batch, self.target)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` needs to make the same tokenizer."""
        encoding = {"name": self.encoding_name, **self.options}
        return {"source": str(self.source), "target": str(self.target), "encoding": encoding}

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> "Tokenizer":
        """The tokenizer that `to_json` described."""
        options = dict(saved["encoding"])
        return cls(parse_type(saved["source"]), parse_type(saved["target"]), options.pop("name"), options)

    def _encode(self, value: Value, value_type: ValueType) -> list[int]:
        vocabulary = self.vocabulary
        return [vocabulary.sos, *vocabulary.ids(self.encoding.encode(value, value_type)), vocabulary.eos]

    def _encode_batch(self, batch: VectorBatch, value_type: ValueType) -> NDArray[np.int64]:
        indices, lengths = self.encoding.encode_batch(batch, value_type)
        id_of_index = np.array(self.vocabulary.ids(self.encoding.symbols(value_type)), dtype=np.int64)
        rows, width = indices.shape
        tokens = np.full((rows, width + 2), self.vocabulary.pad, dtype=np.int64)
        filled = np.arange(width) < lengths[:, None]
        tokens[:, 0] = self.vocabulary.sos
        tokens[:, 1:-1][filled] = id_of_index[indices[filled]]
        tokens[np.arange(rows), lengths + 1] = self.vocabulary.eos
        return tokens
