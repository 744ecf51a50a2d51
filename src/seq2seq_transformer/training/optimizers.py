"""The optimizers by name, all PyTorch's own, with their fused kernels where the device has them."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from torch import nn, optim

from seq2seq_transformer.model.positional_encodings.base import PositionalEncodingBase
from seq2seq_transformer.registry import Registry
from seq2seq_transformer.training.muon import Float32Muon
from seq2seq_transformer.training.ranks import Ranks

OPTIMIZERS: Registry[optim.Optimizer] = Registry("optimizer")


@OPTIMIZERS.register
def sgd(model: nn.Module, *, learning_rate: float, momentum: float = 0.9, weight_decay: float = 0.0) -> optim.Optimizer:
    """Stochastic gradient descent with momentum: the original system's."""
    return optim.SGD(by_decay(model.named_parameters(), weight_decay), lr=learning_rate, momentum=momentum, fused=True)


@OPTIMIZERS.register
def adam(model: nn.Module, *, learning_rate: float, beta2: float = 0.98, weight_decay: float = 0.0) -> optim.Optimizer:
    """Adam (Kingma and Ba 2014)."""
    return optim.Adam(
        by_decay(model.named_parameters(), weight_decay), lr=learning_rate, betas=(0.9, beta2), fused=True
    )


@OPTIMIZERS.register
def adamw(model: nn.Module, *, learning_rate: float, beta2: float = 0.98, weight_decay: float = 0.0) -> optim.Optimizer:
    """Adam with decoupled weight decay (Loshchilov and Hutter 2017)."""
    return _adamw(model.named_parameters(), learning_rate, beta2, weight_decay)


@OPTIMIZERS.register
def muon(
    model: nn.Module,
    *,
    learning_rate: float,
    beta2: float = 0.98,
    weight_decay: float = 0.0,
    ranks: Ranks | None = None,
) -> optim.Optimizer:
    """Muon (Jordan 2024) for the matrices of the blocks, AdamW for everything else."""
    named = dict(model.named_parameters())
    matrices = {name: weight for name, weight in named.items() if weight.ndim == 2 and "layers" in name}
    others = [(name, weight) for name, weight in named.items() if name not in matrices]
    adamw = _adamw(others, learning_rate, beta2, weight_decay)
    if not matrices:
        return adamw
    inner = list(matrices.values())
    on_processor = inner[0].device.type == "cpu"
    kind = partial(Float32Muon, ranks=ranks or Ranks()) if on_processor else optim.Muon
    return Together(kind(inner, lr=learning_rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"), adamw)


def by_decay(named: Iterable[tuple[str, nn.Parameter]], weight_decay: float) -> list[dict[str, Any]]:
    """Groups of weights: the matrices of linear maps decay; embeddings, positions, norms and biases do not."""
    groups: dict[bool, list[nn.Parameter]] = {True: [], False: []}
    for name, weight in named:
        groups[weight.ndim == 2 and not {"embedding", "positions"} & set(name.split("."))].append(weight)
    decays = {True: weight_decay, False: 0.0}
    return [{"params": weights, "weight_decay": decays[kind]} for kind, weights in groups.items() if weights]


def _adamw(
    named: Iterable[tuple[str, nn.Parameter]], learning_rate: float, beta2: float, weight_decay: float
) -> optim.Optimizer:
    return optim.AdamW(by_decay(named, weight_decay), lr=learning_rate, betas=(0.9, beta2), fused=True)


RATE_FACTOR = "rate_factor"
"""Key of a group of weights: what its learning rate is multiplied by."""


class Together(optim.Optimizer):
    """Several optimizers of different weights, used as one.

    Args:
        parts: each with weights of its own.
    """

    def __init__(self, *parts: optim.Optimizer) -> None:
        self.parts = parts

    @property
    def param_groups(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The groups of all, as they are now: loading a state makes new ones."""
        return [group for part in self.parts for group in part.param_groups]

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Give a group of weights to the last of the optimizers."""
        self.parts[-1].add_param_group(param_group)

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take a step with each."""
        for part in self.parts:
            part.step()

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all."""
        for part in self.parts:
            part.zero_grad(set_to_none)

    def state_dict(self) -> dict[str, Any]:
        """The states of all as one, weights numbered through."""
        state: dict[int, Any] = {}
        groups: list[dict[str, Any]] = []
        for part in self.parts:
            first = sum(len(group["params"]) for group in groups)
            saved = part.state_dict()
            state |= {first + number: values for number, values in saved["state"].items()}
            groups += [{**group, "params": [first + n for n in group["params"]]} for group in saved["param_groups"]]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:  # type: ignore[override]
        """Hand each its part of what `state_dict` gave."""
        groups = list(state_dict["param_groups"])
        first = 0
        for part in self.parts:
            own, groups = groups[: len(part.param_groups)], groups[len(part.param_groups) :]
            count = sum(len(group["params"]) for group in own)
            numbers = range(first, first + count)
            state = {n - first: values for n, values in state_dict["state"].items() if n in numbers}
            moved = [{**group, "params": [n - first for n in group["params"]]} for group in own]
            part.load_state_dict({"state": state, "param_groups": moved})
            first += count


def build_optimizer(name: str, model: nn.Module, *, positions_rate: float = 0.0, **settings: Any) -> optim.Optimizer:
    """The optimizer of this name for all weights of a model; settings that it does not know are left out.

    Args:
        name: the optimizer's.
        model: whose weights.
        positions_rate: factor of the learning rate for what positional encodings learn; 0: each encoding's own.
        **settings: learning_rate and others; `ranks`, the processes that train together.
    """
    known = {option.name for option in OPTIMIZERS.options(name)}
    optimizer = OPTIMIZERS.get(name)(model, **{key: settings[key] for key in known & settings.keys()})
    for encoding in (module for module in model.modules() if isinstance(module, PositionalEncodingBase)):
        factor = positions_rate or encoding.rate_factor
        if factor != 1:
            _set_apart(optimizer, list(encoding.parameters()), factor)
    return optimizer


def _set_apart(optimizer: optim.Optimizer, weights: list[nn.Parameter], factor: float) -> None:
    """Give some weights a group of their own, whose learning rate is multiplied by a factor."""
    chosen = set(map(id, weights))
    for group in list(optimizer.param_groups):
        own = [weight for weight in group["params"] if id(weight) in chosen]
        if own:
            group["params"] = [weight for weight in group["params"] if id(weight) not in chosen]
            settings = {key: value for key, value in group.items() if key != "params"}
            optimizer.add_param_group({**settings, "params": own, "lr": factor * group["lr"], RATE_FACTOR: factor})
