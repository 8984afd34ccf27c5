"""The linear layer as one product of two matrices, by `dot`, which starts in a third of the time that `@` takes.

NumPy multiplies an array (N, L, in) by a matrix in N products; its N L rows together are up to a sixth quicker.
"""

from __future__ import annotations

from ...ops.linear import linear
from ...ops.matmul import in_rows

_plain = linear.op.forward
_of_input, _of_weight = linear.op.formulas["input"], linear.op.formulas["weight"]


@linear.kernel("cpu")
def linear_kernel(xp, input, weight, bias):
    """Compute x W^T + b."""
    fits = input.ndim >= 2 == weight.ndim and input.shape[-1] == weight.shape[1] and input.dtype.kind == "f"
    if not fits or (bias is not None and bias.shape != weight.shape[:1]):
        return _plain(input, weight, bias)
    if input.ndim == 2:
        y = input.dot(weight.T)
    elif input.flags.c_contiguous:
        y = in_rows(input).dot(weight.T).reshape(*input.shape[:-1], len(weight))
    else:
        y = input @ weight.T
    if bias is not None:
        y += bias
    return y


@linear.backward_kernel("cpu", "input")
def input_gradient(g, weight):
    """Compute g W."""
    if g.ndim == weight.ndim == 2:
        return g.dot(weight)
    if weight.ndim == 2 < g.ndim and g.flags.c_contiguous:
        return in_rows(g).dot(weight).reshape(*g.shape[:-1], weight.shape[1])
    return _of_input(g, weight)


@linear.backward_kernel("cpu", "weight")
def weight_gradient(g, input, weight):
    """Compute g^T x."""
    return g.T.dot(input) if g.ndim == input.ndim == weight.ndim == 2 else _of_weight(g, input, weight)
