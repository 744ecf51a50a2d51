"""What an answer costs: the loop with its key/value cache where answers end one by one, and what the grammar adds.

Run: python benchmarks/decoding_costs.py
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from seq2seq_transformer import Transformer
from seq2seq_transformer.decoding.base import StepFunction
from seq2seq_transformer.decoding.constraints import Constraint
from seq2seq_transformer.decoding.greedy import Greedy
from seq2seq_transformer.inference.torch_engine import TorchEngine
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.values import Integer, Vector

ROUNDS, SOURCE, LONGEST = 5, 24, 64
TOKENIZER = Tokenizer(Vector(Integer()), Vector(Integer()))
VOCABULARY = TOKENIZER.vocabulary


def main() -> None:
    """Tokens a second in float32 on one thread: 7.8 M parameters, sources of 24 tokens, answers of 1 to 64."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = Transformer(len(VOCABULARY), 256, 8, 4, 4, 0.0, pad_token=VOCABULARY.pad)
    engine, constraint = TorchEngine.of_model(model), Constraint.of(TOKENIZER)
    print(
        "batch   answers of 1 to 64   all of 64   greedy   greedy with the grammar   (tokens/s; the encoder left out)"
    )
    for batch in (1, 16, 128):
        rng = np.random.default_rng(0)
        sources = rng.integers(0, 10, (batch, SOURCE)).tolist()
        lengths = rng.integers(1, LONGEST + 1, batch)
        ways: list[Callable[[StepFunction], int]] = [
            lambda step, lengths=lengths: follow(step, lengths),
            lambda step, batch=batch: follow(step, np.full(batch, LONGEST)),
            lambda step, batch=batch: greedy(step, batch, None),
            lambda step, batch=batch: greedy(step, batch, constraint),
        ]
        rates: list[list[float]] = [[] for _ in ways]
        for _ in range(ROUNDS * (4 if batch == 1 else 1)):
            for way, found in zip(ways, rates, strict=True):
                found.append(rate(engine, sources, way))
        print(f"{batch:5}", *(f"{statistics.median(found):15,.0f}" for found in rates))


def rate(engine: TorchEngine, sources: list[list[int]], way: Callable[[StepFunction], int]) -> float:
    """Tokens a second."""
    step = engine.start(sources, max_length=LONGEST)
    start = time.perf_counter()
    tokens = way(step)
    return tokens / (time.perf_counter() - start)


def follow(step: StepFunction, lengths: np.ndarray) -> int:
    """Say answers of these lengths, whatever the model thinks; each leaves the batch at its end."""
    running = lengths
    for place in range(1, int(lengths.max()) + 1):
        step(np.full(len(running), 3))
        kept = running > place
        if kept.any() and not kept.all():
            step.select(np.flatnonzero(kept))
        running = running[kept]
    return int(lengths.sum())


def greedy(step: StepFunction, batch: int, constraint: Constraint | None) -> int:
    """Greedy answers of an untrained model, of 64 tokens at most."""
    options = {"sos": VOCABULARY.sos, "eos": VOCABULARY.eos, "max_length": LONGEST}
    answers = Greedy().decode(step, batch, constraint=constraint, **options)
    return sum(len(answer.tokens) + answer.finished for answer in answers)


if __name__ == "__main__":
    main()
