"""Each integer of a small range is one symbol."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import MalformedTokensError
from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS, NumberEncoding
from seq2seq_transformer.values import Range, Value, ValueType, Vector, VectorBatch


@NUMBER_ENCODINGS.register
class Symbolic(NumberEncoding):
    """One symbol a term: 1 0 12 is spelled "1" "0" "12".

    >>> Symbolic().encode([1, 0, 12], Vector(Range(0, 100)))
    ['1', '0', '12']
    """

    def symbols(self, value_type: ValueType) -> list[str]:
        """One symbol for each integer of the range."""
        item = _item(value_type)
        return [str(number) for number in range(item.low, item.high)]

    def encode(self, value: Value, value_type: ValueType) -> list[str]:
        """The terms, each in decimal."""
        value_type.check(value)
        return [str(term) for term in (value if isinstance(value, list) else [value])]

    def decode(self, symbols: Sequence[str], value_type: ValueType) -> Value:
        """The terms that the symbols name, as many as the type wants."""
        item = _item(value_type)
        known = set(self.symbols(value_type))
        for position, symbol in enumerate(symbols):
            if symbol not in known:
                raise MalformedTokensError(position, f"a whole number from {item.low} to {item.high - 1}", repr(symbol))
        wanted = value_type.length if isinstance(value_type, Vector) else 1
        if not symbols or (wanted is not None and len(symbols) < wanted):
            raise MalformedTokensError(len(symbols), "another term", "the end")
        if wanted is not None and len(symbols) > wanted:
            raise MalformedTokensError(wanted, "the end", repr(symbols[wanted]))
        terms: list[Value] = [int(symbol) for symbol in symbols]
        return terms if isinstance(value_type, Vector) else terms[0]

    def encode_batch(self, batch: VectorBatch, value_type: ValueType) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The values less the lowest: the order of `symbols`."""
        return np.where(batch.filled(), batch.values - _item(value_type).low, 0), batch.lengths


def _item(value_type: ValueType) -> Range:
    return value_type.item if isinstance(value_type, Vector) else value_type
