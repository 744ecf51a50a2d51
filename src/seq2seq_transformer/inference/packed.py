"""A model whose linear maps are laid out once for many products: faster answers on processors, the same numbers.

For float32 PyTorch calls the library that is fastest on large square matrices. With weights that stay as they are,
oneDNN is faster on the short batches of decoding. For a single row neither reads its matrix as fast as memory gives it;
a sum of columns, as of embeddings, does.
"""

import copy
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seq2seq_transformer.model.attention import fold_scales
from seq2seq_transformer.model.layers import Block, FeedForward
from seq2seq_transformer.model.transformer import OutputLayer, Transformer

_TYPICAL_ROWS = 128
"""Rows that oneDNN lays weights out for; it takes others as well."""


class PackedLinear:
    """A linear map that is never trained.

    Args:
        weight: its matrix, (M, K).
        bias: its bias, (M,); None: zeros.
        activation: what follows it: none, relu or gelu.
    """

    def __init__(
        self, weight: Float[Tensor, "M K"], bias: Float[Tensor, " M"] | None, activation: str = "none"
    ) -> None:
        self._bias = torch.zeros(len(weight)) if bias is None else bias.detach().clone()
        self._columns = weight.detach().t().clone(memory_format=torch.contiguous_format)
        self._all = torch.arange(weight.shape[1], dtype=torch.int32)
        self._first = torch.zeros(1, dtype=torch.int32)
        self._packed = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), _TYPICAL_ROWS)
        self._activation = activation

    def __call__(self, x: Float[Tensor, "*N K"]) -> Float[Tensor, "*N M"]:
        if x.dim() > 2 or len(x) != 1:
            return torch.ops.mkldnn._linear_pointwise(x, self._packed, self._bias, self._activation, [], "none")
        sum_of_columns = torch.embedding_bag(self._columns, self._all, self._first, per_sample_weights=x[0])[0]
        y = sum_of_columns.add_(self._bias)
        return y if self._activation == "none" else getattr(torch.nn.functional, self._activation)(y)


def _layer_norm(norm: nn.Module) -> Callable[[Tensor], Tensor]:
    norm.requires_grad_(False)
    if not isinstance(norm, nn.LayerNorm):
        return norm
    shape, weight, bias, eps = norm.normalized_shape, norm.weight, norm.bias, norm.eps
    return lambda x: torch.layer_norm(x, shape, weight, bias, eps)


def can_pack(model: Transformer) -> bool:
    """Whether the weights are on a processor, and in float32, and this build of PyTorch has oneDNN's linear maps."""
    weight = model.embedding.weight
    suits = weight.device.type == "cpu" and weight.dtype is torch.float32 and torch.backends.mkldnn.is_available()
    return suits and all(hasattr(torch.ops.mkldnn, name) for name in ("_linear_pointwise", "_reorder_linear_weight"))


def packed(model: Transformer) -> Transformer:
    """A copy for answers alone, with the weights as they are now."""
    kept = {id(weight): weight for _, _, linear in _linear_maps(model) for weight in linear.parameters(recurse=False)}
    made = copy.deepcopy(model, kept)  # these are laid out anew, not copied
    fold_scales(made)
    for module, name, linear in _linear_maps(made):
        activation = "none"
        if isinstance(module, FeedForward) and name == "widen" and module.activation_name in ("relu", "gelu"):
            activation, module.activation = module.activation_name, lambda x: x
        matrix = linear.matrix if isinstance(linear, OutputLayer) else linear.weight
        _replace(module, name, PackedLinear(matrix, linear.bias, activation))
    for block in [module for module in made.modules() if isinstance(module, Block)]:
        _replace(block, "norms", [_layer_norm(norm) for norm in block.norms])
    return made.requires_grad_(False)


def _linear_maps(model: nn.Module) -> list[tuple[nn.Module, str, nn.Linear]]:
    """Those that can be replaced, with whose parts they are; what calls and counts modules only keeps its own."""
    return [
        (module, name, child)
        for module in model.modules()
        if not isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict)
        for name, child in module.named_children()
        if isinstance(child, nn.Linear)
    ]


def _replace(module: nn.Module, name: str, made: object) -> None:
    """Have something plain in place of a part, which PyTorch finds and calls slowly: at every token for single rows."""
    delattr(module, name)
    setattr(module, name, made)
