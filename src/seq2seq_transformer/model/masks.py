"""Attention masks. A mask is boolean and True means *blocked*, everywhere in the package.

`blocked_to_scores` is the one place where a mask becomes numbers that are added to attention scores.
"""

# B batch · S source length · T target length
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def get_tgt_mask(size: int, *, device: torch.device | str | None = None) -> Bool[Tensor, "T T"]:
    """The causal mask: row t blocks every later position.

    Args:
        size: target length T, in tokens.
        device: where the mask is made.

    Returns:
        True above the diagonal (blocked), False on and below it.
    """
    return torch.ones(size, size, dtype=torch.bool, device=device).triu(1)


def create_pad_mask(matrix: Int[Tensor, "B S"], pad_token: int) -> Bool[Tensor, "B S"]:
    """True (blocked) where a batch of token ids holds padding.

    Args:
        matrix: token ids.
        pad_token: the id of PAD.
    """
    return matrix == pad_token


def blocked_to_scores(
    *masks: Bool[Tensor, "..."] | None, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "..."] | None:
    """Join masks (True = blocked) into one tensor to add to the attention scores; None where nothing is blocked.

    The blocked value is large but finite, so a row that is blocked whole gives an even average, never NaN.
    """
    given = [mask for mask in masks if mask is not None]
    if not given:
        return None
    blocked = given[0]
    for mask in given[1:]:
        blocked = blocked | mask
    number = torch.zeros((), dtype=dtype, device=blocked.device)
    return torch.where(blocked, torch.finfo(dtype).min / 2, number)
