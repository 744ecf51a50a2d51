"""The engine that runs a model in PyTorch, on any device."""

# B batch · S source length · T target length · V num_tokens
import copy
from collections.abc import Mapping, Sequence

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from seq2seq_transformer.checkpoints.description import WEIGHTS, ModelDescription
from seq2seq_transformer.decoding.base import log_softmax
from seq2seq_transformer.errors import ConfigError
from seq2seq_transformer.inference.base import ENGINES, pad
from seq2seq_transformer.inference.held import HeldRows, rows_at_once
from seq2seq_transformer.inference.packed import can_pack, packed
from seq2seq_transformer.model.attention_maps import cross_attention_maps
from seq2seq_transformer.model.cache import Memory
from seq2seq_transformer.model.transformer import Transformer


@ENGINES.register
class TorchEngine:
    """PyTorch, in float32, with a key/value cache."""

    def __init__(
        self, *, description: ModelDescription, files: Mapping[str, bytes], device: str = "auto", threads: int = 0
    ) -> None:
        if threads:
            torch.set_num_threads(threads)
        model = Transformer.from_config(description.model)
        model.load_state_dict(safetensors.torch.load(files[WEIGHTS]))
        model = model.to(choose_device(device)).eval()
        self._use(model, packed(model) if can_pack(model) else model)

    @classmethod
    def of_model(cls, model: Transformer) -> "TorchEngine":
        """An engine around a model in memory, with a copy of its weights as they are now, on its device."""
        engine = cls.__new__(cls)
        engine._use(model, packed(model) if can_pack(model) else copy.deepcopy(model))
        return engine

    def _use(self, model: Transformer, answering: Transformer) -> None:
        self.model, self._answering = model, answering.eval()
        self.pad_token = model.config.pad_token
        self.device = model.embedding.weight.device

    @torch.inference_mode()
    def start(self, sources: Sequence[Sequence[int]], max_length: int | None = None) -> "TorchStep":
        """Encode sources; see Engine."""
        src = torch.from_numpy(pad(sources, self.pad_token)).to(self.device)
        return TorchStep(self._answering, src, max_length)

    @torch.inference_mode()
    def score(self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[NDArray[np.float64]]:
        """Ln p of every target token; see Engine."""
        src = torch.from_numpy(pad(sources, self.pad_token))
        tgt = torch.from_numpy(pad(targets, self.pad_token))
        rows = rows_at_once(self.model.config, max(src.shape[1], tgt.shape[1]))
        scores: list[NDArray[np.float64]] = []
        for sources_part, targets_part in zip(src.split(rows), tgt.split(rows), strict=True):
            logits = self._answering(sources_part.to(self.device), targets_part[:, :-1].to(self.device))
            logits_BTV = log_softmax(logits.float().cpu().numpy())
            scores += list(np.take_along_axis(logits_BTV, targets_part[:, 1:, None].numpy(), axis=-1)[..., 0])
        return [row[: len(target) - 1] for row, target in zip(scores, targets, strict=True)]

    @torch.inference_mode()
    def cross_attention(
        self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]
    ) -> list[NDArray[np.float32]]:
        """Of each example, what the decoder looks at after each token of its target: (layers, heads, T, S)."""
        src = torch.from_numpy(pad(sources, self.pad_token)).to(self.device)
        tgt = torch.from_numpy(pad(targets, self.pad_token)).to(self.device)
        maps = cross_attention_maps(self._answering, src, tgt).float().cpu().numpy()
        return [
            each[:, :, : len(target), : len(source)]
            for each, source, target in zip(maps, sources, targets, strict=True)
        ]


class TorchStep:
    """A StepFunction over a batch of encoded sources."""

    def __init__(self, model: Transformer, src: torch.Tensor, max_length: int | None) -> None:
        self._model, self._device = model, src.device
        parts = src.split(rows_at_once(model.config, src.shape[1]))
        self._cache = model.start_cache(Memory.joined([model.encode(part) for part in parts]), max_length)
        self._rows = HeldRows(model.config, len(src))

    @torch.inference_mode()
    def __call__(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        """Logits of the next token of each row."""
        newest = torch.from_numpy(self._rows.spread(tokens)).to(self._device)
        return self._rows.asked(self._model.decode_step(newest, self._cache).float().cpu().numpy())

    @torch.inference_mode()
    def select(self, rows: NDArray[np.int64]) -> None:
        """Keep these rows."""
        kept = self._rows.select(rows)
        if kept is not None:
            self._cache.select(torch.from_numpy(kept).to(self._device))


def choose_device(wanted: str) -> str:
    """A device that works: the wanted one, or for "auto" a GPU where there is one.

    Raises:
        ConfigError: where this machine does not have it.
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(1, device=wanted).add_(1).item()
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise ConfigError(
            [f"--device must be one that this machine has, but is {wanted!r} instead ({reason})."]
        ) from None
    return wanted
