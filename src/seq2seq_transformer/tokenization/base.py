"""What a number encoding is: a way to spell values as symbols. No torch."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.registry import Registry
from seq2seq_transformer.values import Value, ValueType, VectorBatch


class NumberEncoding(ABC):
    """Spells values of a type as sequences of symbols, and reads them back. Options are keyword-only parameters."""

    @abstractmethod
    def symbols(self, value_type: ValueType) -> list[str]:
        """Every symbol that a value of the type can need, in a fixed order."""

    @abstractmethod
    def encode(self, value: Value, value_type: ValueType) -> list[str]:
        """The symbols that spell a value.

        Raises:
            InputError: where the value is not of the type.
        """

    @abstractmethod
    def decode(self, symbols: Sequence[str], value_type: ValueType) -> Value:
        """The value that symbols spell: `decode(encode(x)) == x`.

        Raises:
            MalformedTokensError: where they spell none; nothing is ever guessed.
        """

    def encode_batch(self, batch: VectorBatch, value_type: ValueType) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Spell many values: indices into `symbols(value_type)`, padded with 0, and the length of each row."""
        index = {symbol: position for position, symbol in enumerate(self.symbols(value_type))}
        rows = [[index[symbol] for symbol in self.encode(value, value_type)] for value in batch.to_lists()]
        spelled = VectorBatch.from_lists(rows)
        return spelled.values, spelled.lengths


NUMBER_ENCODINGS: Registry[NumberEncoding] = Registry("number encoding", "seq2seq_transformer.tokenization")
