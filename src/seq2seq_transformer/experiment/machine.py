"""What is chosen for a user who says "auto": device, precision and threads, once, before the first step."""

import ctypes
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import torch

from seq2seq_transformer.experiment.config import Experiment
from seq2seq_transformer.inference.torch_engine import choose_device
from seq2seq_transformer.training.precision import has_fast_bfloat16

TRIAL_SECONDS = 0.4
_GAIN = 1.05
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # of glibc's malloc.h


def resolve_device_and_precision(experiment: Experiment) -> Experiment:
    """The experiment with "auto" replaced by what this machine has.

    Raises:
        ConfigError: where the device that is asked for is not there.
    """
    device = choose_device(experiment.machine.device)
    precision = experiment.training.precision
    if precision == "auto":
        precision = "bfloat16" if has_fast_bfloat16(device) else "float32"
    return replace(
        experiment,
        machine=replace(experiment.machine, device=device, processes=max(1, experiment.machine.processes)),
        training=replace(experiment.training, precision=precision),
    )


def keep_freed_memory() -> None:
    """Have this process use freed memory again for the next tensors, rather than hand it back and ask for it anew.

    A step of training frees and asks for the same tensors each time. glibc gives large ones back to the system, which
    then clears every page of the next. Elsewhere nothing is changed.
    """
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        for option, size in ((_TRIM_THRESHOLD, 2**31 - 1), (_MMAP_THRESHOLD, 2**25), (_TOP_PAD, 2**26)):
            mallopt(option, size)


def fastest(rates: Mapping[int, float]) -> int:
    """The number with the highest rate; a higher number only where it gains something."""
    best = min(rates)
    for number, rate in sorted(rates.items()):
        if rate > _GAIN * rates[best]:
            best = number
    return best


def steps_a_second(step: Callable[[], object], threads: int, steps: int = 0) -> float:
    """How fast steps are taken with so many threads, in a short trial after a first step.

    Args:
        step: takes one.
        threads: of each operation.
        steps: how many; 0: as many as fit into the time of a trial.
    """
    torch.set_num_threads(threads)
    step()
    taken, start = 0, time.perf_counter()
    while taken < steps or (not steps and (time.perf_counter() - start < TRIAL_SECONDS or taken < 2)):
        step()
        taken += 1
    return taken / (time.perf_counter() - start)
