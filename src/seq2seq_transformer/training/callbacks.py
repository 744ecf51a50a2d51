"""What the training loop tells others, and how far it is."""

from dataclasses import dataclass, field


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
    loss_sum: float = 0.0
    """Sum of the batch losses of the running epoch, in nats a token."""
    unreported_losses: list[float] = field(default_factory=list)
    """Batch losses since the last report."""
    train_losses: list[float] = field(default_factory=list)
    """Mean training loss of each finished epoch."""
    validation_losses: list[float] = field(default_factory=list)
    """Validation loss after each finished epoch."""


class Callback:
    """Listens to a training; override what is of interest."""

    def on_step(self, progress: Progress, loss: float) -> None:
        """After each optimizer step; `loss` is that batch's."""

    def on_epoch(self, progress: Progress) -> None:
        """After each epoch, its validation included."""
