"""Convolution in any number of dimensions, and the two operators that are its gradients.

A convolution's output is bilinear: it is linear in the input x and linear in the weight w. So are its gradients, and
all three are the same sum of products y w x, asked for one of the three factors' places:

    y     = convolution(x, w)         each output gathers from a window of the input
    dL/dx = conv_transpose(g, w)      each output's gradient is handed back to its window
    dL/dw = conv_weight(x, g)         each pair of an input and an output meets at one weight

Each one's gradients are the other two. Users call these operators as `conv2d`, `conv_transpose1d` and so on.
"""

from __future__ import annotations

import math

from ..op import Array, op
from ..summation import add_up
from .sliding import add_windows, padded, unpadded, windows


@op(cast="same", method=False, out=False)
def convolution(xp, input: Array, weight: Array, bias: Array | None, stride, padding, dilation, groups):
    """Slide filters over a picture: an output is the sum of the products of one filter with the window below it.

    The windows are laid out as the columns of a matrix ("im2col"), the filters as the rows of another. One product of
    the two is the whole convolution. With `groups`, channels and filters come in groups that do not see each other.

    Shape:    input (N, C, *size), weight (O, C / groups, *kernel), bias (O,) -> out (N, O, *places), where
              places = (size + 2 padding - dilation (kernel - 1) - 1) // stride + 1
    Math:     y[n, o, p] = b[o] + sum_c sum_k w[o, c, k] x[n, c, stride p + dilation k - padding]
    Gradient: dL/dx = conv_transpose(g, w),  dL/dw = conv_weight(x, g),  dL/db = g, summed over n and p
    """
    seen = windows(xp, padded(xp, input, padding), weight.shape[2:], stride, dilation)  # (N, C, *kernel, *places)
    samples, filters, places = len(input), len(weight), seen.shape[input.ndim :]
    columns = seen.reshape(samples, groups, math.prod(weight.shape[1:]), math.prod(places))
    rows = weight.reshape(groups, filters // groups, -1)
    out = (rows @ columns).reshape(samples, filters, *places)
    return out if bias is None else out + _per_channel(bias, out.ndim)


convolution.grad(
    input=lambda g, weight, shape, stride, padding, dilation, groups: conv_transpose.both(
        g, weight, None, shape[2:], stride, padding, dilation, groups
    ),
    weight=lambda g, input, shape, stride, padding, dilation, groups: conv_weight.both(
        input, g, shape[2:], stride, padding, dilation, groups
    ),
    bias=lambda g: add_up(g, (0, *range(2, g.ndim))),
)


@op(cast="same", method=False, out=False, node="ConvolutionBackward0")
def conv_transpose(xp, input: Array, weight: Array, bias: Array | None, size, stride, padding, dilation, groups):
    """Hand every number to the window it belongs to, spread by the filters: a convolution with its arrows turned round.

    Shape:    input (N, C, *places), weight (C, O / groups, *kernel), bias (O,) -> out (N, O, *size), where a
              convolution of `size` with the same stride, padding and dilation has `places`
    Math:     y[n, o, q] = b[o] + the sum over c, p, k with stride p + dilation k - padding = q of w[c, o, k] x[n, c, p]
    Gradient: dL/dx = convolution(g, w),  dL/dw = conv_weight(g, x),  dL/db = g, summed over n and q
    """
    samples, channels, *places = input.shape
    rows = weight.reshape(groups, channels // groups, -1)
    columns = rows.mT @ input.reshape(samples, groups, channels // groups, math.prod(places))
    parts = columns.reshape(samples, groups * weight.shape[1], *weight.shape[2:], *places)
    around = [n + 2 * p for n, p in zip(size, padding, strict=True)]
    out = unpadded(xp, add_windows(xp, parts, around, stride, dilation), padding)
    return out if bias is None else out + _per_channel(bias, out.ndim)


conv_transpose.grad(
    input=lambda g, weight, shape, stride, padding, dilation, groups: _first(
        convolution.both(g, weight, None, stride, padding, dilation, groups), shape
    ),
    weight=lambda g, input, shape, stride, padding, dilation, groups: conv_weight.both(
        g, input, shape[2:], stride, padding, dilation, groups
    ),
    bias=lambda g: add_up(g, (0, *range(2, g.ndim))),
)


@op(cast="same", method=False, out=False, node="ConvolutionBackwardBackward0")
def conv_weight(xp, input: Array, slope: Array, kernel, stride, padding, dilation, groups):
    """Multiply what each window shows by the slope of the output made from it: the gradient of a convolution's weight.

    Shape:    input (N, C, *size), slope (N, O, *places) -> out (O, C / groups, *kernel)
    Math:     y[o, c, k] = sum_n sum_p s[n, o, p] x[n, c, stride p + dilation k - padding]
    Gradient: dL/dx = conv_transpose(s, g),  dL/ds = convolution(x, g)
    """
    samples, filters, *places = slope.shape
    seen = windows(xp, padded(xp, input, padding), kernel, stride, dilation)
    seen = _first(seen, places)
    inputs = input.shape[1] // groups * math.prod(kernel)  # to each output
    columns = seen.reshape(samples, groups, inputs, math.prod(places))
    products = slope.reshape(samples, groups, filters // groups, math.prod(places)) @ columns.mT
    return products.sum(axis=0).reshape(filters, -1, *kernel)


conv_weight.grad(
    input=lambda g, slope, shape, stride, padding, dilation, groups: conv_transpose.both(
        slope, g, None, shape[2:], stride, padding, dilation, groups
    ),
    slope=lambda g, input, shape, stride, padding, dilation, groups: _first(
        convolution.both(input, g, None, stride, padding, dilation, groups), shape
    ),
)


def _per_channel(bias, ndim):
    """Return a bias in a shape that adds to each channel its own number."""
    return bias.reshape(-1, *[1] * (ndim - 2))


def _first(array, shape):
    """Return the first elements along the last dimensions: output padding can make room for a window too many."""
    if array.shape[-len(shape) :] == tuple(shape):
        return array
    return array[(..., *[slice(n) for n in shape])]
