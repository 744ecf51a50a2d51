"""What the training loop tells others, and how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from seq2seq_transformer.errors import InputError

TRAIN_LOSS, VALIDATION_LOSS = "train_loss", "validation_loss"


@dataclass
class Progress:
    """How far a training is: enough, with the weights and the optimizer, to go on from here."""

    epoch: int = 0
    """Finished epochs."""
    step: int = 0
    """Optimizer steps taken, over all epochs."""
    steps_in_epoch: int = 0
    """Optimizer steps taken in the running epoch."""
    examples: int = 0
    """Examples trained on, over all epochs."""
    learning_rate: float = 0.0
    """The rate of the last step."""
    rate_factor: float = 1.0
    """What the rate of the schedule is multiplied by: less than 1 after a training has diverged and gone back."""
    gradient_norm: float = 0.0
    """2-norm of the last step's gradient over all weights, before it was clipped."""
    skipped: int = 0
    """Steps left out because the loss or the gradient was not finite."""
    skipped_in_a_row: int = 0
    """How many of them came last, one after another."""
    taken_in_epoch: int = 0
    """Those of them that were not skipped."""
    loss_sum: float = 0.0
    """Sum of the batch losses of the running epoch, in nats a token."""
    unreported_losses: list[float] = field(default_factory=list)
    """Batch losses since the last report."""
    train_losses: list[float] = field(default_factory=list)
    """Mean training loss of each finished epoch."""
    validation_losses: list[float] = field(default_factory=list)
    """Validation loss after each finished epoch."""
    difficulty: int = 0
    """The most difficult examples that success has led to; 0 before the first rise, and where it leads to none."""
    figures: dict[str, float] = field(default_factory=dict)
    """What the last finished epoch came to, by name."""
    best: float | None = None
    """The best figure so far, of those that the training goes by."""
    best_step: int = 0
    """The step it was reached at."""
    best_epoch: int = 0
    """The epoch it was reached after."""
    best_facts: dict[str, float] = field(default_factory=dict)
    """All figures of that epoch, its steps and examples."""
    kept_best: int = 0
    """Step of the best checkpoint that is on the disk."""
    regular_step: int = 0
    """Step of the last checkpoint that was due: what a training that diverges goes back to."""
    finished: str = ""
    """Why no more epochs are needed; empty while they are."""

    def add(self, loss: float, gradient_norm: float, examples: int, rate: float, *, taken: bool) -> None:
        """Count a step; the loss of one that was not taken counts nowhere."""
        self.step += 1
        self.steps_in_epoch += 1
        self.examples += examples
        self.learning_rate = rate
        if not taken:
            self.skipped += 1
            self.skipped_in_a_row += 1
            return
        self.skipped_in_a_row = 0
        self.taken_in_epoch += 1
        self.loss_sum += loss
        self.gradient_norm = gradient_norm
        self.unreported_losses.append(loss)

    def end_epoch(self, train_loss: float, figures: Mapping[str, float]) -> None:
        """Note what the epoch that has just been trained and validated came to."""
        self.figures = {TRAIN_LOSS: train_loss, **figures}
        self.train_losses.append(train_loss)
        self.validation_losses.append(figures[VALIDATION_LOSS])
        self.epoch, self.steps_in_epoch, self.taken_in_epoch, self.loss_sum = self.epoch + 1, 0, 0, 0.0


class Callback:
    """Listens to a training; override what is of interest."""

    def on_step(self, progress: Progress, loss: float) -> None:
        """After each step; `loss` is that batch's, not finite where the step was left out."""

    def on_epoch(self, progress: Progress) -> None:
        """After each epoch, its validation included."""


def require_batches(number: int, what: str) -> None:
    """Raise an InputError where there are none."""
    if not number:
        raise InputError(f"{what} must have at least one batch, but has none; an iterator serves one epoch only.")
