"""Layer norm and RMS norm: one launch forward; backward one for the input, and one or two for the parameters."""

from __future__ import annotations

import math

import numpy as np

from ... import dtypes
from ...ops.layer_norm import layer_norm
from ...ops.rms_norm import rms_norm
from .grids import LARGEST, in_order, pointer, threads_along, wide
from .source import FLOATS, HALVES, Source, ctype

_BOTH = ("true", "false")  # whether the mean is subtracted: layer norm, RMS norm
_rows = [f"{t}, {centre}" for t in FLOATS for centre in _BOTH]
_columns = [f"{t}, {out}, {c}" for t in FLOATS for out in ((t, "float") if t in HALVES else (t,)) for c in _BOTH]
_source = Source(
    "row_norm.cu", forward=_rows, input_gradient=_rows, parameter_gradients=_columns, add_parts=FLOATS
)  # fmt: skip

_BLOCKS = 512  # of 256 threads: some for each of the multiprocessors of a large GPU


@layer_norm.kernel("cuda", halves=True)
def layer_norm_kernel(xp, input, normalized_shape, weight, bias, eps):
    """Compute the layer norm."""
    return _forward(xp, input, normalized_shape, weight, bias, eps, centre=True)


@rms_norm.kernel("cuda", halves=True)
def rms_norm_kernel(xp, input, normalized_shape, weight, eps):
    """Compute the RMS norm."""
    return _forward(xp, input, normalized_shape, weight, None, eps, centre=False)


@layer_norm.backward_kernel("cuda", halves=True)
def layer_norm_gradients_kernel(xp, g, input, weight, mean, rstd, normalized_shape, eps, needs):
    """Compute the gradients of the layer norm."""
    return _backward(xp, g, input, weight, mean, rstd, normalized_shape, needs)


@rms_norm.backward_kernel("cuda", halves=True)
def rms_norm_gradients_kernel(xp, g, input, weight, scale, normalized_shape, eps, needs):
    """Compute the gradients of the RMS norm."""
    found = _backward(xp, g, input, weight, None, scale, normalized_shape, (*needs, False))
    return found if found is NotImplemented else found[:2]


def _suits(input, n):
    return input.size and dtypes.is_floating(input.dtype) and n < LARGEST and input.size // n < LARGEST


def _forward(xp, input, normalized_shape, weight, bias, eps, centre):
    n = math.prod(normalized_shape)
    if not _suits(input, n):
        return NotImplemented
    kept = input.shape[: input.ndim - len(normalized_shape)] + (1,) * len(normalized_shape)
    sums = wide(input.dtype)
    out, scale = xp.empty(input.shape, input.dtype), xp.empty(kept, sums)
    mean = xp.empty(kept, sums) if centre else None
    kernel = _source.kernel(xp, f"forward<{ctype(input.dtype)}, {str(centre).lower()}>")
    arrays = in_order(input), pointer(weight), pointer(bias), out, pointer(mean), scale
    kernel((input.size // n,), (threads_along(n),), (*arrays, np.int32(n), sums.type(eps)))
    return (out, mean, scale) if centre else (out, scale)


def _backward(xp, g, input, weight, mean, scale, normalized_shape, needs):
    n = math.prod(normalized_shape)
    if not _suits(input, n):
        return NotImplemented
    t, centre = ctype(input.dtype), str(mean is not None).lower()
    g, input, moments = in_order(g), in_order(input), (pointer(mean), scale)
    to_input = to_weight = to_bias = None
    if needs[0]:
        to_input = xp.empty(input.shape, input.dtype)
        kernel = _source.kernel(xp, f"input_gradient<{t}, {centre}>")
        arrays = g, input, pointer(weight), *moments, to_input
        kernel((input.size // n,), (threads_along(n),), (*arrays, np.int32(n)))
    if needs[1] or needs[2]:
        to_weight = xp.empty(normalized_shape, input.dtype)
        to_bias = xp.empty(normalized_shape, input.dtype) if needs[2] else None
        _down_the_columns(xp, (g, input, *moments), to_weight, to_bias, t, centre)
    return to_input, to_weight if needs[1] else None, to_bias


def _down_the_columns(xp, arrays, to_weight, to_bias, t, centre):
    """Write the parameters' gradients, by a second launch if the rows are many enough to be taken in parts."""
    n = to_weight.size
    rows, columns, block = arrays[0].size // n, -(-n // 32), (32, 8)
    parts = max(1, min(-(-rows // 64), _BLOCKS // columns))
    sizes = np.int32(rows), np.int32(n)
    if parts == 1:
        kernel = _source.kernel(xp, f"parameter_gradients<{t}, {t}, {centre}>")
        kernel((columns, 1), block, (*arrays, to_weight, pointer(to_bias), *sizes))
        return
    sums = wide(to_weight.dtype)
    of_weight, of_bias = xp.empty((parts, n), sums), None if to_bias is None else xp.empty((parts, n), sums)
    kernel = _source.kernel(xp, f"parameter_gradients<{t}, {ctype(sums)}, {centre}>")
    kernel((columns, parts), block, (*arrays, of_weight, of_bias, *sizes))
    kernel = _source.kernel(xp, f"add_parts<{t}>")
    kernel((columns,), block, (of_weight, of_bias, to_weight, pointer(to_bias), np.int32(parts), np.int32(n)))
