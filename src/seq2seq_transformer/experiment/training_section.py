"""The section `training` of a configuration: a sentence for each option. Light, as sections.py is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from seq2seq_transformer.errors import Problems

_POSITIVE = ("epochs", "examples_per_epoch", "batch_size", "accumulate", "skip_at_most")
_NOT_NEGATIVE = (
    *("weight_decay", "z_loss", "warmup_steps", "max_grad_norm", "positions_rate"),
    *("checkpoint_every", "keep_every", "patience", "target", "time_limit", "repeat", "overfit"),
)


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a model is trained."""

    epochs: int = 10
    """Epochs of examples_per_epoch examples each, at least 1."""
    examples_per_epoch: int = 17_000
    """Examples an epoch, at least 1; an epoch of a file is one pass over it, whatever stands here."""
    batch_size: int = 32
    """Examples a step, at least 1."""
    optimizer: Literal["sgd", "adam", "adamw", "muon"] = "adamw"
    """Name of the optimizer: `seq2seq list optimizers`."""
    learning_rate: float = 1.5e-3
    """Highest learning rate, above 0."""
    momentum: float = 0.9
    """Momentum of sgd, in [0, 1); other optimizers do not use it. 0 is off."""
    beta2: float = 0.95
    """Decay of the second moment of adam and adamw (of muon's as well), in [0, 1); sgd does not use it."""
    weight_decay: float = 0.1
    """Weight decay of the matrices of linear maps, 0 or more; nothing else decays. 0 is off."""
    ema: float = 0.0
    """Decay of a moving average of the weights, in [0, 1), which is judged and saved in their place. 0 is off."""
    label_smoothing: float = 0.0
    """Share of the expected probability that is spread over all tokens, in [0, 1). 0 is off."""
    z_loss: float = 0.0
    """Weight of a loss that keeps logits small, 0 or more (1e-4 is usual). 0 is off."""
    schedule: Literal["constant", "linear", "cosine", "wsd"] = "linear"
    """Name of the learning-rate schedule: `seq2seq list schedules`."""
    warmup_steps: int = 100
    """Steps in which the learning rate rises from zero; at most half of all. 0 is off."""
    max_grad_norm: float = 1.0
    """Longest gradient, in the 2-norm over all weights; longer ones are scaled down. 0 is off."""
    accumulate: int = 1
    """Parts in which a batch is worked through, at least 1, for less memory; the gradient is that of all."""
    skip_at_most: int = 10
    """Steps in a row that may be left out because of a loss or gradient that is not finite, at least 1."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Precision of the forward pass. auto: bfloat16 where the processor has it, float32 elsewhere."""
    compile: bool = False
    """Compile the training step with torch.compile: a minute at the start, and faster steps on a GPU."""
    group_by_length: bool = False
    """Put examples of about one length into a batch, so that little of it is padding."""
    curriculum: Literal["uniform", "fixed", "steps", "success"] = "uniform"
    """Difficulty of the task's examples. uniform: as the task draws them; fixed: always curriculum_start; steps: from
    easy to all, in equal ratios; success: harder after each epoch in which what was practised has been mastered."""
    curriculum_start: int = 0
    """Most difficult examples that a growing curriculum begins with, or all that fixed has. 0: the task's least."""
    curriculum_share: float = 0.75
    """Share of the training, in [0, 1], after which steps draws from the whole range."""
    curriculum_threshold: float = 0.9
    """Exact match, above 0 and at most 1, at which success makes examples harder."""
    curriculum_growth: float = 1.25
    """Factor, above 1, by which success does so, up to the whole range; it rises by 1 at least."""
    positions_rate: float = 0.0
    """Factor of the learning rate for what positional encodings learn. 0: what suits them (10 for windows, else 1)."""
    checkpoint_every: int = 0
    """Steps between checkpoints. 0: one after each epoch."""
    repeat: int = 0
    """Examples of a small set that is seen again and again, beside fresh ones. 0 is off."""
    repeat_share: float = 0.25
    """Share of the small set in each batch, in (0, 1]."""
    overfit: int = 0
    """Train on so many examples alone and judge by the same: what cannot learn these has a fault. 0 is off."""
    dry_run: bool = False
    """Only try whether it works: two steps, evaluated, saved and gone on from, in a folder that is not kept."""
    metric: Literal["exact_match", "validation_loss", "train_loss"] = "exact_match"
    """Figure after each epoch by which one checkpoint is the best, and by which the next two options go."""
    patience: int = 0
    """Epochs without a better figure after which training stops, and the best checkpoint is the model. 0 is off."""
    target: float = 0.0
    """Training stops after an epoch in which the figure is at least this good, 0 or more. 0 is off."""
    time_limit: int = 0
    """Seconds of training, 0 or more, after which it stops, finished. 0 is off."""
    tensorboard: bool = False
    """Write the records of metrics.jsonl for TensorBoard as well, into the folder tensorboard of the run."""
    keep_last: int = 2
    """Newest checkpoints that are kept, at least 2, beside the best one."""
    keep_every: int = 0
    """Checkpoints at multiples of so many steps are kept as well. 0: none."""

    def __post_init__(self) -> None:
        problems = Problems()
        for name in _POSITIVE:
            problems.require(getattr(self, name) >= 1, f"`training.{name}` must be at least 1", getattr(self, name))
        for name in _NOT_NEGATIVE:
            problems.require(getattr(self, name) >= 0, f"`training.{name}` must be 0 or more", getattr(self, name))
        for name in (*_POSITIVE, *_NOT_NEGATIVE):
            problems.require(getattr(self, name) < 10**12, f"`training.{name}` must be below 10¹²", getattr(self, name))
        problems.require(self.keep_last >= 2, "`training.keep_last` must be at least 2", self.keep_last)
        share = self.curriculum_share
        problems.require(0 <= share <= 1, "`training.curriculum_share` must be in [0, 1]", share)
        threshold, growth = self.curriculum_threshold, self.curriculum_growth
        problems.require(0 < threshold <= 1, "`training.curriculum_threshold` must be above 0 and at most 1", threshold)
        problems.require(1 < growth <= 100, "`training.curriculum_growth` must be above 1 and at most 100", growth)
        share = self.repeat_share
        problems.require(0 < share <= 1, "`training.repeat_share` must be above 0 and at most 1", share)
        for name in ("momentum", "beta2", "ema", "label_smoothing"):
            rule = f"`training.{name}` must be at least 0 and below 1"
            problems.require(0 <= getattr(self, name) < 1, rule, getattr(self, name))
        reachable = self.metric != "exact_match" or self.target <= 1
        problems.require(reachable, "`training.target` must be at most 1, the exact match of all", self.target)
        rate = self.learning_rate
        problems.require(0 < rate < float("inf"), "`training.learning_rate` must be a finite number above 0", rate)
        problems.raise_if_any()

    def idle(self, names: Sequence[str]) -> list[str]:
        """A sentence for each of these options that changes nothing beside what another one says."""
        used = {
            "momentum": ("optimizer", self.optimizer == "sgd"),
            "beta2": ("optimizer", self.optimizer != "sgd"),
            "curriculum_start": ("curriculum", self.curriculum != "uniform"),
            "curriculum_share": ("curriculum", self.curriculum == "steps"),
            "curriculum_threshold": ("curriculum", self.curriculum == "success"),
            "curriculum_growth": ("curriculum", self.curriculum == "success"),
            "repeat_share": ("repeat", self.repeat > 0),
        }
        idle = {name: used[name][0] for name in names if name in used and not used[name][1]}
        return [
            f"--training.{name} changes nothing: training.{other} is {getattr(self, other)}"
            for name, other in idle.items()
        ]

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps of an epoch; the last batch may be smaller."""
        return -(-self.examples_per_epoch // self.batch_size)

    @property
    def steps(self) -> int:
        """Optimizer steps of the whole training."""
        return self.epochs * self.steps_per_epoch
