"""The linear layer as one operator: a matrix product and a bias."""

from __future__ import annotations

from ..errors import with_remedy
from ..op import Array, op

__all__ = ["linear"]


def _label(input, bias):
    if input.ndim == 1:
        return "SqueezeBackward4" if bias is None else "ViewBackward0"
    if input.ndim == 2:
        return "MmBackward0" if bias is None else "AddmmBackward0"
    return "UnsafeViewBackward0" if bias is None else "ViewBackward0"


@op(cast="same", method=False, out=False, node=_label)
def linear(input: Array, weight: Array, bias: Array | None = None):
    """Apply an affine map to the last dimension.

    Shape:    input (*, in), weight (out, in), bias (out,) -> out (*, out)
    Math:     y = x W^T + b
    Gradient: dL/dx = g W,  dL/dW = g^T x,  dL/db = g, all summed over *
    Raises:
        RuntimeError: if the last size of input is not the weight's number of columns.
    """
    if weight.ndim == 2 and input.shape[-1] != weight.shape[1]:
        rows = input.size // input.shape[-1] if input.shape[-1] else 0
        raise RuntimeError(with_remedy(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{input.shape[-1]} and {weight.shape[1]}x{weight.shape[0]})",
            f"The input's last dimension ({input.shape[-1]}) must be the layer's in_features ({weight.shape[1]})."))  # fmt: skip
    y = input @ weight.mT
    if bias is None:
        return y
    if bias.shape[-1] not in (1, y.shape[-1]):
        raise RuntimeError(
            f"The expanded size of the tensor ({y.shape[-1]}) must match the existing size ({bias.shape[-1]}) at "
            f"non-singleton dimension {max(y.ndim - 1, 1)}.  Target sizes: {list(y.shape)}.  Tensor sizes: {list(bias.shape)}"
        )
    if y.ndim:
        y += bias
        return y
    return y + bias


def _weight(g, input):
    if input.ndim == 1:
        return g[:, None] * input
    return g.reshape(-1, g.shape[-1]).mT @ input.reshape(-1, input.shape[-1])


linear.grad(input=lambda g, weight: g @ weight, weight=_weight, bias=lambda g: g)
