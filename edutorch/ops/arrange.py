"""The same elements in other places: `flip`, `roll`, `rot90`; triangles and diagonals: `tril`, `diag`, `trace`."""

from __future__ import annotations

import numpy as np

from ..errors import not_implemented, with_remedy
from ..op import Array, Sizes, op
from ..op.forms import into
from ..tensor import method
from .axes import axis_of
from .dialect import speak
from .layout import row_by_row
from .parts import diagonal, diagonal_of, place_diagonal
from .views import flatten

__all__ = [
    "diag",
    "diag_embed",
    "diagflat",
    "flip",
    "fliplr",
    "flipud",
    "roll",
    "rot90",
    "trace",
    "tril",
    "triu",
]


# ---------------------------------------------------------------- turned around


@op(cast=None, out=False)
def flip(xp, input: Array, dims: Sizes):
    """Reverse the order of the elements along dimensions. The result is a copy.

    Shape:    input (*) -> out (*)
    Math:     y[i] = x[n - 1 - i]
    Gradient: dL/dx = g, reversed in the same way
    """
    if not isinstance(dims, (tuple, list)):
        raise TypeError(f"flip(): argument 'dims' (position 2) must be tuple of ints, not {type(dims).__name__}")
    axes = [axis_of(input.ndim, d) for d in dims]
    for axis in axes:
        if axes.count(axis) > 1:
            raise RuntimeError(f"dim {axis} appears multiple times in the list of dims")
    if not input.ndim:
        return input.copy()
    return input[tuple(slice(None, None, -1 if axis in axes else None) for axis in range(input.ndim))].copy(order="K")


flip.grad(input=lambda g, dims: flip.both(g, dims))


@method
def fliplr(input):
    """Reverse the columns. The result is a copy."""
    if input.array.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, (1,))


@method
def flipud(input):
    """Reverse the rows. The result is a copy."""
    if not input.array.ndim:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, (0,))


@op(cast=None, out=False)
def roll(xp, input: Array, shifts, dims=None):
    """Shift the elements along dimensions; what leaves at one end comes in at the other.

    Shape:    input (*) -> out (*)
    Math:     y[i] = x[(i - shift) mod n]; without `dims`, over all elements in row-major order
    Gradient: dL/dx = g, shifted back
    """
    shifts, dims = _tuple(shifts), () if dims is None else _tuple(dims)
    if dims or len(shifts) > 1:
        if len(shifts) != len(dims):
            raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
        if not input.ndim:
            raise IndexError("Dimension specified as 0 but tensor has no dimensions")
        return row_by_row(xp.roll(input, shifts, dims))
    return row_by_row(xp.roll(input, *shifts))


roll.grad(input=lambda g, shifts, dims: roll.both(g, tuple(-s for s in _tuple(shifts)), dims))


def _tuple(value):
    return (value,) if hasattr(value, "__index__") else tuple(value)


@op(cast=None, out=False)
def rot90(xp, input: Array, k=1, dims=(0, 1)):
    """Turn a tensor by `k` quarters in the plane of two dimensions, from the first to the second.

    Shape:    input (n, m) -> out (m, n), for odd k
    Math:     y[i, j] = x[j, m - 1 - i], k times
    Gradient: dL/dx = g, turned back
    """
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    first, second = (axis_of(input.ndim, d) for d in dims)
    if first == second:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    turned = {0: (), 1: (second,), 2: (first, second), 3: (first,)}[k % 4]
    out = xp.flip(input, turned).copy(order="K")
    return out.swapaxes(first, second) if k % 2 else out


rot90.grad(input=lambda g, k, dims: rot90.both(g, -k, dims))


# ---------------------------------------------------------------- triangles


@op(cast=None, inplace=True)
def tril(xp, input: Array, diagonal=0):
    """Keep the lower triangle of a matrix (or of each of a batch), up to a diagonal; the rest is 0.

    Shape:    input (*, n, m) -> out (*, n, m)
    Math:     y[i, j] = x[i, j] if j <= i + diagonal else 0
    Gradient: dL/dx = the same triangle of g
    """
    return row_by_row(xp.tril(_matrices("tril", input), diagonal))


