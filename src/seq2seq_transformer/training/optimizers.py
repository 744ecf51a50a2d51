"""The optimizers by name, all PyTorch's own, with their fused kernels where the device has them."""

from collections.abc import Iterable

from torch import Tensor, nn, optim

from seq2seq_transformer.registry import Registry

OPTIMIZERS: Registry[optim.Optimizer] = Registry("optimizer")


@OPTIMIZERS.register
def sgd(
    parameters: Iterable[Tensor], *, learning_rate: float, momentum: float = 0.9, weight_decay: float = 0.0
) -> optim.Optimizer:
    """Stochastic gradient descent with momentum: the original system's."""
    return optim.SGD(parameters, lr=learning_rate, momentum=momentum, weight_decay=weight_decay, fused=True)


@OPTIMIZERS.register
def adam(
    parameters: Iterable[Tensor], *, learning_rate: float, beta2: float = 0.98, weight_decay: float = 0.0
) -> optim.Optimizer:
    """Adam (Kingma and Ba 2014)."""
    return optim.Adam(parameters, lr=learning_rate, betas=(0.9, beta2), weight_decay=weight_decay, fused=True)


@OPTIMIZERS.register
def adamw(
    parameters: Iterable[Tensor], *, learning_rate: float, beta2: float = 0.98, weight_decay: float = 0.0
) -> optim.Optimizer:
    """Adam with decoupled weight decay (Loshchilov and Hutter 2017)."""
    return optim.AdamW(parameters, lr=learning_rate, betas=(0.9, beta2), weight_decay=weight_decay, fused=True)


def build_optimizer(name: str, model: nn.Module, **settings: float) -> optim.Optimizer:
    """The optimizer of this name for all weights of a model; settings that it does not know are left out."""
    known = {option.name for option in OPTIMIZERS.options(name)}
    return OPTIMIZERS.get(name)(model.parameters(), **{key: settings[key] for key in known & settings.keys()})
