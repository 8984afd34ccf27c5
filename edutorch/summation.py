"""Sums of NumPy arrays, as exact as PyTorch's and as fast as memory allows.

A long float32 sum, one number after the other, loses a digit or two: each addition rounds a growing total.
Adding in groups, and then the groups' totals, keeps all totals small. NumPy does so only along the last axis
of an array; along the others it adds row to row, and neither way uses vector units as well as BLAS does.

So the work goes to products of a matrix and a vector of ones, a few numbers at a time:

    ones @ x.reshape(16, -1)     adds 16 rows of a folded matrix at once; repeated, any number of rows
    x.reshape(-1, 128) @ ones    adds 128 neighbours of each row
"""

from __future__ import annotations

import functools
import math

import numpy as np

from .backends import backend_of

_MANY = 256  # rows from which on a matrix is folded
_FEW = 16  # rows to be added in one product at the end
_LONGEST_RUN = 256  # neighbours added in one product
_WORTH_IT = 2048  # elements from which on a product beats NumPy's own loop
_FLOATS = frozenset((np.dtype("float32"), np.dtype("float64")))

_ROWS = (0,)
_FIRST = (0, _ROWS)
_add = np.add.reduce


def add_up(array, axis=None, keepdims=False):
    """Sum an array of floats over one axis, several, or all: `array.sum(axis, keepdims=keepdims)`.

    What is no NumPy array sums itself, but for the first axes on a device that has a kernel for them.

    Example:
        >>> tenths = np.full((100_000, 10), 0.1, np.float32)
        >>> error = abs(add_up(tenths, axis=0) - 10_000)
        >>> (error < abs(tenths.sum(axis=0) - 10_000) / 100).all()  # NumPy's own sum is less exact here
        np.True_
    """
    if type(array) is not np.ndarray:
        return _add_elsewhere(array, axis, keepdims)
    if axis == _ROWS and array.ndim == 2 and not keepdims and array.shape[0] < _MANY and array.dtype in _FLOATS:
        return _ones(array.shape[0], array.dtype).dot(array)  # a layer's bias: a fifth of the time of a sum
    if array.size < _WORTH_IT or array.dtype not in _FLOATS or (axis in _FIRST and array.shape[0] < _MANY):
        return _add(array, axis=axis, keepdims=keepdims)
    if not array.flags.c_contiguous:
        return _add_unordered(array, axis, keepdims)
    if axis is None:
        total = _add(_fold(array.reshape(-1, 1), until=_WORTH_IT), axis=None)
        return np.full((1,) * array.ndim, total) if keepdims else total
    ndim, shape = array.ndim, array.shape
    axes = {a % ndim for a in ((axis,) if isinstance(axis, int) else axis) if -ndim <= a < ndim}
    if len(axes) != (1 if isinstance(axis, int) else len(axis)):
        return _add(array, axis=axis, keepdims=keepdims)  # which raises
    for first, count in reversed(_blocks(axes)):
        array = _add_block(array, first, count)
    return array.reshape([1 if i in axes else n for i, n in enumerate(shape)]) if keepdims else array


def _add_elsewhere(array, axis, keepdims):
    """Sum an array of another library, or a Tensor."""
    add_rows = backend_of(array).add_rows
    if add_rows is not None and array.flags.c_contiguous and not keepdims and axis is not None:
        axes = (axis,) if isinstance(axis, int) else tuple(axis)
        if axes == tuple(range(len(axes))):
            before, after = array.shape[: len(axes)], array.shape[len(axes) :]
            found = add_rows(array.reshape(math.prod(before), math.prod(after)))
            if found is not NotImplemented:
                return found.reshape(after)
    return array.sum(axis=axis, keepdims=keepdims)


def _add_unordered(array, axis, keepdims):
    """Sum an array that does not lie in memory row by row."""
    if axis is None or not array.flags.f_contiguous:
        return _add(array, axis=axis, keepdims=keepdims)
    mirrored = -1 - axis if isinstance(axis, int) else tuple([-1 - a for a in axis])
    return add_up(array.T, mirrored, keepdims).T


def _blocks(axes):
    """Return the neighbouring axes among these as (first, count), in order."""
    blocks = []
    for a in sorted(axes):
        if blocks and a == sum(blocks[-1]):
            blocks[-1] = blocks[-1][0], blocks[-1][1] + 1
        else:
            blocks.append((a, 1))
    return blocks


def _add_block(array, first, count):
    """Sum over neighbouring axes of a contiguous array."""
    before, after = array.shape[:first], array.shape[first + count :]
    if array.size == 0:
        return np.zeros(before + after, array.dtype)
    if not after:
        return _add_neighbours(array.reshape(math.prod(before), -1)).reshape(before)
    groups = array.reshape(math.prod(before), -1, math.prod(after))
    if groups.shape[1] < _MANY:  # NumPy's way, row by row, is exact enough, and as fast
        return _add(groups, axis=1).reshape(before + after)
    total = np.empty((groups.shape[0], groups.shape[2]), array.dtype)
    for rows, out in zip(groups, total, strict=True):
        rows = _fold(rows, until=_FEW)
        np.matmul(_ones(rows.shape[0], array.dtype), rows, out=out)
    return total.reshape(before + after)


def _fold(rows, until):
    """Fold a matrix of many rows until no more than `until` are left, whose sum is the same."""
    count, width = rows.shape
    while count > until:
        height = 16 if count >= 256 else 8 if count >= 64 else 4  # fewer than there are rows then, also for a rest
        folded, rest = divmod(count, height)
        flat = rows[: count - rest] if rest else rows
        sums = (_ones(height, rows.dtype) @ flat.reshape(height, folded * width)).reshape(folded, width)
        if rest:
            sums[:rest] += rows[count - rest :]
        rows, count = sums, folded
    return rows


def _add_neighbours(rows):
    """Sum each row of a matrix."""
    count, width = rows.shape
    if count == 1:
        return _add(_fold(rows.reshape(-1, 1), until=_WORTH_IT), axis=None, keepdims=True).reshape(1)
    run = _longest_divisor(width)
    if run < 4 or (run < 32 and run < width):
        return _add(rows, axis=1)
    sums = rows.reshape(-1, run) @ _ones(run, rows.dtype)
    return sums if run == width else _add(sums.reshape(count, -1), axis=1)


@functools.lru_cache(maxsize=1024)
def _longest_divisor(width):
    """Return the largest divisor of a row's length that one product may add."""
    return max(d for d in range(1, min(width, _LONGEST_RUN) + 1) if width % d == 0)


@functools.lru_cache(maxsize=1024)
def _ones(count, dtype):
    return np.ones(count, dtype)
