"""Activation functions that live in the torch namespace itself; the others are in `nn.functional`."""

from __future__ import annotations

import numpy as np

from ..op import Array, Index, op
from ..tensor import Tensor

__all__ = ["relu", "relu_"]


@op(inplace=True, out=False)
def relu(xp, input: Array):
    """Keep what is positive, and replace the rest by zero.

    Shape:    input (*) -> out (*)
    Math:     y = max(0, x)
    Gradient: dL/dx = g where x > 0, else 0

    Raises:
        RuntimeError: for a boolean tensor.
    """
    if input.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu")
    return xp.maximum(input, 0)


relu.grad(input=lambda g, out: keep.both(g, out != 0))  # what is not zero: nan is let through, as in PyTorch


_BITS = {d.itemsize: d for d in map(np.dtype, ("int16", "int32", "int64"))}


@op(method=False, out=False)
def keep(input: Array, mask: Index):
    """Keep the elements where `mask` is true, and set the rest to zero: `where(mask, input, 0)`, ten times quicker.

    The bits are multiplied, as integers: a product of floats would make nan of infinities that are to vanish.

    Shape:    input (*), mask (*) of the same shape -> out (*)
    Math:     y = x where m, else 0
    Gradient: dL/dx = g where m, else 0
    """
    if input.dtype.kind in "iub":
        return input * mask
    bits = _BITS[input.itemsize]
    kept = mask.astype(bits)
    kept *= input.view(bits)
    return kept.view(input.dtype)


keep.grad(input=lambda g, mask: keep.both(g, mask))

relu_ = Tensor.relu_
