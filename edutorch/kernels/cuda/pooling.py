"""Max and average pooling, and weighted sums along dimensions, which adaptive pooling is made of: one launch each."""

from __future__ import annotations

import functools
import math

import numpy as np

from ... import dtypes
from ...backends import XP, backend_of
from ...ops.average_pooling import average, spread
from ...ops.pooling import give_to_winners, max_pool
from ...ops.weighing import weigh
from ...ops.windows import places
from .grids import elementwise, in_order, wide
from .source import FLOATS, HALVES, Source, ctype

_source = Source(
    "pooling.cu",
    max_forward=FLOATS,
    max_backward=FLOATS,
    average=FLOATS,
    spread=FLOATS,
    weigh=[*(f"{t}, {t}" for t in FLOATS), *(f"{t}, float" for t in HALVES), *(f"float, {t}" for t in HALVES)],
)
_FIELDS = "size", "kernel", "stride", "padding", "dilation", "count"
_WINDOWS = np.dtype([(name, np.int32, 3) for name in _FIELDS])  # the struct of pooling.cu


@functools.lru_cache(256)
def _struct(windows):
    """Return windows as the kernels take them: in three dimensions."""
    flat = {"size": 1, "kernel": 1, "stride": 1, "padding": 0, "dilation": 1, "count": 1}
    missing = 3 - len(windows.size)
    return np.array(tuple((flat[name],) * missing + tuple(getattr(windows, name)) for name in _FIELDS), _WINDOWS)


def _suits(input, windows):
    """Whether there is something to do, in numbers and dimensions that the kernels are made for."""
    whole = math.prod(windows.size) * math.prod(windows.count)
    return dtypes.is_floating(input.dtype) and input.size and whole and len(windows.size) <= 3


def _filled(xp, name, input, windows, shape, *others):
    """Return an array of a shape that a kernel has filled."""
    out = xp.empty(shape, input.dtype)
    kernel = _source.kernel(xp, f"{name}<{ctype(input.dtype)}>")
    kernel(*elementwise(out.size), (in_order(input), out, *others, np.int64(out.size), _struct(windows)))
    return out


def _with_sizes(input, windows, sizes):
    return (*input.shape[: input.ndim - len(windows.size)], *sizes)


@max_pool.kernel("cuda", halves=True)
def max_pool_kernel(xp, input, windows):
    """Take the greatest element of each window, and its place."""
    if not _suits(input, windows) or places(windows) > 256:
        return NotImplemented
    shape = _with_sizes(input, windows, windows.count)
    winner = xp.empty(shape, np.uint8)
    return _filled(xp, "max_forward", input, windows, shape, winner), winner


@give_to_winners.kernel("cuda", halves=True)
def give_to_winners_kernel(xp, input, winner, windows):
    """Give each window's number to the element that won there."""
    if not _suits(input, windows) or winner.dtype != np.uint8:
        return NotImplemented
    shape = _with_sizes(input, windows, windows.size)
    return _filled(xp, "max_backward", input, windows, shape, in_order(winner))


def _divisors(xp, divisor):
    """Return what the kernels take: an array, or one number."""
    return (None, np.int64(divisor)) if isinstance(divisor, int) else (xp.asarray(divisor), np.int64(0))


@average.kernel("cuda", halves=True)
def average_kernel(xp, input, windows, divisor, label):
    """Sum each window, and divide."""
    if not _suits(input, windows):
        return NotImplemented
    shape = _with_sizes(input, windows, windows.count)
    return _filled(xp, "average", input, windows, shape, *_divisors(xp, divisor))


@spread.kernel("cuda", halves=True)
def spread_kernel(xp, input, windows, divisor, label):
    """Give each element of a window the window's number, divided."""
    if not _suits(input, windows):
        return NotImplemented
    shape = _with_sizes(input, windows, windows.size)
    return _filled(xp, "spread", input, windows, shape, *_divisors(xp, divisor))


# ---------------------------------------------------------------- gradients of halves, which formulas would widen


@max_pool.backward_kernel("cuda", "input", halves=True)
def max_pool_gradient_kernel(g, winner, windows):
    """Give each window's gradient to the element that won there."""
    return give_to_winners_kernel(XP[type(g)], g, winner, windows)


@average.backward_kernel("cuda", "input", halves=True)
def average_gradient_kernel(g, windows, divisor, label):
    """Give each element of a window the window's gradient, divided."""
    return spread_kernel(XP[type(g)], g, windows, divisor, label)


# ---------------------------------------------------------------- weighted sums along dimensions


@functools.lru_cache(256)
def _taps_on(backend, index, taps, dtype):
    """Return columns and weights in a device's memory; they are kept there, as models ask for the same ones again."""
    columns, weights = np.ascontiguousarray(taps.columns, np.int64), taps.weights
    return backend.put(columns, index), None if weights is None else backend.put(weights.astype(dtype, "C"), index)


@weigh.kernel("cuda", halves=True)
def weigh_kernel(xp, input, taps, label):
    """Multiply by a matrix with few entries along each of several dimensions; between them, halves are not rounded."""
    if not dtypes.is_floating(input.dtype) or not input.size or not all(matrix.columns.size for _, matrix in taps):
        return NotImplemented
    result, number, backend = input.dtype, wide(input.dtype), backend_of(input)
    for axis, matrix in taps:
        columns, weights = _taps_on(backend, backend.index_of(input), matrix, number)
        last = axis == taps[-1][0]
        shape = (*input.shape[: input.ndim + axis], len(matrix.columns), *input.shape[input.ndim + axis + 1 :])
        out = xp.empty(shape, result if last else number)
        sizes = (
            np.int64(out.size),
            np.int64(matrix.size),
            np.int64(shape[axis]),
            np.int64(math.prod(shape[axis:][1:])),
        )
        kernel = _source.kernel(xp, f"weigh<{ctype(input.dtype)}, {ctype(out.dtype)}>")
        taps_each = np.int32(matrix.columns.shape[1])
        kernel(*elementwise(out.size), (in_order(input), columns, weights, out, *sizes, taps_each))
        input = out
    return input


@weigh.backward_kernel("cuda", "input", halves=True)
def weigh_gradient_kernel(g, taps, label):
    """Multiply by the transposed matrices, in the other order."""
    return weigh_kernel(XP[type(g)], g, [(axis, matrix.transposed) for axis, matrix in reversed(taps)], label)
