"""A stable hash of values: the same on every machine and in every version, however a batch holds them."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.values.batches import MATRIX, DigitBatch, IntBatch, ValueBatch
from seq2seq_transformer.values.types import Value

_WORD = 2**64
_LARGE = 10**18
_PRIME = 2**31 - 1
_SMALL = 10_000
_PLACE, _ROW, _RESIDUE = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1342543DE82EF95), np.uint64(0xBF58476D1CE4E5B9))


def stable_hash(batch: ValueBatch) -> NDArray[np.uint64]:
    """A 64-bit hash of each value: of its terms, their places and its form (finalizer of splitmix64, Steele 2014).

    A term below 10¹⁸ in size counts as itself, modulo 2⁶⁴; a larger one with its remainder modulo 2³¹ − 1 as well.
    """
    if isinstance(batch, DigitBatch):
        return _hash_words(_digit_words(batch), None, batch.lengths)
    if isinstance(batch, IntBatch):
        words = batch.values.astype(np.uint64)
        large = (batch.values >= _LARGE) | (batch.values <= -_LARGE)
        if large.any():
            words[large] = [_word(number) for number in batch.values[large].tolist()]
        whole = bool(len(batch)) and int(batch.lengths.min()) == batch.values.shape[1]
        hashes = _hash_words(words, None if whole else batch.filled(), batch.lengths)
        if batch.depth == MATRIX and batch.columns is not None:
            return _mix(hashes + (batch.lengths // batch.columns).astype(np.uint64) * _ROW)
        return hashes
    return np.array([_hash_value(value) for value in batch.to_lists()], dtype=np.uint64)


def hash_rows(tokens: NDArray[Any], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The hash of each row of small numbers, none of them empty, where rows stand one after another.

    Args:
        tokens: all rows.
        ends: where each ends.
    """
    lengths = np.diff(ends, prepend=0)
    starts = ends - lengths
    places = np.arange(1, len(tokens) + 1, dtype=np.uint64) - np.repeat(starts, lengths).astype(np.uint64)
    mixed = _mix(tokens.astype(np.uint64) + places * _PLACE)
    total = np.add.reduceat(mixed, starts) if len(starts) else np.zeros(0, dtype=np.uint64)
    return _mix(total + lengths.astype(np.uint64))


def _hash_words(
    words: NDArray[np.uint64], filled: NDArray[np.bool_] | None, lengths: NDArray[np.int64]
) -> NDArray[np.uint64]:
    total = lengths.astype(np.uint64)
    if words.size < _SMALL:
        mixed = _mix(words + np.arange(1, words.shape[1] + 1, dtype=np.uint64) * _PLACE)
        if filled is not None:
            mixed[~filled] = 0
        return _mix(total + mixed.sum(axis=1, dtype=np.uint64))
    for column in range(words.shape[1]):  # column by column: no array of all rows and terms is made
        with np.errstate(over="ignore"):
            mixed = _mix(words[:, column] + np.uint64(column + 1) * _PLACE)
        if filled is not None:
            mixed[~filled[:, column]] = 0
        total += mixed
    return _mix(total)


def _mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _hash_value(value: Value) -> int:
    leaves = list(_leaves(value))
    words = np.array([[_word(leaf) for leaf in leaves]], dtype=np.uint64)
    hashed = _hash_words(words, None, np.array([len(leaves)]))
    if isinstance(value, list) and any(isinstance(item, list) for item in value):
        sizes = [len(item) if isinstance(item, list) else -1 for item in value]
        depths = {isinstance(row, list) for item in value if isinstance(item, list) for row in item}
        plain = len(set(sizes)) == 1 and depths == {False}
        form = len(value) if plain else zlib.crc32(_form(value).encode())
        hashed = _mix(hashed + np.array([form], dtype=np.uint64) * _ROW)
    return int(hashed[0])


def _form(value: Value) -> str:
    return f"[{''.join(map(_form, value))}]" if isinstance(value, list) else "."


def _leaves(value: Value) -> Iterator[int | float | str]:
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _word(leaf: int | float | str) -> int:
    if isinstance(leaf, str):
        return zlib.crc32(leaf.encode()) | zlib.adler32(leaf.encode()) << 32
    if isinstance(leaf, float):
        return int(struct.unpack("<Q", struct.pack("<d", leaf))[0])
    residue = int(_RESIDUE) * (abs(leaf) % _PRIME + 1) if abs(leaf) >= _LARGE else 0
    return (leaf ^ residue) % _WORD


def _digit_words(batch: DigitBatch) -> NDArray[np.uint64]:
    places = batch.digits.shape[2]
    powers = np.array([pow(10, place, _WORD) for place in range(places)], dtype=np.uint64)
    residues = np.array([pow(10, place, _PRIME) for place in range(places)], dtype=np.uint64)
    words = np.zeros(batch.negative.shape, dtype=np.uint64)
    residue = np.zeros(batch.negative.shape, dtype=np.uint64)
    for place in range(places):
        words += batch.digits[:, :, place] * powers[place]
        residue += batch.digits[:, :, place] * residues[place]
    np.negative(words, out=words, where=batch.negative)
    large = batch.digits[:, :, 18:].any(axis=2)
    words[large] ^= _RESIDUE * (residue[large] % np.uint64(_PRIME) + np.uint64(1))
    return words
