"""An exponential moving average of the weights, which often answers better than the weights themselves."""

import copy

import torch
from torch import nn

from seq2seq_transformer.training.callbacks import Callback, Progress


class Averager(Callback):
    """Keeps average ← d · average + (1 − d) · weights after each step that was taken.

    d is the decay, but no more than (1 + n) / (10 + n) at the n-th step after the first, so that the beginning is soon
    forgotten; the first step is taken as it is.

    Args:
        source: the model whose weights.
        decay: in (0, 1).
    """

    def __init__(self, source: nn.Module, decay: float) -> None:
        self._source, self._decay = source, decay
        self.model = copy.deepcopy(source)
        """The model with the averaged weights."""

    @torch.no_grad()
    def on_step(self, progress: Progress, loss: float) -> None:
        if progress.skipped_in_a_row:
            return
        before = progress.step - progress.skipped - 1
        decay = min(self._decay, (1 + before) / (10 + before)) if before else 0.0
        for average, weight in zip(self.model.parameters(), self._source.parameters(), strict=True):
            average.lerp_(weight, 1 - decay)
