"""Convolution and its gradients for NumPy arrays: which way is the quickest for which sizes."""

from __future__ import annotations

import numpy as np

from ...backends import cpu
from ...ops.conv import conv_transpose, conv_weight, convolution
from . import im2col, winograd

_FLOATS = ("float32", "float64")
_MANY = 16  # channels from which on Winograd's transforms cost less than the products that they save


@convolution.kernel("cpu")
def convolve(xp, input, weight, bias, stride, padding, dilation, groups):
    """Slide filters over pictures: by Winograd's algorithm where it applies, else as matrix products."""
    if not (input.size and weight.size) or input.dtype not in _FLOATS:
        return convolution.op.forward(xp, input, weight, bias, stride, padding, dilation, groups)
    if _suits_winograd(weight.shape, stride, padding, dilation, groups):
        return winograd.convolve(input, weight, bias, padding)
    return im2col.convolve(input, weight, bias, stride, padding, dilation, groups)


@conv_transpose.kernel("cpu")
def spread(xp, input, weight, bias, size, stride, padding, dilation, groups):
    """Hand numbers to windows; with stride 1 that is a convolution too, with the filters turned by half a turn."""
    if not (input.size and weight.size) or input.dtype not in _FLOATS:
        return conv_transpose.op.forward(xp, input, weight, bias, size, stride, padding, dilation, groups)
    kernel, channels, filters = weight.shape[2:], input.shape[1], weight.shape[1] * groups
    around = tuple(d * (k - 1) - p for k, p, d in zip(kernel, padding, dilation, strict=True))
    made = tuple(n + 2 * a - d * (k - 1) for n, a, k, d in zip(input.shape[2:], around, kernel, dilation, strict=True))
    if max(stride) == 1 and min(around) >= 0 and made == tuple(size):
        turned = weight.reshape(groups, channels // groups, -1, *kernel).swapaxes(1, 2)
        turned = np.flip(turned.reshape(filters, channels // groups, *kernel), tuple(range(2, weight.ndim)))
        if channels <= 2 * filters or _suits_winograd(turned.shape, stride, around, dilation, groups):
            return convolve(xp, input, turned, bias, stride, around, dilation, groups)
    out = im2col.spread(input, weight, size, stride, padding, dilation, groups)
    if bias is not None:
        out += bias.reshape(-1, *[1] * len(size))
    return out


@conv_weight.kernel("cpu")
def weight_gradient(xp, input, slope, kernel, stride, padding, dilation, groups):
    """Let inputs and slopes meet at the weights, by the way that their convolution took."""
    if not (input.size and slope.size) or input.dtype not in _FLOATS:
        return conv_weight.op.forward(xp, input, slope, kernel, stride, padding, dilation, groups)
    shape = (slope.shape[1], input.shape[1] // groups, *kernel)
    if _suits_winograd(shape, stride, padding, dilation, groups):
        return winograd.weight_gradient(input, slope, padding)
    return im2col.weight_gradient(input, slope, kernel, stride, padding, dilation, groups)


def _suits_winograd(weight_shape, stride, padding, dilation, groups):
    filters, channels, *kernel = weight_shape
    return (
        cpu.winograd
        and kernel == [3, 3]
        and min(filters, channels) >= _MANY
        and max(*stride, *dilation, groups) == 1
        and max(padding) <= 2
    )
