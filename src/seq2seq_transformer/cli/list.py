"""seq2seq list."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from seq2seq_transformer.cli.notes import note, say
from seq2seq_transformer.errors import ConfigError, explain_import, typed

SECTIONS = ()
Kind = Literal[
    "tasks", "encodings", "formats", "positions", "channels", "optimizers", "schedules", "decoding", "engines"
]
_REGISTRIES = {
    "tasks": "tasks.base:TASKS",
    "encodings": "tokenization.base:NUMBER_ENCODINGS",
    "formats": "data.formats.base:FORMATS",
    "positions": "model.positional_encodings.base:POSITIONAL_ENCODINGS",
    "channels": "model.positions:CHANNELS",
    "optimizers": "training.optimizers:OPTIMIZERS",
    "schedules": "training.schedules:SCHEDULES",
    "decoding": "decoding.base:DECODING_STRATEGIES",
    "engines": "inference.base:ENGINES",
}


def run(kind: Kind | None = None, file: Path | None = None, /) -> int:
    """Show what can be named.

    A table on a terminal; in a pipe one entry a line, name first, then a tab and what it is.
    Example: `seq2seq list tasks`

    Args:
        kind: What to list; everything where none is given.
        file: Python file with tasks of your own: they are shown, and the laws of tasks are checked on them.
    """
    if file is not None:
        if kind != "tasks":
            raise ConfigError([f"only tasks can be listed from a file. Type: seq2seq list tasks {typed(file)}"])
        return _list_file(file)
    if kind:
        _show([(name, "", summary) for name, summary in _entries(kind)])
        return 0
    rows, left, problem = [], [], None
    for each in _REGISTRIES:
        try:
            rows += [(name, each, summary) for name, summary in _entries(each)]
        except ImportError as error:
            left.append(each)
            if (problem := explain_import(error, f"the rest of the list ({', '.join(left)})")) is None:
                raise
    _show(rows)
    if problem:
        note(str(problem))
    return 0


def _show(rows: list[tuple[str, str, str]]) -> None:
    """Name, kind ("" for none) and summary of each entry."""
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(filter(None, row)))
        return
    from rich.console import Console
    from rich.table import Table

    has_kinds = any(kind for _, kind, _ in rows)
    table = Table("name", *(["kind"] if has_kinds else []), "what it is", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(cell for cell in row if cell))
    Console().print(table)


def _entries(kind: str) -> Iterator[tuple[str, str]]:
    module, _, name = _REGISTRIES[kind].partition(":")
    registry = getattr(importlib.import_module(f"seq2seq_transformer.{module}"), name)
    return ((entry, registry.summary(entry)) for entry in registry.names())


def _list_file(path: Path) -> int:
    """Show the tasks of a file, and the laws that each of them breaks; 1 where there are any."""
    from seq2seq_transformer.experiment.laws import LAWS, broken_laws
    from seq2seq_transformer.tasks.base import TASKS

    names = [f"{path}:{entry}" for entry in TASKS.of_file(path)]
    _show([(name, "", TASKS.summary(name)) for name in names])
    broken = [f"{name}: {sentence}" for name in names for sentence in broken_laws(name)]
    for sentence in broken:
        say(f"seq2seq: {sentence}")
    if not broken:
        note(f"all {len(LAWS)} laws of tasks are kept")
    return 1 if broken else 0
