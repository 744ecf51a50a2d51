"""Our training step against torch.nn.Transformer and Hugging Face BART: same sizes, same batches, one thread.

Three columns. "as run": each as people run it, theirs in float32 with the default AdamW, ours with our defaults. "same
settings": all with the precision that is fastest here and a fused AdamW; ours leaves the padding of the same batches
out. "no padding": the same where every sequence is equally long, so that all do the same work. The figure is the
median over alternating rounds of their time divided by ours, for the faster of the two.

Beside them: what share our step has of the fastest matrix product measured here, the most memory of a process that
trains at the larger batch, and what a second core gains.

Run: python benchmarks/training_step.py   (needs the extra `bench`)
"""

import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import BartConfig, BartForConditionalGeneration

from seq2seq_transformer import Batch, PositionalEncoding, SequenceCrossEntropy, Transformer
from seq2seq_transformer.training.loops import Regime, train_step
from seq2seq_transformer.training.precision import has_fast_bfloat16

DIM, HEADS, LAYERS, FEEDFORWARD, TOKENS = 256, 8, 4, 1024, 1003
SOS, EOS, PAD = 1000, 1001, 1002
ROUNDS, BATCH_SIZES = 9, (32, 256)
BEST = torch.bfloat16 if has_fast_bfloat16("cpu") else torch.float32
LOSS = SequenceCrossEntropy(PAD)


class TorchTransformer(nn.Module):
    """What the tutorials build around torch.nn.Transformer."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(TOKENS, DIM)
        self.positions = PositionalEncoding(DIM, 0.0, 512)
        self.transformer = nn.Transformer(DIM, HEADS, LAYERS, LAYERS, FEEDFORWARD, 0.0, batch_first=True)
        self.out = nn.Linear(DIM, TOKENS)

    def forward(self, src: Tensor, tgt: Tensor) -> Tensor:
        """Logits, (B, T, V)."""
        causal = torch.ones(tgt.shape[1], tgt.shape[1], dtype=torch.bool).triu(1)
        pad = src == PAD
        embedded = [self.positions(self.embedding(tokens) * math.sqrt(DIM)) for tokens in (src, tgt)]
        return self.out(
            self.transformer(
                *embedded,
                tgt_mask=causal,
                src_key_padding_mask=pad,
                tgt_key_padding_mask=tgt == PAD,
                memory_key_padding_mask=pad,
            )
        )


class Bart(nn.Module):
    """Hugging Face BART of the same sizes."""

    def __init__(self) -> None:
        super().__init__()
        config = BartConfig(
            vocab_size=TOKENS,
            d_model=DIM,
            max_position_embeddings=64,
            dropout=0.0,
            pad_token_id=PAD,
            bos_token_id=SOS,
            eos_token_id=EOS,
            decoder_start_token_id=SOS,
            forced_eos_token_id=None,
            use_cache=False,
            encoder_layers=LAYERS,
            decoder_layers=LAYERS,
            encoder_attention_heads=HEADS,
            decoder_attention_heads=HEADS,
            encoder_ffn_dim=FEEDFORWARD,
            decoder_ffn_dim=FEEDFORWARD,
        )
        self.bart = BartForConditionalGeneration(config)

    def forward(self, src: Tensor, tgt: Tensor) -> Tensor:
        """Logits, (B, T, V)."""
        return self.bart(
            input_ids=src,
            attention_mask=(src != PAD).long(),
            decoder_input_ids=tgt,
            decoder_attention_mask=(tgt != PAD).long(),
        ).logits


def batches(batch_size: int, count: int, *, padding: bool = True) -> list[Batch]:
    """Random batches: sources of 8 to 24 tokens, targets of 4 to 16, padded as they come; or all of the mean length."""
    rng = np.random.default_rng(0)
    src, tgt = ((8, 24), (4, 16)) if padding else ((16, 16), (10, 10))
    return [Batch(_rows(rng, batch_size, *src), _rows(rng, batch_size, *tgt)) for _ in range(count)]


def _rows(rng: np.random.Generator, batch_size: int, shortest: int, longest: int) -> Tensor:
    tokens = rng.integers(0, SOS, (batch_size, longest + 2))
    lengths = rng.integers(shortest, longest + 1, batch_size)
    tokens[:, 0] = SOS
    tokens[np.arange(batch_size), lengths + 1] = EOS
    tokens[np.arange(longest + 2) > lengths[:, None] + 1] = PAD
    return torch.from_numpy(tokens)


def their_step(model: nn.Module, dtype: torch.dtype, *, fused: bool) -> Callable[[Batch], object]:
    """A plain loop body around a model of theirs."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=fused or None)
    regime = Regime(dtype=dtype)

    def step(batch: Batch) -> None:
        with regime.autocast():
            loss = LOSS(model(batch.src, batch.tgt_input), batch.tgt_expected)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def transformer() -> Transformer:
    """Our model of these sizes."""
    return Transformer(TOKENS, DIM, HEADS, LAYERS, LAYERS, 0.0, pad_token=PAD, dim_feedforward=FEEDFORWARD)


