"""What the decoder looks at: the weights of cross-attention, which `attend` needs and does not keep."""

# B batch · S source length · T target length · K dim per head
import threading
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2seq_transformer.model.attention import CrossAttention
from seq2seq_transformer.model.transformer import Transformer

_HOOKING = threading.Lock()
"""Hooks are numbered by PyTorch, which counts on one thread."""


def cross_attention_maps(
    model: Transformer, src: Int[Tensor, "B S"], tgt: Int[Tensor, "B T"]
) -> Float[Tensor, "B L H T S"]:
    """Of each pass through a decoder layer and each head, the weights of the source's tokens for each target position.

    They add up to 1, or to less where a head may look at no key (see `attend`).

    Args:
        model: in evaluation mode.
        src: source token ids.
        tgt: target token ids, beginning with SOS.
    """
    maps: list[Tensor] = []
    mine = threading.get_ident()

    def note(module: torch.nn.Module, given: tuple[Any, ...]) -> None:
        if threading.get_ident() == mine:  # others may be answering with the same model
            assert isinstance(module, CrossAttention)
            maps.append(_weights(module, *given))

    with _HOOKING:
        hooks = [each.register_forward_pre_hook(note) for each in model.modules() if isinstance(each, CrossAttention)]
    try:
        model(src, tgt)
    finally:
        with _HOOKING:
            for hook in hooks:
                hook.remove()
    return torch.stack(maps, dim=1)


def _weights(
    attention: CrossAttention, x_ND: Tensor, key_BHSK: Tensor, value_BHSK: Tensor, located: Any, layer: int
) -> Float[Tensor, "B H T S"]:
    """The softmax of equation 1 (Vaswani et al. 2017), as `attend` has it; the tests hold the two together."""
    (query,) = located.rows.split_heads(attention.query_proj(x_ND), 1, attention.num_heads)
    query_BHTK = located.query(attention.query_norm(query)) * attention.scale
    scores_BHTS = query_BHTK @ key_BHSK.transpose(2, 3)
    mask = located.scores[layer]
    if mask is not None:
        scores_BHTS = torch.nn.functional.pad(scores_BHTS, (0, mask.shape[-1] - scores_BHTS.shape[-1])) + mask
    return torch.softmax(scores_BHTS, dim=-1)[..., : key_BHSK.shape[2]]
