"""Adaptive pooling: so many windows as are asked for, cut so that together they cover the input.

Window i of k, along a dimension of size n, reaches from floor(i n / k) to ceil((i + 1) n / k). Where k divides n, these
are the windows of an ordinary pooling.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from .. import dtypes
from ..errors import not_a_tensor, not_implemented
from ..op import Array, op
from ..tensor import Tensor
from .average_pooling import average
from .int_lists import int_list
from .pooling import max_pool
from .pooling_checks import check_two_or_three, one_int
from .reduce import mean
from .scan import collect_at
from .weighing import Taps, weigh
from .windows import Windows

__all__ = ["adaptive_avg_pool1d", "adaptive_max_pool1d"]


@functools.lru_cache(256)
def _reach(size, count):
    """Return the positions that each window sees, (count, widest); short ones repeat their last. And their lengths."""
    number = np.arange(count)
    start, end = number * size // count, -(-(number + 1) * size // count)
    seen = start[:, None] + np.arange((end - start).max(initial=1))
    return np.minimum(seen, end[:, None] - 1), end - start


@functools.lru_cache(256)
def _averaging(size, count):
    """Return the matrix that averages each window along one dimension."""
    seen, lengths = _reach(size, count)
    inside = np.arange(seen.shape[1]) < lengths[:, None]
    return Taps(seen, inside / lengths[:, None], size)


def _even(size, count):
    """Return the windows of an ordinary pooling that are these, or None."""
    if any(n % k if k else n for n, k in zip(size, count, strict=True)):
        return None
    return _side_by_side(size, count)


def _side_by_side(size, count):
    """Return `count` windows that stand side by side, without gaps."""
    kernel = tuple(n // max(k, 1) for n, k in zip(size, count, strict=True))
    zeros, ones = (0,) * len(size), (1,) * len(size)
    return Windows(size, kernel, kernel, zeros, ones, count)


# ---------------------------------------------------------------- averages


def adaptive_avg_pool(d, input, output_size):
    """Average windows over the last `d` dimensions: what the functions for 1, 2 and 3 dimensions share.

    Raises:
        RuntimeError, TypeError, NotImplementedError: PyTorch's, for what cannot be pooled so.
    """
    name = f"adaptive_avg_pool{d}d"
    count = _wanted(name, d, input, output_size, f"{name}: output_size must be {d}")
    shape = input.array.shape
    if count == (1,) * d and (d > 1 or math.prod(shape[-2:])):
        means = mean(input, tuple(range(-d, 0)), True)
        return means if d > 1 else means.unsqueeze(-2).squeeze(-2)
    _check_average(name, d, input.array, count)
    size, label = tuple(shape[-d:]), "SqueezeBackward1" if d == 1 else f"AdaptiveAvgPool{d}DBackward0"
    windows = _even(size, count)
    if windows:
        return average(input, windows, math.prod(windows.kernel), label)
    taps = [(axis, _averaging(size[axis], count[axis])) for axis in range(-d, 0)]
    return weigh(input, taps, label)


def _check_average(name, d, array, count):
    shape = array.shape if d > 1 else (*array.shape[:-1], 1, array.shape[-1])
    name, d, count = (name, d, count) if d > 1 else ("adaptive_avg_pool2d", 2, (1, *count))
    if min(count) < 0:
        shown = ", ".join(map(str, count)) if d == 2 else "{}, {},{}".format(*count)
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received {{{shown}}}"
        )
    if len(shape) not in (d + 1, d + 2):
        raise RuntimeError(f"{name}(): Expected {d + 1}D or {d + 2}D tensor, but got {list(shape)}")
    _check_elements(name, shape, len(shape) - d - (d == 3))
    if not dtypes.is_floating(array.dtype) and (d == 3 or (array.size and min(count))):
        raise not_implemented("adaptive_avg_pool3d_cpu" if d == 3 else name, array)


def _check_elements(name, shape, first):
    for axis in range(first, len(shape)):
        if not shape[axis]:
            raise RuntimeError(f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input "
                               f"has sizes {list(shape)} with dimension {axis} being empty")  # fmt: skip


def adaptive_avg_pool1d(input, output_size):
    """Average windows along the last dimension, so chosen that `output_size` of them cover the input.

    Shape: input (N, C, L) or (C, L) -> (N, C, output_size) or (C, output_size)

    Example:
        >>> import edutorch as torch
        >>> torch.adaptive_avg_pool1d(torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]]), 2)
        tensor([[2., 4.]])
    """
    return adaptive_avg_pool(1, input, output_size)


# ---------------------------------------------------------------- greatest elements


@op(method=False, out=False, outputs=("values", "indices"),
    node=lambda count: "SqueezeBackward1" if len(count) == 1 else f"AdaptiveMaxPool{len(count)}DBackward0")  # fmt: skip
def adaptive_max(xp, input: Array, count):
    """Take the greatest element of each of `count` windows, and its number among the elements of its channel.

    Shape:    input (*, n, m) -> values and indices (*, *count), for windows over two dimensions
    Math:     y_i = max of x_k over floor(i n / count) <= k < ceil((i + 1) n / count), in each dimension
    Gradient: dL/dx = g of each window, at the place of its greatest element (the first, where several are equal)
    """
    d = len(count)
    size = input.shape[input.ndim - d :]
    windows, tables = _even(size, count), [xp.asarray(_reach(n, k)[0]) for n, k in zip(size, count, strict=True)]
    if not windows:  # what the windows see, side by side; then no two of them share an element
        for axis, table in enumerate(tables, input.ndim - d):
            input = input.take(table.reshape(-1), axis)
        windows = _side_by_side(input.shape[input.ndim - d :], count)
    best, winner = max_pool.op.kernels[type(input)](input, windows)
    numbers = 0
    for axis, table in enumerate(tables):
        window = xp.arange(count[axis]).reshape(-1, *[1] * (d - 1 - axis))
        place = winner // math.prod(windows.kernel[axis + 1 :]) % windows.kernel[axis]
        numbers = numbers * size[axis] + table[window, place]
    return best, numbers


def _to_greatest(g, shape, indices, count):
    lead = tuple(shape[: len(shape) - len(count)])
    flat = (*lead, math.prod(count))
    spread = collect_at(g.reshape(flat), (*lead, math.prod(shape[len(lead) :])), indices.reshape(flat), -1)
    return spread.reshape(shape)


adaptive_max.grad(input=_to_greatest)


def adaptive_max_pool(d, input, output_size, return_indices=False):
    """Take the greatest elements of windows over the last `d` dimensions: what 1, 2 and 3 dimensions share.

    Raises:
        RuntimeError, TypeError, NotImplementedError: PyTorch's, for what cannot be pooled so.
    """
    name = f"adaptive_max_pool{d}d"
    count = _wanted(name, d, input, output_size, f"{name}(): internal error: output_size.size() must be {d}")
    shape = input.array.shape
    if d > 1 and len(shape) not in (d + 1, d + 2):
        raise RuntimeError(f"{name}(): Expected {d + 1}D or {d + 2}D tensor, but got: {list(shape)}")
    _check_elements(name, shape, len(shape) - d - (len(shape) > d + 1 or d > 1 or len(shape) > 1))
    if min(count) < 0:
        made = (*shape[: len(shape) - d], *([1] if d == 1 else []), *count)
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(count)}: {list(made)}")
    if not dtypes.is_floating(input.array.dtype):
        raise not_implemented("adaptive_max_pool3d_cpu" if d == 3 else "adaptive_max_pool2d", input.array)
    found = adaptive_max(input, count)
    return tuple(found) if return_indices else found[0]


def adaptive_max_pool1d(input, output_size):
    """Take the greatest elements of windows along the last dimension, and their positions.

    Example:
        >>> import edutorch as torch
        >>> torch.adaptive_max_pool1d(torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]]), 2)
        (tensor([[3., 5.]]), tensor([[2, 4]]))
    """
    return adaptive_max_pool(1, input, output_size, True)


# ---------------------------------------------------------------- the sizes asked for


def _wanted(name, d, input, output_size, wrong):
    """Return the number of windows along each dimension; None stands for the input's own size."""
    if not isinstance(input, Tensor):
        raise not_a_tensor(name, "input", 1, input)
    if d == 1:
        count = one_int(name, "output_size", 2, output_size)
        check_two_or_three(name, input.array.shape)
        return count
    if hasattr(output_size, "__index__"):
        return (output_size.__index__(),) * d
    if len(output_size) > input.array.ndim:
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    own = input.array.shape[input.array.ndim - len(output_size) :]
    filled = [n if k is None else k for k, n in zip(output_size, own, strict=True)]
    count = int_list(name, "output_size", 2, filled)
    if len(count) != d:
        raise RuntimeError(wrong)
    return count
