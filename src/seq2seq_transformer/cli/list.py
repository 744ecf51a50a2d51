"""seq2seq list."""

import importlib
import sys
from typing import Literal

SECTIONS = ()
Kind = Literal["tasks", "encodings", "positions", "optimizers", "schedules", "decoding", "engines"]
_REGISTRIES = {
    "tasks": "tasks.base:TASKS",
    "encodings": "tokenization.base:NUMBER_ENCODINGS",
    "positions": "model.positional_encodings.base:POSITIONAL_ENCODINGS",
    "optimizers": "training.optimizers:OPTIMIZERS",
    "schedules": "training.schedules:SCHEDULES",
    "decoding": "decoding.base:DECODING_STRATEGIES",
    "engines": "inference.base:ENGINES",
}


def run(kind: Kind | None = None, /) -> None:
    """Show what can be named.

    A table on a terminal; in a pipe one entry a line, name first, then a tab and what it is.
    Example: `seq2seq list tasks`

    Args:
        kind: What to list; everything where none is given.
    """
    rows = [
        (name, each if kind is None else "", summary)
        for each in ([kind] if kind else _REGISTRIES)
        for name, summary in _entries(each)
    ]
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(filter(None, row)))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", *([] if kind else ["kind"]), "what it is", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(cell for cell in row if cell))
    Console().print(table)


def _entries(kind: str) -> list[tuple[str, str]]:
    module, _, name = _REGISTRIES[kind].partition(":")
    registry = getattr(importlib.import_module(f"seq2seq_transformer.{module}"), name)
    return [(entry, registry.summary(entry)) for entry in registry.names()]
