"""Length generalization: every recipe of configs/lengths, trained with fresh seeds and tested far beyond its training.

A cell is one recipe with one seed: `seq2seq train --config …`, then `seq2seq evaluate` at the lengths that the
configuration names, and further tests that it names in comments (`# test NAME: options`). Cells run two at a time, each
pinned to a core; what is done is kept and not done again, so the script can be interrupted at any time. At the end it
prints the table: median, best and worst exact match of the seeds.

Run: python benchmarks/lengths.py [NAME …] [--seeds 101 102 103] [--cores 0 1] [--into runs/lengths]
"""

import argparse
import json
import os
import queue
import re
import shlex
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CONFIGS = ROOT / "configs" / "lengths"
_MANY = 8
PROGRAM = [sys.executable, "-m", "seq2seq_transformer"]


def tests_of(config: Path) -> Iterator[tuple[str, list[str]]]:
    """The further tests of a recipe: name and options of `seq2seq evaluate`."""
    for name, options in re.findall(r"^# test ([^:]+): (.*)$", config.read_text(), flags=re.MULTILINE):
        yield name, shlex.split(options)


def run_cell(config: Path, seed: int, into: Path, core: int) -> None:
    """Train and test one recipe with one seed, as far as that is not done yet."""
    run = into / f"{config.stem}-{seed}"
    if not (run / "model.json").exists():
        start = ["--resume", str(run)] if run.exists() else ["--config", str(config), "--run", str(run)]
        call([*PROGRAM, "train", *start, *([] if run.exists() else ["--seed", str(seed)])], core)
    for name, options in [("lengths", []), *tests_of(config)]:
        answer = run / f"{name}.json"
        if not answer.exists():
            printed = call([*PROGRAM, "evaluate", str(run), *options, "--format", "json"], core)
            answer.write_text(printed)
    print(f"{run.name} is done", flush=True)


def call(command: list[str], core: int) -> str:
    """The output of a command with one thread on one core."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    pin = (lambda: os.sched_setaffinity(0, {core})) if hasattr(os, "sched_setaffinity") else None
    done = subprocess.run(command, env=environment, preexec_fn=pin, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def results(config: Path, seeds: list[int], into: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Of each test of a recipe, its name and the scores of the seeds that are done."""
    found: dict[str, list[dict[str, Any]]] = {}
    for seed in seeds:
        run = into / f"{config.stem}-{seed}"
        for name, options in [("lengths", []), *tests_of(config)]:
            if not (run / f"{name}.json").exists():
                continue
            report = json.loads((run / f"{name}.json").read_text())
            if options and "--evaluation.lengths" not in options:
                found.setdefault(name, []).append(report["total"])
                continue
            if len(report["at_lengths"]) > _MANY:
                found.setdefault(f"mean of {len(report['at_lengths'])} lengths", []).append(mean(report["at_lengths"]))
                continue
            for length, score in report["at_lengths"].items():
                found.setdefault(f"{name} {length}" if options else length, []).append(score)
    yield from found.items()


def mean(scores: dict[str, dict[str, Any]]) -> dict[str, float]:
    """The mean of the scores of many lengths, as arXiv 2207.02098 has it."""
    names = ("exact_match", "token_accuracy")
    return {name: statistics.mean(score[name] for score in scores.values()) for name in names}


def facts(config: Path, seeds: list[int], into: Path) -> str:
    """Seconds of training of each seed, and the weights of the model."""
    seconds, weights = [], 0
    for seed in seeds:
        path = into / f"{config.stem}-{seed}" / "model.json"
        if path.exists():
            description = json.loads(path.read_text())
            seconds.append(f"{description['trained']['seconds']:.0f}")
            weights = (path.parent / "model.safetensors").stat().st_size // 4000
    return f"{', '.join(seconds)} s, {weights},000 weights"


def print_table(configs: list[Path], seeds: list[int], into: Path) -> None:
    """The results as a table in Markdown."""
    print("| recipe | test | exact match: median (worst–best) | token accuracy: median | training |")
    print("| --- | --- | --- | --- | --- |")
    for config in configs:
        training = facts(config, seeds, into)
        for name, scores in results(config, seeds, into):
            exact = sorted(100 * score["exact_match"] for score in scores)
            tokens = statistics.median(100 * score["token_accuracy"] for score in scores)
            spread = f"{statistics.median(exact):.1f} % ({exact[0]:.1f}–{exact[-1]:.1f})"
            print(f"| `{config.stem}` | {name} | {spread} | {tokens:.1f} % | {training} |")
            training = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="recipes; all where none is named")
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    parser.add_argument("--cores", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--into", type=Path, default=Path("runs/lengths"))
    parser.add_argument("--table", action="store_true", help="print the table of what is done, and do nothing")
    given = parser.parse_args()
    configs = [path for path in sorted(CONFIGS.glob("*.toml")) if not given.names or path.stem in given.names]
    if not given.table:
        cells = queue.SimpleQueue[tuple[Path, int]]()
        for seed in given.seeds:
            for config in configs:
                cells.put((config, seed))
        workers = [threading.Thread(target=work, args=(cells, given.into, core)) for core in given.cores]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    print_table(configs, given.seeds, given.into)


def work(cells: "queue.SimpleQueue[tuple[Path, int]]", into: Path, core: int) -> None:
    """Do cells until there are no more; one that fails is said and left."""
    while True:
        try:
            config, seed = cells.get_nowait()
        except queue.Empty:
            return
        try:
            run_cell(config, seed, into, core)
        except RuntimeError as error:
            print(error, flush=True)


if __name__ == "__main__":
    main()
