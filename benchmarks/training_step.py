"""Our training step against torch.nn.Transformer and Hugging Face BART: same sizes, same batches, one thread.

Each contestant has a process of its own, so that none has the memory or the settings of another; they take turns.
Three columns. "as run": each as people run it, theirs in float32 with the default AdamW, ours with our defaults. "same
settings": all with the precision that is fastest here and a fused AdamW; ours leaves the padding of the same batches
out. "no padding": the same where every sequence is equally long, so that all do the same work. The figure is the
median over alternating rounds of their time divided by ours, for the faster of the two.

Beside them: what share our step has of the fastest matrix product measured here in the same precision, and the most
memory of each process. What a second core gains is in processes.py.

Run: python benchmarks/training_step.py   (needs the extra `bench`)
"""

import math
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from seq2seq_transformer import Batch, PositionalEncoding, SequenceCrossEntropy, Transformer
from seq2seq_transformer.experiment.machine import keep_freed_memory
from seq2seq_transformer.training.loops import train_step
from seq2seq_transformer.training.precision import has_fast_bfloat16
from seq2seq_transformer.training.regime import Regime

DIM, HEADS, LAYERS, FEEDFORWARD, TOKENS = 256, 8, 4, 1024, 1003
SOS, EOS, PAD = 1000, 1001, 1002
ROUNDS, BATCH_SIZES = 9, (32, 256)
BEST = torch.bfloat16 if has_fast_bfloat16("cpu") else torch.float32
CONTESTANTS = ("ours", "torch", "BART")
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
        from transformers import BartConfig, BartForConditionalGeneration  # in no other contestant's memory

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
    return [Batch(_rows(rng, batch_size, *src), _rows(rng, batch_size, *tgt), PAD) for _ in range(count)]


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
    keep_freed_memory()
    model = transformer()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    regime = Regime(max_grad_norm=1.0, dtype=BEST)
    return lambda batch: train_step(model, optimizer, LOSS, batch, regime)


@dataclass(frozen=True)
class Column:
    """What is compared.

    Args:
        title: of it.
        fastest: whether theirs have the precision that is fastest here and a fused AdamW, as ours always has.
        padding: whether lengths differ.
    """

    title: str
    fastest: bool
    padding: bool


COLUMNS = (Column("as run", False, True), Column("same settings", True, True), Column("no padding", True, False))


def take_turns(name: str, column: Column, batch_size: int) -> None:
    """The process of one contestant: at each line of its input a round, whose seconds a batch it prints."""
    dtype = BEST if column.fastest else torch.float32
    step = {
        "ours": our_step,
        "torch": lambda: their_step(TorchTransformer(), dtype, fused=column.fastest),
        "BART": lambda: their_step(Bart(), dtype, fused=column.fastest),
    }[name]()
    data = batches(batch_size, 4 if batch_size <= 64 else 1, padding=column.padding)
    step(data[0])
    for _ in sys.stdin:
        print(_seconds(lambda: [step(batch) for batch in data]) / len(data), flush=True)


def contestant(name: str, place: int, batch_size: int) -> subprocess.Popen[str]:
    """The process of a contestant, which ends with its input."""
    command = [sys.executable, __file__, name, str(place), str(batch_size)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def measure(place: int, batch_size: int) -> None:
    """Print examples a second of each contestant in a column, the median ratio to each, and their memory."""
    seconds: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    with ExitStack() as stack:
        processes = {name: stack.enter_context(contestant(name, place, batch_size)) for name in CONTESTANTS}
        for turn in range(1 + ROUNDS):
            for name, process in processes.items():
                assert process.stdin is not None
                assert process.stdout is not None
                print(file=process.stdin, flush=True)
                took = float(process.stdout.readline())
                if turn:  # the first one warms up
                    seconds[name].append(took)
        memory = {name: most_memory(process) for name, process in processes.items()}
    ratios = {
        name: statistics.median(theirs / ours for theirs, ours in zip(times, seconds["ours"], strict=True))
        for name, times in seconds.items()
    }
    told = (
        f"{name} {batch_size / statistics.median(times):.0f}/s (x{ratios[name]:.2f}) {memory[name]}"
        for name, times in seconds.items()
    )
    faster = min(value for name, value in ratios.items() if name != "ours")
    title = COLUMNS[place].title
    print(f"batch {batch_size:>3}  {title:<14} {'   '.join(told)}   ours is {faster:.2f} times the faster", flush=True)


def most_memory(process: subprocess.Popen[str]) -> str:
    """The most memory that a process has had so far, where the system tells."""
    status = Path(f"/proc/{process.pid}/status")
    found = re.search(r"VmHWM:\s*(\d+)", status.read_text() if status.exists() else "")
    return f"{int(found[1]) // 1024} MB" if found else ""


def report_peak(batch_size: int) -> None:
    """Print what share our step has of the fastest matrix product here, in the same precision."""
    square = torch.randn(2048, 2048).to(BEST)
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


def main() -> None:
    """Measure every column at both batch sizes, then shares of the peak; or be one of the contestants."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if len(sys.argv) > 1:
        name, place, batch_size = sys.argv[1:]
        take_turns(name, COLUMNS[int(place)], int(batch_size))
        return
    weights = sum(parameter.numel() for parameter in TorchTransformer().parameters())
    print(f"one thread, {weights / 1e6:.1f} M parameters, {ROUNDS} rounds; fastest precision here: {BEST}")
    if BEST is torch.float32:
        print("This processor has no bfloat16 of its own: what bfloat16 gains cannot be seen here.")
    for batch_size in BATCH_SIZES:
        for place in range(len(COLUMNS)):
            measure(place, batch_size)
        report_peak(batch_size)


if __name__ == "__main__":
    main()
