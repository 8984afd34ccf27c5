"""Resizing: which pixels each new pixel looks at, and with which weights.

A picture is resized along one dimension after the other. New pixel i lies at s (i + 1/2) - 1/2 of the old ones, where s
is how many old pixels one new pixel stands for; or at s i, where the corner pixels are to stay in the corners. Between
the old pixels a kernel decides: the nearest, a straight line between two, a cubic through four. With `antialias`, the
kernel is as wide as a new pixel, so that what is made smaller is averaged.
"""

from __future__ import annotations

import functools

import numpy as np

from .. import dtypes
from ..errors import not_implemented
from .average_pooling import spread
from .weighing import Taps, weigh
from .windows import Windows

NAMES = {"nearest": "Nearest", "nearest-exact": "NearestExact", "linear": "Linear", "bilinear": "Bilinear",
         "trilinear": "Trilinear", "bicubic": "Bicubic", "lanczos": "Lanczos"}  # fmt: skip


def resize(input, size, scales, mode, align_corners, antialias):
    """Resize the last dimensions of a tensor.

    Args:
        size: the new sizes. scales: the factors that they were made with, or None for each.
        mode: one of `NAMES`.

    Raises:
        RuntimeError, NotImplementedError: PyTorch's, for sizes and dtypes that cannot be resized.
    """
    array, d = input.array, len(size)
    _check(array, size, mode, antialias)
    label = f"Upsample{NAMES[mode]}{d}D{'Aa' if antialias else ''}Backward0"
    old = tuple(array.shape[-d:])
    if mode.startswith("nearest"):
        factors = tuple(k // n for n, k in zip(old, size, strict=True))
        whole = all(n * f == k and s in (None, f) for n, f, k, s in zip(old, factors, size, scales, strict=True))
        if whole and input.is_floating_point():  # every pixel is repeated
            windows = Windows(size, factors, factors, (0,) * d, (1,) * d, old)
            return spread(input, windows, 1, label)
        taps = [(i - d, _nearest(*axis, mode)) for i, axis in enumerate(zip(old, size, scales, strict=True))]
        return weigh(input, taps, label)
    make = _wide if antialias else _narrow
    kind = mode if mode in ("bicubic", "lanczos") else "linear"
    taps = [
        (i - d, make(*axis, bool(align_corners), kind)) for i, axis in enumerate(zip(old, size, scales, strict=True))
    ]
    if array.dtype.kind != "u":
        return weigh(input, taps, label)
    for axis, matrix in reversed(taps):  # bytes are bytes again after each dimension, the last one first
        taps = [(axis, _in_sixteen_bits(matrix))]
        input = weigh(input.float(), taps, label).add(0.5).floor().clamp(0, 255).byte()
    return input


def _in_sixteen_bits(matrix):
    """Return the matrix with weights that are whole numbers of 16 bits, divided by a power of two, as for bytes."""
    bits = next((b for b in range(22) if int(0.5 + matrix.weights.max() * 2 ** (b + 1)) >= 2**15), 22)
    whole = np.trunc(matrix.weights * 2**bits + np.copysign(0.5, matrix.weights))
    return Taps(matrix.columns, whole / 2**bits, matrix.size)


def _check(array, size, mode, antialias):
    d = len(size)
    if not all(array.shape[-d:]) or min(size) <= 0:
        names = "DHW"[-d:] if d > 1 else "W"
        given, made = (
            ", ".join(f"{axis}: {n}" for axis, n in zip(names, sizes, strict=True))
            for sizes in (array.shape[-d:], size)
        )
        raise RuntimeError(f"Input and output sizes should be greater than 0, but got input ({given}) output ({made})")
    if not array.shape[1]:
        raise RuntimeError(f"Non-empty {d + 2}D data tensor expected but got a tensor with sizes {list(array.shape)}")
    if antialias and tuple(size) == array.shape[-d:]:
        return  # nothing to be done
    nearest, half = mode.startswith("nearest"), array.dtype in dtypes.HALVES
    bytes_too = nearest or d == 2
    if (dtypes.is_floating(array.dtype) and not (antialias and half)) or (array.dtype == np.uint8 and bytes_too):
        return
    kernel = (
        "compute_index_ranges_weights" if antialias else f"compute_indices_weights_{'nearest' if nearest else 'linear'}"
    )
    if d == 2 and not antialias:
        kernel = (
            "compute_indices_weights_cubic"
            if mode == "bicubic"
            else f"upsample_{mode.partition('-')[0]}2d_channels_last"
        )
    raise not_implemented(kernel, array)


def _step(old, new, scale, align_corners):
    """Return how many old pixels one new pixel stands for."""
    if align_corners:
        return (old - 1) / (new - 1) if new > 1 else 0.0
    return 1 / scale if scale else old / new


@functools.lru_cache(512)
def _nearest(old, new, scale, mode):
    """Return the matrix that takes the nearest old pixel (`nearest-exact`), or the one before (`nearest`)."""
    number = np.arange(new, dtype=np.float32)
    shift = np.float32(0.5 if mode == "nearest-exact" else 0)
    # In float32, as in PyTorch: what falls on an edge must fall to the same side.
    columns = np.floor((number + shift) * np.float32(_step(old, new, scale, False))).astype(np.int64)
    return Taps(np.minimum(columns, old - 1)[:, None], None, old)


@functools.lru_cache(512)
def _narrow(old, new, scale, align_corners, kind):
    """Return the matrix that puts a line, or a cubic, through the pixels around each new one."""
    step, number = _step(old, new, scale, align_corners), np.arange(new)
    place = number * step if align_corners else (number + 0.5) * step - 0.5
    if kind == "linear":
        place = np.maximum(place, 0)
        first = np.minimum(np.floor(place).astype(np.int64), old - 1)
        columns = np.stack([first, np.minimum(first + 1, old - 1)], axis=1)
        after = np.clip(place - first, 0, 1)
        return Taps(columns, np.stack([1 - after, after], axis=1), old)
    first = np.floor(place).astype(np.int64)
    around = np.arange(-1, 3)
    weights = _cubic(place[:, None] - first[:, None] - around, -0.75)
    return Taps(np.clip(first[:, None] + around, 0, old - 1), weights, old)


@functools.lru_cache(512)
def _wide(old, new, scale, align_corners, kind):
    """Return the matrix that averages, with a kernel as wide as a new pixel (but no narrower than an old one)."""
    step = _step(old, new, scale, align_corners)
    width = max(step, 1.0)
    reach = {"linear": 1, "bicubic": 2, "lanczos": 3}[kind] * width
    centre = (np.arange(new) + 0.5) * step
    first = np.maximum((centre - reach + 0.5).astype(np.int64), 0)
    last = np.minimum((centre + reach + 0.5).astype(np.int64), old)
    columns = first[:, None] + np.arange(max((last - first).max(), 1))
    distance = (columns - centre[:, None] + 0.5) / width
    weights = {"linear": _tent, "bicubic": lambda x: _cubic(x, -0.5), "lanczos": _lanczos}[kind](distance)
    weights = np.where(columns < last[:, None], weights, 0)
    return Taps(np.minimum(columns, old - 1), weights / weights.sum(axis=1, keepdims=True), old)


def _tent(x):
    return np.maximum(1 - np.abs(x), 0)


def _cubic(x, a):
    """Return Keys' cubic convolution kernel (1981), with the slope `a` at distance 1."""
    x = np.abs(x)
    near, far = ((a + 2) * x - (a + 3)) * x * x + 1, ((x - 5) * x + 8) * x * a - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _lanczos(x):
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)
