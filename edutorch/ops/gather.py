"""Picking elements by their positions: `gather`, `index_select`, `take` and `take_along_dim`."""

from __future__ import annotations

from math import prod

import numpy as np

from .. import dtypes
from ..backends import XP, expect_inside, on_host
from ..errors import with_remedy
from ..op import Array, Index, op
from ..tensor import method, wrap
from .axes import axis_of
from .dialect import speak
from .indexing import check_range, scatter_at
from .layout import row_by_row, take_slices

__all__ = ["gather", "index_select", "take", "take_along_dim", "unravel_index"]


def along(index, dim):
    """Return the index that reads or writes, at each place of `index`, the position it names along `dim`.

    For a matrix of positions and dim = 1: (rows 0, 1, 2, ... as a column, the positions).
    """
    index = getattr(index, "array", index)
    if not index.ndim:
        return (index,)
    dim, xp = axis_of(index.ndim, dim), XP[type(index)]
    counted = [xp.arange(n).reshape(-1, *[1] * (index.ndim - 1 - axis)) for axis, n in enumerate(index.shape)]
    return (*counted[:dim], index, *counted[dim + 1 :])


def check_along(name, shape, dim, index, source="input"):
    """Raise PyTorch's errors for an index of `gather` or `scatter`; returns the dimension, not negative."""
    ndim = len(shape)
    dim = axis_of(ndim, dim)
    if index.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    if not index.size:
        return dim
    if max(index.ndim, 1) != max(ndim, 1):
        raise RuntimeError(with_remedy(
            f"Index tensor must have the same number of dimensions as {source} tensor",
            f"The {source} has shape {shape}, the index {index.shape}."))  # fmt: skip
    check_range(index, dim, shape[dim] if ndim else 1, RuntimeError, wrap=False)
    return dim


@op(cast=None)
def gather(input: Array, dim, index: Index, *, sparse_grad=False):
    """Pick, at each place of `index`, the element that it names along `dim`.

    Shape:    input (n, m), index (i, j) with j <= m -> out (i, j), for dim = 0
    Math:     y[i, j] = x[index[i, j], j] for dim = 0;  y[i, j] = x[i, index[i, j]] for dim = 1
    Gradient: dL/dx[k, j] = the sum of g[i, j] over all i with index[i, j] = k
    Raises:   RuntimeError if the index names a position that the dimension has not
    """
    dim = check_along("gather", input.shape, dim, index)
    if index.size and any(n > m and axis != dim for axis, (n, m) in enumerate(zip(index.shape, input.shape))):  # noqa: B905
        raise RuntimeError(with_remedy(
            f"Size does not match at dimension {_too_large(index.shape, input.shape, dim)} expected index "
            f"{list(index.shape)} to be no larger than self {list(input.shape)} apart from dimension {dim}",
            "The index names one position for each element of the result."))  # fmt: skip
    return row_by_row((input if input.ndim else input.reshape(1))[along(index, dim)])


gather.grad(input=lambda g, shape, dim, index: scatter_at.both(g, shape or (1,), along(index, dim)).reshape(shape))


def _too_large(small, large, dim):
    return next(axis for axis, (n, m) in enumerate(zip(small, large, strict=True)) if n > m and axis != dim)


@op(cast=None)
def index_select(input: Array, dim, index: Index):
    """Pick whole slices along a dimension.

    Shape:    input (n, *), index (k) -> out (k, *), for dim = 0
    Math:     y[i] = x[index[i]]
    Gradient: dL/dx[j] = the sum of g[i] over all i with index[i] = j
    Raises:   IndexError if the index names a slice that the dimension has not
    """
    dim = axis_of(input.ndim, dim)
    if index.dtype not in (np.int64, np.int32):
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    size = input.shape[dim] if input.ndim else 1
    expect_inside(index, 0, size, "index_select(): an index is out of range for a dimension of size {size}")
    if on_host(index) and index.size and not (index.min() >= 0 and index.max() < size):
        raise IndexError(with_remedy(
            "index out of range in self",
            f"Dimension {dim} has size {size}, the index runs from {index.min()} to {index.max()}."))  # fmt: skip
    return take_slices(input, index.reshape(-1), dim) if input.ndim else input.copy()


