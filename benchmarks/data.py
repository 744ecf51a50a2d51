"""How fast numbers become tensors, on one core.

Bars: gcd 1,000,000 examples/s, 20-digit addition 300,000 examples/s, a file of a million lines in 8 s the first time
and in 1 s the next.

Run: python benchmarks/data.py
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.data.files import ExampleFile, FileOptions
from seq2seq_transformer.data.formats.base import FORMATS, Types
from seq2seq_transformer.data.splits import Split
from seq2seq_transformer.experiment.corpus import tokenise
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tokenization.tokenizer import Tokenizer

ROUNDS, BATCH, LINES = 9, 1 << 16, 1_000_000


def main() -> None:
    """Print each figure beside its bar."""
    torch.set_num_threads(1)
    gcd = TASKS.build("gcd", max_operand=10_000, outcomes="uniform", max_gcd=100)
    addition = TASKS.build("addition", min_digits=20, max_digits=20)
    for name, task, bar in (("gcd", gcd, 1_000_000), ("addition", addition, 300_000)):
        made, drawn = rates(task)
        print(f"{name:<10}{made:>12,.0f} examples/s generated and tokenised (bar: {bar:,})")
        print(f"{'':<10}{drawn:>12,.0f} examples/s with held-out ones rejected, as training draws them")
    file()


def rates(task: Task) -> tuple[float, float]:
    """Examples a second, median of the rounds: drawn as they come, and on the training side of the split."""
    tokenizer = Tokenizer(task.source, task.target)
    split = Split.of_task(task)
    rng = np.random.default_rng(0)
    plain = [seconds(lambda: Batch.from_examples(task.sample_batch(rng, BATCH), tokenizer)) for _ in range(ROUNDS)]
    held = [
        seconds(lambda: Batch.from_examples(split.draw(rng, BATCH, held_out=False), tokenizer)) for _ in range(ROUNDS)
    ]
    return BATCH / statistics.median(plain), BATCH / statistics.median(held)


def file() -> None:
    """Read a million lines of Int2Int, twice."""
    types = Types.parse("int[2]:int")
    writer = FORMATS.build("int2int")
    options = FileOptions("int2int", str(types))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SEQ2SEQ_CACHE"] = folder
        path = Path(folder) / "gcd.txt"
        examples = TASKS.build("gcd").sample_batch(np.random.default_rng(0), LINES).to_examples()
        path.write_text("".join(writer.write(example, types) + "\n" for example in examples), encoding="utf-8")

        def read() -> None:
            source = ExampleFile(path, options)
            corpus = tokenise(path, options, types, Tokenizer(source.types.source, source.types.target), lambda _: None)
            assert len(corpus.stored) == LINES and not len(corpus.faults)

        first, second = seconds(read), seconds(read)
    print(f"{'int2int':<10}{LINES:,} lines read, checked and tokenised in {first:.2f} s (bar: 8), ", end="")
    print(f"the next time in {second:.2f} s (bar: 1)")


def seconds(action: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
