"""Joining and repeating tensors: `cat`, `stack`, `repeat`, `meshgrid`, `block_diag` and their relatives."""

from __future__ import annotations

import itertools
import warnings

import numpy as np

from ..backends import like, to_host
from ..errors import cannot_broadcast, not_a_tensor_in_list, not_implemented, with_remedy
from ..op import Array, Arrays, Sizes, op
from ..tensor import Size, Tensor, method, wrap
from .axes import axis_of
from .convert import clone
from .dialect import speak
from .gather import index_select
from .layout import row_by_row
from .masks import masked_select
from .memory_formats import contiguous_format
from .views import flatten, view

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "broadcast_shapes",
    "broadcast_tensors",
    "cartesian_prod",
    "cat",
    "column_stack",
    "combinations",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "meshgrid",
    "repeat_interleave",
    "row_stack",
    "stack",
    "tile",
    "vstack",
]


# ---------------------------------------------------------------- along one dimension


@op(method=False, extras=("sizes",))
def cat(xp, tensors: Arrays, dim=0):
    """Join tensors along an existing dimension.

    Shape:    tensors (..., n_i, ...), equal but for `dim` -> out (..., sum of n_i, ...)
    Math:     y = [x_0, x_1, ...]
    Gradient: dL/dx_i = the part of g that x_i became
    Raises:   RuntimeError if the other sizes differ
    """
    joined = [t for t in tensors if t.shape != (0,)] or tensors  # PyTorch skips its first "empty tensor"
    try:
        out = xp.concatenate(joined, dim)
    except ValueError:
        raise _cannot_join(tensors, joined, dim) from None
    return row_by_row(out), [t.shape[dim] if t.ndim == out.ndim else 0 for t in tensors]


cat.grad(tensors=lambda g, shape, dim, sizes: list(_pieces(g, shape, dim, sizes)))


def _pieces(g, shapes, dim, sizes):
    """Yield the parts of `g` that the tensors became; None for those that need no gradient."""
    place, start = [slice(None)] * g.ndim, 0
    for shape, size in zip(shapes, sizes, strict=True):
        if shape is None:
            yield None
        else:
            place[dim] = slice(start, start + size)
            piece = g[tuple(place)]
            yield piece if piece.ndim == len(shape) else piece.reshape(shape)
        start += size


def _cannot_join(tensors, joined, dim):
    """Return PyTorch's error for tensors that cannot be joined."""
    if not tensors:
        return ValueError("torch.cat(): expected a non-empty list of Tensors")
    for i, t in enumerate(tensors):
        if not t.ndim:
            return RuntimeError(with_remedy(
                f"zero-dimensional tensor (at position {i}) cannot be "
                "concatenated", "stack() makes a dimension for them."))  # fmt: skip
    first, dim = joined[0], axis_of(joined[0].ndim, dim)
    for i, t in enumerate(tensors):
        if t.shape == (0,):
            continue
        if t.ndim != first.ndim:
            return RuntimeError(with_remedy(
                f"Tensors must have same number of dimensions: got {first.ndim} and {t.ndim}",
                f"Their shapes are {first.shape} and {t.shape}."))  # fmt: skip
        for axis, (n, m) in enumerate(zip(first.shape, t.shape, strict=True)):
            if n != m and axis != dim:
                return RuntimeError(with_remedy(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {n} but got size {m} for "
                    f"tensor number {i} in the list.", f"Their shapes are {first.shape} and {t.shape}."))  # fmt: skip
    return RuntimeError("cat() could not join these tensors")


@op(method=False)
def stack(xp, tensors: Arrays, dim=0):
    """Join tensors of one shape along a new dimension.

    Shape:    n tensors (*) -> out (..., n, ...), the new dimension at `dim`
    Math:     y[i] = x_i
    Gradient: dL/dx_i = g[i]
    Raises:   RuntimeError if the shapes differ
    """
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    shape = tensors[0].shape
    for i, t in enumerate(tensors):
        if t.shape != shape:
            raise RuntimeError(with_remedy(
                f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 and "
                f"{list(t.shape)} at entry {i}",
                "cat() joins tensors of different sizes along an existing dimension."))  # fmt: skip
    if dim == 0:  # the same elements in the same order, in half the time
        return xp.concatenate(tensors).reshape(len(tensors), *shape) if shape else xp.array(tensors)
    return row_by_row(xp.stack(tensors, dim))


