"""What checkpoints cost: the share of a training's time that goes into committing and dropping them.

Whole trainings with the default interval, a checkpoint after each epoch, everything verified and flushed to disk as
always; the model of `seq2seq train patterns`, and that of configs/gcd_base10.toml in one process.

Run: python benchmarks/saving.py
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seq2seq_transformer.experiment.config import Experiment, build_experiment
from seq2seq_transformer.experiment.keeping import Keeper
from seq2seq_transformer.experiment.layers import Layer, layer_of_file, layer_of_values
from seq2seq_transformer.experiment.run import start_run

BAR = 0.05
EPOCHS = 3
GCD = Path(__file__).parents[1] / "configs" / "gcd_base10.toml"


def share_of_saves(experiment: Experiment) -> tuple[float, float]:
    """Seconds of the training, and of what it does with its checkpoints."""
    spent = 0.0

    def timed(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            nonlocal spent
            start = time.perf_counter()
            try:
                return method(*args)
            finally:
                spent += time.perf_counter() - start

        return call

    before = Keeper.save, Keeper.drop_old
    Keeper.save, Keeper.drop_old = timed(Keeper.save), timed(Keeper.drop_old)  # type: ignore[method-assign]
    try:
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            start_run(experiment, Path(folder) / "run")
            return time.perf_counter() - start, spent
    finally:
        Keeper.save, Keeper.drop_old = before  # type: ignore[method-assign]


def main() -> None:
    """Print a line a model."""
    few = layer_of_values({"": {"threads": 1, "processes": 1, "device": "cpu"}, "training": {"epochs": EPOCHS}})
    models: dict[str, Layer] = {"patterns": layer_of_values({"task": {"name": "patterns"}}), "gcd": layer_of_file(GCD)}
    for name, layer in models.items():
        whole, saves = share_of_saves(build_experiment([layer, few]))
        met = "met" if saves <= BAR * whole else "not met"
        print(
            f"{name:10} {EPOCHS} epochs {whole:6.1f} s   {1000 * saves / EPOCHS:6.1f} ms a checkpoint"
            f"   {100 * saves / whole:.2f} % (at most {100 * BAR:.0f} %: {met})"
        )


if __name__ == "__main__":
    main()
