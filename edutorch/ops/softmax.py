"""Scores into probabilities: softmax, its logarithm, and the logarithm of a sum of exponentials.

All three subtract the largest score first: it changes nothing in exact arithmetic, and keeps e^x from overflowing.
"""

from __future__ import annotations

import operator

from ..errors import dimension_out_of_range, not_implemented
from ..op import Array, op

__all__ = ["log_softmax", "logsumexp", "softmax"]


def axis_of(input, dim):
    """Return `dim` as an axis (or axes) of the array; a 0-d array is taken as one number in a row.

    Raises:
        RuntimeError: if an axis is named twice.
    """
    if isinstance(dim, (tuple, list)):
        named = [d % input.ndim for d in dim if -input.ndim <= d < input.ndim]
        for d in named:
            if named.count(d) > 1:
                raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
        return tuple(dim)
    return () if input.ndim == 0 and -1 <= operator.index(dim) <= 0 else dim


def check(input, dim, kernel):
    """Raise for integers, and for a `dim` that the scores do not have.

    Raises:
        NotImplementedError, IndexError: as PyTorch does.
    """
    if not -max(input.ndim, 1) <= dim < max(input.ndim, 1):
        raise dimension_out_of_range(input.ndim, dim)
    if input.size and input.dtype.kind != "f":
        last = input.ndim == 0 or dim in (-1, input.ndim - 1)
        raise not_implemented(f"{kernel}{'_lastdim' if last else ''}_kernel_impl", input)


def total(xp, input, axis):
    """Return the sum along an axis, which is kept with size 1."""
    if axis in (-1, input.ndim - 1):  # a product with ones sums rows three times quicker than `sum`
        return (input @ xp.ones(input.shape[-1], input.dtype))[..., None]
    return input.sum(axis=axis, keepdims=True)


def peak(input, axis):
    """Return the greatest score along an axis, which is kept with size 1."""
    if axis in (-1, input.ndim - 1) and input.shape[-1] <= 32:  # a maximum over few columns beats one along short rows
        columns = input.reshape(-1, input.shape[-1]).T.copy()
        return columns.max(axis=0).reshape(*input.shape[:-1], 1)
    return input.max(axis=axis, keepdims=True)


@op
def softmax(xp, input: Array, dim, dtype=None):
    """Turn scores into positive weights that sum to one along `dim`.

    Shape:    input (*) -> out (*)
    Math:     y_i = e^(x_i) / sum_j e^(x_j)
    Gradient: dL/dx = y (g - sum_j g_j y_j)

    Raises:
        NotImplementedError: for integers; give `dtype=` to convert them first.
    """
    check(input, dim, "softmax")
    if not input.size:
        return input.copy()
    axis = axis_of(input, dim)
    weights = xp.exp(input - peak(input, axis))
    weights /= total(xp, weights, axis)
    return weights


def softmax_gradient(g, out, dim):
    weighted = g * out
    return weighted - out * weighted.sum(axis=axis_of(g, dim), keepdims=True)


softmax.grad(input=softmax_gradient)


@op
def log_softmax(xp, input: Array, dim, dtype=None):
    """Return the logarithm of `softmax`, which stays exact where a weight is too small for a float.

    Shape:    input (*) -> out (*)
    Math:     y_i = x_i - ln sum_j e^(x_j)
    Gradient: dL/dx = g - e^y sum_j g_j

    Raises:
        NotImplementedError: for integers; give `dtype=` to convert them first.
    """
    check(input, dim, "log_softmax")
    if not input.size:
        return input.copy()
    axis = axis_of(input, dim)
    scores = input - peak(input, axis)
    scores -= xp.log(total(xp, xp.exp(scores), axis))
    return scores


log_softmax.grad(input=lambda g, out, dim, xp: g - xp.exp(out) * g.sum(axis=axis_of(g, dim), keepdims=True))


@op(cast="float")
def logsumexp(xp, input: Array, dim, keepdim=False):
    """Return the logarithm of the sum of exponentials along `dim` (or several): a smooth maximum.

    Shape:    input (*, N, *) -> out (*, *)
    Math:     y = ln sum_j e^(x_j)
    Gradient: dL/dx_i = g e^(x_i - y)
    """
    axis = axis_of(input, dim)
    peak = input.max(axis=axis, keepdims=True) if input.size else 0.0
    peak = xp.where(xp.isinf(peak), 0, peak).astype(input.dtype)  # inf - inf would be nan
    value = xp.log(total(xp, xp.exp(input - peak), axis)) + peak
    return value if keepdim else value.squeeze(axis)


def logsumexp_gradient(g, input, out, dim, keepdim, xp):
    if not keepdim:
        axes = axis_of(input, dim)
        axes = axes if isinstance(axes, tuple) else (axes,)
        kept = [1 if i in axes or i - input.ndim in axes else n for i, n in enumerate(input.shape)]
        g, out = g.reshape(kept), out.reshape(kept)
    return g * xp.exp(input - out)


logsumexp.grad(input=logsumexp_gradient)