stack.grad(tensors=lambda g, shape, dim: list(_layers(g, shape, dim)))


def _layers(g, shapes, dim):
    """Yield the layers of `g` that the tensors became; None for those that need no gradient."""
    place = (slice(None),) * axis_of(g.ndim, dim)
    for i, shape in enumerate(shapes):
        yield None if shape is None else g[(*place, i)]


def concat(tensors, dim=0, *, axis=None, out=None):
    """Join tensors along an existing dimension: another name of `cat`."""
    return cat(tensors, dim if axis is None else axis, out=out)


concatenate = concat


def atleast_1d(*tensors):
    """Return the tensor, a number's as a vector; several tensors give a tuple."""
    return _each(tensors, lambda t: t.reshape((1,)) if not t.ndim else t)


def atleast_2d(*tensors):
    """Return the tensor, a vector's as a matrix of one row; several tensors give a tuple."""
    return _each(tensors, lambda t: t.reshape((1, 1)) if not t.ndim else t.unsqueeze(0) if t.ndim == 1 else t)


def atleast_3d(*tensors):
    """Return the tensor, a vector's in shape (1, n, 1), a matrix's in shape (n, m, 1); several tensors give a tuple."""

    def raised(t):
        if not t.ndim:
            return t.reshape((1, 1, 1))
        t = t.unsqueeze(0) if t.ndim == 1 else t
        return t.unsqueeze(-1) if t.ndim == 2 else t

    return _each(tensors, raised)


def _each(tensors, raised):
    if len(tensors) == 1 and isinstance(tensors[0], Tensor):
        return raised(tensors[0])
    if len(tensors) == 1:
        tensors = tensors[0]
    _need_tensors(tensors)
    return tuple(raised(t) for t in tensors)


def _need_tensors(tensors):
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise not_a_tensor_in_list(i, t)


def _not_empty(name, tensors):
    if not len(tensors):
        raise RuntimeError(f"{name} expects a non-empty TensorList")


def hstack(tensors, *, out=None):
    """Join tensors side by side: along the columns, or vectors end to end."""
    _not_empty("hstack", tensors)
    tensors = atleast_1d(tensors)
    return cat(tensors, 0 if tensors[0].ndim == 1 else 1, out=out)


def vstack(tensors, *, out=None):
    """Join tensors on top of each other: along the rows; a vector is a row."""
    _not_empty("vstack", tensors)
    return cat(atleast_2d(tensors), 0, out=out)


row_stack = vstack


def dstack(tensors, *, out=None):
    """Join tensors behind each other: along the third dimension."""
    _not_empty("dstack", tensors)
    return cat(atleast_3d(tensors), 2, out=out)


def column_stack(tensors, *, out=None):
    """Join tensors side by side; a vector is a column."""
    _not_empty("column_stack", tensors)
    return cat([t.reshape((t.numel(), 1)) if t.ndim <= 1 else t for t in tensors], 1, out=out)


# ---------------------------------------------------------------- again and again


@op(cast=None, out=False)
def repeat(xp, input: Array, repeats: Sizes):
    """Repeat a tensor along each dimension; more numbers than dimensions add leading ones. The result is a copy.

    Shape:    input (n, m) -> out (r_1 n, r_2 m)
    Math:     y[i, j] = x[i mod n, j mod m]
    Gradient: dL/dx = the sum of g over the repetitions
    """
    if len(repeats) < input.ndim:
        raise RuntimeError(with_remedy(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
            f"The tensor has shape {input.shape}, the repeats are {tuple(repeats)}."))  # fmt: skip
    shape = (1,) * (len(repeats) - input.ndim) + input.shape
    total = [r * n for r, n in zip(repeats, shape, strict=True)]
    if min(total, default=0) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(total)}: {total}")
    return row_by_row(xp.tile(input, tuple(repeats)))


repeat.grad(input=lambda g, shape, repeats: _sum_repeats(g, shape, repeats))


