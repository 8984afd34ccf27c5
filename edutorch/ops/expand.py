"""The same elements again and again, without copies: `expand` and `broadcast_to`."""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..backends import read_only
from ..errors import with_remedy
from ..op import Array, Sizes, op
from ..tensor import method
from .dialect import speak

__all__ = ["broadcast_to"]


@op(cast=None, view=True)
def expand(xp, input: Array, size: Sizes):
    """Repeat along dimensions of size 1, and along new leading ones, without copying: their stride is 0.

    Shape:    input (n, 1) -> out (k, n, m); a size of -1 keeps the input's
    Math:     y[k, i, j] = x[i, 0]
    Gradient: dL/dx = the sum of g over the repeated dimensions
    Raises:   RuntimeError for a size that differs where the input's is not 1
    """
    size = _expanded_size(input, size)
    if size == input.shape:
        return input[...]
    out = xp.broadcast_to(input, size)
    if xp is np and not read_only(input):
        out.flags.writeable = True  # parts of it may be written
    return out


expand.grad(input=lambda g: g)  # the engine sums every gradient down to its input's shape


def _expanded_size(array, size):
    """Return the sizes with -1 filled in, with PyTorch's errors."""
    shape, lead = array.shape, len(size) - array.ndim
    if lead < 0:
        raise RuntimeError(with_remedy(
            f"expand(torch.{dtypes.of(array).legacy}Tensor{{{list(shape)}}}, size={list(size)}): the number of sizes "
            f"provided ({len(size)}) must be greater or equal to the number of dimensions in the tensor ({array.ndim})",
            "Dimensions can be repeated and added, not dropped."))  # fmt: skip
    full = list(size)
    for i in range(len(size) - 1, -1, -1):  # from the last, as PyTorch does
        n, own = size[i], shape[i - lead] if i >= lead else 1
        if n == -1 and i >= lead:
            full[i] = own
        elif n < 0 and i < lead:
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) isn't allowed in a leading, non-existing dimension {i}"
            )
        elif n != own and (own != 1 or n < 0):
            raise RuntimeError(with_remedy(
                f"The expanded size of the tensor ({n}) must match the existing size ({own}) at non-singleton "
                f"dimension {i}.  Target sizes: {list(size)}.  Tensor sizes: {list(shape)}",
                "Only dimensions of size 1 can be repeated."))  # fmt: skip
    return tuple(full)


@method
def expand_as(self, other):
    """Repeat, without copying, to the shape of another tensor."""
    return expand(self, other.array.shape)


@method
def broadcast_to(input, size):
    """Repeat, without copying, to a shape: `expand` as a function."""
    return expand(input, size)


speak(broadcast_to=expand)