index_select.grad(
    input=lambda g, shape, dim, index: scatter_at.both(g, shape, slices_at(len(shape), dim, index)) if shape else g
)


def slices_at(ndim, dim, index):
    """Return the index that reads or writes whole slices along a dimension."""
    return (*[slice(None)] * axis_of(ndim, dim), getattr(index, "array", index).reshape(-1))


@op(cast=None)
def take(input: Array, index: Index):
    """Pick elements by their number in row-major order.

    Shape:    input (*), index (I) -> out (I)
    Math:     y[i] = x.flatten()[index[i]]
    Gradient: dL/dx.flatten()[j] = the sum of g[i] over all i with index[i] = j
    Raises:   IndexError if there is no element of that number
    """
    check_numbers("take", input, index)
    return input.reshape(-1).take(index)


take.grad(input=lambda g, shape, index: scatter_at.both(g, *_flat(shape, index)).reshape(shape))


def check_numbers(name, array, index):
    """Raise PyTorch's errors for element numbers that an array has not."""
    if index.dtype != np.int64:
        raise RuntimeError(f"{name}(): Expected a long tensor for index, but got {dtypes.of(index).legacy}")
    if index.size and not array.size:
        raise IndexError(f"{name}(): tried to take from an empty tensor")
    if not on_host(index):
        expect_inside(index, -array.size, array.size, f"{name}(): an index is out of range for {{size}} elements")
        return
    wrong = index[(index < -array.size) | (index >= array.size)]
    if wrong.size:
        raise IndexError(f"out of range: tried to access index {wrong.flat[0]} on a tensor of {array.size} elements.")


def _flat(shape, index):
    return (prod(shape),), (getattr(index, "array", index),)


@method
def take_along_dim(input, indices, dim=None, *, out=None):
    """Pick, at each place of `indices`, the element it names along `dim`; both are broadcast along the others.

    With the result of `argsort` or `argmax(dim, keepdim=True)` as indices, this gives the sorted or greatest values.

    Example:
        >>> import edutorch as torch
        >>> x = torch.tensor([[10, 30, 20]])
        >>> torch.take_along_dim(x, torch.argsort(x, dim=1), dim=1)
        tensor([[10, 20, 30]])
    """
    if indices.array.dtype != np.int64:
        raise RuntimeError(f"torch.take_along_dim(): dtype of indices should be Long but got {indices.dtype.legacy}")
    if dim is None:
        return gather(input.reshape((-1,)), 0, indices.reshape((-1,)), out=out)
    if indices.array.ndim != input.array.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    dim = axis_of(input.array.ndim, dim)
    common = list(broadcast_sizes(input.array.shape, indices.array.shape, dim))
    of_input, of_index = common.copy(), common.copy()
    if common:
        of_input[dim], of_index[dim] = input.array.shape[dim], indices.array.shape[dim]
    return gather(input.expand(of_input), dim, indices.expand(of_index), out=out)


def unravel_index(indices, shape):
    """Turn element numbers, in row-major order, into one tensor of positions per dimension.

    Example:
        >>> import edutorch as torch
        >>> torch.unravel_index(torch.tensor(5), (2, 3))
        (tensor(1), tensor(2))
    """
    if indices.array.dtype.kind not in "iu":
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    number, positions = indices.array, []
    for size in reversed((shape,) if isinstance(shape, int) else tuple(shape)):
        positions.insert(0, wrap(XP[type(number)].asarray(number % size)))
        number = number // size
    return tuple(positions)


def broadcast_sizes(a, b, dim):
    """Return the sizes that two shapes broadcast to, dimension `dim` left out of the comparison.

    Raises:
        RuntimeError: PyTorch's, where they do not.
    """
    for axis, (n, m) in enumerate(zip(a, b, strict=True)):
        if n != m and 1 not in (n, m) and axis != dim:
            raise RuntimeError(
                f"The size of tensor a ({n}) must match the size of tensor b ({m}) at non-singleton dimension {axis}"
            )
        yield max(n, m) if n and m else 0


speak(take_along_axis=lambda array, indices, axis: gather(array, axis, indices))
