"""Batch norm: two launches forward, for the moments and for the numbers, and two backward."""

from __future__ import annotations

import math

import numpy as np

from ... import dtypes
from ...ops.batch_norm import batch_norm
from .grids import LARGEST, elementwise, in_order, pointer, threads_along, wide
from .source import FLOATS, HALVES, Source, ctype

_with_running = [*(f"{t}, {t}" for t in FLOATS), *(f"{t}, float" for t in HALVES)]
_source = Source(
    "batch_norm.cu",
    moments=_with_running,
    from_running=_with_running,
    normalize=FLOATS,
    sums=FLOATS,
    input_gradient=[f"{t}, {training}" for t in FLOATS for training in ("true", "false")],
)


@batch_norm.kernel("cuda", halves=True)
def batch_norm_kernel(xp, input, weight, bias, running_mean, running_var, training, momentum, eps):
    """Compute the batch norm, and move the running moments in training."""
    running = [None if r is None else r.array for r in (running_mean, running_var)]
    kinds = {a.dtype for a in running if a is not None} or {input.dtype}
    usual = all(a is None or a.flags.c_contiguous for a in running) and len(kinds) == 1
    if not _suits(input) or not usual or not kinds <= {input.dtype, wide(input.dtype)}:
        return NotImplemented
    t, sums = ctype(input.dtype), wide(input.dtype)
    channels, places, n = _sizes(input)
    kept = (1, channels, *[1] * (input.ndim - 2))
    mean, rstd, out = xp.empty(kept, sums), xp.empty(kept, sums), xp.empty(input.shape, input.dtype)
    x, eps, types = in_order(input), sums.type(eps), f"{t}, {ctype(*kinds)}"
    if training:
        kernel = _source.kernel(xp, f"moments<{types}>")
        arrays = x, mean, rstd, *map(pointer, running)
        kernel((channels,), _block(n), (*arrays, channels, places, n, sums.type(momentum), eps))
    else:
        kernel = _source.kernel(xp, f"from_running<{types}>")
        kernel(*elementwise(int(channels)), (*running, mean, rstd, channels, eps))
    kernel = _source.kernel(xp, f"normalize<{t}>")
    arrays = x, pointer(weight), pointer(bias), mean, rstd, out
    kernel(*elementwise(input.size), (*arrays, channels, places, np.uint32(input.size)))
    return out, mean, rstd


@batch_norm.backward_kernel("cuda", halves=True)
def batch_norm_gradients_kernel(xp, g, input, weight, mean, rstd, training, eps, needs):
    """Compute the gradients of the batch norm."""
    if not _suits(input):
        return NotImplemented
    t, sums = ctype(input.dtype), wide(input.dtype)
    channels, places, n = _sizes(input)
    g, x = in_order(g), in_order(input)
    to_weight, to_bias = (xp.empty(channels, input.dtype) if needed else None for needed in needs[1:])
    shifts = turns = to_input = None
    if training or needs[1] or needs[2]:
        shifts, turns = xp.empty(channels, sums), xp.empty(channels, sums)
        kernel = _source.kernel(xp, f"sums<{t}>")
        arrays = g, x, mean, rstd, shifts, turns, pointer(to_weight), pointer(to_bias)
        kernel((channels,), _block(n), (*arrays, channels, places, n))
    if needs[0]:
        to_input = xp.empty(input.shape, input.dtype)
        kernel = _source.kernel(xp, f"input_gradient<{t}, {str(bool(training)).lower()}>")
        arrays = g, x, pointer(weight), mean, rstd, pointer(shifts), pointer(turns), to_input
        kernel(*elementwise(input.size), (*arrays, channels, places, n, np.uint32(input.size)))
    return to_input, to_weight, to_bias


def _suits(input):
    return input.size and input.ndim > 1 and dtypes.is_floating(input.dtype) and input.size < LARGEST


def _sizes(input):
    """Return the number of channels, the places of a sample's channel, and the numbers of a channel."""
    places = math.prod(input.shape[2:])
    return np.uint32(input.shape[1]), np.uint32(places), np.uint32(input.shape[0] * places)


def _block(n):
    return (threads_along(int(n), most=1024),)
