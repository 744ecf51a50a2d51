"""Muon for processors."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn, optim

from seq2seq_transformer.training.ranks import Ranks


class Float32Muon(optim.Muon):
    """PyTorch's Muon with its orthogonalization in float32.

    PyTorch orthogonalizes in bfloat16, which a processor without it emulates: 53 ms a step for a model of 120,000
    weights, against 3 ms here (one core with AVX2). With AVX512-BF16 both take the same time, and float32 has the same
    outcome in one process and in several. State and settings are the same; learning rates are those of AdamW
    (`adjust_lr_fn="match_rms_adamw"`). Several processes orthogonalize a part of the matrices each.

    Args:
        params: matrices.
        ranks: the processes that train together.
        **settings: PyTorch's.
    """

    def __init__(self, params: Iterable[nn.Parameter], ranks: Ranks | None = None, **settings: Any) -> None:
        super().__init__(params, **settings)
        self._ranks = ranks or Ranks()

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Take a step."""
        for group in self.param_groups:
            rate, keep = group["lr"], group["momentum"]
            weights = [weight for weight in group["params"] if weight.grad is not None]
            wanted = [self._momentum(weight, keep) for weight in weights]
            updates = self._orthogonalized(wanted, group["ns_coefficients"], group["ns_steps"])
            for weight, update in zip(weights, updates, strict=True):
                weight.mul_(1 - rate * group["weight_decay"])
                weight.add_(update, alpha=-rate * 0.2 * math.sqrt(max(weight.shape)))

    def _momentum(self, weight: nn.Parameter, keep: float) -> Tensor:
        """Nesterov's momentum of a gradient, with which the kept one is brought up to date."""
        assert weight.grad is not None
        state = self.state[weight]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(weight.grad)
        return weight.grad.lerp(state["momentum_buffer"].lerp_(weight.grad, 1 - keep), keep)

    def _orthogonalized(self, matrices: Sequence[Tensor], coefficients: Sequence[float], steps: int) -> list[Tensor]:
        """Every matrix orthogonalized, each in one of the processes, which tell each other."""
        world, made = self._ranks.world, list(matrices)
        if world == 1 or not made:
            return [orthogonalized(matrix, coefficients, steps) for matrix in matrices]
        work, of_ranks = [_work(matrix) for matrix in matrices], [list[int]() for _ in range(world)]
        for place in sorted(range(len(made)), key=lambda place: -work[place]):
            min(of_ranks, key=lambda places: sum(work[other] for other in places)).append(place)
        for place in of_ranks[self._ranks.rank]:
            made[place] = orthogonalized(made[place], coefficients, steps)
        own = [made[place].flatten() for place in of_ranks[self._ranks.rank]]
        longest = max(sum(made[place].numel() for place in places) for places in of_ranks)
        own.append(made[0].new_zeros(longest - sum(map(len, own))))
        for places, numbers in zip(of_ranks, self._ranks.gathered(torch.cat(own)), strict=True):
            rest = numbers
            for place in places:
                part, rest = rest.tensor_split([made[place].numel()])
                made[place] = part.view_as(made[place])
        return made


def orthogonalized(matrix: Tensor, coefficients: Sequence[float], steps: int) -> Tensor:
    """The nearest matrix with singular values around 1, by a quintic Newton–Schulz iteration (Jordan 2024).

    Each step multiplies the matrix X by a polynomial of X·Xᵀ. For matrices at least twice as long as wide these
    polynomials, which are square and as small as the shorter side, are multiplied first and with X last: the same in
    exact arithmetic, and half of the work for those four times as long.
    """
    wide = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    wide = wide / wide.norm().clamp(min=1e-7)
    if wide.shape[1] >= 2 * wide.shape[0]:
        wide = _product_of_factors(wide @ wide.T, coefficients, steps) @ wide
    else:
        for _ in range(steps):
            wide = _factor(wide @ wide.T, coefficients) @ wide
    return wide.T if matrix.shape[0] > matrix.shape[1] else wide


def _work(matrix: Tensor) -> int:
    """About how many multiplications `orthogonalized` takes in five steps."""
    short, long = sorted(matrix.shape)
    return short * short * (2 * long + 17 * short)


def _factor(gram: Tensor, coefficients: Sequence[float]) -> Tensor:
    """The polynomial linear + cubic·G + quintic·G² of a symmetric matrix G."""
    linear, cubic, quintic = coefficients
    factor = torch.addmm(gram, gram, gram, beta=cubic, alpha=quintic)
    factor.diagonal().add_(linear)
    return factor


def _product_of_factors(gram: Tensor, coefficients: Sequence[float], steps: int) -> Tensor:
    """The product of the factors of all steps, from the first step's X·Xᵀ alone: a factor P makes P·(X·Xᵀ)·P of it."""
    product = factor = _factor(gram, coefficients)
    for _ in range(steps - 1):
        gram = factor @ (gram @ factor)
        factor = _factor(gram, coefficients)
        product = factor @ product
    return product
