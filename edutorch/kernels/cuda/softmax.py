"""Softmax and its logarithm along the last axis, in one launch, and their gradients in one."""

from __future__ import annotations

import numpy as np

from ... import dtypes
from ...backends import XP
from ...ops.softmax import log_softmax, softmax
from .grids import LARGEST, in_order, threads_along
from .source import FLOATS, Source, ctype

_instances = [f"{t}, {logarithm}" for t in FLOATS for logarithm in ("true", "false")]
_source = Source("softmax.cu", forward=_instances, backward=_instances)


@softmax.kernel("cuda", halves=True)
def softmax_kernel(xp, input, dim, dtype):
    """Compute the softmax."""
    return _along_rows("forward", "false", dim, input)


@log_softmax.kernel("cuda", halves=True)
def log_softmax_kernel(xp, input, dim, dtype):
    """Compute the logarithm of the softmax."""
    return _along_rows("forward", "true", dim, input)


@softmax.backward_kernel("cuda", "input", halves=True)
def softmax_gradient_kernel(g, out, dim):
    """Compute the gradient of the softmax."""
    return _along_rows("backward", "false", dim, g, out)


@log_softmax.backward_kernel("cuda", "input", halves=True)
def log_softmax_gradient_kernel(g, out, dim, xp):
    """Compute the gradient of the logarithm of the softmax."""
    return _along_rows("backward", "true", dim, g, out)


def _along_rows(name, logarithm, dim, *arrays):
    first = arrays[-1]
    n = first.shape[-1] if first.ndim else 0
    if not first.size or dim not in (-1, first.ndim - 1) or not dtypes.is_floating(first.dtype):
        return NotImplemented
    if max(n, first.size // n) >= LARGEST:
        return NotImplemented
    xp = XP[type(first)]
    result = xp.empty(first.shape, first.dtype)
    kernel = _source.kernel(xp, f"{name}<{ctype(first.dtype)}, {logarithm}>")
    kernel((first.size // n,), (threads_along(n),), (*map(in_order, arrays), result, np.int32(n)))
    return result
