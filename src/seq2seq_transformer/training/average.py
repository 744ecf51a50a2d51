"""An exponential moving average of the weights, which often answers better than the weights themselves."""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from seq2seq_transformer.training.callbacks import Callback, Progress


class Averager(Callback):
    """Keeps average ← d · average + (1 − d) · weights after each step that was taken.

    d is the decay, but no more than (1 + n) / (10 + n) after n steps, so that the beginning is soon forgotten.

    Args:
        model: whose weights.
        decay: in (0, 1).
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._source, self._decay = model, decay
        self.averaged = AveragedModel(model, avg_fn=self._mix)

    @property
    def model(self) -> nn.Module:
        """The model with the averaged weights."""
        return self.averaged.module

    def on_step(self, progress: Progress, loss: float) -> None:
        if not progress.skipped_in_a_row:
            self.averaged.update_parameters(self._source)

    def _mix(self, average: Tensor, weight: Tensor, number: Tensor | int) -> Tensor:
        decay = min(self._decay, (1 + float(number)) / (10 + float(number)))
        return torch.lerp(weight, average, decay)
