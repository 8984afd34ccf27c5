"""Max unpooling: what a max pooling kept, put back where it stood."""

from __future__ import annotations

import math

from .. import dtypes
from ..backends import expect_inside, on_host
from ..errors import not_implemented
from ..op import Array, Index, op
from .gather import gather


def _node_name(size):
    return "SqueezeBackward1" if len(size) == 1 else f"MaxUnpool{len(size)}DBackward0"


@op(cast=None, method=False, out=False, node=_node_name)
def max_unpool(xp, input: Array, indices: Index, size):
    """Put numbers where a max pooling with `return_indices` found them, in a tensor of zeros.

    Shape:    input (*, i, j), indices (*, i, j) -> out (*, n, m), for the size (n, m)
    Math:     y[indices[k]] = x[k], 0 elsewhere; the elements of each channel are counted row after row
    Gradient: dL/dx[k] = g[indices[k]]

    Raises:
        RuntimeError: if an index is not an element's number.
    """
    check(input, indices, size)
    lead = input.shape[: input.ndim - len(size)]
    out = xp.zeros((*lead, math.prod(size)), input.dtype)
    places = out.shape[-1]
    expect_inside(indices, 0, places, "Found an invalid max index: the output has {size} places in a channel")
    wrong = indices[(indices < 0) | (indices >= places)] if on_host(indices) else indices[:0]
    if wrong.size:
        raise RuntimeError(f"Found an invalid max index: {wrong[0]} (output volumes are of size "
                           f"{'x'.join(map(str, size if len(size) > 1 else (*size, 1)))})")  # fmt: skip
    flat = (*lead, math.prod(input.shape[len(lead) :]))
    xp.put_along_axis(out, indices.reshape(flat), input.reshape(flat), -1)
    return out.reshape(*lead, *size)


def _gradient(g, indices, size):
    shape = tuple(indices.shape)
    lead = shape[: len(shape) - len(size)]
    picked = gather.both(
        g.reshape((*lead, math.prod(size))), len(lead), indices.reshape((*lead, math.prod(shape[len(lead) :])))
    )
    return picked.reshape(shape)


max_unpool.grad(input=_gradient)


def check(input, indices, size):
    """Raise PyTorch's errors for what cannot be unpooled; it takes one dimension for two, of height one."""
    d = max(len(size), 2)
    own = input.shape if len(size) > 1 else (*input.shape, 1)
    if indices.dtype != "int64":
        given = "" if d == 3 else f" but got: {indices.dtype.name.capitalize().removesuffix('32')}"
        raise RuntimeError(f"elements in indices should be type int64{given}")
    if len(own) not in (d + 1, d + 2):
        raise RuntimeError(f"Input to max_unpooling{d}d should be a {d + 1}d or {d + 2}d Tensor, but got a tensor with "
                           f"{len(own)} dimensions.")  # fmt: skip
    if input.shape != indices.shape:
        theirs = indices.shape if len(size) > 1 else (*indices.shape, 1)
        raise RuntimeError(f"Expected shape of indices to be same as that of the input tensor ({list(own)}) but got "
                           f"indices tensor with shape: {list(theirs)}")  # fmt: skip
    first = len(own) - d - 1
    if not math.prod(own[first:]):
        raise RuntimeError(
            f"max_unpooling{d}d_forward_out_cpu(): Expected input to have non-zero size for non-batch dimensions, but "
            f"got {list(own)} with dimension {own.index(0, first)} being empty."
        )
    if not dtypes.is_floating(input.dtype):
        raise not_implemented(f"max_unpool{d}d", input)
