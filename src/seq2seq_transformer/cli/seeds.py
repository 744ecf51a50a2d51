"""Several seeds: a run of each, and what they come to."""

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from seq2seq_transformer.cli.notes import percent, say
from seq2seq_transformer.errors import EXIT_CODES, ConfigError, RunError, Stopped, TrainingError, typed
from seq2seq_transformer.training.environment import follows

if TYPE_CHECKING:
    from seq2seq_transformer.experiment.config import Experiment


def read_seeds(text: str) -> list[int]:
    """The seeds of 0,1,2.

    Raises:
        ConfigError: where they are no different whole numbers.
    """
    parts = [part.strip() for part in text.split(",")]
    numbers = [int(part) for part in parts if part.isdecimal()]
    if len(numbers) < len(parts) or len(set(numbers)) < len(parts):
        rule = "--seeds must be different whole numbers with commas, such as 0,1,2"
        raise ConfigError([f"{rule}, but is {text!r} instead."])
    return numbers


def train_several(
    experiment: "Experiment",
    seeds: Sequence[int],
    folder: Path,
    quiet: bool,
    begin: Callable[["Experiment", Path], int],
) -> int:
    """A run for each seed, one after another, then what they came to.

    Args:
        experiment: all but the seed.
        seeds: different ones.
        folder: for the runs.
        quiet: whether the end is not told.
        begin: trains one in a new folder; returns the exit code.

    Raises:
        RunError: where one of the folders exists; Stopped: where a signal ended it, with what is left. A training
            that diverges ends its own seed alone.
    """
    from seq2seq_transformer.checkpoints.description import read_model
    from seq2seq_transformer.experiment.saved import CONFIG

    runs = {seed: replace(experiment, machine=replace(experiment.machine, seed=seed)) for seed in seeds}
    if (folder / CONFIG).exists():
        rule = f"{folder} must be a folder for runs, but is one"
        raise RunError(f"{rule}. Choose another name: --run {typed(f'{folder}-2')}")
    for seed in seeds:  # all at once, before the first has taken its time
        if (run := folder / f"seed-{seed}").exists():
            again = (
                f"Go on with it: seq2seq train --resume {typed(run)}, or choose another: --run {typed(f'{folder}-2')}"
            )
            raise RunError(f"{run} must be a new folder, but exists already. {again}")
    found: list[tuple[float, float, int]] = []
    lost: list[int] = []
    for place, (seed, each) in enumerate(runs.items()):
        run = folder / f"seed-{seed}"
        try:
            code = begin(each, run)
            if code in EXIT_CODES.values():  # the processes of this run have said so
                raise Stopped(code, f"{run} was stopped.")
        except Stopped as error:
            left = ",".join(map(str, seeds[place + run.exists() :]))
            more = f"\nWhat is left is the same command with --seeds {left}" if left else ""
            raise Stopped(error.exit_code, f"{error}{more}") from error
        except TrainingError as error:  # which another seed need not meet
            code = error.exit_code
            if not follows(os.environ):
                say(f"warning: seed {seed}: {error}")
        if code not in (0, TrainingError.exit_code):
            return code
        if code:
            lost.append(seed)
            continue
        trained = {} if follows(os.environ) else read_model(run)[0].trained
        found.append((trained.get("exact_match", 0.0), -trained.get("validation_loss", math.inf), seed))
    if lost:
        say(f"warning: without a model: {', '.join(f'seed {seed}' for seed in lost)}")
    if found and not quiet:
        _summarise(found, folder)
    return 1 if lost else 0


def _summarise(found: Sequence[tuple[float, float, int]], folder: Path) -> None:
    """Say what exact matches and losses of seeds come to."""
    best, _, seed = max(found)  # of equal exact match, the lower loss
    for exact, _, number in found:
        print(f"seed {number:>6}   exact match {percent(exact)}")
    print(f"median        exact match {percent(median(exact for exact, *_ in found))}")
    best_run = typed(folder / f"seed-{seed}")
    print(f"Next: seq2seq evaluate {best_run}   (the best, {percent(best)} of the validation examples)")
