"""seq2seq train."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from seq2seq_transformer.cli.notes import percent
from seq2seq_transformer.cli.options import layers
from seq2seq_transformer.cli.words import Pair
from seq2seq_transformer.errors import ConfigError, RunError

if TYPE_CHECKING:
    from seq2seq_transformer.experiment.config import Experiment
    from seq2seq_transformer.experiment.layers import Layer

SECTIONS = (
    "task",
    "data",
    "encoding",
    "encoding.source",
    "encoding.target",
    "model",
    "model.positions",
    "model.positions.encoder",
    "model.positions.cross",
    "model.positions.decoder",
    "training",
    "evaluation",
    "decoding",
    "seed",
    "threads",
    "device",
)

_OF_A_RUN = (("task", "sha256"), ("data", "sha256"))


def run(
    task: str | None = None,
    /,
    *,
    run: Path | None = None,
    config: Path | None = None,
    resume: Path | None = None,
    seeds: str = "",
    quiet: bool = False,
    pairs: Annotated[list[Pair], Parameter(parse=False)],
) -> None:
    """Train a model on a task, on a task of your own, or on a file of examples.

    Example: `seq2seq train gcd --run runs/gcd --encoding.base 30`
    Example: `seq2seq train my_task.py:Collatz`
    Example: `seq2seq train --data.train examples.jsonl`
    The options of a task: `seq2seq train TASK --help`. Ctrl-C saves; --resume goes on.

    Args:
        task: Name of the task (`seq2seq list tasks`), or FILE.py:CLASS. Needed unless --data.train, --config or
            --resume stands in its place.
        run: New folder for the run. Default: runs/TASK.
        config: TOML file with an experiment, such as the config.toml of another run.
        resume: Run to go on with, from its newest good checkpoint.
        seeds: Several seeds, such as 0,1,2: a run of each, in folders of RUN, and the median and the best of them.
        quiet: Show warnings only.
    """
    from seq2seq_transformer.cli.screen import Screen
    from seq2seq_transformer.experiment.config import build_experiment
    from seq2seq_transformer.experiment.layers import layer_of_file, layer_of_values
    from seq2seq_transformer.experiment.rehearsal import rehearse
    from seq2seq_transformer.experiment.run import resume_run, start_run

    with Screen(quiet) as screen:
        if resume is not None:
            if task or run or config or pairs or seeds:
                raise ConfigError(
                    [f"--resume goes on with the configuration of {resume}: no task or option can stand beside it."]
                )
            predictor = resume_run(resume, screen)
            folder = resume
        else:
            above = layers("train", pairs, SECTIONS)
            below = [_anew(layer_of_file(config))] if config else []
            named = [layer_of_values({"task": {"name": task}}, place="TASK")] if task else []
            experiment = build_experiment([*below, *above, *named])
            folder = run or Path("runs") / experiment.name
            if experiment.training.dry_run:
                print(f"dry run: {rehearse(experiment)}. Train without --training.dry_run.")
                return
            if seeds:
                _train_several(experiment, _read_seeds(seeds), folder, quiet)
                return
            predictor = start_run(experiment, folder, screen)
    if quiet:
        return
    print(f"{folder} is finished." if predictor is None else f"The model is in {folder}.")
    print(f"Next: seq2seq evaluate {folder}")


def _read_seeds(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    numbers = [int(part) for part in parts if part.isdecimal()]
    if len(numbers) < len(parts) or len(set(numbers)) < len(parts):
        rule = "--seeds must be different whole numbers with commas, such as 0,1,2"
        raise ConfigError([f"{rule}, but is {text!r} instead."])
    return numbers


def _train_several(experiment: "Experiment", seeds: Sequence[int], folder: Path, quiet: bool) -> None:
    """A run for each seed, one after another, then what they came to."""
    from seq2seq_transformer.cli.screen import Screen
    from seq2seq_transformer.experiment.run import start_run

    runs = {seed: replace(experiment, machine=replace(experiment.machine, seed=seed)) for seed in seeds}
    for seed in seeds:  # all at once, before the first has taken its time
        if (run := folder / f"seed-{seed}").exists():
            again = f"Go on with it: seq2seq train --resume {run}, or choose another: --run {folder}-2"
            raise RunError(f"{run} must be a new folder, but exists already. {again}")
    found: list[tuple[float, int]] = []
    for seed, each in runs.items():
        with Screen(quiet) as screen:
            trained = start_run(each, folder / f"seed-{seed}", screen).description.trained
        found.append((trained.get("exact_match", 0.0), seed))
    if quiet:
        return
    best, seed = max(found)
    for exact, number in found:
        print(f"seed {number:>6}   exact match {percent(exact)}")
    print(f"median        exact match {percent(median(exact for exact, _ in found))}")
    print(f"Next: seq2seq evaluate {folder / f'seed-{seed}'}   (the best, {percent(best)} of the validation examples)")


def _anew(layer: "Layer") -> "Layer":
    """A configuration for a new run: what its files held in an earlier one does not bind it."""
    values = {
        section: {name: value for name, value in options.items() if (section, name) not in _OF_A_RUN}
        for section, options in layer.values.items()
    }
    return replace(layer, values=values)
