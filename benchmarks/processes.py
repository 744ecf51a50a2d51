"""Two processes against one: training steps at two sizes, sharing batches as `--processes 2` does.

In each round, one after another: one process with one thread, one process with two threads, two processes with one
thread each. Figures are medians over the rounds; ratios are taken within a round.

Run: python benchmarks/processes.py   (needs the extra `bench`)
"""

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.distributed
from training_step import PAD, transformer
from training_step import batches as batches_as_they_come

from seq2seq_transformer import Batch, SequenceCrossEntropy, Transformer
from seq2seq_transformer.experiment.batches import make_batches
from seq2seq_transformer.experiment.config import build_experiment
from seq2seq_transformer.experiment.layers import layer_of_values
from seq2seq_transformer.training.loops import train_step
from seq2seq_transformer.training.optimizers import build_optimizer
from seq2seq_transformer.training.precision import has_fast_bfloat16
from seq2seq_transformer.training.ranks import Ranks
from seq2seq_transformer.training.regime import Regime
from seq2seq_transformer.training.several_ranks import join, ranks_of

ROUNDS, SECONDS = 7, 1.5
WAYS = ("1 process, 1 thread", "1 process, 2 threads", "2 processes")


@dataclass(frozen=True)
class Work:
    """What is trained.

    Args:
        model: a new model.
        batch: the batch of a step.
        pad: the token that does not count.
    """

    model: Callable[[], Transformer]
    batch: Callable[[int], Batch]
    pad: int


def gcd(batch_size: int) -> Work:
    """The gcd of numbers to 10,000 in base 10, a model of about a million weights; batches are generated on the way."""
    model = {"dim_model": 128, "num_heads": 8, "num_encoder_layers": 2, "num_decoder_layers": 2}
    values = {"task": {"name": "gcd"}, "encoding": {"base": 10}, "model": model, "training": {"batch_size": batch_size}}
    experiment = build_experiment([layer_of_values(values)])
    batches, _ = make_batches(experiment, experiment.problem())
    pad = experiment.tokenizer.vocabulary.pad
    return Work(lambda: Transformer.from_config(experiment.model), batches.batch, pad)


def larger(batch_size: int) -> Work:
    """The model of eight million weights and the batches of training_step.py."""
    drawn = batches_as_they_come(batch_size, 4)
    return Work(transformer, lambda number: drawn[number % len(drawn)], PAD)


WORKS: dict[str, tuple[Callable[[int], Work], Sequence[int]]] = {
    "gcd, d 128, 2+2 layers": (gcd, (32, 128, 512)),
    "training_step.py, d 256, 4+4 layers": (larger, (32, 256)),
}


def stepper(work: Work, ranks: Ranks, dtype: torch.dtype) -> Callable[[int], None]:
    """What takes the training's step of a number."""
    torch.manual_seed(0)
    model = work.model()
    optimizer = build_optimizer("adamw", model, learning_rate=1e-4)
    loss = SequenceCrossEntropy(work.pad)
    regime = Regime(max_grad_norm=1.0, dtype=dtype, ranks=ranks)
    shared = ranks.parallel(model, work.batch(0))

    def step(number: int) -> None:
        train_step(shared, optimizer, loss, work.batch(number), regime)

    return step


def steps_a_second(step: Callable[[int], None], number: int) -> float:
    """So many steps, timed."""
    start = time.perf_counter()
    for place in range(number):
        step(place)
    return number / (time.perf_counter() - start)


def measure(work: Work, dtype: torch.dtype, ranks: Ranks) -> dict[str, list[float]]:
    """Steps a second of each way in each round; the second process takes part in the last way only."""
    alone, together = (stepper(work, who, dtype) for who in (Ranks(), ranks))
    torch.set_num_threads(1)
    number = torch.tensor(max(3, int(SECONDS * steps_a_second(alone, 3))))
    torch.distributed.broadcast(number, 0)
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(ROUNDS):
        for way, step, threads in zip(WAYS, (alone, alone, together), (1, 2, 1), strict=True):
            torch.distributed.barrier()
            torch.set_num_threads(threads)
            if ranks.is_first or step is together:
                found[way].append(steps_a_second(step, int(number)))
    return found


def report(batch_size: int, dtype: torch.dtype, found: dict[str, list[float]]) -> None:
    """Print examples a second, and the median ratio to one process with one thread."""
    base = found[WAYS[0]]
    told = [
        f"{way} {batch_size * statistics.median(rates):,.0f}/s "
        f"(x{statistics.median(rate / one for rate, one in zip(rates, base, strict=True)):.2f})"
        for way, rates in found.items()
    ]
    print(f"batch {batch_size:>3}  {str(dtype).removeprefix('torch.'):<8}  " + "   ".join(told), flush=True)


def main() -> None:
    """Start the two processes; in each of them, measure."""
    if "RANK" not in os.environ:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        both = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        processes = [subprocess.Popen([sys.executable, __file__], env={**both, "RANK": rank}) for rank in "01"]
        sys.exit(max(process.wait() for process in processes))
    ranks = ranks_of(os.environ)
    join()
    for dtype in (torch.float32, torch.bfloat16) if has_fast_bfloat16("cpu") else (torch.float32,):
        for title, (make, batch_sizes) in WORKS.items():
            if ranks.is_first:
                print(title)
            for batch_size in batch_sizes:
                found = measure(make(batch_size), dtype, ranks)
                if ranks.is_first:
                    report(batch_size, dtype, found)


if __name__ == "__main__":
    main()
