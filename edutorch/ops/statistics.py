"""Spread and quantiles: `var`, `std`, `var_mean`, `quantile`, `cov`, `corrcoef`."""

from __future__ import annotations

import math
import warnings

from .. import dtypes
from ..backends import on_host
from ..errors import not_a_tensor
from ..op import Array, op
from ..op.autocast import asks_autocast
from ..summation import add_up
from ..tensor import Tensor, method
from .axes import axes_of
from .extrema import numpy_names
from .reduce import count, mean, restored, spread_back

__all__ = ["corrcoef", "cov", "nanquantile", "quantile", "std", "std_mean", "var", "var_mean"]


# ---------------------------------------------------------------- variance and standard deviation


def _moments(xp, name, input, dim, correction, keepdim):
    """Return the variance and the mean."""
    if input.dtype.kind != "f":
        which = name if name.endswith("_mean") else "std and var"
        raise RuntimeError(f"{which} only support floating point and complex dtypes")
    axes, n = axes_of(input.ndim, dim), count(input.shape, dim)
    if n - correction <= 0:
        warnings.warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction "
            "factor (input numel divided by output numel).",
            stacklevel=6,
        )
    average = add_up(input, axes, keepdims=True) / n if n else xp.full(1, math.nan, input.dtype)
    deviations = input - average
    squares = add_up(deviations * deviations, axes, keepdim)
    variance = squares / input.dtype.type(max(n - correction, 0))
    return variance, average.reshape(variance.shape) if n else xp.full_like(variance, math.nan)


def _variance_slope(g, input, dim, correction, keepdim, shape):
    n = count(shape, dim)
    factor = 2.0 / (n - correction) if n != correction else math.inf
    return restored(g, dim, keepdim, shape) * (input - mean.both(input, dim, True)) * factor


def _through_root(xp, g, root):
    """Take a gradient back through a square root, 0 where the root is 0."""
    return xp.where(root == 0, 0, g / (2 * xp.where(root == 0, 1, root)))


@op(name="var", node="VarBackward0", method=False)
def _var(xp, input: Array, dim=None, correction=1, keepdim=False):
    """Return the variance.

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0
    Math:     y_j = 1 / (n - correction) sum_i (x_ij - mean_j)^2
    Gradient: dL/dx_ij = g_j 2 / (n - correction) (x_ij - mean_j)
    """
    return _moments(xp, "var", input, dim, correction, keepdim)[0]


@op(name="std", node="StdBackward0", method=False)
def _std(xp, input: Array, dim=None, correction=1, keepdim=False):
    """Return the standard deviation: the root of the variance.

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0
    Math:     y_j = sqrt(1 / (n - correction) sum_i (x_ij - mean_j)^2)
    Gradient: dL/dx_ij = g_j / ((n - correction) y_j) (x_ij - mean_j), 0 where y_j is 0
    """
    return xp.sqrt(_moments(xp, "std", input, dim, correction, keepdim)[0])


_var.grad(
    input=lambda g, input, dim, correction, keepdim, shape: _variance_slope(g, input, dim, correction, keepdim, shape)
)
_std.grad(
    input=lambda xp, g, input, out, dim, correction, keepdim, shape: _variance_slope(
        _through_root(xp, g, out), input, dim, correction, keepdim, shape
    )
)


@op(name="var_mean", node="VarMeanBackward0", outputs="many", method=False)
def _var_mean(xp, input: Array, dim=None, correction=1, keepdim=False):
    """Return the variance and the mean.

    Shape:    input (n, m) -> two () for all, two (m,) for dim = 0
    Math:     mean_j = 1/n sum_i x_ij;  var_j = 1 / (n - correction) sum_i (x_ij - mean_j)^2
    Gradient: those of both, added
    """
    return list(_moments(xp, "var_mean", input, dim, correction, keepdim))


@op(name="std_mean", node="StdMeanBackward0", outputs="many", method=False)
def _std_mean(xp, input: Array, dim=None, correction=1, keepdim=False):
    """Return the standard deviation and the mean.

    Shape:    input (n, m) -> two () for all, two (m,) for dim = 0
    Math:     mean_j = 1/n sum_i x_ij;  std_j = sqrt(1 / (n - correction) sum_i (x_ij - mean_j)^2)
    Gradient: those of both, added
    """
    variance, average = _moments(xp, "std_mean", input, dim, correction, keepdim)
    return [xp.sqrt(variance), average]