tril.grad(input=lambda g, diagonal: tril.both(g, diagonal))


@op(cast=None, inplace=True)
def triu(xp, input: Array, diagonal=0):
    """Keep the upper triangle of a matrix (or of each of a batch), from a diagonal on; the rest is 0.

    Shape:    input (*, n, m) -> out (*, n, m)
    Math:     y[i, j] = x[i, j] if j >= i + diagonal else 0
    Gradient: dL/dx = the same triangle of g
    """
    return row_by_row(xp.triu(_matrices("triu", input), diagonal))


triu.grad(input=lambda g, diagonal: triu.both(g, diagonal))


def _matrices(name, input):
    if input.ndim < 2:
        raise RuntimeError(with_remedy(
            f"{name}: input tensor must have at least 2 dimensions", f"It has shape {input.shape}."))  # fmt: skip
    return input


# ---------------------------------------------------------------- diagonals


@op(cast=None, out=False)
def diag_embed(xp, input: Array, offset=0, dim1=-2, dim2=-1):
    """Make a vector (or each of a batch) the diagonal of a square matrix of zeros.

    Shape:    input (*, n) -> out (*, n + |offset|, n + |offset|)
    Math:     y[i, i + offset] = x[i], 0 elsewhere
    Gradient: dL/dx = the diagonal of g
    """
    ndim = input.ndim + 1
    first, second = axis_of(ndim if input.ndim else 0, dim1), axis_of(ndim if input.ndim else 0, dim2)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    size = input.shape[-1] + abs(offset)
    shape = list(input.shape[:-1])
    for axis in sorted((first, second)):
        shape.insert(axis, size)
    out = xp.zeros(tuple(shape), input.dtype)
    diagonal_of(out, offset, first, second)[...] = input
    return out


diag_embed.grad(input=lambda g, offset, dim1, dim2: diagonal.both(g, offset, dim1, dim2))


@op(cast=None, method=False, node="DiagonalBackward0_copy")
def diagonal_copy(input: Array, offset=0):
    """Copy the diagonal of a matrix.

    Shape:    input (n, m) -> out (min(n, m)), for offset 0
    Math:     y[i] = x[i, i + offset]
    Gradient: dL/dx[i, i + offset] = g[i], 0 elsewhere
    """
    return input.diagonal(offset).copy()


diagonal_copy.grad(input=lambda g, shape, offset: place_diagonal.both(g, shape, offset, 0, 1))


@method
def diag(input, diagonal=0, *, out=None):
    """Make a vector the diagonal of a matrix, or copy the diagonal of a matrix to a vector.

    Example:
        >>> import edutorch as torch
        >>> torch.diag(torch.tensor([1, 2]))
        tensor([[1, 0],
                [0, 2]])
    """
    ndim = input.array.ndim
    if ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")
    if ndim == 1:
        return into("diag", out, diag_embed(input, diagonal))
    return diagonal_copy(input, diagonal, out=out)


@method
def diagflat(input, offset=0):
    """Make the elements, in row-major order, the diagonal of a matrix."""
    return diag_embed(flatten(input), offset)


@op(cast="same", out=False)
def trace(xp, input: Array):
    """Sum the diagonal of a matrix.

    Shape:    input (n, m) -> out ()
    Math:     y = sum_i x[i, i]
    Gradient: dL/dx = g on the diagonal, 0 elsewhere
    """
    if input.ndim != 2:
        raise RuntimeError(with_remedy(
            f"trace: expected a matrix, but got tensor with dim {input.ndim}",
            f"Its shape is {input.shape}."))  # fmt: skip
    if input.dtype.kind == "b":
        raise not_implemented("trace", input)
    return input.trace(dtype=np.int64 if input.dtype.kind in "iu" else None)


trace.grad(input=lambda g, xp, shape: place_diagonal.both(xp.broadcast_to(g, (min(shape),)), shape, 0, 0, 1))

speak(flip=lambda array, axis: flip(array, _tuple(axis)), tril=tril, triu=triu, roll=roll, rot90=rot90)
