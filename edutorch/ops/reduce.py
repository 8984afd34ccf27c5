"""Many elements to one, over one dimension, several, or all: `sum`, `mean`, `prod`, `amax`, `all` …

The dimensions that are reduced disappear from the shape, or stay with size 1 if `keepdim`. In the backward
pass each element of the result hands its gradient to all the elements it was made from.
"""

from __future__ import annotations

import builtins
import math

import numpy as np

from .. import dtypes
from ..errors import with_remedy
from ..op import Array, op
from ..summation import add_up
from ..tensor import method
from .axes import axes_of
from .dialect import speak

__all__ = ["all", "amax", "amin", "any", "count_nonzero", "mean", "nanmean", "nansum", "prod", "sum"]


# ---------------------------------------------------------------- shapes, there and back


def restored(reduced, dim, keepdim, shape):
    """Give a result the dimensions back that it lost, with size 1: then it broadcasts against the input."""
    if keepdim or dim is None or not shape:
        return reduced
    axes = axes_of(len(shape), dim)
    if axes is None:
        return reduced
    lost = (axes,) if isinstance(axes, int) else axes
    return reduced.reshape(tuple([1 if i in lost else n for i, n in enumerate(shape)]))


@op(cast=None, method=False, out=False, node="ExpandBackward0")
def spread(xp, input: Array, size):
    """Repeat to a shape: what every reduction's gradient does first.

    Shape:    input, broadcastable to size -> out (size)
    Math:     y[i, j] = x[0, j]
    Gradient: dL/dx = the sum of g over the repeated dimensions
    """
    if math.prod(size) > _COPY_UP_TO:
        return xp.broadcast_to(input, size)
    out = xp.empty(size, input.dtype)
    out[...] = input
    return out


spread.grad(input=lambda g: g)

_COPY_UP_TO = 2**15  # elements; NumPy's broadcast_to takes as long as copying so many


def spread_back(g, dim, keepdim, shape):
    """Hand the gradient of a sum to each of its terms."""
    return spread.both(restored(g, dim, keepdim, shape), shape)


def count(shape, dim):
    """Return how many elements make one element of the result."""
    axes = axes_of(len(shape), dim)
    if axes is None:
        return math.prod(shape)
    return shape[axes] if isinstance(axes, int) else math.prod([shape[a] for a in axes])


def refuse_empty(name, shape, dim):
    """Raise PyTorch's error for the greatest, or smallest, of no elements."""
    if 0 not in shape:
        return
    axes = axes_of(len(shape), dim)
    if axes is None:
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction "
            "dim with the 'dim' argument."
        )
    for axis in (axes,) if isinstance(axes, int) else axes:
        if shape[axis] == 0:
            raise IndexError(f"{name}(): Expected reduction dim {axis} to have non-zero size.")


# ---------------------------------------------------------------- sums


def _sum_name(dim):
    return "SumBackward0" if dim is None else "SumBackward1"


@op(node=_sum_name)
def sum(xp, input: Array, dim=None, keepdim=False, *, dtype=None):
    """Add up the elements, over all dimensions or over `dim`. Integers and booleans add up to int64.

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0, (1, m) with keepdim
    Math:     y_j = sum_i x_ij
    Gradient: dL/dx_ij = g_j
    """
    axes = axes_of(input.ndim, dim)
    if input.dtype.kind == "f":
        return add_up(input, axes, keepdim)
    return input.sum(axis=axes, keepdims=keepdim, dtype=dtype or dtypes.INT64)


sum.grad(input=lambda g, dim, keepdim, shape: spread_back(g, dim, keepdim, shape))


def _mean_name(dim):
    return "MeanBackward0" if dim is None else "MeanBackward1"


