"""What is chosen for a user who says "auto": device, precision and threads, once, before the first step."""

import os
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from seq2seq_transformer.experiment.config import Experiment
from seq2seq_transformer.inference.torch_engine import choose_device
from seq2seq_transformer.training.precision import has_fast_bfloat16

_TRIAL_SECONDS = 0.4


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
        machine=replace(experiment.machine, device=device),
        training=replace(experiment.training, precision=precision),
    )


def available_threads() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fastest_threads(step: Callable[[], object]) -> int:
    """One thread or all of them, whichever takes more steps in a short trial; small models are often faster on one."""
    best_rate, best = 0.0, 1
    for threads in sorted({1, available_threads()}):
        torch.set_num_threads(threads)
        step()
        steps, start = 0, time.perf_counter()
        while time.perf_counter() - start < _TRIAL_SECONDS or steps < 2:
            step()
            steps += 1
        rate = steps / (time.perf_counter() - start)
        if rate > 1.05 * best_rate:
            best_rate, best = rate, threads
    return best
