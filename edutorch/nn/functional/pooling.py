"""Poolings as functions."""

from __future__ import annotations

import math

from ...op.autocast import asks_autocast, autocast_operands
from ...ops.adaptive_pooling import (
    adaptive_avg_pool,
    adaptive_avg_pool1d,
    adaptive_max_pool,
)
from ...ops.average_pooling import avg_pool, avg_pool1d
from ...ops.int_lists import for_each
from ...ops.pooling import max_pool, max_pool1d_with_indices, max_pool_with_indices
from ...ops.pooling import max_pool1d as _max_pool1d
from ...ops.pooling_checks import max_windows
from ...ops.unpooling import max_unpool
from .activation import relu

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]


# ---------------------------------------------------------------- the greatest of each window


def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Take the greatest element of each window along the last dimension.

    Shape: input (N, C, L) or (C, L) -> (N, C, O) or (C, O), O = floor((L + 2 padding - dilation (k - 1) - 1) / s) + 1

    Args:
        kernel_size: k, how many elements a window sees. stride: s, from one window to the next; k by default.
        padding: how far the first and the last window stand out; what they see there never wins.
        dilation: from one element of a window to the next.
        ceil_mode: round up, and so allow one more window that begins inside and ends outside.
        return_indices: return a pair, with the position of each greatest element, for `max_unpool1d`.
    """
    if return_indices:
        return max_pool1d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    return _max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Take the greatest element of each window over the last two dimensions; see `max_pool1d`.

    The arguments are one number for both dimensions, or one for each.

    Shape: input (N, C, H, W) or (C, H, W) -> (N, C, O, P) or (C, O, P)

    Example:
        >>> import edutorch as torch
        >>> picture = torch.arange(16.0).reshape(1, 4, 4)
        >>> torch.nn.functional.max_pool2d(picture, 2)
        tensor([[[ 5.,  7.],
                 [13., 15.]]])
    """
    return _max(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Take the greatest element of each window over the last three dimensions; see `max_pool1d`."""
    if not return_indices:
        (input,) = autocast_operands("max_pool3d", input)
    return _max(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _max(d, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices):
    windows = max_windows(d, input, kernel_size, stride, padding, dilation, ceil_mode)
    return tuple(max_pool_with_indices(input, windows)) if return_indices else max_pool(input, windows)


def max_pool2d_with_indices(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=True
):
    """Do what `max_pool2d` does with `return_indices=True`."""
    return _max(2, input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool3d_with_indices(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=True
):
    """Do what `max_pool3d` does with `return_indices=True`."""
    return _max(3, input, kernel_size, stride, padding, dilation, ceil_mode, True)


# ---------------------------------------------------------------- the mean of each window


def avg_pool2d(
    input,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
    *,
    out=None,
):
    """Average each window over the last two dimensions.

    Shape: input (N, C, H, W) or (C, H, W) -> (N, C, O, P) or (C, O, P)

    Args:
        kernel_size, stride, padding, ceil_mode: as for `max_pool2d`; the padding holds zeros.
        count_include_pad: count the padding's zeros as elements.
        divisor_override: divide each window's sum by this number instead.
    """
    return avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, out)


@asks_autocast
def avg_pool3d(
    input,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
    *,
    out=None,
):
    """Average each window over the last three dimensions; see `avg_pool2d`."""
    return avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, out)


# ---------------------------------------------------------------- the norm of each window


def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """Take a norm of each window along the last dimension: (sum of x^p)^(1/p), with p = `norm_type`."""
    if math.isinf(norm_type):
        return max_pool1d(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    means = avg_pool1d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return (means.sign() * relu(means.abs())).mul(kernel_size).pow(1.0 / norm_type)


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """Take a norm of each window over the last two dimensions: (sum of x^p)^(1/p), with p = `norm_type`."""
    if math.isinf(norm_type):
        return max_pool2d(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    return _norm(2, avg_pool2d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode), norm_type, kernel_size)


def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """Take a norm of each window over the last three dimensions: (sum of x^p)^(1/p), with p = `norm_type`."""
    if math.isinf(norm_type):
        return max_pool3d(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    return _norm(3, avg_pool3d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode), norm_type, kernel_size)


def _norm(d, means, norm_type, kernel_size):
    count = kernel_size**d if isinstance(kernel_size, int) else math.prod(kernel_size)
    return (means.sign() * relu(means.abs())).mul(count).pow(1.0 / norm_type)


# ---------------------------------------------------------------- a given number of windows


def adaptive_avg_pool2d(input, output_size):
    """Average windows over the last two dimensions, so chosen that `output_size` of them cover the input.

    Shape: input (N, C, H, W) or (C, H, W) -> (N, C, *output_size) or (C, *output_size)

    Args:
        output_size: one number for both dimensions, or one for each; None leaves a dimension as it is.
    """
    return adaptive_avg_pool(2, input, output_size)


@asks_autocast
def adaptive_avg_pool3d(input, output_size):
    """Average windows over the last three dimensions, as many as `output_size` says; see `adaptive_avg_pool2d`."""
    return adaptive_avg_pool(3, input, output_size)


def adaptive_max_pool1d(input, output_size, return_indices=False):
    """Take the greatest elements of windows along the last dimension, as many as `output_size` says.

    Args:
        return_indices: return a pair, with the position of each greatest element.
    """
    return adaptive_max_pool(1, input, output_size, return_indices)


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """Take the greatest elements of windows over the last two dimensions; see `adaptive_max_pool1d`.

    Args:
        output_size: one number for both dimensions, or one for each; None leaves a dimension as it is.
    """
    return adaptive_max_pool(2, input, output_size, return_indices)


@asks_autocast
def adaptive_max_pool3d(input, output_size, return_indices=False):
    """Take the greatest elements of windows over the last three dimensions; see `adaptive_max_pool2d`."""
    return adaptive_max_pool(3, input, output_size, return_indices)


def adaptive_max_pool1d_with_indices(input, output_size, return_indices=True):
    """Do what `adaptive_max_pool1d` does with `return_indices=True`."""
    return adaptive_max_pool(1, input, output_size, True)


def adaptive_max_pool2d_with_indices(input, output_size, return_indices=True):
    """Do what `adaptive_max_pool2d` does with `return_indices=True`."""
    return adaptive_max_pool(2, input, output_size, True)


@asks_autocast
def adaptive_max_pool3d_with_indices(input, output_size, return_indices=True):
    """Do what `adaptive_max_pool3d` does with `return_indices=True`."""
    return adaptive_max_pool(3, input, output_size, True)


# ---------------------------------------------------------------- back to where they stood


def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Put what `max_pool1d` kept back where it stood; everything else is zero.

    Args:
        indices: as `max_pool1d` returned them. kernel_size, stride, padding: as given to it.
        output_size: the size to come back to, where several are possible.

    Raises:
        ValueError: if the output size does not fit these windows.
        RuntimeError: if an index does not fit the output size.
    """
    return max_unpool(input, indices, _unpooled_size(1, input, kernel_size, stride, padding, output_size))


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Put what `max_pool2d` kept back where it stood; everything else is zero. See `max_unpool1d`."""
    return max_unpool(input, indices, _unpooled_size(2, input, kernel_size, stride, padding, output_size))


def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Put what `max_pool3d` kept back where it stood; everything else is zero. See `max_unpool1d`."""
    return max_unpool(input, indices, _unpooled_size(3, input, kernel_size, stride, padding, output_size))


def _unpooled_size(d, input, kernel_size, stride, padding, output_size):
    """Return the sizes before the pooling: the given ones, or the smallest that the windows fit into."""
    kernel = for_each(d, kernel_size)
    stride, padding = kernel if stride is None else for_each(d, stride), for_each(d, padding)
    inner = input.shape[-d:]
    sizes = tuple(
        (inner[i] - 1) * stride[i] + kernel[i] - 2 * padding[i] if i < len(inner) else 0 for i in range(len(kernel))
    )
    if output_size is None:
        given = sizes
    else:
        given = tuple(output_size)
        given = given[2:] if len(given) == d + 2 else given
        if len(given) != d:
            raise ValueError(
                f"output_size should be a sequence containing {d} or {d + 2} elements, but it has a length of "
                f"'{len(given)}'"
            )
        for i in range(d):
            least, most = sizes[i] - stride[i], sizes[i] + stride[i]
            if not least < given[i] < most:
                raise ValueError(f'invalid output_size "{given}" (dim {i} must be between {least} and {most})')
    for i, size in enumerate(given):
        if size < 0:
            raise ValueError(
                f"max_unpooling: output_size must contain non-negative spatial dimensions, but got output_size[{i}]"
                f"={size}"
            )
    return given
