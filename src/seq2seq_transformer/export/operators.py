"""Operators of PyTorch that its exporter does not know, or knows a slow translation of."""

from collections.abc import Callable, Sequence
from typing import Any

import onnxscript
import torch
from onnxscript import INT64, opset18

op: Any = opset18


def einsum(equation: str, tensors: Sequence[Any], path: Any = None) -> Any:
    """Two operands as transpositions around one MatMul: the runtime's Einsum is two to three times slower."""
    left, right, out = equation.replace(" ", "").replace("->", ",").split(",")
    both = [letter for letter in out if letter in left and letter in right]
    rows = [letter for letter in out if letter not in right]
    columns = [letter for letter in out if letter not in left]
    summed = [letter for letter in left if letter not in out]
    assert [len(rows), len(columns), len(summed)] == [1, 1, 1], f"{equation} is no product of matrices"
    product = op.MatMul(
        _ordered(tensors[0], left, both + rows + summed), _ordered(tensors[1], right, both + summed + columns)
    )
    return _ordered(product, "".join(both + rows + columns), list(out))


def _ordered(tensor: Any, letters: str, wanted: list[str]) -> Any:
    order = [letters.index(letter) for letter in wanted]
    return tensor if order == sorted(order) else op.Transpose(tensor, perm=order)


def unbind(x: Any, dim: int = 0) -> Any:
    """One part needs no cutting."""
    parts = x.shape[dim]
    axis = op.Constant(value_ints=[dim])
    if parts == 1:
        return [op.Squeeze(x, axis)]
    return [op.Squeeze(part, axis) for part in op.Split(x, axis=dim, num_outputs=parts)]


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
    torch.ops.aten.einsum.default: einsum,
    torch.ops.aten.unbind.int: unbind,
    torch.ops.aten.cummax.default: cummax,
    torch.ops.aten.cummin.default: cummin,
    torch.ops.aten.sort.stable: stable_sort,
}
