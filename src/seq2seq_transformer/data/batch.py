"""Batch: the tensors of one training step, and the one teacher-forcing shift."""

# B batch · S source length · T target length, both with SOS and EOS · U = T − 1
from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from seq2seq_transformer.errors import ConfigError
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.values import Example, ExampleBatch


@dataclass(frozen=True)
class Batch:
    """Source and target token ids, each row SOS, tokens, EOS and then PAD.

    Args:
        src: of the sources.
        tgt: of the targets.
        pad_token: id of PAD. Where it is known, the decoder does not work out what would follow an EOS.
    """

    src: Int[Tensor, "B S"]
    tgt: Int[Tensor, "B T"]
    pad_token: int | None = None

    @classmethod
    def from_examples(cls, examples: ExampleBatch, tokenizer: Tokenizer) -> "Batch":
        """Tokenize examples."""
        return cls(
            torch.from_numpy(tokenizer.encode_sources(examples.source)),
            torch.from_numpy(tokenizer.encode_targets(examples.target)),
            tokenizer.vocabulary.pad,
        )

    @property
    def tgt_input(self) -> Int[Tensor, "B U"]:
        """What the decoder reads: the target without its last position, and PAD wherever PAD is expected."""
        read = self.tgt[:, :-1]
        return read if self.pad_token is None else read.where(self.tgt_expected != self.pad_token, self.pad_token)

    @property
    def tgt_expected(self) -> Int[Tensor, "B U"]:
        """What the decoder should say: the target one position later."""
        return self.tgt[:, 1:]

    def trimmed(self) -> "Batch":
        """The same without the columns that hold nothing but PAD."""
        if self.pad_token is None:
            return self
        src, tgt = (side[:, : int((side != self.pad_token).sum(dim=1).max())] for side in (self.src, self.tgt))
        return replace(self, src=src, tgt=tgt)

    def rows(self, which: Int[Tensor, " n"] | Bool[Tensor, " B"] | slice) -> "Batch":
        """Some of its examples."""
        return replace(self, src=self.src[which], tgt=self.tgt[which])

    def to(self, device: torch.device | str) -> "Batch":
        """The same batch on another device."""
        return replace(self, src=self.src.to(device), tgt=self.tgt.to(device))

    def __len__(self) -> int:
        return len(self.src)


def make_batches(examples: Iterable[Example], tokenizer: Tokenizer, batch_size: int) -> list[Batch]:
    """Cut examples into batches, the last one as small as it comes; nothing is dropped.

    Raises:
        ConfigError: where batches cannot have this size.
        InputError: where an example is not of the tokenizer's types.
    """
    if batch_size < 1:
        raise ConfigError([f"`batch_size` must be at least 1, but is {batch_size} instead."])
    packed = tokenizer.pack(examples)
    return [
        Batch.from_examples(packed[start : start + batch_size], tokenizer)
        for start in range(0, len(packed), batch_size)
    ]
