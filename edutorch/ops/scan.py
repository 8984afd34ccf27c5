"""Running totals and the like: element k of the result is made from the elements up to k.

In the backward pass each element collects from all that came after it: running totals from the other end.
"""

from __future__ import annotations

from .. import dtypes
from ..backends import on_host
from ..errors import with_remedy
from ..op import Array, op
from .axes import axis_of
from .dialect import speak
from .gather import along
from .indexing import scatter_at

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "logcumsumexp"]


def from_the_end(xp, array, dim):
    """Add up along `dim`, starting at the end."""
    if not array.ndim:
        return array
    return xp.flip(xp.cumsum(xp.flip(array, axis=dim), axis=dim), axis=dim)


# ---------------------------------------------------------------- sums and products


@op(inplace=True)
def cumsum(xp, input: Array, dim, *, dtype=None):
    """Add up along `dim`, keeping every total on the way.

    Shape:    input (n, m) -> out (n, m)
    Math:     y_k = x_0 + x_1 + ... + x_k
    Gradient: dL/dx_k = g_k + g_(k+1) + ... + g_n
    """
    axis = axis_of(input.ndim, dim)
    if not input.ndim:
        return input.astype(dtype or dtypes.INT64) if input.dtype.kind != "f" else input.copy()
    if input.dtype.kind != "f":
        return xp.cumsum(input, axis=axis, dtype=dtype or dtypes.INT64)
    wide = input.astype(dtypes.FLOAT64)  # as in PyTorch: float32 would lose digits on the way
    return xp.cumsum(wide, axis=axis, out=wide).astype(input.dtype, copy=False)


cumsum.grad(input=lambda xp, g, dim: from_the_end(xp, g, dim))


@op(inplace=True)
def cumprod(xp, input: Array, dim, *, dtype=None):
    """Multiply along `dim`, keeping every product on the way.

    Shape:    input (n, m) -> out (n, m)
    Math:     y_k = x_0 x_1 ... x_k
    Gradient: dL/dx_k = sum_(i >= k) g_i prod_(j <= i, j != k) x_j
    """
    axis = axis_of(input.ndim, dim)
    if not input.ndim:
        return input.astype(dtype or dtypes.INT64) if input.dtype.kind != "f" else input.copy()
    if input.dtype.kind != "f":
        return xp.cumprod(input, axis=axis, dtype=dtype or dtypes.INT64)
    wide = input.astype(dtypes.FLOAT64)
    return xp.cumprod(wide, axis=axis, out=wide).astype(input.dtype, copy=False)


def _cumprod_gradient(xp, g, input, out, dim):
    if not input.ndim:
        return g
    if not (input == 0).any():
        return from_the_end(xp, g * out, dim) / input
    # With a zero there is no dividing. Let s_k = sum_(i >= k) g_i x_(k+1) ... x_i = g_k + x_(k+1) s_(k+1).
    # The gradient is the product of all before k, times s_k.
    x, g = input.swapaxes(dim, -1), g.swapaxes(dim, -1)
    before = cumprod.both(xp.concatenate((xp.ones_like(x[..., :1]), x[..., :-1]), axis=-1), -1)
    sums = [g[..., -1]]
    for k in range(x.shape[-1] - 2, -1, -1):
        sums.append(g[..., k] + x[..., k + 1] * sums[-1])
    return (before * xp.stack(sums[::-1], axis=-1)).swapaxes(dim, -1)


cumprod.grad(input=_cumprod_gradient)


@op()
def logcumsumexp(xp, input: Array, dim):
    """Add up exponentials along `dim`, keeping the logarithm of every total on the way.

    Shape:    input (n, m) -> out (n, m)
    Math:     y_k = log(e^x_0 + e^x_1 + ... + e^x_k)
    Gradient: dL/dx_k = sum_(i >= k) g_i e^(x_k - y_i)
    """
    axis = axis_of(input.ndim, dim)
    if input.dtype.kind != "f":
        kind = dtypes.of(input).legacy
        raise NotImplementedError(
            with_remedy(f"\"logcumsumexp_out_cpu\" not implemented for '{kind}'", "Convert it first: x.float().")
        )
    return so_far(xp.logaddexp, input, axis) if input.ndim else input.copy()


def so_far(function, array, axis):
    """Combine each element with all before it. CuPy does so for sums and products alone: others go in log2 n sweeps,
    each of which joins two runs of elements to one of twice the length.
    """
    if on_host(array):
        return function.accumulate(array, axis=axis)
    out, run = array.copy(), 1
    ordered = out.swapaxes(axis, 0)
    while run < len(ordered):
        ordered[run:] = function(ordered[run:], ordered[:-run])
        run *= 2
    return out


_LOG_OF_NEXT_TO_NOTHING = -1e30  # stands for the logarithm of 0: with -inf, inf - inf would come up


def _logcumsumexp_gradient(xp, g, input, out, dim):
    if not input.ndim:
        return g

    def collect(positive):
        # In logarithms, where e^(x_k - y_i) cannot overflow. Only positive numbers have one.
        logarithm = xp.where(positive > 0, xp.log(xp.where(positive > 0, positive, 1)), _LOG_OF_NEXT_TO_NOTHING)
        backward = xp.flip(logcumsumexp.both(xp.flip(logarithm - out, axis=dim), dim), axis=dim)
        return xp.exp(backward + input)

    return collect(g) - collect(-g)


logcumsumexp.grad(input=_logcumsumexp_gradient)


# ---------------------------------------------------------------- greatest and smallest so far


@op(outputs=("values", "indices"), cast=None)
def cummax(xp, input: Array, dim):
    """Return the greatest element so far along `dim`, and its position: the last one among equals.

    Shape:    input (n, m) -> values (n, m), indices (n, m)
    Math:     y_k = max(x_0, x_1, ..., x_k)
    Gradient: dL/dx_j = the sum of g_k over all k whose greatest so far is x_j
    """
    return _extremes_so_far(xp, xp.maximum, input, axis_of(input.ndim, dim))


@op(outputs=("values", "indices"), cast=None)
def cummin(xp, input: Array, dim):
    """Return the smallest element so far along `dim`, and its position: the last one among equals.

    Shape:    input (n, m) -> values (n, m), indices (n, m)
    Math:     y_k = min(x_0, x_1, ..., x_k)
    Gradient: dL/dx_j = the sum of g_k over all k whose smallest so far is x_j
    """
    return _extremes_so_far(xp, xp.minimum, input, axis_of(input.ndim, dim))


def _extremes_so_far(xp, better, input, axis):
    if not input.size or not input.ndim:
        return input.copy(), xp.zeros(input.shape, dtypes.INT64)
    values = so_far(better, input, axis)
    new = input == values
    if input.dtype.kind not in "iub":
        new |= xp.isnan(input)  # NaN beats everything, and stays
    positions = xp.arange(input.shape[axis]).reshape([-1 if i == axis else 1 for i in range(input.ndim)])
    return values, so_far(xp.maximum, xp.where(new, positions, 0), axis)


def collect_at(g, shape, indices, dim):
    """Add the gradients of selected elements to the places they were selected from."""
    if not shape:
        return g
    return scatter_at.both(g, shape, along(indices, dim))


cummax.grad(input=lambda g, shape, indices, dim: collect_at(g, shape, indices, dim))
cummin.grad(input=lambda g, shape, indices, dim: collect_at(g, shape, indices, dim))


# ---------------------------------------------------------------- NumPy's words, for formulas on Tensors

speak(cumsum=lambda a, axis: cumsum(a, axis), cumprod=lambda a, axis: cumprod(a, axis))
