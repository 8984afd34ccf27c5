"""Convolution as matrix products, a block at a time: the columns of a block are still in the cache when they are used.

The windows of a few samples, or of a few rows of places where pictures are large, are copied into columns: one slice of
the input for each offset in the kernel. Where a window stands out into the padding, the columns keep their zeros.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod

import numpy as np

_CACHE = 1 << 20  # bytes of columns to make at a time


def convolve(x, weight, bias, stride, padding, dilation, groups):
    """Return what `convolution` returns."""
    steps, kernel, filters = (stride, padding, dilation), weight.shape[2:], len(weight)
    places = _places(x.shape[2:], kernel, *steps)
    rows = weight.reshape(groups, filters // groups, -1)
    out = np.empty((len(x), groups, filters // groups, prod(places)), x.dtype)
    for some, band, columns in _blocks(x, kernel, places, *steps):
        np.matmul(rows, columns.reshape(len(columns), groups, rows.shape[2], -1), out=out[some, :, :, band])
        if bias is not None:
            out[some, :, :, band] += bias.reshape(groups, -1, 1)
    return out.reshape(len(x), filters, *places)


def spread(x, weight, size, stride, padding, dilation, groups):
    """Return what `conv_transpose` returns, without a bias."""
    kernel, places = weight.shape[2:], x.shape[2:]
    pixels = x.reshape(len(x), groups, -1, prod(places))
    rows = weight.reshape(groups, pixels.shape[2], -1).mT
    out = np.zeros((len(x), groups * weight.shape[1], *size), x.dtype)
    for some, first, last in _parts(len(x), places, rows.shape[0] * rows.shape[1] * x.itemsize):
        band = _flat(first, last, places)
        its = pixels[some, :, :, band]
        columns = rows * its if rows.shape[2] == 1 else rows @ its  # a product of a column and a row is slow as such
        columns = columns.reshape(-1, out.shape[1], *kernel, last - first, *places[1:])
        for offset, there, here in _seen(size, kernel, first, last, places, stride, padding, dilation):
            out[some, :, *here] += columns[:, :, *offset, *there]
    return out


def weight_gradient(x, slope, kernel, stride, padding, dilation, groups):
    """Return what `conv_weight` returns."""
    filters, places = slope.shape[1], slope.shape[2:]
    slopes = slope.reshape(len(x), groups, filters // groups, prod(places))
    inputs, outputs = x.shape[1] // groups * prod(kernel), filters // groups
    short = outputs < 64  # BLAS is slow with a short matrix on the left: then the product is made the other way round
    total = np.zeros((groups, inputs, outputs) if short else (groups, outputs, inputs), x.dtype)
    for some, band, columns in _blocks(x, kernel, places, stride, padding, dilation):
        columns, slope = columns.reshape(len(columns), groups, inputs, -1), slopes[some, :, :, band]
        if 4 * prod(places) <= outputs:  # so few places that all samples' are better taken as one's
            columns, slope = (a.transpose(1, 2, 0, 3).reshape(1, *a.shape[1:3], -1) for a in (columns, slope))
        for its, one in zip(columns, slope, strict=True):
            total += its @ one.mT if short else one @ its.mT
    return np.ascontiguousarray(total.mT if short else total).reshape(filters, -1, *kernel)


def _places(size, kernel, stride, padding, dilation):
    steps = zip(size, kernel, stride, padding, dilation, strict=True)
    return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in steps)


def _parts(samples, places, bytes_each):
    """Yield which samples, and which rows of places, from the first to before the last, to take at a time."""
    row = bytes_each * prod(places[1:])
    together, tall = max(1, _CACHE // (row * places[0])), min(places[0], max(1, 2 * _CACHE // row))
    for start in range(0, samples, together):
        for first in range(0, places[0], tall):
            yield slice(start, start + together), first, min(first + tall, places[0])


def _flat(first, last, places):
    """Return which places these rows are, counted through."""
    return slice(first * prod(places[1:]), last * prod(places[1:]))


def _blocks(x, kernel, places, stride, padding, dilation):
    """Yield the windows as columns (samples, C, *kernel, *places), with the samples and the places that they are of."""
    columns = np.zeros(0, x.dtype)
    for some, first, last in _parts(len(x), places, x.shape[1] * prod(kernel) * x.itemsize):
        shape = (len(x[some]), x.shape[1], *kernel, last - first, *places[1:])
        if columns.shape != shape or last - first < places[0]:  # else the zeros are where they were
            columns = np.zeros(shape, x.dtype)
        for offset, there, here in _seen(x.shape[2:], kernel, first, last, places, stride, padding, dilation):
            columns[:, :, *offset, *there] = x[some, :, *here]
        yield some, _flat(first, last, places), columns


@lru_cache(256)
def _seen(size, kernel, first, last, places, stride, padding, dilation):
    """Return, for each offset in the kernel, which places see an element there, and which elements these are."""
    firsts, counts = (first, *[0] * (len(size) - 1)), (last - first, *places[1:])
    found = []
    for offset in product(*map(range, kernel)):
        there, here = [], []
        for k, n, f, count, s, p, d in zip(offset, size, firsts, counts, stride, padding, dilation, strict=True):
            start = f * s + k * d - p  # the element that the first place sees; it may lie outside
            low = max(0, -(start // s))
            high = max(low, min(count, (n - 1 - start) // s + 1))
            there.append(slice(low, high))
            here.append(slice(start + low * s, start + (high - 1) * s + 1, s) if high > low else slice(0))
        found.append((offset, there, here))
    return found