def _mean_slope(g, dim, keepdim, shape):
    return spread_back(g / max(count(shape, dim), 1), dim, keepdim, shape)


def _var_mean_slope(g, input, dim, correction, keepdim, shape):
    of_var = _variance_slope(g[0], input, dim, correction, keepdim, shape)
    return of_var + _mean_slope(g[1], dim, keepdim, shape)


def _std_mean_slope(xp, g, input, dim, correction, keepdim, shape):
    of_var = _through_root(xp, g[0], _std.both(input, dim, correction, keepdim))
    return _var_mean_slope((of_var, g[1]), input, dim, correction, keepdim, shape)


_var_mean.grad(input=_var_mean_slope)
_std_mean.grad(input=_std_mean_slope)


def _spread(name, operator, input, dim, unbiased, keepdim, correction, out=None):
    """Read the arguments of PyTorch's overloads: (dim, unbiased, keepdim), (unbiased), or (dim, correction=...)."""
    if not isinstance(input, Tensor):
        raise not_a_tensor(name, "input", 1, input)
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    made = operator(input, dim, correction, keepdim)
    return made if out is None else out.copy_(made)


@method
@numpy_names
def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None, out=None):
    """Return the variance: the mean of the squared deviations from the mean, of all elements or along `dim`.

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0, (1, m) with keepdim
    Math:     y_j = 1 / (n - correction) sum_i (x_ij - mean_j)^2
    Gradient: dL/dx_ij = g_j 2 / (n - correction) (x_ij - mean_j)

    Args:
        correction: 1 by default (Bessel's correction); unbiased=False is the old way to say 0.
    """
    return _spread("var", _var, input, dim, unbiased, keepdim, correction, out)


@method
@numpy_names
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None, out=None):
    """Return the standard deviation: the root of the variance, of all elements or along `dim`.

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0, (1, m) with keepdim
    Math:     y_j = sqrt(1 / (n - correction) sum_i (x_ij - mean_j)^2)
    Gradient: dL/dx_ij = g_j / ((n - correction) y_j) (x_ij - mean_j), 0 where y_j is 0

    Args:
        correction: 1 by default (Bessel's correction); unbiased=False is the old way to say 0.
    """
    return _spread("std", _std, input, dim, unbiased, keepdim, correction, out)


@numpy_names
def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Return the variance and the mean, of all elements or along `dim`: see `var`."""
    return _spread("var_mean", _var_mean, input, dim, unbiased, keepdim, correction)


@numpy_names
def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Return the standard deviation and the mean, of all elements or along `dim`: see `std`."""
    return _spread("std_mean", _std_mean, input, dim, unbiased, keepdim, correction)


# ---------------------------------------------------------------- quantiles


@method
@asks_autocast
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear", out=None):
    """Return the value below which a share `q` of the elements lies; NaN if there is one.

    Shape: input (n, m), q () or (k,) -> out () or (m,) for dim = 0; with (k,) in front for several shares
    Math:  the sorted element at place q (n - 1); between two, a mixture of both

    Args:
        q: a number from 0 to 1, or a tensor of several.
        interpolation: between two elements: "linear", "lower", "higher", "midpoint" or "nearest".

    Example:
        >>> import edutorch as torch
        >>> torch.quantile(torch.tensor([1.0, 2.0, 4.0]), 0.75)
        tensor(3.)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, out)


@method
@asks_autocast
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear", out=None):
    """Return the value below which a share `q` of the elements lies that are not NaN: see `quantile`."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, out)


