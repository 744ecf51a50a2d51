"""How a training step is taken."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import torch

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.training.ranks import Ranks


@dataclass(frozen=True)
class Regime:
    """How a step is taken, beside the optimizer's own settings.

    Args:
        learning_rate: the rate at each step; None leaves the optimizer's.
        max_grad_norm: longest gradient, in the 2-norm over all weights; 0 is off.
        parts: in how many parts a batch is worked through, for less memory; the gradient is that of the whole.
        patience: how many steps in a row may have a loss or gradient that is not finite; these are left out.
        dtype: precision of the forward pass; torch.float32 is full.
        device: where the batches go.
        ranks: the processes that share each batch.
    """

    learning_rate: Callable[[int], float] | None = None
    max_grad_norm: float = 0.0
    parts: int = 1
    patience: int = 10
    dtype: torch.dtype = torch.float32
    device: str = "cpu"
    ranks: Ranks = field(default_factory=Ranks)

    def __post_init__(self) -> None:
        problems = Problems()
        problems.require(self.max_grad_norm >= 0, "`max_grad_norm` must be 0 or more", self.max_grad_norm)
        problems.require(self.parts >= 1, "`parts` must be at least 1", self.parts)
        problems.require(self.patience >= 1, "`patience` must be at least 1", self.patience)
        problems.raise_if_any()

    def autocast(self) -> AbstractContextManager[object]:
        """The context of a forward pass."""
        if self.dtype is torch.float32:
            return nullcontext()
        return torch.autocast(self.device.partition(":")[0], dtype=self.dtype)  # "cuda:1" is of the type "cuda"
