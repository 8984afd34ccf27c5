"""Convolution as products of matrices on the device: the way of `ops/conv.py`, with every product by `gemm`.

Columns of halves stay halves. Where more than a product's own numbers are added up, that happens in float32.
"""

from __future__ import annotations

from math import prod

from ...ops.sliding import add_windows, padded, unpadded, windows
from .gemm import gemm
from .grids import wide


def convolve(xp, input, weight, bias, stride, padding, dilation, groups):
    """Return what `convolution` returns: the bias lies there first, the product is added to it."""
    seen = windows(xp, padded(xp, input, padding), weight.shape[2:], stride, dilation)
    samples, filters, places = len(input), len(weight), seen.shape[input.ndim :]
    columns = seen.reshape(samples, groups, prod(weight.shape[1:]), prod(places))
    rows = weight.reshape(groups, filters // groups, -1)
    out = xp.empty((samples, groups, filters // groups, prod(places)), input.dtype)
    if bias is not None:
        out[...] = bias.reshape(groups, -1, 1)
    return gemm(rows, columns, out, beta=float(bias is not None)).reshape(samples, filters, *places)


def spread(xp, input, weight, bias, size, stride, padding, dilation, groups):
    """Return what `conv_transpose` returns."""
    samples, channels, *places = input.shape
    rows = weight.reshape(groups, channels // groups, -1)
    pixels = input.reshape(samples, groups, channels // groups, prod(places))
    columns = xp.empty((samples, groups, rows.shape[2], prod(places)), wide(input.dtype))
    gemm(rows.mT, pixels, columns)
    parts = columns.reshape(samples, groups * weight.shape[1], *weight.shape[2:], *places)
    around = [n + 2 * p for n, p in zip(size, padding, strict=True)]
    out = unpadded(xp, add_windows(xp, parts, around, stride, dilation), padding)
    if bias is not None:
        out += bias.reshape(-1, *[1] * len(size))
    return out.astype(input.dtype, copy=False)


def weight_gradient(xp, input, slope, kernel, stride, padding, dilation, groups):
    """Return what `conv_weight` returns: the places of all samples side by side are one product."""
    filters, places = slope.shape[1], slope.shape[2:]
    seen = windows(xp, padded(xp, input, padding), kernel, stride, dilation)
    seen = seen[(..., *[slice(n) for n in places])]  # output padding can make room for a window too many
    inputs = input.shape[1] // groups * prod(kernel)
    columns = xp.moveaxis(seen, 0, 1 + len(kernel)).reshape(groups, inputs, -1)
    slopes = xp.moveaxis(slope, 0, 1).reshape(groups, filters // groups, -1)
    return gemm(slopes, columns.mT).reshape(filters, -1, *kernel)
