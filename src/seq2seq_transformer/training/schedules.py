"""The learning rate over time: each schedule is a pure function of the step, so there is nothing to save."""

import math
from collections.abc import Callable

from seq2seq_transformer.registry import Registry

SCHEDULES: Registry[float] = Registry("schedule")


@SCHEDULES.register
def constant(progress: float) -> float:
    """The full rate after the warm-up."""
    return 1.0


@SCHEDULES.register
def linear(progress: float) -> float:
    """From the full rate down to zero in a straight line."""
    return 1.0 - progress


@SCHEDULES.register
def cosine(progress: float) -> float:
    """From the full rate down to zero along half a cosine (Loshchilov and Hutter 2016)."""
    return 0.5 * (1 + math.cos(math.pi * progress))


_STABLE = 0.7


@SCHEDULES.register
def wsd(progress: float) -> float:
    """Warm-up, stable, decay: the full rate for 70 % of the steps, then in a straight line to zero (Hu et al. 2024)."""
    return min(1.0, (1 - progress) / (1 - _STABLE))


def learning_rate_at(name: str, learning_rate: float, total_steps: int, warmup_steps: int) -> Callable[[int], float]:
    """The learning rate as a function of the step (0 is the first).

    Args:
        name: a schedule's name.
        learning_rate: the highest rate.
        total_steps: optimizer steps of the whole training.
        warmup_steps: steps in which the rate rises from zero in a straight line; 0 is off.
    """
    decay = SCHEDULES.get(name)
    warmup_steps = min(warmup_steps, total_steps // 2)

    def rate(step: int) -> float:
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        return learning_rate * decay((step - warmup_steps) / max(1, total_steps - warmup_steps))

    return rate
