"""seq2seq generate."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from seq2seq_transformer.cli.options import Whole, layers
from seq2seq_transformer.cli.words import Pair
from seq2seq_transformer.cli.writing import FormatName, write_examples
from seq2seq_transformer.errors import ConfigError

if TYPE_CHECKING:
    from seq2seq_transformer.tasks.base import Task
    from seq2seq_transformer.values import ExampleBatch

SECTIONS = ("task", "seed")
_CHUNK = 10_000


def run(
    task: str,
    /,
    *,
    n: Annotated[Whole, Parameter(name=("-n", "--number"))],
    output: Annotated[Path | None, Parameter(name=("-o", "--output"))] = None,
    format: FormatName = "auto",
    base: Whole = 0,
    pairs: Annotated[list[Pair], Parameter(parse=False)],
) -> None:
    """Write examples of a task, one a line.

    Example: `seq2seq generate patterns -n 1000 > data.jsonl`

    Args:
        task: Name of the task (`seq2seq list tasks`), or FILE.py:CLASS.
        n: How many examples.
        output: New file to write; standard output where none is given.
        format: How to write them. auto: by the ending of the output's name; JSON Lines where that says nothing.
        base: Base of the digits in int2int and axolver. 0: that of the format.
    """
    from seq2seq_transformer.data.files import format_of_output
    from seq2seq_transformer.data.formats.base import FORMATS, Types
    from seq2seq_transformer.experiment.config import build_task
    from seq2seq_transformer.experiment.layers import layer_of_values

    if n < 0:
        raise ConfigError([f"-n must be 0 or more, but is {n} instead."])
    named = layer_of_values({"task": {"name": task}}, place="TASK")
    built, machine = build_task([*layers("generate", pairs, SECTIONS), named])
    name = format_of_output(output, format)
    writer, types = FORMATS.build(name, base=base), Types(built.source, built.target)
    write_examples(output, name, writer, types, _batches(built, machine.seed, n))


def _batches(task: "Task", seed: int, n: int) -> "Iterator[ExampleBatch]":
    import numpy as np

    from seq2seq_transformer.tasks.base import sampled

    rng = np.random.default_rng(seed)
    for start in range(0, n, _CHUNK):
        yield sampled(task, rng, min(_CHUNK, n - start))
