"""A file of examples, tokenised once: a cache of shards beside the hash of the file's content.

A shard is committed whole, so an interrupted tokenisation goes on where it stopped, and two runs that start together
share what either has finished.
"""

import hashlib
import io
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.checkpoints.commit import write_file, write_folder
from seq2seq_transformer.data.files import ExampleFile, FileOptions
from seq2seq_transformer.data.formats.base import Types
from seq2seq_transformer.data.lines import Faults
from seq2seq_transformer.data.stored import ARRAYS, SIDES, StoredExamples, to_arrays
from seq2seq_transformer.errors import DamagedError, FileError
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.values import ExampleBatch, IntBatch, ValueBatch

_FORMAT = 1
_META, _COMPLETE = "meta.json", "complete"


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


def cache_folder() -> Path:
    """Where tokenised files are kept: in the user's cache, or where SEQ2SEQ_CACHE says."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("SEQ2SEQ_CACHE") or Path(home) / "seq2seq-transformer")


def content_hash(path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        FileError: where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileError(f"{path} must be a file of examples, but cannot be read: {error.strerror}.") from error


def keep_stdin() -> Path:
    """Standard input as a file in the cache, so that it can be read again; named by its content."""
    folder = cache_folder() / "stdin"
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".partial-{os.getpid()}"
    with temporary.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return temporary.rename(folder / content_hash(temporary))


def tokenise(
    path: Path, options: FileOptions, types: Types, tokenizer: Tokenizer, progress: Callable[[int], None]
) -> Corpus:
    """The tokenised file, from the cache where it is there.

    Args:
        path: the file.
        options: how it is read.
        types: what its examples are.
        tokenizer: how they are spelled.
        progress: told the number of lines done after each new block.

    Raises:
        FileError: where the file cannot be read or the cache cannot be written.
    """
    source = ExampleFile(path, options)
    key = json.dumps(
        [_FORMAT, content_hash(path), str(types), source.format_name, asdict(options), tokenizer.to_json()]
    )
    folder = cache_folder() / "tokens" / hashlib.sha256(key.encode()).hexdigest()[:32]
    metas = []
    try:
        for meta in _shards(folder, source, types, tokenizer):
            metas.append(meta)
            progress(meta["lines_end"])
    except OSError as error:
        raise FileError(f"the cache {folder} must be writable, but is not: {error}. Set SEQ2SEQ_CACHE.") from error
    faults = Faults(path)
    for meta in metas:
        faults.shown += [f"{path}:{place}" for place in meta["faults"]]
        faults.kinds += Counter(meta["kinds"])
    del faults.shown[20:]
    try:
        stored = StoredExamples([_mapped(folder / _name(number)) for number in range(len(metas))])
    except (DamagedError, ValueError, EOFError):  # what can be made again is made again
        shutil.rmtree(folder)
        return tokenise(path, options, types, tokenizer, progress)
    return Corpus(path, stored, faults, _merged([meta["facts"] for meta in metas]))


def _shards(folder: Path, source: ExampleFile, types: Types, tokenizer: Tokenizer) -> Iterator[dict[str, Any]]:
    """The description of each shard: those there are, then those still to be made."""
    number = end = lines = 0
    while (meta_file := folder / _name(number) / _META).exists():
        meta = json.loads(meta_file.read_bytes())
        number, end, lines = number + 1, meta["end"], meta["lines_end"]
        yield meta
    if (folder / _COMPLETE).exists():
        return
    faults = Faults(source.path)
    for block in source.blocks(types, faults, end, lines):
        lines += block.lines
        meta = {
            "end": block.end,
            "lines_end": lines,
            "facts": _facts(block.examples),
            "faults": [sentence.removeprefix(f"{source.path}:") for sentence in faults.shown],
            "kinds": dict(faults.kinds),
        }
        arrays = {f"{name}.npy": _to_bytes(array) for name, array in to_arrays(block.examples, tokenizer).items()}
        shard = folder / _name(number)
        try:
            write_folder(shard, {**arrays, _META: json.dumps(meta).encode()})
        except OSError:
            if not (shard / _META).exists():  # it does where another run has finished the same shard meanwhile
                raise
        number += 1
        faults.clear()
        yield meta
    write_file(folder / _COMPLETE, b"")


def _name(number: int) -> str:
    return f"shard-{number:05}"


def _to_bytes(array: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _mapped(shard: Path) -> dict[str, NDArray[np.generic]]:
    """The arrays of a shard as memory maps; an empty one cannot be mapped, and is read."""
    arrays = {}
    for name in ARRAYS:
        path = shard / f"{name}.npy"
        try:
            arrays[name] = np.load(path, mmap_mode="r")
        except ValueError:
            arrays[name] = np.load(path)
    return arrays


def _facts(examples: ExampleBatch) -> dict[str, Any]:
    """What is counted of a block: examples, terms of source and target, digits of the largest number."""
    facts: dict[str, Any] = {"examples": len(examples)}
    for side, batch in zip(SIDES, (examples.source, examples.target), strict=True):
        terms = batch.lengths
        facts[side] = {
            "fewest": int(terms.min(initial=2**62)),
            "most": int(terms.max(initial=0)),
            "terms": int(terms.sum()),
            "digits": _most_digits(batch),
        }
    return facts


def _most_digits(batch: ValueBatch) -> int:
    """Decimal digits of the largest whole number; 0 where there is none."""
    if isinstance(batch, IntBatch):
        largest = max(int(batch.values.max(initial=0)), -int(batch.values.min(initial=0)))
        return len(str(largest)) if batch.values.size else 0
    return max((digits_of(value) for value in batch.to_lists()), default=0)


def digits_of(value: Any) -> int:
    """Decimal digits of the largest whole number in a value."""
    if isinstance(value, list):
        return max(map(digits_of, value), default=0)
    return len(str(abs(value))) if isinstance(value, int) else 0


def _merged(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The facts of all shards together."""
    merged: dict[str, Any] = {"examples": sum(part["examples"] for part in parts)}
    for side in SIDES:
        sides = [part[side] for part in parts]
        merged[side] = {
            "fewest": min((each["fewest"] for each in sides), default=0),
            "most": max((each["most"] for each in sides), default=0),
            "terms": sum(each["terms"] for each in sides),
            "digits": max((each["digits"] for each in sides), default=0),
        }
    return merged