def _sum_repeats(g, shape, repeats):
    """Sum a gradient over the repetitions of each dimension."""
    sizes = (1,) * (len(repeats) - len(shape)) + shape
    apart = g.reshape(tuple(n for pair in zip(repeats, sizes, strict=True) for n in pair))
    return apart.sum(axis=tuple(range(0, 2 * len(sizes), 2))).reshape(shape) if sizes else g


def tile(input, dims):
    """Repeat a tensor along its last dimensions, as many as there are numbers. The result is a copy."""
    if not isinstance(dims, (tuple, list)):
        raise TypeError(f"tile(): argument 'dims' (position 2) must be tuple of ints, not {type(dims).__name__}")
    return repeat(input, (1,) * (input.array.ndim - len(dims)) + tuple(dims))


def _tile(self, *dims):
    """Repeat the tensor along its last dimensions, as many as there are numbers. The result is a copy."""
    return tile(self, dims if not dims or hasattr(dims[0], "__index__") else dims[0])


_tile.__name__ = "tile"
method(_tile)


@method
def repeat_interleave(input, repeats=None, dim=None, *, output_size=None):
    """Repeat each element (or each slice along `dim`) right behind itself.

    Args:
        repeats: how often, a number or a vector with one number for each. Given alone (as the only argument), the
            positions 0, 1, 2, … are repeated.
        dim: the dimension; by default the tensor is flattened first.

    Example:
        >>> import edutorch as torch
        >>> torch.tensor([1, 2, 3]).repeat_interleave(2)
        tensor([1, 1, 2, 2, 3, 3])
    """
    if repeats is None:
        if input.array.ndim != 1:
            raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
        return wrap(_repeated_positions(input.array))
    if dim is None:
        input, dim = flatten(input), 0
    dim = axis_of(input.array.ndim, dim)
    if isinstance(repeats, Tensor):
        if repeats.array.ndim > 1:
            raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
        if repeats.array.size == 1:
            repeats = repeats.expand((input.array.shape[dim],))
        if len(repeats) != input.array.shape[dim]:
            raise RuntimeError("repeats must have the same size as input along dim, but got repeats.size(0) = "
                               f"{len(repeats)} and input.size({dim}) = {input.array.shape[dim]}")  # fmt: skip
        return index_select(input, dim, wrap(_repeated_positions(repeats.array)))
    if repeats < 0:
        raise RuntimeError("Repeats must be non-negative")
    shape = input.array.shape
    again = input.unsqueeze(dim + 1).expand((*shape[: dim + 1], repeats, *shape[dim + 1 :]))
    return view(clone(again, memory_format=contiguous_format), (*shape[:dim], shape[dim] * repeats, *shape[dim + 1 :]))


def _repeated_positions(repeats):
    if repeats.dtype.kind not in "iu":
        raise not_implemented("repeat_interleave_cpu", repeats)
    times = to_host(repeats)  # how long the result is, depends on them
    if times.size and times.min() < 0:
        raise RuntimeError("repeats can not be negative")
    return like(np.arange(len(times)).repeat(times), repeats)


# ---------------------------------------------------------------- to a common shape


def broadcast_shapes(*shapes):
    """Return the shape that shapes broadcast to.

    Example:
        >>> import edutorch as torch
        >>> torch.broadcast_shapes((5, 1), (3,))
        torch.Size([5, 3])
    """
    shapes = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    common = [1] * max((len(s) for s in shapes), default=0)
    for number, shape in enumerate(shapes):
        for axis in range(-1, -1 - len(shape), -1):
            if shape[axis] < 0:
                raise ValueError("Attempting to broadcast a dimension with negative length!")
            if shape[axis] != 1 and common[axis] != 1 and shape[axis] != common[axis]:
                raise RuntimeError(f"Attempting to broadcast a dimension of length {shape[axis]} at {axis}! "
                                   f"Mismatching argument at index {number} had {shape}; but expected shape should be "
                                   f"broadcastable to {common}")  # fmt: skip
            common[axis] = shape[axis] if shape[axis] != 1 else common[axis]
    return Size(common)


def broadcast_tensors(*tensors):
    """Expand tensors to the shape they broadcast to; no element is copied."""
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise not_a_tensor_in_list(i, t)
    try:
        shape = np.broadcast_shapes(*[t.array.shape for t in tensors])
    except ValueError:
        raise cannot_broadcast([t.array.shape for t in tensors]) from None
    return tuple(t if t.array.shape == shape else t.expand(shape) for t in tensors)


