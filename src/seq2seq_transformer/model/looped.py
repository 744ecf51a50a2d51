"""The same blocks again and again (a universal Transformer), as often as each row wants."""

# *N rows in one of the two layouts of rows.py: (B, S) with padding, or (N,) without · D dim_model
from collections.abc import Callable
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor


def repeated(
    blocks: Callable[[Tensor], Tensor], x_ND: Float[Tensor, "*N D"], loops: int | Int[Tensor, "*N 1"]
) -> Float[Tensor, "*N D"]:
    """The blocks applied to each row as often as it wants, at least once.

    Args:
        blocks: what is applied.
        x_ND: what to.
        loops: how often: the same for all rows, or for each its own.
    """
    if torch.compiler.is_exporting() and not (isinstance(loops, int) and loops == 1):
        return _as_graph(blocks, x_ND, loops)
    if isinstance(loops, int):
        for _ in range(loops):
            x_ND = blocks(x_ND)
        return x_ND
    for turn in range(int(loops.max())):
        x_ND = torch.where(loops > turn, blocks(x_ND), x_ND)
    return x_ND


def _as_graph(blocks: Callable[[Tensor], Tensor], x_ND: Tensor, loops: int | Tensor) -> Tensor:
    """The same as one loop of a graph, since its length is not known when a graph is made."""
    wanted = torch.full((1,), loops) if isinstance(loops, int) else loops

    def goes_on(turn: Tensor, x_ND: Tensor) -> Tensor:
        return turn < wanted.max()

    def goes_round(turn: Tensor, x_ND: Tensor) -> tuple[Tensor, Tensor]:
        return turn + 1, torch.where(wanted > turn, blocks(x_ND), x_ND)

    start = torch.zeros((), dtype=torch.int64)
    return cast("Tensor", torch.while_loop(goes_on, goes_round, (start, x_ND))[1])
