"""What making a batch costs beside the step it feeds. Bar: under 5 %.

Run: python benchmarks/batches.py
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from seq2seq_transformer.experiment.config import build_experiment
from seq2seq_transformer.experiment.layers import layer_of_values
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.machine import resolve_device_and_precision
from seq2seq_transformer.experiment.training import Training
from seq2seq_transformer.training.loops import train_step

ROUNDS, STEPS = 9, 10


def main() -> None:
    """Alternate between making batches and training on one, with the defaults of `seq2seq train patterns`."""
    torch.set_num_threads(1)
    layer = layer_of_values({"task": {"name": "patterns"}, "": {"threads": 1}})
    experiment = resolve_device_and_precision(build_experiment([layer]))
    training = Training(experiment, Path("unused"), Listener())
    batch = training.batches.batch(0)
    steps = iter(range(10**9))

    def make() -> None:
        training.batches.batch(next(steps))

    def train() -> None:
        train_step(training.model, training.optimizer, training.loss, batch, training.regime)

    times = {make: [], train: []}
    for _ in range(ROUNDS):
        for action, seconds in times.items():
            seconds.append(_seconds(action))
    made, trained = (statistics.median(seconds) for seconds in times.values())
    print(f"a batch of {len(batch)} is made in {1e3 * made:.2f} ms, trained on in {1e3 * trained:.2f} ms: ", end="")
    print(f"{100 * made / trained:.1f} % (bar: 5 %)")


def _seconds(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    for _ in range(STEPS):
        action()
    return (time.perf_counter() - start) / STEPS


if __name__ == "__main__":
    main()
