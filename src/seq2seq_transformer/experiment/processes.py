"""`--processes 0`: one process or one for each core, whichever takes more steps a second.

launch.py runs this module in as many processes as there are cores, `python -m … FILE`, with the experiment in FILE. The
first process takes steps alone, then all take them together; the first writes its choice beside the file.
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from seq2seq_transformer.errors import Seq2SeqError
from seq2seq_transformer.experiment.batches import make_batches
from seq2seq_transformer.experiment.config import Experiment, build_experiment
from seq2seq_transformer.experiment.launch import CHOICE, available_threads
from seq2seq_transformer.experiment.layers import layer_of_file
from seq2seq_transformer.experiment.machine import (
    TRIAL_SECONDS,
    fastest,
    keep_freed_memory,
    resolve_device_and_precision,
    steps_a_second,
)
from seq2seq_transformer.experiment.threads import step_of_a_copy
from seq2seq_transformer.training.loss import SequenceCrossEntropy
from seq2seq_transformer.training.precision import DTYPES
from seq2seq_transformer.training.ranks import Ranks
from seq2seq_transformer.training.regime import Regime
from seq2seq_transformer.training.several_ranks import ranks_of


def choose_processes(experiment: Experiment, ranks: Ranks) -> dict[str, Any]:
    """Measure the step of one process and of all, as the first of them finds it.

    Args:
        experiment: with device and precision resolved.
        ranks: the processes.

    Returns:
        `processes`, `threads` of all together (0: still open) and `words` for people.
    """
    machine, config = experiment.machine, experiment.training
    if machine.device != "cpu":
        return {"processes": 1, "threads": machine.threads, "words": ""}
    with ranks.first_ahead():  # files are tokenised once for all
        batch = make_batches(experiment, experiment.problem())[0].batch(0)
    ranks.sum(0.0)  # the others are done with it, too, before one is timed alone
    loss = SequenceCrossEntropy(experiment.tokenizer.vocabulary.pad)
    alone = Regime(max_grad_norm=config.max_grad_norm, parts=config.accumulate, dtype=DTYPES[config.precision])
    every = machine.threads or available_threads()

    def measure_alone() -> bytes:
        step = step_of_a_copy(experiment, batch, loss, alone)
        choices = sorted({every} if machine.threads else {1, every})
        return json.dumps([(threads, steps_a_second(step, threads)) for threads in choices]).encode()

    rates: dict[int, float] = dict(json.loads(ranks.from_first(measure_alone)))
    threads = fastest(rates)
    step = step_of_a_copy(experiment, batch, loss, replace(alone, ranks=ranks))
    steps = 2 + int(TRIAL_SECONDS * rates[threads])
    together = steps_a_second(step, ranks.threads(every), steps)
    processes = fastest({1: rates[threads], ranks.world: together})
    told = [f"{rate:.1f} in one with {of} thread{'s' * (of > 1)}" for of, rate in rates.items()]
    words = f"processes: {processes}; steps a second: {', '.join(told)}, {together:.1f} in {ranks.world}"
    return {"processes": processes, "threads": threads if processes == 1 else every, "words": words}


def main(config: Path) -> int:
    """What each of the processes does; returns the exit code."""
    ranks = ranks_of(os.environ)
    keep_freed_memory()
    try:
        experiment = resolve_device_and_precision(build_experiment([layer_of_file(config)]))
        with ranks.watched("The training says more."):
            choice = choose_processes(experiment, ranks)
    except (Seq2SeqError, OSError):
        return 2
    if ranks.is_first:
        config.with_name(CHOICE).write_text(json.dumps(choice), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
