"""Average pooling: the mean of each window, and its mirror image, which spreads a number over a window."""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..errors import not_implemented
from ..op import Array, op
from .pooling_checks import average_windows
from .windows import seen_along, starts

__all__ = ["avg_pool1d"]


def _along(array, axis, part):
    """Return a part along an axis that is counted from the end."""
    return array[(..., part, *[slice(None)] * (-1 - axis))]


@op(method=False, node=lambda label: label)
def average(xp, input: Array, windows, divisor, label):
    """Sum each window, one dimension after the other, and divide.

    Shape:    input (*, n, m) -> out (*, i, j), for windows over two dimensions
    Math:     y[i, j] = sum over the places (p, q) of a window of x[i s + p - padding, j s + q - padding] / divisor_ij
    Gradient: dL/dx[k] = the sum of g[i] / divisor[i] over all windows i that see element k
    """
    if not dtypes.is_floating(input.dtype) and input.dtype != "int64":
        raise not_implemented("avg_pool3d_out_frame" if len(windows.size) == 3 else "avg_pool2d", input)
    for axis in windows.axes:
        inside = not windows.padding[axis]
        looks = iter([seen_along(windows, axis, place) for place in range(windows.kernel[axis])])
        if inside:
            total = _along(input, axis, next(looks)[1]).copy()
        else:
            shape = list(input.shape)
            shape[axis] = windows.count[axis]
            total = xp.zeros(shape, input.dtype)
        for of, at in looks:
            part = _along(total, axis, of)
            part += _along(input, axis, at)
        input = total
    if input.dtype.kind == "i":  # whole numbers, rounded towards zero
        divisor = xp.asarray(divisor)
        return (input - xp.fmod(input, divisor)) // divisor
    input /= xp.asarray(divisor, input.dtype)
    return input


@op(method=False, out=False, node=lambda label: label)
def spread(xp, input: Array, windows, divisor, label):
    """Give each element of a window the window's number, divided: the gradient of `average`.

    Shape:    input (*, i, j) -> out (*, n, m), for windows over two dimensions
    Math:     y[k] = the sum of x[i] / divisor[i] over all windows i that see element k
    Gradient: dL/dx[i] = 1 / divisor[i] times the sum of g over window i
    """
    input = input / xp.asarray(divisor, input.dtype)
    for axis in reversed(windows.axes):
        kernel, shape = windows.kernel[axis], list(input.shape)
        shape[axis] = windows.size[axis]
        apart = kernel == windows.stride[axis] and kernel * windows.count[axis] == windows.size[axis]
        total = (xp.empty if apart and windows.inside else xp.zeros)(shape, input.dtype)
        for of, at in [seen_along(windows, axis, place) for place in range(kernel)]:
            part = _along(total, axis, at)
            if kernel <= windows.stride[axis]:
                part[...] = _along(input, axis, of)
            else:
                part += _along(input, axis, of)
        input = total
    return input


average.grad(input=lambda g, windows, divisor, label: spread.both(g, windows, divisor, label))
spread.grad(input=lambda g, windows, divisor, label: average.both(g, windows, divisor, label))


def divisor_of(windows, count_include_pad, divisor_override=None):
    """Return how many elements each window averages: one number for all, or an array with one for each."""
    if divisor_override is not None:
        return divisor_override
    product = np.ones((), "int64")
    for axis in windows.axes:
        size, padding = windows.size[axis], windows.padding[axis]
        first = starts(np, windows, axis)
        last = np.minimum(first + windows.kernel[axis], size + padding)
        inside = np.minimum(last, size) - np.maximum(first, 0)
        product = product[..., None] * (last - first if count_include_pad else inside)
    return int(product.flat[0]) if product.size and (product == product.flat[0]).all() else product


def avg_pool(d, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override=None, out=None):
    """Average each window over the last `d` dimensions: what the functions for 1, 2 and 3 dimensions share.

    Raises:
        RuntimeError: PyTorch's, for windows that make no sense or do not fit, and for a divisor of zero.
    """
    windows = average_windows(d, input, kernel_size, stride, padding, ceil_mode)
    if divisor_override is not None:
        if not isinstance(divisor_override, int):
            kind = type(divisor_override).__name__
            raise TypeError(f"avg_pool{d}d(): argument 'divisor_override' must be int, not {kind}")
        if not divisor_override:
            raise RuntimeError("divisor must be not zero")
    if d == 3 and input.array.itemsize == 2 and input.is_floating_point():
        raise not_implemented("avg_pool3d_out_frame", input.array)
    label = "SqueezeBackward1" if d == 1 else f"AvgPool{d}DBackward0"
    return average(input, windows, divisor_of(windows, count_include_pad, divisor_override), label, out=out)


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """Average each window along the last dimension.

    Args:
        kernel_size: how many elements a window sees. stride: from one window to the next; `kernel_size` by default.
        padding: how far the first and the last window stand out.
        ceil_mode: allow one more window that begins inside and ends outside.
        count_include_pad: count the padding's zeros as elements.

    Example:
        >>> import edutorch as torch
        >>> torch.avg_pool1d(torch.tensor([[1.0, 5.0, 2.0, 4.0]]), 2)
        tensor([[3., 3.]])
    """
    return avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)
