"""A file of examples, tokenised once: a cache of shards beside the hash of the file's content.

A shard is committed whole, so an interrupted tokenisation goes on where it stopped, and two runs that start together
share what either has finished.
"""

import hashlib
import io
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.checkpoints.commit import read_file, read_folder, write_file, write_folder
from seq2seq_transformer.data.files import Block, ExampleFile, FileOptions
from seq2seq_transformer.data.formats.base import LineFault, Types
from seq2seq_transformer.data.lines import MOST_SHOWN, Faults
from seq2seq_transformer.data.stored import ARRAYS, StoredExamples, to_arrays
from seq2seq_transformer.errors import DamagedError, InputError
from seq2seq_transformer.experiment.cache import cache_folder, cannot_write, content_hash
from seq2seq_transformer.experiment.facts import facts_of, merged
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.values import ExampleBatch

_FORMAT = 2
_META, _COMPLETE = "meta.json", "complete"
_NPY_HEADER = 128


@dataclass(frozen=True)
class Corpus:
    """A tokenised file.

    Args:
        path: the file.
        stored: its examples.
        faults: its lines that hold none.
        facts: what the shards counted: terms and digits.
    """

    path: Path
    stored: StoredExamples
    faults: Faults
    facts: Mapping[str, Any]


def joined(corpora: Sequence[Corpus]) -> Corpus:
    """Several files as one, whose rows stand one after another; of faults and facts each keeps its own."""
    first, *rest = corpora
    path = Path(f"{first.path} and {len(rest)} more") if rest else first.path
    return replace(first, path=path, stored=StoredExamples.joined([corpus.stored for corpus in corpora]))


def tokenise(
    path: Path, options: FileOptions, types: Types, tokenizer: Tokenizer, progress: Callable[[int], None]
) -> Corpus:
    """The tokenised file, from the cache where it is there whole.

    Args:
        path: the file.
        options: how it is read.
        types: what its examples are.
        tokenizer: how they are spelled.
        progress: told the number of lines done after each new block.

    Raises:
        FileError: where the file cannot be read or the cache cannot be written.
    """
    source = ExampleFile(path, replace(options, types=str(types)))
    key = [_FORMAT, content_hash(path), str(types), source.format_name, options.base, options.columns]
    name = hashlib.sha256(json.dumps([*key, tokenizer.to_json()]).encode()).hexdigest()[:32]
    folder = cache_folder() / "tokens" / name
    try:
        try:
            return _read_or_make(folder, source, types, tokenizer, progress)
        except (DamagedError, ValueError, LookupError, EOFError, FileNotFoundError):
            shutil.rmtree(folder, ignore_errors=True)  # what can be made again is made again
        return _read_or_make(folder, source, types, tokenizer, progress)
    except OSError as error:
        raise cannot_write(folder, error) from error


def _read_or_make(
    folder: Path, source: ExampleFile, types: Types, tokenizer: Tokenizer, progress: Callable[[int], None]
) -> Corpus:
    faults = Faults(source.path)
    facts, shards = [], []
    for shard, meta in _shards(folder, source, types, tokenizer):
        progress(meta["lines_end"])
        faults.shown += [f"{source.path}:{place}" for place in meta["faults"]]
        faults.kinds += Counter(meta["kinds"])
        facts.append(meta["facts"])
        shards.append(_mapped(shard))
    del faults.shown[MOST_SHOWN:]
    return Corpus(source.path, StoredExamples(shards), faults, merged(facts))


def _shards(
    folder: Path, source: ExampleFile, types: Types, tokenizer: Tokenizer
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The folder and description of each shard: those there are, then those still to be made.

    Raises:
        DamagedError: where shards are missing that were there when the last was made.
    """
    number = end = lines = 0
    while (shard := folder / _name(number)).exists():
        meta = json.loads(read_file(shard / _META))
        number, end, lines = number + 1, meta["end"], meta["lines_end"]
        yield shard, meta
    if (folder / _COMPLETE).exists():
        if number != int(read_file(folder / _COMPLETE)):
            raise DamagedError(f"{folder} must be whole, but {_name(number)} is missing.")
        return
    faults = Faults(source.path)
    for block in source.blocks(types, faults, end, lines):
        lines += block.lines
        examples, arrays = _spelled(block, tokenizer, faults)
        meta = {
            "end": block.end,
            "lines_end": lines,
            "facts": facts_of(examples),
            "faults": [sentence.removeprefix(f"{source.path}:") for sentence in faults.shown],
            "kinds": dict(faults.kinds),
        }
        shard = folder / _name(number)
        content = {f"{name}.npy": _to_bytes(array) for name, array in arrays.items()}
        try:
            write_folder(shard, {**content, _META: json.dumps(meta).encode()})
        except OSError:
            if not (shard / _META).exists():  # it does where another run has finished the same shard meanwhile
                raise
        number += 1
        faults.clear()
        yield shard, meta
    write_file(folder / _COMPLETE, str(number).encode())


def _spelled(block: Block, tokenizer: Tokenizer, faults: Faults) -> tuple[ExampleBatch, dict[str, NDArray[np.generic]]]:
    """The examples that the encodings can hold, and their arrays; the others are faults."""
    try:
        return block.examples, to_arrays(block.examples, tokenizer)
    except InputError:
        kept = []
    for row, example in enumerate(block.examples.to_examples()):
        try:
            tokenizer.encode_source(example.source)
            tokenizer.encode_target(example.target)
            kept.append(row)
        except InputError as error:
            faults.add(int(block.places[row]), LineFault(1, "not held by the encoding", str(error)))
    examples = block.examples[np.array(kept, dtype=np.int64)]
    return examples, to_arrays(examples, tokenizer)


def _name(number: int) -> str:
    return f"shard-{number:05}"


def _to_bytes(array: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _mapped(shard: Path) -> dict[str, NDArray[np.generic]]:
    """The arrays of a shard as memory maps.

    Raises:
        DamagedError: where a file is not what was written.
    """
    read_folder(shard)  # for its checks alone
    arrays: dict[str, NDArray[np.generic]] = {}
    for name in ARRAYS:
        path = shard / f"{name}.npy"
        empty = path.stat().st_size <= _NPY_HEADER  # which cannot be mapped
        arrays[name] = np.load(path, mmap_mode=None if empty else "r")
    return arrays
