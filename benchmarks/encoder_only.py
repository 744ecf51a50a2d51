"""The encoder-only Transformer of arXiv 2207.02098, for comparison.

It reads the source and as many empty tokens as the answer has, and says the answer at these, all at once: so it is told
how long the answer is, and never sees its own. As there: five layers, d 64, 8 heads, post-norm, batches of 128 of one
length, lengths uniform up to 40, Adam; the score is the mean share of right tokens over 24 lengths from 41 to 500.
Theirs train for a million steps and report the best of many runs; this one trains for minutes.

Run: python benchmarks/encoder_only.py reverse [--positions sinusoidal] [--seconds 120] [--randomized]
"""

import argparse
import math
import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seq2seq_transformer import Batch, Tokenizer
from seq2seq_transformer.model.config import ATTENTIONS, PositionsConfig, TransformerConfig
from seq2seq_transformer.model.layers import EncoderLayer
from seq2seq_transformer.model.located import Positions
from seq2seq_transformer.model.tokens import Tokens
from seq2seq_transformer.tasks.base import TASKS

LONGEST, BATCH, TEST = 40, 128, 16
LENGTHS = [*range(41, 482, 20), 500]


class EncoderOnly(nn.Module):
    """Source and empty tokens in, logits at the empty tokens out."""

    def __init__(self, num_tokens: int, positions: PositionsConfig) -> None:
        super().__init__()
        self.empty = num_tokens
        self.config = TransformerConfig(
            num_tokens=num_tokens + 1,
            num_heads=8,
            num_encoder_layers=5,
            norm="post",
            positions=dict.fromkeys(ATTENTIONS, positions),
        )
        self.embedding = nn.Embedding(num_tokens + 1, self.config.dim_model)
        self.positions = Positions(self.config)
        self.layers = nn.ModuleList(EncoderLayer(self.config) for _ in range(self.config.num_encoder_layers))
        self.out = nn.Linear(self.config.dim_model, num_tokens)

    def forward(self, src: Tensor, answer_length: int) -> Tensor:
        """Logits (B, answer_length, V)."""
        ids = F.pad(src, (0, answer_length), value=self.empty)
        tokens = Tokens.of_source(ids, None, self.config.token_roles)
        counts = self.positions.counts("encoder", tokens, tokens)
        located = self.positions.locate("encoder", counts, None, tokens.length + 2)
        x = self.embedding(ids) * math.sqrt(self.config.dim_model)
        x = self.positions.encoding("encoder")(x, counts[0])
        for number, layer in enumerate(self.layers):
            x = layer(x, located, number)
        return self.out(x[:, -answer_length:])


def draw(name: str, length: int, rng: np.random.Generator, n: int, tokenizer: Tokenizer) -> tuple[Tensor, Tensor]:
    """Sources of one length, and their answers without SOS and EOS, filled up with PAD."""
    task = TASKS.build(name, min_length=length, max_length=length)
    batch = Batch.from_examples(task.sample_batch(rng, n), tokenizer)
    answers = batch.tgt[:, 1:].masked_fill(batch.tgt[:, 1:] == tokenizer.vocabulary.eos, tokenizer.vocabulary.pad)
    return batch.src, answers[:, : int((answers != tokenizer.vocabulary.pad).sum(dim=1).max())]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("task")
    parser.add_argument("--positions", default="sinusoidal")
    parser.add_argument("--randomized", action="store_true")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    torch.set_num_threads(1)
    task = TASKS.build(given.task)
    tokenizer = Tokenizer(task.source, task.target)
    pad = tokenizer.vocabulary.pad
    how = "sorted" if given.randomized else "no"
    model = EncoderOnly(len(tokenizer.vocabulary), PositionsConfig(name=given.positions, randomized=how))
    opt = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    rng, start, losses = np.random.default_rng(given.seed), time.perf_counter(), [math.nan]
    shortest = TASKS.build(given.task).__dict__.get("min_length", 1)
    while time.perf_counter() - start < given.seconds:
        src, answers = draw(given.task, int(rng.integers(shortest, LONGEST + 1)), rng, BATCH, tokenizer)
        loss = F.cross_entropy(model(src, answers.shape[1]).flatten(0, 1), answers.flatten(), ignore_index=pad)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        losses.append(loss.item())
    model.eval()
    scores = {}
    with torch.no_grad():
        for length in [LONGEST, *LENGTHS]:
            src, answers = draw(given.task, length, np.random.default_rng(1), TEST, tokenizer)
            real = answers != pad
            right = (model(src, answers.shape[1]).argmax(dim=-1) == answers) & real
            scores[length] = (right.sum(dim=1) / real.sum(dim=1)).mean().item()
    far = np.mean([scores[length] for length in LENGTHS])
    print(f"{given.task}, {given.positions}, randomized: {how}: {len(losses) - 1:,} steps, last loss {losses[-1]:.3f}")
    print(f"length {LONGEST}: {100 * scores[LONGEST]:.1f} % of tokens; mean over 24 lengths to 500: {100 * far:.1f} %")


if __name__ == "__main__":
    main()
