"""Operators of PyTorch that its exporter does not know, or knows a slow translation of."""

from collections.abc import Callable
from typing import Any

import onnxscript
import torch
from onnxscript import INT64, opset18

op: Any = opset18


@onnxscript.script(default_opset=op)
def _running_max(x: INT64[...]) -> INT64[...]:
    """Of each place the largest so far along the second dimension; the reach doubles at each turn."""
    length = op.Shape(x, start=1, end=2)
    reach = op.Constant(value_ints=[1])
    zero = op.Constant(value_ints=[0])
    one = op.Constant(value_ints=[1])
    more = op.Squeeze(op.Less(reach, length))
    while more:
        head = op.Slice(x, zero, reach, one)
        tail = op.Slice(x, zero, op.Neg(reach), one)
        x = op.Max(x, op.Concat(head, tail, axis=1))
        reach = op.Add(reach, reach)
        more = op.Squeeze(op.Less(reach, length))
    return x


def cummax(x: Any, dim: int) -> tuple[Any, Any]:
    """The values alone: nobody asks where they stand."""
    assert dim == 1, "positions are counted along the second dimension"
    values = _running_max(x)
    return values, values


def cummin(x: Any, dim: int) -> tuple[Any, Any]:
    """As cummax."""
    values = op.Neg(cummax(op.Neg(x), dim)[0])
    return values, values


def stable_sort(x: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> tuple[Any, Any]:
    """TopK, which takes the first of equal ones first."""
    length = op.Shape(x, start=dim, end=dim + 1)
    return op.TopK(x, length, axis=dim, largest=int(descending), sorted=1)


TRANSLATIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.ops.aten.cummax.default: cummax,
    torch.ops.aten.cummin.default: cummin,
    torch.ops.aten.sort.stable: stable_sort,
}
