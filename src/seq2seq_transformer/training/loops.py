"""The training loop: fetch, forward, backward, step, tell the callbacks."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.errors import TrainingError
from seq2seq_transformer.training.callbacks import Callback, Progress

LossFunction = Callable[[Tensor, Tensor], Tensor]


@runtime_checkable
class EpochBatches(Protocol):
    """Batches that differ from epoch to epoch and can be entered anywhere."""

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from the one with index `first` on."""
        ...


@dataclass(frozen=True)
class Regime:
    """How a step is taken, beside the optimizer's own settings.

    Args:
        learning_rate: the rate at each step; None leaves the optimizer's.
        max_grad_norm: longest gradient, in the 2-norm over all weights; 0 is off.
        dtype: precision of the forward pass; torch.float32 is full.
        device: where the batches go.
    """

    learning_rate: Callable[[int], float] | None = None
    max_grad_norm: float = 0.0
    dtype: torch.dtype = torch.float32
    device: str = "cpu"

    def autocast(self) -> AbstractContextManager[object]:
        """The context of a forward pass."""
        if self.dtype is torch.float32:
            return nullcontext()
        return torch.autocast(self.device.partition(":")[0], dtype=self.dtype)  # "cuda:1" is of the type "cuda"


def train_step(
    model: nn.Module, opt: torch.optim.Optimizer, loss_fn: LossFunction, batch: Batch, regime: Regime
) -> float:
    """One update of the weights; returns the batch's loss before it.

    Raises:
        TrainingError: where the loss or the gradient is not finite; the weights are then untouched.
    """
    with regime.autocast():
        logits = model(batch.src, batch.tgt_input)
        loss = loss_fn(logits, batch.tgt_expected)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), regime.max_grad_norm or math.inf)
    value = loss.item()
    if not math.isfinite(value) or not math.isfinite(norm.item()):
        raise TrainingError(
            f"the loss and its gradient must stay finite, but are {value:g} and of norm {norm.item():g} instead: "
            "the learning rate is too high."
        )
    opt.step()
    return value


def train_loop(
    model: nn.Module,
    opt: torch.optim.Optimizer,
    loss_fn: LossFunction,
    dataloader: Iterable[Batch],
    *,
    regime: Regime | None = None,
    progress: Progress | None = None,
    callbacks: Sequence[Callback] = (),
) -> float:
    """Train on every batch once; returns the mean loss of the epoch in nats a token.

    Args:
        model: called with source tokens and target tokens, returns logits.
        opt: the optimizer.
        loss_fn: from logits and expected tokens to a loss.
        dataloader: the batches still to come in this epoch.
        regime: how a step is taken.
        progress: where to go on in the epoch; it is kept up to date.
        callbacks: told after each step.

    Raises:
        TrainingError: where the epoch has no batch, or the loss is not finite.
    """
    regime, progress = regime or Regime(), progress or Progress()
    model.train()
    for batch in dataloader:
        rate = opt.param_groups[0]["lr"] if regime.learning_rate is None else regime.learning_rate(progress.step)
        for group in opt.param_groups:
            group["lr"] = rate * group.get("rate_factor", 1.0)
        loss = train_step(model, opt, loss_fn, batch.to(regime.device), regime)
        progress.step += 1
        progress.steps_in_epoch += 1
        progress.examples += len(batch)
        progress.learning_rate = rate
        progress.loss_sum += loss
        for callback in callbacks:
            callback.on_step(progress, loss)
    if not progress.steps_in_epoch:
        raise TrainingError("an epoch must have at least one batch, but has none; an iterator serves one epoch only.")
    return progress.loss_sum / progress.steps_in_epoch


@torch.no_grad()
def validation_loop(
    model: nn.Module, loss_fn: LossFunction, dataloader: Iterable[Batch], *, regime: Regime | None = None
) -> float:
    """Mean loss over the batches, weighted by their examples, without training; dropout is off."""
    regime = regime or Regime()
    model.eval()
    total, examples = 0.0, 0
    for batch in dataloader:
        moved = batch.to(regime.device)
        with regime.autocast():
            loss = loss_fn(model(moved.src, moved.tgt_input), moved.tgt_expected)
        total += loss.item() * len(batch)
        examples += len(batch)
    return total / max(1, examples)


def fit(
    model: nn.Module,
    opt: torch.optim.Optimizer,
    loss_fn: LossFunction,
    train_dataloader: Iterable[Batch] | EpochBatches,
    val_dataloader: Iterable[Batch],
    epochs: int = 10,
    *,
    regime: Regime | None = None,
    progress: Progress | None = None,
    callbacks: Sequence[Callback] = (),
) -> tuple[list[float], list[float]]:
    """Train for a number of epochs, with validation after each.

    Args:
        model: called with source tokens and target tokens, returns logits.
        opt: the optimizer.
        loss_fn: from logits and expected tokens to a loss.
        train_dataloader: the same batches each epoch, or an object whose `epoch` gives those of one.
        val_dataloader: validation batches, the same after each epoch.
        epochs: how many in all, those already in `progress` included.
        regime: how a step is taken.
        progress: where to go on; it is kept up to date.
        callbacks: told after each step and each epoch.

    Returns:
        Training and validation loss of each epoch, in nats a token.
    """
    progress = progress or Progress()
    while progress.epoch < epochs:
        batches = _batches_of(train_dataloader, progress)
        loss = train_loop(model, opt, loss_fn, batches, regime=regime, progress=progress, callbacks=callbacks)
        progress.train_losses.append(loss)
        progress.validation_losses.append(validation_loop(model, loss_fn, val_dataloader, regime=regime))
        progress.epoch, progress.steps_in_epoch, progress.loss_sum = progress.epoch + 1, 0, 0.0
        for callback in callbacks:
            callback.on_epoch(progress)
    return progress.train_losses, progress.validation_losses


def _batches_of(dataloader: Iterable[Batch] | EpochBatches, progress: Progress) -> Iterable[Batch]:
    if isinstance(dataloader, EpochBatches):
        return dataloader.epoch(progress.epoch, progress.steps_in_epoch)
    return itertools.islice(dataloader, progress.steps_in_epoch, None)