def our_step() -> Callable[[Batch], object]:
    """Our step as `seq2seq train` takes it: the fastest precision here, fused AdamW, gradient norm clipped at 1."""
    model = transformer()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    regime = Regime(max_grad_norm=1.0, dtype=BEST)
    return lambda batch: train_step(model, optimizer, LOSS, batch, regime)


def measure(steps: dict[str, Callable[[Batch], object]], data: list[Batch]) -> dict[str, list[float]]:
    """Seconds a batch of each contestant in each round, rounds alternating between them."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step(data[0])
    for _ in range(ROUNDS):
        for name, step in steps.items():
            start = time.perf_counter()
            for batch in data:
                step(batch)
            seconds[name].append((time.perf_counter() - start) / len(data))
    return seconds


def report(title: str, batch_size: int, seconds: dict[str, list[float]]) -> None:
    """Print examples a second, and the median ratio to each."""
    ratios = {
        name: statistics.median(theirs / ours for theirs, ours in zip(times, seconds["ours"], strict=True))
        for name, times in seconds.items()
    }
    speeds = "   ".join(
        f"{name} {batch_size / statistics.median(times):.0f}/s (x{ratios[name]:.2f})" for name, times in seconds.items()
    )
    faster = min(value for name, value in ratios.items() if name != "ours")
    print(f"batch {batch_size:>3}  {title:<14} {speeds}   ours is {faster:.2f} times the faster", flush=True)


def contestants(dtype: torch.dtype, *, fused: bool) -> dict[str, Callable[[], Callable[[Batch], object]]]:
    """How the step of each is made; `dtype` and `fused` are for theirs."""
    return {
        "ours": our_step,
        "torch": lambda: their_step(TorchTransformer(), dtype, fused=fused),
        "BART": lambda: their_step(Bart(), dtype, fused=fused),
    }


def report_peak(batch_size: int) -> None:
    """Print what share our step has of the fastest matrix product here."""
    square = torch.randn(2048, 2048)
    step, (batch,) = our_step(), batches(batch_size, 1)
    step(batch)
    with FlopCounterMode(display=False) as counter:
        step(batch)
    peak, reached = [], []
    for _ in range(ROUNDS):
        peak.append(2 * 2048**3 / _seconds(lambda: square @ square))
        reached.append(counter.get_total_flops() / _seconds(lambda: step(batch)))
    share = statistics.median(ours / best for ours, best in zip(reached, peak, strict=True))
    speed = f"{statistics.median(reached) / 1e9:.0f} GFLOP/s"
    print(f"batch {batch_size:>3}  our step makes {speed}, {100 * share:.0f} % of a product of matrices of 2048²")


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report_memory() -> None:
    """Print the most memory of a process that trains each at the larger batch."""
    for name in contestants(BEST, fused=True):
        done = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True, check=True)
        print(f"most memory with batch {BATCH_SIZES[-1]}: {name} {done.stdout.strip()} MB")


def train_alone(name: str) -> None:
    """A few steps of one contestant; prints the most memory of this process in MB."""
    step = contestants(BEST, fused=True)[name]()
    for batch in batches(BATCH_SIZES[-1], 3):
        step(batch)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == "darwin" else 2**10))


def main() -> None:
    """Measure every column at both batch sizes, then shares of the peak and memory."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if len(sys.argv) > 1:
        train_alone(sys.argv[1])
        return
    weights = sum(parameter.numel() for parameter in TorchTransformer().parameters())
    print(f"one thread, {weights / 1e6:.1f} M parameters, {ROUNDS} rounds; fastest precision here: {BEST}")
    if BEST is torch.float32:
        print("This processor has no bfloat16 of its own: what bfloat16 gains cannot be seen here.")
    columns = (
        ("as run", torch.float32, False, True),
        ("same settings", BEST, True, True),
        ("no padding", BEST, True, False),
    )
    for batch_size in BATCH_SIZES:
        for title, dtype, fused, padding in columns:
            data = batches(batch_size, 4 if batch_size <= 64 else 1, padding=padding)
            steps = {name: make() for name, make in contestants(dtype, fused=fused).items()}
            report(title, batch_size, measure(steps, data))
        report_peak(batch_size)
    report_memory()


if __name__ == "__main__":
    main()
