"""The training loop: fetch, forward, backward, step, tell the callbacks."""

import itertools
import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.errors import TrainingError
from seq2seq_transformer.training.callbacks import VALIDATION_LOSS, Callback, Progress, require_batches
from seq2seq_transformer.training.ranks import Ranks
from seq2seq_transformer.training.regime import Regime

LossFunction = Callable[[Tensor, Tensor], Tensor]


@runtime_checkable
class EpochBatches(Protocol):
    """Batches that differ from epoch to epoch and can be entered anywhere."""

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from the one with index `first` on."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What a step came to.

    Args:
        loss: of the batch, before the step, in nats a token.
        gradient_norm: 2-norm over all weights, before clipping.
    """

    loss: float
    gradient_norm: float

    @property
    def is_finite(self) -> bool:
        """Whether the step was taken."""
        return math.isfinite(self.loss) and math.isfinite(self.gradient_norm)


def train_step(
    model: nn.Module, opt: torch.optim.Optimizer, loss_fn: LossFunction, batch: Batch, regime: Regime
) -> Outcome:
    """One update of the weights, which are left as they are where the loss or its gradient is not finite."""
    opt.zero_grad(set_to_none=True)
    ranks, total = regime.ranks, torch.zeros((), device=regime.device)
    parts = _parts(batch, loss_fn, regime.parts, ranks)
    for place, (part, share) in enumerate(parts, 1):
        with nullcontext() if place == len(parts) else ranks.unsynchronised(model):
            with regime.autocast():
                loss = loss_fn(model(part.src, part.tgt_input), part.tgt_expected) * share
            (loss * ranks.world).backward()  # the mean over the ranks is the gradient of the whole batch
        total += loss.detach()
    outcome = Outcome(ranks.sum(total.item()), _clip(model, regime.max_grad_norm))
    if outcome.is_finite:
        opt.step()
    return outcome


def _clip(model: nn.Module, longest: float) -> float:
    """The 2-norm of the gradient, which is shortened where it is longer than asked for (0: never), else not touched."""
    norm = nn.utils.get_total_norm([each.grad for each in model.parameters() if each.grad is not None])
    if longest and norm > longest:
        nn.utils.clip_grads_with_norm_(model.parameters(), longest, norm)
    return norm.item()


def _parts(batch: Batch, loss_fn: LossFunction, number: int, ranks: Ranks) -> list[tuple[Batch, float]]:
    """This rank's rows of a batch, in parts, each with its share of the whole.

    That is its share of the tokens that the loss counts, or of the rows. A rank with nothing to count works through one
    row that weighs nothing, for the others wait for it.
    """
    if number == ranks.world == 1:
        return [(batch, 1.0)]
    weigh = getattr(loss_fn, "tokens_counted", len)
    whole, parts = weigh(batch.tgt_expected), []
    sides = (ranks.share(side).chunk(number) for side in (batch.src, batch.tgt))
    for src, tgt in zip(*sides, strict=True):
        part = replace(batch, src=src, tgt=tgt)
        if counted := weigh(part.tgt_expected):  # the mean over nothing is not a number
            parts.append((part, counted / whole))
    return parts or [(batch.rows(slice(1)), 0.0)]


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
        InputError: where the epoch has no batch.
        TrainingError: where too many steps in a row are not finite.
    """
    regime, progress = regime or Regime(), progress or Progress()
    if not progress.steps_in_epoch:
        progress.unreported_losses = []  # where nobody reports them
    _set_mode(True, model, loss_fn)
    for batch in dataloader:
        if progress.finished:
            break
        if regime.learning_rate is None:
            rate = opt.param_groups[0]["lr"]
        else:
            rate = regime.learning_rate(progress.step) * progress.rate_factor
            for group in opt.param_groups:
                group["lr"] = rate * group.get("rate_factor", 1.0)
        outcome = train_step(model, opt, loss_fn, batch.to(regime.device), regime)
        progress.add(outcome.loss, outcome.gradient_norm, len(batch), rate, taken=outcome.is_finite)
        for callback in callbacks:
            callback.on_step(progress, outcome.loss)
        if (skipped := progress.skipped_in_a_row) >= regime.patience:
            raise TrainingError(
                f"the loss and its gradient must stay finite, but are {outcome.loss:g} and of norm "
                f"{outcome.gradient_norm:g} instead, {skipped} step{'s' * (skipped > 1)} in a row: "
                "the learning rate is too high."
            )
    require_batches(progress.steps_in_epoch, "an epoch")
    return progress.loss_sum / progress.taken_in_epoch if progress.taken_in_epoch else math.nan


@torch.no_grad()
def validation_loop(
    model: nn.Module, loss_fn: LossFunction, dataloader: Iterable[Batch], *, regime: Regime | None = None
) -> float:
    """Mean loss over the batches, at least one, weighted by their examples, without training; dropout is off meanwhile.

    So a callback may validate within an epoch.
    """
    regime = regime or Regime()
    total, examples = 0.0, 0
    with _evaluating(model, loss_fn):
        for batch in dataloader:
            for part, share in _parts(batch.to(regime.device), loss_fn, 1, regime.ranks):
                with regime.autocast():
                    loss = loss_fn(model(part.src, part.tgt_input), part.tgt_expected)
                total += loss.item() * share * len(batch)
            examples += len(batch)
    require_batches(examples, "a validation")
    return regime.ranks.sum(total) / examples


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
    validate: Callable[[], Mapping[str, float]] | None = None,
) -> tuple[list[float], list[float]]:
    """Train for a number of epochs, with validation after each; the model is left in evaluation mode.

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
        validate: the figures after each epoch, `validation_loss` among them, where they are not those of this model's
            loss alone.

    Returns:
        Training and validation loss of each epoch, in nats a token.
    """
    progress = progress or Progress()
    judge = validate or (lambda: {VALIDATION_LOSS: validation_loop(model, loss_fn, val_dataloader, regime=regime)})
    while progress.epoch < epochs and (progress.steps_in_epoch or not progress.finished):
        batches = _batches_of(train_dataloader, progress)
        loss = train_loop(model, opt, loss_fn, batches, regime=regime, progress=progress, callbacks=callbacks)
        progress.end_epoch(loss, judge())
        for callback in callbacks:
            callback.on_epoch(progress)
    _set_mode(False, model, loss_fn)
    return progress.train_losses, progress.validation_losses


def _set_mode(training: bool, *parts: object) -> None:
    for part in parts:
        if isinstance(part, nn.Module):
            part.train(training)


@contextmanager
def _evaluating(*parts: object) -> Generator[None]:
    """Evaluation mode, and each module's own mode again afterwards."""
    modules = [module for part in parts if isinstance(part, nn.Module) for module in part.modules()]
    modes = [module.training for module in modules]
    _set_mode(False, *parts)
    try:
        yield
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode


def _batches_of(dataloader: Iterable[Batch] | EpochBatches, progress: Progress) -> Iterable[Batch]:
    if isinstance(dataloader, EpochBatches):
        return dataloader.epoch(progress.epoch, progress.steps_in_epoch)
    return itertools.islice(dataloader, progress.steps_in_epoch, None)
