"""How many threads a training takes, where nobody said: measured on its own step."""

from dataclasses import replace

import torch

from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.experiment.config import Experiment
from seq2seq_transformer.experiment.machine import fastest_threads
from seq2seq_transformer.model.transformer import Transformer
from seq2seq_transformer.training.loops import LossFunction, Regime, train_step
from seq2seq_transformer.training.optimizers import build_optimizer


def with_threads(experiment: Experiment, batch: Batch, loss: LossFunction, regime: Regime) -> Experiment:
    """The experiment with the faster of one thread and all, on a copy of the real step; random states are untouched."""
    machine = experiment.machine
    with torch.random.fork_rng(devices=[]):
        model = Transformer.from_config(experiment.model).to(machine.device)
        optimizer = build_optimizer("sgd", model, learning_rate=0.0)
        moved = batch.to(machine.device)
        threads = fastest_threads(lambda: train_step(model, optimizer, loss, moved, regime))
    return replace(experiment, machine=replace(machine, threads=threads))