@op(node=_mean_name)
def mean(xp, input: Array, dim=None, keepdim=False, *, dtype=None):
    """Average the elements, over all dimensions or over `dim`.

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0, (1, m) with keepdim
    Math:     y_j = 1/n sum_i x_ij
    Gradient: dL/dx_ij = g_j / n
    Raises:   RuntimeError for integers and booleans
    """
    if input.dtype.kind != "f":
        which = "Input" if dtype is None else "Optional"
        raise RuntimeError(
            with_remedy(
                f"mean(): could not infer output dtype. {which} dtype must be either a floating point or "
                f"complex dtype. Got: {dtypes.of(input).legacy}",
                "Convert it first: x.float().mean().",
            )
        )
    return add_up(input, axes_of(input.ndim, dim), keepdim) / count(input.shape, dim)


mean.grad(input=lambda g, dim, keepdim, shape: spread_back(g / builtins.max(count(shape, dim), 1), dim, keepdim, shape))


@op()
def nansum(xp, input: Array, dim=None, keepdim=False, *, dtype=None):
    """Add up the elements that are not NaN.

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0
    Math:     y_j = sum over the i where x_ij is not NaN of x_ij
    Gradient: dL/dx_ij = g_j, 0 where x_ij is NaN
    """
    if input.dtype.kind == "f":
        input = xp.where(xp.isnan(input), input.dtype.type(0), input)
        return add_up(input, axes_of(input.ndim, dim), keepdim)
    return input.sum(axis=axes_of(input.ndim, dim), keepdims=keepdim, dtype=dtype or dtypes.INT64)


nansum.grad(input=lambda xp, g, input, dim, keepdim, shape: spread_back(g, dim, keepdim, shape) * ~xp.isnan(input))


@method
def nanmean(input, dim=None, keepdim=False, *, dtype=None, out=None):
    """Average the elements that are not NaN.

    Shape: input (n, m) -> out () for all, (m,) for dim = 0
    Math:  y_j = sum over the i where x_ij is not NaN of x_ij, divided by how many there are
    """
    if not input.is_floating_point():
        raise RuntimeError(
            f"nanmean(): expected input to have floating point or complex dtype but got {input.dtype.legacy}"
        )
    numbers = sum(~input.isnan(), dim, keepdim)
    return nansum(input, dim, keepdim, dtype=dtype).div(numbers, out=out)


@method
def sum_to_size(self, *size):
    """Add up so that the result has a size that broadcasts to this tensor's: what undoes broadcasting.

    Shape: input (n, m) -> out (size), such as (m,) or (n, 1)

    Raises:
        RuntimeError: if the size does not broadcast to the tensor's.
    """
    size = tuple(size[0]) if len(size) == 1 and not isinstance(size[0], int) else size
    shape = tuple(self.shape)
    lead = len(shape) - len(size)
    if lead < 0 or builtins.any(n not in (1, m) for n, m in zip(size, shape[lead:], strict=True)):
        raise RuntimeError(f"size {{{list(size)}}} is not expandable to size {{{list(shape)}}}.")
    added = [i for i, m in enumerate(shape) if i < lead or size[i - lead] != m]
    if not added:
        return self
    total = sum(self, added, keepdim=True)
    return total.view(size) if lead else total


# ---------------------------------------------------------------- products


def _prod_name(dim):
    return "ProdBackward0" if dim is None else "ProdBackward1"


@op(node=_prod_name)
def prod(xp, input: Array, dim=None, keepdim=False, *, dtype=None):
    """Multiply the elements, all or along `dim`. Integers and booleans multiply to int64.

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0
    Math:     y_j = prod_i x_ij
    Gradient: dL/dx_ij = g_j prod_(k != i) x_kj, which is g_j y_j / x_ij if no x_kj is zero
    """
    if isinstance(dim, (tuple, list)):
        raise TypeError(
            with_remedy(
                "prod() received an invalid combination of arguments - got (Tensor, tuple), but expected one of:",
                "(Tensor input) or (Tensor input, int dim): multiply over one dimension at a time.",
            )
        )
    if dtype is None and input.dtype.kind != "f":
        dtype = dtypes.INT64
    return input.prod(axis=axes_of(input.ndim, dim), keepdims=keepdim, dtype=dtype)


def _prod_gradient(xp, g, input, out, dim, keepdim, shape):
    g, out = restored(g, dim, keepdim, shape), restored(out, dim, keepdim, shape)
    if not (input == 0).any():
        return g * out / input
    if dim is None:
        return g * _product_of_others(xp, input.reshape((-1,)), 0).reshape(shape)
    return g * _product_of_others(xp, input, dim)


