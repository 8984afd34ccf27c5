"""Picking along a dimension and adding along it: `gather`, `scatter_add`, and the gradients of look-ups."""

from __future__ import annotations

import math

import numpy as np

from ... import dtypes
from ...backends import XP
from ...ops.gather import check_along, gather, index_select
from ...ops.indexing import scatter_at
from ...ops.scatter import scatter_add
from .embedding import fits, sum_rows
from .grids import elementwise, in_order, wide
from .source import FLOATS, Source, ctype

_INDICES = ("long long", "int")
_BITS = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}
_source = Source(
    "indexing.cu",
    pick=[f"{ctype(t)}, {i}" for t in _BITS.values() for i in _INDICES],
    add=[f"{t}, {i}, {slices}" for t in FLOATS for i in _INDICES for slices in ("true", "false")],
)


def _alike(index, shape, dim):
    """Whether an index has all sizes of a tensor but along one dimension."""
    return len(index.shape) == len(shape) > 0 and all(
        n == m or axis == dim % len(shape) for axis, (n, m) in enumerate(zip(index.shape, shape, strict=True))
    )


def _added(xp, total, values, dim, index, slices):
    """Add values to a tensor, in place, where an index says along a dimension; returns it in the values' dtype."""
    shape = total.shape
    if values.size:
        dim %= len(shape)
        expression = f"add<{ctype(values.dtype)}, {ctype(index.dtype)}, {'true' if slices else 'false'}>"
        sizes = (values.size, shape[dim], index.size if slices else index.shape[dim], math.prod(shape[dim + 1 :]))
        arrays = in_order(values), in_order(index), total
        _source.kernel(xp, expression)(*elementwise(values.size), (*arrays, *map(np.int64, sizes)))
    return total.astype(values.dtype, copy=False)


@gather.kernel("cuda", halves=True)
def gather_kernel(xp, input, dim, index, *, sparse_grad=False):
    """Pick elements."""
    if not _alike(index, input.shape, dim) or not index.size or input.itemsize not in _BITS:
        return NotImplemented
    dim = check_along("gather", input.shape, dim, index)
    bits = np.dtype(_BITS[input.itemsize])
    out = xp.empty(index.shape, input.dtype)
    arrays = in_order(input).view(bits), in_order(index), out.view(bits)
    sizes = (out.size, input.shape[dim], index.shape[dim], math.prod(index.shape[dim + 1 :]))
    _source.kernel(xp, f"pick<{ctype(bits)}, {ctype(index.dtype)}>")(
        *elementwise(out.size), (*arrays, *map(np.int64, sizes))
    )
    return out


@gather.backward_kernel("cuda", "input", halves=True)
def gather_gradient_kernel(g, shape, dim, index):
    """Add up what was picked."""
    if not _alike(index, shape, dim) or not dtypes.is_floating(g.dtype):
        return NotImplemented
    xp = XP[type(g)]
    return _added(xp, xp.zeros(shape, wide(g.dtype)), g, dim, index, slices=False)


@index_select.backward_kernel("cuda", "input", halves=True)
def index_select_gradient_kernel(g, shape, dim, index):
    """Add up the slices that were picked: those along the first dimension in an order that repeats."""
    if not shape or not dtypes.is_floating(g.dtype):
        return NotImplemented
    xp, dim = XP[type(g)], dim % len(shape)
    if dim == 0 and fits(g, index.size, shape[0]):
        return sum_rows(xp, g.reshape(index.size, -1) if g.size else g, index, shape[0]).reshape(shape)
    return _added(xp, xp.zeros(shape, wide(g.dtype)), g, dim, index, slices=True)


@scatter_at.kernel("cuda", halves=True)
def scatter_at_kernel(xp, input, shape_, indices):
    """Add up rows, in an order that repeats: the gradient of `x[index]`, for one tensor of positions."""
    index = indices[0]
    if len(indices) > 1 or type(index) is not type(input) or index.dtype.kind != "i" or index.itemsize < 4:
        return NotImplemented
    if not dtypes.is_floating(input.dtype) or not input.size or not fits(input, index.size, shape_[0]):
        return NotImplemented
    return sum_rows(xp, input.reshape(index.size, -1), index, shape_[0], wrap=True).reshape(shape_)


@scatter_add.kernel("cuda", halves=True)
def scatter_add_kernel(xp, input, dim, index, src):
    """Add elements."""
    fits_all = _alike(index, input.shape, dim) and src.shape == index.shape and src.dtype == input.dtype
    if not fits_all or not index.size or not dtypes.is_floating(input.dtype):
        return NotImplemented
    check_along("scatter", input.shape, dim, index, "self")
    return _added(xp, input.astype(wide(input.dtype), order="C"), src, dim, index, slices=False)
