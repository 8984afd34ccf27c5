"""The linear layer: a copy of the bias to each row, to which cuBLAS adds the product.

The bias is then added to the product's float32 sums before these are rounded, for halves too. One launch and one call
are as few as cuBLAS allows; only its sister cuBLASLt, to which CuPy has no door, adds a bias on its own.
"""

from __future__ import annotations

from ...ops.linear import linear
from ...ops.matmul import in_rows
from .gemm import gemm, suits


@linear.kernel("cuda", halves=True)
def linear_kernel(xp, input, weight, bias):
    """Compute x W^T + b."""
    if not input.ndim or weight.ndim != 2 or input.shape[-1] != weight.shape[1]:
        return NotImplemented
    rows = input[None] if input.ndim == 1 else input
    if not suits(rows, weight) or (bias is not None and bias.shape != weight.shape[:1]):
        return NotImplemented
    if bias is None:
        out = gemm(rows, weight.mT)
    else:
        out = xp.empty((*rows.shape[:-1], len(weight)), rows.dtype)
        out[...] = bias
        gemm(rows, weight.mT, out, beta=1.0)
    return out[0] if input.ndim == 1 else out


@linear.backward_kernel("cuda", "input", halves=True)
def input_gradient(g, weight):
    """Compute g W."""
    if not suits(in_rows(g), weight):
        return NotImplemented
    return gemm(g[None], weight)[0] if g.ndim == 1 else gemm(g, weight)


@linear.backward_kernel("cuda", "weight", halves=True)
def weight_gradient(g, input, weight):
    """Compute g^T x."""
    if weight.ndim == 1 or not suits(in_rows(g), in_rows(input)):
        return NotImplemented
    return gemm(in_rows(g).mT, in_rows(input))


@linear.backward_kernel("cuda", "bias", halves=True)
def bias_gradient(g):
    """Hand the gradient on as it is: the engine adds its rows up."""
    return g
