"""Convolution with windows of 3 x 3 by Winograd's way: 16 products where the plain sums take 36 (Lavin & Gray 2016).

Four neighbouring outputs, 2 x 2, see 4 x 4 inputs. With d these inputs and w the 3 x 3 filter, the outputs are

    A^T [(G w G^T) * (B^T d B)] A

where `*` multiplies element by element: 16 products. B and A hold only 0, 1 and -1: what they transform is added and
subtracted. With many channels, each of the 16 products is a matrix product over the channels.

A tile's pixels are told apart by the parity of their row and column, and laid out as (row's parity, column's parity,
tile row, tile column, sample, channel). So a step of a transform adds long stretches of memory. A block of samples or
rows is taken at a time, small enough to stay in the cache.

How exact: in float32 the largest error is 2e-7 to 7e-7 of the largest output, as with the plain sums. (Tiles of 4 x 4
outputs would save more products, but are off by 5e-6 to 2e-5.) `edutorch.backends.cpu.winograd = False` turns it off.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np

_CACHE = 3 << 19  # bytes that the transformed inputs and outputs of a block may take together
_PARITIES = tuple(product(range(2), repeat=2))

_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
_GG = np.kron(_G, _G)  # G w G^T, for w as a column of 9
_SIGNS = np.outer([1, 1, 1, -1], [1, 1, 1, -1]).reshape(
    16, 1
)  # A's last row is (0, -1): `_spread` leaves out the minus


def convolve(x, weight, bias, padding):
    """Return what `convolution` returns, for windows of 3 x 3 at each pixel that see all channels.

    Shape: x (N, C, H, W), weight (O, C, 3, 3), bias (O,) or None -> out (N, O, H + 2 padding - 2, W + 2 padding - 2)
    """
    channels, filters = x.shape[1], len(weight)
    size = [n + 2 * p - 2 for n, p in zip(x.shape[2:], padding, strict=True)]
    factors = _GG.astype(x.dtype) @ weight.transpose(2, 3, 1, 0).reshape(9, -1)
    factors = factors.reshape(16, channels, filters)
    out = np.empty((len(x), filters, *size), x.dtype)
    for some, rows in _blocks(len(x), size, (channels + filters) * x.itemsize):
        products = _differences(_inputs(x[some], rows, size, padding)) @ factors
        if bias is not None:
            products[5] += bias  # the one that is in all four sums, with a plus
        pixels = _sums(products.reshape(4, 4, rows.stop - rows.start, -1, len(x[some]), filters))
        here = out[some, :, 2 * rows.start : 2 * rows.stop]
        for i, j in _PARITIES:
            these = here[:, :, i::2, j::2]
            these[...] = pixels[i, j, : these.shape[2], : these.shape[3]].transpose(2, 3, 0, 1)
    return out


def weight_gradient(x, slope, padding):
    """Return what `conv_weight` returns, for a convolution that `convolve` computes.

    Shape: x (N, C, H, W), slope (N, O, H + 2 padding - 2, W + 2 padding - 2) -> out (O, C, 3, 3)
    """
    channels, filters, *size = x.shape[1], *slope.shape[1:]
    total = np.zeros((16, filters, channels), x.dtype)
    for some, rows in _blocks(len(x), size, (channels + filters) * x.itemsize):
        total += _spread(slope[some], rows).mT @ _differences(_inputs(x[some], rows, size, padding))
    total = total.reshape(16, -1)
    out = (total.T @ (_SIGNS * _GG).astype(x.dtype)).reshape(filters, channels, 3, 3)
    # What is smaller than the rounding of the sums it was made of is nothing else. It becomes zero, as plain sums make
    # it where no input meets a slope: Adam goes as far for a gradient of 1e-9 as for one of 1.
    rounding = 8 * np.finfo(x.dtype).eps * np.abs(total).max(axis=0)
    out[np.abs(out) < rounding.reshape(filters, channels, 1, 1)] = 0
    return out


def _blocks(samples, size, pixel):
    """Yield which samples, and which rows of tiles, are computed together; `pixel` is the bytes that one takes."""
    tall, wide = (-(-n // 2) for n in size)
    row = 16 * wide * pixel  # bytes of a row of tiles, transformed
    together, rows = max(1, _CACHE // (row * tall)), min(tall, max(1, 2 * _CACHE // row))
    for start in range(0, samples, together):
        for first in range(0, tall, rows):
            yield slice(start, start + together), slice(first, min(first + rows, tall))


def _inputs(x, rows, size, padding):
    """Return the pixels that these rows of tiles see, by parity, with zeros in the padding.

    Shape: (2, 2, tile rows + 1, tile columns + 1, samples, channels): a tile sees its own four pixels and the next
    four of each direction.
    """
    samples, channels, height, width = x.shape
    tall, wide = rows.stop - rows.start + 1, -(-size[1] // 2) + 1
    pixels = np.zeros((2, 2, tall, wide, samples, channels), x.dtype)
    for i, j in _PARITIES:
        tile_rows, its_rows = _every_second(2 * rows.start + i - padding[0], tall, height)
        tile_columns, its_columns = _every_second(j - padding[1], wide, width)
        pixels[i, j, tile_rows, tile_columns] = x[:, :, its_rows, its_columns].transpose(2, 3, 0, 1)
    return pixels


@lru_cache(256)
def _every_second(start, count, size):
    """Return which of the positions start, start + 2, … (`count` of them) lie in [0, size), and the slice they are."""
    first, last = max(0, -(start // 2)), min(count, (size - start + 1) // 2)
    return slice(first, last), slice(start + 2 * first, max(0, start + 2 * last - 1), 2)


def _differences(pixels):
    """Return B^T d B for every tile: (16, tile rows · tile columns · samples, channels)."""
    even, odd = pixels
    tall, wide, *slab = pixels.shape[2:]
    half = np.empty((4, 2, tall - 1, wide, *slab), pixels.dtype)
    _subtract(even[:, :-1], odd[:, :-1], even[:, 1:], odd[:, 1:], half)
    even, odd = half[:, 0], half[:, 1]
    out = np.empty((4, 4, tall - 1, wide - 1, *slab), pixels.dtype)
    _subtract(even[:, :, :-1], odd[:, :, :-1], even[:, :, 1:], odd[:, :, 1:], out.swapaxes(0, 1))
    return out.reshape(16, -1, slab[-1])


def _subtract(a, b, c, d, out):
    """Apply B^T to four numbers in a row."""
    np.subtract(a, c, out=out[0])
    np.add(b, c, out=out[1])
    np.subtract(c, b, out=out[2])
    np.subtract(b, d, out=out[3])


def _sums(m):
    """Return A^T m A for every tile, m (4, 4, tile rows, tile columns, samples, filters), as pixels by parity."""
    _add(m)
    _add(m[:2].swapaxes(0, 1))
    return m[:2, :2]


def _add(m):
    """Apply A^T to four numbers in a row; the two sums take the places of the first and the second."""
    m[0] += m[1]
    m[0] += m[2]
    m[1] -= m[2]
    m[1] -= m[3]


def _spread(slope, rows):
    """Return A g A^T for every tile, but for the signs: (16, tile rows · tile columns · samples, filters)."""
    samples, filters, _, width = slope.shape
    here, shape = slope[:, :, 2 * rows.start : 2 * rows.stop], (rows.stop - rows.start, -(-width // 2))
    out = np.empty((4, 4, *shape, samples, filters), slope.dtype)
    pixels = out[::3, ::3]  # the corners of the 4 x 4
    if width % 2 or here.shape[2] % 2:
        pixels[...] = 0
    for i, j in _PARITIES:
        these = here[:, :, i::2, j::2]
        pixels[i, j, : these.shape[2], : these.shape[3]] = these.transpose(2, 3, 0, 1)
    for line in out[:, ::3], out.swapaxes(0, 1):
        np.add(line[0], line[3], out=line[1])
        np.subtract(line[0], line[3], out=line[2])
    return out.reshape(16, -1, filters)