def _product_of_others(xp, x, dim):
    """Multiply, for each element, all the others along `dim`: those before it times those behind it."""
    x = x.swapaxes(dim, -1) if x.ndim else x.reshape((1,))
    one = xp.ones_like(x[..., :1])
    before = xp.cumprod(xp.concatenate((one, x[..., :-1]), axis=-1), axis=-1)
    mirrored = xp.flip(x, axis=-1)
    behind = xp.flip(xp.cumprod(xp.concatenate((one, mirrored[..., :-1]), axis=-1), axis=-1), axis=-1)
    return (before * behind).swapaxes(dim, -1)


prod.grad(input=_prod_gradient)


# ---------------------------------------------------------------- greatest and smallest


@op()
def amax(xp, input: Array, dim=(), keepdim=False):
    """Return the greatest element, of all or over one or several dimensions; NaN if there is one.

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0
    Math:     y_j = max_i x_ij
    Gradient: dL/dx_ij = g_j / k where x_ij = y_j, of which there are k
    Raises:   RuntimeError or IndexError if there is no element
    """
    refuse_empty("amax", input.shape, dim)
    return input.max(axis=axes_of(input.ndim, dim), keepdims=keepdim)


@op()
def amin(xp, input: Array, dim=(), keepdim=False):
    """Return the smallest element, of all or over one or several dimensions; NaN if there is one.

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0
    Math:     y_j = min_i x_ij
    Gradient: dL/dx_ij = g_j / k where x_ij = y_j, of which there are k
    Raises:   RuntimeError or IndexError if there is no element
    """
    refuse_empty("amin", input.shape, dim)
    return input.min(axis=axes_of(input.ndim, dim), keepdims=keepdim)


def share_evenly(xp, g, input, out, dim, keepdim, shape):
    """Split the gradient of an extreme value among the elements that have this value."""
    g, out = restored(g, dim, keepdim, shape), restored(out, dim, keepdim, shape)
    chosen = (input == out) | (xp.isnan(input) & xp.isnan(out))
    axes = axes_of(len(shape), dim)
    ties = chosen.sum(axis=axes, keepdims=axes is not None)
    return xp.where(chosen, g / ties.astype(input.dtype), 0)


amax.grad(input=share_evenly)
amin.grad(input=share_evenly)


# ---------------------------------------------------------------- yes and no, counting


def _truth(array):
    return dtypes.BOOL if array.dtype != np.uint8 else array.dtype  # PyTorch keeps its first boolean dtype


@op(cast=None)
def all(input: Array, dim=None, keepdim=False):
    """Return whether all elements are true (not zero).

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0; bool, or uint8 for uint8
    Math:     y_j = x_0j and x_1j and ...
    Gradient: none
    """
    return (input != 0).all(axis=_axes_or_none(input.ndim, dim), keepdims=keepdim).astype(_truth(input))


@op(cast=None)
def any(input: Array, dim=None, keepdim=False):
    """Return whether any element is true (not zero).

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0; bool, or uint8 for uint8
    Math:     y_j = x_0j or x_1j or ...
    Gradient: none
    """
    return (input != 0).any(axis=_axes_or_none(input.ndim, dim), keepdims=keepdim).astype(_truth(input))


def _axes_or_none(ndim, dim):
    return () if dim == () else axes_of(ndim, dim)  # PyTorch's `all` over no dimension reduces nothing


@op(cast=None, out=False)
def count_nonzero(xp, input: Array, dim=None):
    """Count the elements that are not zero.

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0; int64
    Math:     y_j = the number of i with x_ij != 0
    Gradient: none
    """
    return (input != 0).sum(axis=axes_of(input.ndim, dim), dtype=dtypes.INT64)


# ---------------------------------------------------------------- NumPy's words, for formulas on Tensors

speak(sum=sum, mean=mean, prod=prod, max=amax, min=amin, all=all, any=any, count_nonzero=count_nonzero)
