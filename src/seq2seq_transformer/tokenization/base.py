"""What a number encoding is: a way to spell values as symbols, with the grammar of all spellings. No torch."""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import ConfigError
from seq2seq_transformer.registry import Registry
from seq2seq_transformer.tokenization.grammar import Grammar
from seq2seq_transformer.tokenization.spelling import Grid, OneSymbol, Spelling
from seq2seq_transformer.values import (
    DigitBatch,
    IntBatch,
    Matrix,
    Range,
    Scalar,
    Symbol,
    Value,
    ValueBatch,
    ValueType,
    Vector,
)
from seq2seq_transformer.values.batches import MATRIX
from seq2seq_transformer.values.scalars import BETWEEN_ROWS


class NumberEncoding(ABC):
    """Spells values of a type as sequences of symbols, and reads them back. Options are keyword-only parameters.

    Ranges and symbols are one symbol each in every encoding; a subclass says how the other numbers are spelled.
    """

    @property
    def separation(self) -> str:
        """Where separators stand between numbers: "auto" (where they would run together) or "always"."""
        return "auto"

    @abstractmethod
    def spelling(self, kind: Scalar) -> Spelling | None:
        """How numbers of this type are spelled; None where this encoding cannot."""

    @lru_cache(maxsize=32)  # noqa: B019 (a few types an encoding)
    def grammar(self, value_type: ValueType) -> Grammar:
        """The automaton of all spellings of a type.

        Raises:
            ConfigError: where the encoding cannot spell numbers of the type.
        """
        return Grammar(value_type, self._spelling_of, self.separation)

    def _spelling_of(self, kind: Scalar) -> Spelling:
        found = OneSymbol(kind) if isinstance(kind, (Range, Symbol)) else self.spelling(kind)
        if found is None:
            name = type(self).__module__.rpartition(".")[2]
            raise ConfigError(
                [f"the number encoding {name!r} cannot spell the type {kind}. See: seq2seq list encodings"]
            )
        return found

    def symbols(self, value_type: ValueType) -> list[str]:
        """Every symbol that a value of the type can need, in a fixed order."""
        return self.grammar(value_type).symbols

    def encode(self, value: Value, value_type: ValueType) -> list[str]:
        """The symbols that spell a value.

        Raises:
            InputError: where the value is not of the type, or the encoding cannot hold it.
        """
        return self.grammar(value_type).spell(value_type.convert(value))

    def decode(self, symbols: Sequence[str], value_type: ValueType) -> Value:
        """The value that symbols spell: `decode(encode(x)) == x`.

        Raises:
            MalformedTokensError: where they spell none; nothing is ever guessed.
        """
        return self.grammar(value_type).read(symbols)

    def encode_batch(self, batch: ValueBatch, value_type: ValueType) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Spell many values of the type.

        Returns:
            The symbols of all values, one value after another, as indices into `symbols(value_type)`; and how many
            symbols each value has.

        Raises:
            InputError: where a value is not of the type, or the encoding cannot hold it.
        """
        if isinstance(batch, IntBatch):
            _require_of_type(batch, value_type)
        grammar = self.grammar(value_type)
        grid = self._spell_columns(batch, grammar)
        if grid is not None:
            indices, used = grid
            return indices[used], used.sum(axis=1)
        rows = [[grammar.index[symbol] for symbol in self.encode(value, value_type)] for value in batch.to_lists()]
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        return np.fromiter(itertools.chain.from_iterable(rows), dtype=np.int64, count=int(lengths.sum())), lengths

    def _spell_columns(self, batch: ValueBatch, grammar: Grammar) -> Grid | None:
        """All symbols in a grid of shape (values, slots), and which slots are used; None where only rows will do."""
        spelling = grammar.only_spelling
        if spelling is None or not isinstance(batch, (IntBatch, DigitBatch)):
            return None
        grid = spelling.spell_ints(batch.values) if isinstance(batch, IntBatch) else spelling.spell_digits(batch)
        if grid is None:
            return None
        indices, used = grid
        if isinstance(batch, IntBatch) and not (filled := batch.filled()).all():
            used = used & filled[..., None]
        if indices.shape[1] > 1 and (grammar.form.separators[0] or batch.depth == MATRIX):
            indices, used = _with_separators(indices, used, batch, grammar)
        return indices.reshape(len(indices), -1), used.reshape(len(used), -1)


def _with_separators(
    indices: NDArray[Any], used: NDArray[np.bool_], batch: IntBatch | DigitBatch, grammar: Grammar
) -> Grid:
    """One more slot before each number, for the separator."""
    n, terms, slots = indices.shape
    symbol_index = {symbol: position for position, symbol in enumerate(grammar.symbols)}
    present = batch.filled() if isinstance(batch, IntBatch) else np.ones((n, terms), dtype=bool)
    wider = np.zeros((n, terms, slots + 1), dtype=np.result_type(indices.dtype, np.min_scalar_type(len(symbol_index))))
    wider_used = np.zeros(wider.shape, dtype=bool)
    wider[:, :, 1:], wider_used[:, :, 1:] = indices, used
    between = grammar.form.separators[0]
    if between:
        wider[:, 1:, 0] = symbol_index[between]
        wider_used[:, 1:, 0] = present[:, 1:]
    if isinstance(batch, IntBatch) and batch.columns is not None:
        new_row = (np.arange(terms) % batch.columns[:, None] == 0) & present
        new_row[:, 0] = False
        wider[:, :, 0][new_row] = symbol_index[BETWEEN_ROWS]
        wider_used[:, :, 0] |= new_row
    return wider, wider_used


NUMBER_ENCODINGS: Registry[NumberEncoding] = Registry("number encoding", "seq2seq_transformer.tokenization")


def _require_of_type(batch: IntBatch, value_type: ValueType) -> None:
    """Refuse, at a glance, numbers outside a range and another shape, which have a spelling all the same.

    Values of one batch are all as deep as the first.
    """
    for value in batch[:1].to_lists():
        value_type.convert(value)
    kind = value_type.item if isinstance(value_type, (Vector, Matrix)) else value_type
    wrong = np.zeros(len(batch), dtype=bool)
    if isinstance(kind, Range):
        wrong |= (((batch.values < kind.low) | (batch.values >= kind.high)) & batch.filled()).any(axis=1)
    if isinstance(value_type, Vector):
        wrong |= batch.lengths != (value_type.length or np.maximum(batch.lengths, 1))
    if isinstance(value_type, Matrix) and batch.columns is not None:
        wrong |= batch.columns != (value_type.columns or batch.columns)
        wrong |= batch.lengths != batch.columns * (value_type.rows or batch.lengths // batch.columns)
    if wrong.any():
        value_type.convert(batch[wrong].to_lists()[0])
