"""The linear layer as one operator: a matrix product and a bias."""

from __future__ import annotations

import math

from ..errors import not_implemented, with_remedy
from ..op import Array, op
from .matmul import in_rows

__all__ = ["linear"]


def _label(input, weight, bias):
    if weight.ndim == 1:
        return "MvBackward0" if input.ndim == 2 else "DotBackward0" if input.ndim == 1 else "UnsafeViewBackward0"
    if input.ndim == 1:
        return "SqueezeBackward4" if bias is None else "ViewBackward0"
    if input.ndim == 2:
        return "MmBackward0" if bias is None else "AddmmBackward0"
    return "UnsafeViewBackward0" if bias is None else "ViewBackward0"


@op(cast="same", method=False, node=_label)
def linear(input: Array, weight: Array, bias: Array | None = None):
    """Apply an affine map to the last dimension.

    Shape:    input (*, in), weight (out, in), bias (out,) -> out (*, out)
    Math:     y = x W^T + b
    Gradient: dL/dx = g W,  dL/dW = g^T x,  dL/db = g, all summed over *
    Raises:
        RuntimeError: if the last size of input is not the weight's number of columns.
    """
    _need_shapes(input, weight, bias)
    y = input @ (weight.mT if weight.ndim == 2 else weight)
    if bias is None:
        return y
    if y.ndim > 1 or bias.ndim <= y.ndim:
        y += bias
        return y
    return y + bias


def _need_shapes(input, weight, bias):
    """Raise PyTorch's error unless the shapes fit."""
    if not (input.ndim and weight.ndim):
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {input.ndim}D and {weight.ndim}D"
        )
    if weight.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {weight.ndim}D")
    if weight.ndim == 1 and bias is not None:
        raise RuntimeError("mat2 must be a matrix, got 1-D tensor")
    rows, k, m = math.prod(input.shape[:-1]), input.shape[-1], weight.shape[0]
    if k != weight.shape[-1]:
        raise RuntimeError(
            with_remedy(
                f"mat1 and mat2 shapes cannot be multiplied ({rows}x{k} and {weight.shape[-1]}x{m})",
                f"The input's last dimension ({k}) must be the layer's in_features ({weight.shape[-1]}).",
            )
        )
    if bias is not None and bias.ndim and bias.shape[-1] not in (1, m):
        raise RuntimeError(
            f"The expanded size of the tensor ({m}) must match the existing size ({bias.shape[-1]}) at non-singleton "
            f"dimension 1.  Target sizes: [{rows}, {m}].  Tensor sizes: {list(bias.shape)}"
        )
    if input.dtype.kind == "b" and input.size:
        raise not_implemented("addmm_impl_cpu_", input)


def _weight(g, input, weight):
    if weight.ndim == 1:
        return (g[..., None] * input).reshape(-1, input.shape[-1]).sum(axis=0)
    if input.ndim == 1:
        return g[:, None] * input
    return in_rows(g).mT @ in_rows(input)


linear.grad(
    input=lambda g, weight: g @ weight if weight.ndim == 2 else g[..., None] * weight, weight=_weight, bias=lambda g: g
)
