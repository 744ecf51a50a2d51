"""What a training takes of memory, measured on a copy of its first step."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.errors import is_out_of_memory
from seq2seq_transformer.experiment.config import Experiment
from seq2seq_transformer.model.transformer import Transformer
from seq2seq_transformer.training.loops import LossFunction
from seq2seq_transformer.training.optimizers import build_optimizer
from seq2seq_transformer.training.regime import Regime

MEMORY = "memory"
WEIGHTS, GRADIENTS, OPTIMIZER, ACTIVATIONS = "weights", "gradients", "optimizer", "activations"


def memory_of_a_step(experiment: Experiment, batch: Batch, loss: LossFunction, regime: Regime) -> dict[str, int]:
    """Bytes of weights, gradients and optimizer state, and of what the forward pass keeps for the backward pass.

    The peak of a step is about their sum. Activations are counted as autograd keeps them, each storage once, the same
    way on every device; they are those of this batch, or of the largest part that it is worked through in. Random
    states are untouched.

    Returns:
        Bytes by name; nothing where memory does not hold a copy of the model.
    """
    try:
        with untouched_random_states(experiment.machine.device):
            return _measured(experiment, batch, loss, regime)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        return {}


def untouched_random_states(device: str) -> AbstractContextManager[None]:
    """A context after which torch's generators are as before."""
    return torch.random.fork_rng(devices=[torch.device(device)] if device.startswith("cuda") else [])


def _measured(experiment: Experiment, batch: Batch, loss: LossFunction, regime: Regime) -> dict[str, int]:
    model = Transformer.from_config(experiment.model).to(experiment.machine.device).train()
    config = experiment.training
    optimizer = build_optimizer(config.optimizer, model, learning_rate=0.0, momentum=config.momentum)
    part = batch.rows(slice(-(-len(batch) // regime.parts))).to(regime.device)
    weights = list(model.parameters())
    own = {weight.untyped_storage().data_ptr() for weight in weights}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with regime.autocast(), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        value = loss(model(part.src, part.tgt_input), part.tgt_expected)
    value.backward()
    optimizer.step()
    states = optimizer.state_dict()["state"].values()
    state = [each for values in states for each in values.values() if isinstance(each, Tensor)]
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    return {
        WEIGHTS: _bytes(weights),
        GRADIENTS: _bytes(gradients),
        OPTIMIZER: _bytes(state),
        ACTIVATIONS: sum(kept.values()),
    }


def in_words(memory: dict[str, int]) -> str:
    """A line for people.

    >>> in_words({"weights": 480_000, "activations": 12_300_000})
    'memory of the first step: weights 0.5 MB, activations 12.3 MB; 12.8 MB in all'
    """
    parts = ", ".join(f"{name} {number / 1e6:,.1f} MB" for name, number in memory.items())
    return f"memory of the first step: {parts}; {sum(memory.values()) / 1e6:,.1f} MB in all"


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
