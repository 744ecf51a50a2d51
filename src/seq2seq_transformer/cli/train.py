"""seq2seq train."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from seq2seq_transformer.cli.notes import note
from seq2seq_transformer.cli.options import layers
from seq2seq_transformer.cli.seeds import read_seeds, train_several
from seq2seq_transformer.cli.untrained import nothing_trained_yet
from seq2seq_transformer.cli.words import Pair
from seq2seq_transformer.errors import ConfigError, typed
from seq2seq_transformer.experiment.layers import is_option
from seq2seq_transformer.training.environment import follows, is_one_of_several

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
    "processes",
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
) -> int:
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
    quiet = quiet or follows(os.environ)
    if resume is not None:
        if task or run or config or pairs or seeds:
            raise ConfigError(
                [
                    f"--resume goes on with the configuration of {resume}: no task or option can stand beside it. "
                    f"To train anew, otherwise: seq2seq train --config {typed(resume / 'config.toml')} --run NEW …"
                ]
            )
        if not follows(os.environ) and (variables := [name for name in os.environ if is_option(name)]):
            rule = f"--resume goes on with the configuration of {resume}"
            note(
                f"{rule}: {', '.join(sorted(variables))} in the environment change{'s' * (len(variables) == 1)} nothing"
            )
        return _go_on(resume, quiet)
    with nothing_trained_yet():
        if seeds and any(pair[:2] == ("", "seed") for pair in pairs):
            raise ConfigError(["--seeds takes the place of --seed: name every seed in --seeds alone."])
        experiment = _read(task, config, pairs)
    if not follows(os.environ):
        for sentence in experiment.training.idle([name for section, name, *_ in pairs if section == "training"]):
            note(sentence)
    folder = run or Path("runs") / experiment.name
    if experiment.training.dry_run:
        if seeds:
            raise ConfigError(["a dry run tries one seed: leave out --seeds, or --training.dry_run."])
        _rehearse(experiment)
        return 0
    if seeds:
        return train_several(
            experiment, read_seeds(seeds), folder, quiet, lambda each, place: _begin(each, place, quiet)[0]
        )
    code, launched = _begin(experiment, folder, quiet)
    if not (quiet or launched):
        print(f"The model is in {folder}.\nNext: seq2seq evaluate {typed(folder)}")
    return code


def _read(task: str | None, config: Path | None, pairs: list[Pair]) -> "Experiment":
    """What is asked for."""
    from seq2seq_transformer.experiment.config import build_experiment
    from seq2seq_transformer.experiment.layers import layer_of_file, layer_of_values

    above = layers("train", pairs, SECTIONS)
    below = [_anew(layer_of_file(config))] if config else []
    named = [layer_of_values({"task": {"name": task}}, place="TASK")] if task else []
    return build_experiment([*below, *above, *named])


def _begin(experiment: "Experiment", run: Path, quiet: bool) -> tuple[int, bool]:
    """Train in a new folder; returns the exit code, and whether other processes did it, and said so."""
    from seq2seq_transformer.experiment.launch import launch_new, with_processes_measured

    if experiment.machine.processes == 0 and not is_one_of_several(os.environ):
        experiment, words = with_processes_measured(experiment)
        if words and not quiet:
            print(words, flush=True)
    if experiment.machine.processes > 1 and not is_one_of_several(os.environ):
        return launch_new(experiment, run, ["--quiet"] if quiet else []), True
    with nothing_trained_yet():
        from seq2seq_transformer.cli.screen import Screen
        from seq2seq_transformer.experiment.run import start_run

    with Screen(quiet) as screen:
        start_run(experiment, run, screen)
    return 0, False


def _go_on(run: Path, quiet: bool) -> int:
    """Resume a run, in as many processes as it was begun in."""
    from seq2seq_transformer.experiment.launch import launch, processes_of

    with nothing_trained_yet():
        processes = processes_of(run)
    if processes > 1 and not is_one_of_several(os.environ):
        return launch(["train", "--resume", str(run), *(["--quiet"] if quiet else [])], processes)
    with nothing_trained_yet():
        from seq2seq_transformer.cli.screen import Screen
        from seq2seq_transformer.experiment.run import resume_run

    with Screen(quiet) as screen:
        predictor = resume_run(run, screen)
    if not quiet:
        print(f"{run} is finished." if predictor is None else f"The model is in {run}.")
        print(f"Next: seq2seq evaluate {typed(run)}")
    return 0


def _rehearse(experiment: "Experiment") -> None:
    """Try a training, in one process."""
    from seq2seq_transformer.experiment.rehearsal import rehearse

    if not follows(os.environ):
        alone = ", in one process" if experiment.machine.processes > 1 else ""
        print(f"dry run: {rehearse(experiment)}{alone}. Train without --training.dry_run.")


def _anew(layer: "Layer") -> "Layer":
    """A configuration for a new run: what its files held in an earlier one does not bind it."""
    values = {
        section: {name: value for name, value in options.items() if (section, name) not in _OF_A_RUN}
        for section, options in layer.values.items()
    }
    return replace(layer, values=values)
