"""Running totals and the like: element k of the result is made from the elements up to k.

In the backward pass each element collects from all that came after it: running totals from the other end.
"""

from __future__ import annotations

from .. import dtypes
from ..errors import with_remedy
from ..op import Array, op
from ..tensor import method
from .axes import axis_of
from .dialect import speak
from .gather import along
from .indexing import scatter_at
from .join import cat

__all__ = [
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "cumulative_trapezoid",
    "diff",
    "logcumsumexp",
    "trapezoid",
    "trapz",
]


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
    return xp.logaddexp.accumulate(input, axis=axis) if input.ndim else input.copy()


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
    values = better.accumulate(input, axis=axis)
    new = input == values
    if input.dtype.kind not in "iub":
        new |= xp.isnan(input)  # NaN beats everything, and stays
    positions = xp.arange(input.shape[axis]).reshape([-1 if i == axis else 1 for i in range(input.ndim)])
    return values, xp.maximum.accumulate(xp.where(new, positions, 0), axis=axis)


def collect_at(g, shape, indices, dim):
    """Add the gradients of selected elements to the places they were selected from."""
    if not shape:
        return g
    return scatter_at.both(g, shape, along(indices, dim))


cummax.grad(input=lambda g, shape, indices, dim: collect_at(g, shape, indices, dim))
cummin.grad(input=lambda g, shape, indices, dim: collect_at(g, shape, indices, dim))


# ---------------------------------------------------------------- differences, areas


@method
def diff(input, n=1, dim=-1, prepend=None, append=None, *, out=None):
    """Return the differences of neighbours along `dim`, `n` times over.

    Shape: input (k, m) -> out (k - n, m) for dim = 0
    Math:  y_i = x_(i+1) - x_i; for booleans, whether they differ

    Args:
        prepend, append: tensors to put before and behind the input.

    Raises:
        RuntimeError: for a negative `n`, a 0-d input, or shapes that do not fit.
    """
    if not input.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    axis = axis_of(input.ndim, dim)
    for other in (prepend, append):
        if other is not None:
            _check_neighbour(input, other, axis)
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    if prepend is not None or append is not None:
        input = cat([t for t in (prepend, input, append) if t is not None], axis)
    for _ in range(min(n, input.shape[axis])):
        length = input.shape[axis] - 1
        later, earlier = input.narrow(axis, 1, length), input.narrow(axis, 0, length)
        input = later.logical_xor(earlier) if input.array.dtype == dtypes.BOOL else later - earlier
    return input if out is None else out.copy_(input)


def _check_neighbour(input, other, axis):
    if other.ndim != input.ndim:
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for i, (n, m) in enumerate(zip(input.shape, other.shape, strict=True)):
        if n != m and i != axis:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input except along "
                f"the differencing dimension; input.size({i}) = {n}, but got tensor.size({i}) = {m}"
            )


def trapezoid(y, x=None, *, dx=None, dim=-1):
    """Return the area under a curve, drawn as straight lines between its points.

    Shape: y (*, n) -> out (*)
    Math:  sum_i (x_(i+1) - x_i) (y_i + y_(i+1)) / 2, or with equal distances dx

    Args:
        x: where the points lie, of `y`'s shape or one-dimensional. dx: their distance, 1 by default.
    """
    dim = axis_of(y.ndim, dim)
    if x is None:
        if not y.shape[dim]:
            return y.new_zeros(y.sum(dim).shape)
        ends = (y.select(dim, 0) + y.select(dim, -1)) * 0.5
        return (y.sum(dim) - ends) * (1.0 if dx is None else dx)
    widths, heights = _strips("trapezoid", y, x, dx, dim)
    return (widths * heights).sum(dim) / 2.0


trapz = trapezoid


def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1):
    """Return the area under a curve up to each of its points but the first, drawn as straight lines.

    Shape: y (*, n) -> out (*, n - 1)
    Math:  the running totals of (x_(i+1) - x_i) (y_i + y_(i+1)) / 2, or with equal distances dx

    Args:
        x: where the points lie, of `y`'s shape or one-dimensional. dx: their distance, 1 by default.
    """
    dim = axis_of(y.ndim, dim)
    if x is None:
        length = y.shape[dim] - 1
        heights = y.narrow(dim, 0, length) + y.narrow(dim, 1, length)
        return ((1.0 if dx is None else dx) / 2.0 * heights).cumsum(dim)
    widths, heights = _strips("cumulative_trapezoid", y, x, dx, dim)
    return (widths * heights).cumsum(dim) / 2.0


def _strips(name, y, x, dx, dim):
    """Return the widths of the strips under a curve, and twice their mean heights."""
    if dx is not None:
        raise TypeError(
            with_remedy(
                f"{name}() received an invalid combination of arguments - got (Tensor, Tensor, "
                f"dx={type(dx).__name__}), but expected one of:",
                "(Tensor y, Tensor x) or (Tensor y, Number dx).",
            )
        )
    n = y.shape[dim]
    if x.ndim == 1:
        if x.shape[0] != n:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        x = x.reshape([-1 if i == dim else 1 for i in range(y.ndim)])
    heights = y.narrow(dim, 0, n - 1) + y.narrow(dim, 1, n - 1)
    return x.narrow(dim, 1, n - 1) - x.narrow(dim, 0, n - 1), heights


# ---------------------------------------------------------------- NumPy's words, for formulas on Tensors

speak(cumsum=lambda a, axis: cumsum(a, axis), cumprod=lambda a, axis: cumprod(a, axis))
