"""What is found out on a copy of the real step before the first one: threads, whether it compiles, its memory."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.errors import ConfigError
from seq2seq_transformer.experiment.config import Experiment
from seq2seq_transformer.experiment.launch import available_threads
from seq2seq_transformer.experiment.machine import fastest, steps_a_second
from seq2seq_transformer.experiment.memory import MEMORY, memory_of_a_step, untouched_random_states
from seq2seq_transformer.model.transformer import Transformer
from seq2seq_transformer.training.compiled import cannot_compile, compiled
from seq2seq_transformer.training.loops import LossFunction, train_step
from seq2seq_transformer.training.optimizers import build_optimizer
from seq2seq_transformer.training.regime import Regime


def try_the_step(
    experiment: Experiment, batch: Batch, loss: LossFunction, regime: Regime
) -> tuple[Experiment, dict[str, Any]]:
    """The experiment with its threads chosen, where they were left open, and set; and facts on the step.

    Raises:
        ConfigError: where the step is to be compiled and cannot be.
    """
    machine, ranks = experiment.machine, regime.ranks
    if not machine.threads and ranks.world > 1:
        experiment = replace(experiment, machine=replace(machine, threads=available_threads()))
    elif not machine.threads:
        experiment = with_threads(experiment, batch, loss, regime)
    torch.set_num_threads(ranks.threads(experiment.machine.threads))
    if experiment.training.compile and ranks.world > 1:
        raise ConfigError(["`training.compile` must be false with several `processes`, but is true instead."])
    if experiment.training.compile:
        try_to_compile(experiment, batch, loss, regime)
    return experiment, {MEMORY: memory_of_a_step(experiment, batch, loss, regime)}


def with_threads(experiment: Experiment, batch: Batch, loss: LossFunction, regime: Regime) -> Experiment:
    """The experiment with the faster of one thread and all, on a copy of the real step; random states are untouched."""
    with untouched_random_states(experiment.machine.device):
        step = step_of_a_copy(experiment, batch, loss, regime)
        rates = {threads: steps_a_second(step, threads) for threads in sorted({1, available_threads()})}
    return replace(experiment, machine=replace(experiment.machine, threads=fastest(rates)))


def try_to_compile(experiment: Experiment, batch: Batch, loss: LossFunction, regime: Regime) -> None:
    """Compile the step on a copy, always with the same batch, before anything is trained; random states are untouched.

    Raises:
        ConfigError: where it does not work on this machine.
    """
    with untouched_random_states(experiment.machine.device):
        try:
            step_of_a_copy(experiment, batch, loss, regime, compile=True)()
        except RuntimeError as error:
            raise cannot_compile(error) from error


def step_of_a_copy(
    experiment: Experiment, batch: Batch, loss: LossFunction, regime: Regime, *, compile: bool = False
) -> Callable[[], object]:
    """What takes a step with new weights and the training's optimizer, always with the same batch and a rate of 0."""
    device = experiment.machine.device
    model, moved = Transformer.from_config(experiment.model).to(device), batch.to(device)
    optimizer = build_optimizer(experiment.training.optimizer, model, learning_rate=0.0, ranks=regime.ranks)
    trained = compiled(model) if compile else regime.ranks.parallel(model, moved)
    trained.train()
    return lambda: train_step(trained, optimizer, loss, moved, regime)
