"""seq2seq generate."""

import json
import sys
from pathlib import Path
from typing import Annotated, TextIO

from cyclopts import Parameter

from seq2seq_transformer.cli.options import layers
from seq2seq_transformer.cli.words import Pair
from seq2seq_transformer.errors import ConfigError, FileError

SECTIONS = ("task", "seed")
_CHUNK = 10_000


def run(
    task: str,
    /,
    *,
    n: Annotated[int, Parameter(name=("-n", "--number"))],
    output: Annotated[Path | None, Parameter(name=("-o", "--output"))] = None,
    pairs: Annotated[list[Pair], Parameter(parse=False)],
) -> None:
    """Write examples of a task as JSON Lines: {"source": …, "target": …}.

    Example: `seq2seq generate patterns -n 1000 > data.jsonl`

    Args:
        task: Name of the task: `seq2seq list tasks`.
        n: How many examples.
        output: New file to write; standard output where none is given.
    """
    from seq2seq_transformer.checkpoints.commit import DISK_FAULTS
    from seq2seq_transformer.experiment.config import build_experiment
    from seq2seq_transformer.experiment.layers import layer_of_values

    if n < 0:
        raise ConfigError([f"-n must be 0 or more, but is {n} instead."])
    named = layer_of_values({"task": {"name": task}}, place="TASK")
    experiment = build_experiment([*layers("generate", pairs, SECTIONS), named])
    if output is None:
        _write(sys.stdout, experiment.task, experiment.machine.seed, n)
        return
    try:
        file = output.open("x", encoding="utf-8")
    except FileExistsError:
        raise FileError(f"-o must name a new file, but {output} exists already; it is left as it was.") from None
    except OSError as error:
        if error.errno in DISK_FAULTS:
            raise
        raise FileError(f"-o must name a file that can be written, but {output} cannot: {error.strerror}.") from error
    try:
        with file:
            _write(file, experiment.task, experiment.machine.seed, n)
    except BaseException:
        output.unlink()  # half a file must not be taken for a whole one
        raise


def _write(file: TextIO, task: object, seed: int, n: int) -> None:
    import numpy as np

    from seq2seq_transformer.tasks.base import Task
    from seq2seq_transformer.values import to_json

    assert isinstance(task, Task)
    rng = np.random.default_rng(seed)
    for start in range(0, n, _CHUNK):
        for example in task.sample_batch(rng, min(_CHUNK, n - start)).to_examples():
            record = {"source": to_json(example.source), "target": to_json(example.target)}
            file.write(json.dumps(record) + "\n")
