"""Choosing by a mask without branches: for a mask without pattern, ten times as quick as `np.where`."""

from __future__ import annotations

import numpy as np

from ...ops.masks import choose

WORTH_IT = 4096  # elements
_BITS = {4: np.dtype("int32"), 8: np.dtype("int64")}


@choose.kernel("cpu")
def choose_kernel(xp, condition, input, other):
    """Compute b + (a - b) m on the numbers' bits, as integers: they wrap around, so the result is exactly a or b."""
    alike = (
        condition.dtype.kind == "b"
        and condition.size >= WORTH_IT
        and type(input) is type(other) is np.ndarray
        and condition.shape == input.shape == other.shape
        and input.dtype == other.dtype
        and input.itemsize in _BITS
    )
    if not alike:
        return choose.op.forward(xp, condition, input, other)
    bits = _BITS[input.itemsize]
    otherwise = other.view(bits)
    chosen = input.view(bits) - otherwise
    chosen *= condition
    chosen += otherwise
    return chosen.view(input.dtype)