def _quantile(name, input, q, dim, keepdim, interpolation, out):
    if not isinstance(q, Tensor):
        if not 0 <= q <= 1:
            raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q:g}")
        q = input.new_tensor(q)
    _check_quantile(name, input, q, interpolation)
    rows = input.reshape(-1) if dim is None else input.movedim(dim, -1) if input.ndim else input.reshape(1)
    ordered = rows.sort(-1).values
    last, nans = ordered.shape[-1] - 1, ordered.detach().isnan()
    share = q.reshape(-1)
    if name == "nanquantile":
        place = (share * (last - nans.sum(-1, keepdim=True))).clamp(min=0)
    else:
        place = (share * last).where(~nans.any(-1, keepdim=True), share.new_tensor(last))  # NaN is at the end
    rounded = {"lower": place.floor, "higher": place.ceil, "nearest": place.round}.get(interpolation)
    place = rounded() if rounded else place
    below = place.long()
    values = ordered.gather(-1, below)
    if interpolation in ("linear", "midpoint"):
        above = ordered.gather(-1, place.ceil().long())
        values = values.lerp(above, place - below if interpolation == "linear" else 0.5)
    values = values.movedim(-1, 0)  # one after the other, for each share
    if keepdim:
        values = (
            values.reshape(-1, *[1] * input.ndim) if dim is None else values.unsqueeze(dim % max(input.ndim, 1) + 1)
        )
    values = values.squeeze(0) if not q.ndim else values
    return values if out is None else out.copy_(values)


def _check_quantile(name, input, q, interpolation):
    if not input.numel():
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if q.ndim > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor")
    if input.array.dtype not in (dtypes.FLOAT32, dtypes.FLOAT64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    if q.dtype is not input.dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}"
        )
    if on_host(q.array) and not ((q.array >= 0) & (q.array <= 1)).all():
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")


# ---------------------------------------------------------------- between variables


@method
def cov(input, *, correction=1, fweights=None, aweights=None):
    """Return the covariances of variables, one in each row.

    Shape: input (variables, observations) or (observations,) -> out (variables, variables) or ()
    Math:  y_ij = 1 / (n - correction) sum_k (x_ik - mean_i) (x_jk - mean_j)

    Args:
        fweights: how often each observation occurs, whole numbers. aweights: how much each one counts.

    Raises:
        RuntimeError: for more than two dimensions, booleans, or weights that do not fit.
    """
    if input.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    if input.array.dtype == dtypes.BOOL:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    x = input.reshape(1, -1) if input.ndim < 2 else input
    x = x if x.is_floating_point() else x.to(dtypes.get_default_dtype())
    weights = _weights(fweights, aweights, x.shape[1])
    total = x.shape[1] if weights is None else weights.sum()
    average = x.mean(1, keepdim=True) if weights is None else (x * weights).sum(1, keepdim=True) / total
    if aweights is not None and correction != 0:
        normalizer = total - correction * (weights * aweights).sum() / total
    else:
        normalizer = total - correction
    if normalizer <= 0:
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.",
            stacklevel=2,
        )
        normalizer = 0
    deviations = x - average
    weighted = deviations if weights is None else deviations * weights
    return (deviations.mm(weighted.t()) / normalizer).squeeze()


def _weights(fweights, aweights, n):
    """Return the product of both kinds of weights, after checking them; None if there is neither."""
    for name, weights in (("fweights", fweights), ("aweights", aweights)):
        if weights is None:
            continue
        kind = "integral" if name == "fweights" else "floating point"
        if weights.ndim > 1:
            raise RuntimeError(
                f"cov(): expected {name} to have one or fewer dimensions but got {name} with {weights.ndim} dimensions"
            )
        if weights.is_floating_point() != (name == "aweights"):
            raise RuntimeError(
                f"cov(): expected {name} to have {kind} dtype but got {name} with {weights.dtype.legacy} dtype"
            )
        if weights.numel() != n:
            raise RuntimeError(
                f"cov(): expected {name} to have the same numel as there are observations in the input but "
                f"got {weights.numel()} != {n}"
            )
        if on_host(weights.array) and (weights.array < 0).any():
            raise RuntimeError(f"cov(): {name} cannot be negative")
    return fweights if aweights is None else aweights if fweights is None else fweights * aweights


@method
def corrcoef(input):
    """Return the correlation coefficients of variables, one in each row.

    Shape: input (variables, observations) or (observations,) -> out (variables, variables) or ()
    Math:  y_ij = cov_ij / sqrt(cov_ii cov_jj)
    """
    if input.ndim > 2:
        raise RuntimeError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    c = cov(input)
    if not c.ndim:
        return c / c
    deviation = c.diag().sqrt()
    return (c / deviation.unsqueeze(1) / deviation.unsqueeze(0)).clamp(-1, 1)