def meshgrid(*tensors, indexing=None):
    """Expand vectors to grids: with `indexing="ij"`, result k varies along dimension k alone, as vector k does.

    Args:
        tensors: vectors (or numbers), one by one or as one list.
        indexing: "ij" for row and column numbers; "xy" for x to the right and y downwards.

    Example:
        >>> import edutorch as torch
        >>> torch.meshgrid(torch.tensor([1, 2]), torch.tensor([3, 4, 5]), indexing="ij")[0]
        tensor([[1, 1, 1],
                [2, 2, 2]])
    """
    vectors = list(tensors if len(tensors) != 1 or isinstance(tensors[0], Tensor) else tensors[0])
    if indexing is None:
        warnings.warn("torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument. "
                      "(Give indexing='ij' to keep what you get now.)", stacklevel=2)  # fmt: skip
    _not_empty("meshgrid", vectors)
    _need_tensors(vectors)
    for v in vectors:
        if v.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {v}")
        if v.dtype is not vectors[0].dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    if indexing == "xy":
        vectors[:2] = reversed(vectors[:2])
    shape = [v.numel() for v in vectors]
    grids = [view(v, (*[1] * i, -1, *[1] * (len(shape) - i - 1))).expand(shape) for i, v in enumerate(vectors)]
    if indexing == "xy":
        grids[:2] = reversed(grids[:2])
    return tuple(grids)


# ---------------------------------------------------------------- blocks, pairs, choices


@op(name="block_diag", method=False, out=False, extras=("corners",))
def _block_diag(xp, tensors: Arrays):
    """Set matrices along the diagonal of a matrix of zeros; a vector is a row.

    Shape:    tensors (n_i, m_i) -> out (sum of n_i, sum of m_i)
    Math:     y = [[x_0, 0, ...], [0, x_1, ...], ...]
    Gradient: dL/dx_i = the block of g where it stands
    """
    for i, t in enumerate(tensors):
        if t.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {i} has {t.ndim} dimensions"
            )
    blocks = [xp.atleast_2d(t) for t in tensors]
    out = xp.zeros((sum(b.shape[0] for b in blocks), sum(b.shape[1] for b in blocks)), blocks[0].dtype)
    corners, row, column = [], 0, 0
    for block in blocks:
        n, m = block.shape
        corners.append((slice(row, row + n), slice(column, column + m)))
        out[corners[-1]] = block
        row, column = row + n, column + m
    return out, corners


_block_diag.grad(
    tensors=lambda g, shape, corners: [
        None if s is None else g[corner].reshape(s) for s, corner in zip(shape, corners, strict=True)
    ]
)


def block_diag(*tensors):
    """Set matrices along the diagonal of a matrix of zeros; a vector is a row.

    Example:
        >>> import edutorch as torch
        >>> torch.block_diag(torch.ones(1, 2), torch.tensor(7.0))
        tensor([[1., 1., 0.],
                [0., 0., 7.]])
    """
    return _block_diag(tensors) if tensors else wrap(np.zeros((1, 0), np.float32))


def cartesian_prod(*tensors):
    """Return all combinations of one element of each vector, a row each."""
    for t in tensors:
        if t.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(t.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([flatten(grid) for grid in meshgrid(*tensors, indexing="ij")], 1)


def combinations(input, r=2, with_replacement=False):
    """Return all choices of `r` elements of a vector, in order, a row each; the same one twice `with_replacement`."""
    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if not r:
        return input.new_empty(0)
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    mask = np.zeros((len(input),) * r, bool)
    chosen = np.array(list(choose(range(len(input)), r)), np.int64).reshape(-1, r)
    mask[tuple(chosen.T)] = True
    picked = wrap(like(mask, input.array))
    return stack([masked_select(grid, picked) for grid in meshgrid(*[input] * r, indexing="ij")], 1)


speak(
    concatenate=lambda arrays, axis=0: cat(arrays, axis),
    stack=lambda arrays, axis=0: stack(arrays, axis),
    tile=lambda array, repeats: repeat(array, repeats),
)
