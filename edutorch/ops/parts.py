"""Parts of a tensor as views: `select`, `narrow`, `split`, `unbind`, `diagonal`, sliding windows, chosen strides."""

from __future__ import annotations

from itertools import accumulate, pairwise

import numpy as np

from ..backends import backend_of, like, read_only
from ..op import Array, op
from ..tensor import Tensor, array_of, memory_of, method
from .assignment import clear_at
from .axes import axis_of
from .indexing import gather_at, getitem, scatter_at
from .views import reshaping_form

__all__ = [
    "as_strided",
    "chunk",
    "diagonal",
    "diagonal_scatter",
    "dsplit",
    "hsplit",
    "narrow",
    "select",
    "select_scatter",
    "slice_scatter",
    "split",
    "split_with_sizes",
    "tensor_split",
    "unbind",
    "vsplit",
]


def _at(dim, entry):
    """Return the index that takes `entry` along dimension `dim` (not negative) and everything along the others."""
    return (*[slice(None)] * dim, entry, Ellipsis)


# ---------------------------------------------------------------- one part


@method
def select(input, dim, index):
    """Take one slice along a dimension, as a view: `x.select(1, 2)` is `x[:, 2]`.

    Raises:
        IndexError: if the dimension has no such slice.
    """
    return getitem(input, _selected(input.array, dim, index))


def _selected(array, dim, index):
    if not array.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim, index = axis_of(array.ndim, dim), index.__index__()
    if not -array.shape[dim] <= index < array.shape[dim]:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(array.shape)} at dimension {dim}"
        )
    return _at(dim, index)


@method
def narrow(input, dim, start, length):
    """Take `length` slices from `start` on, as a view: `x.narrow(0, 1, 3)` is `x[1:4]`.

    Raises:
        RuntimeError: if the dimension has not so many slices.
        IndexError: if it has no position `start`.
    """
    dim, start = axis_of(input.array.ndim, dim), start.__index__()
    size = input.array.shape[dim] if input.array.ndim else 0
    if not input.array.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    start += size if start < 0 else 0
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return getitem(input, (*[slice(None)] * dim, slice(start, start + length)))


def _scatter_name(index):
    return "SelectScatterBackward0" if any(type(e) is int for e in index) else "SliceScatterBackward0"


@op(cast=None, method=False, node=_scatter_name)
def replace_part(input: Array, src: Array, index):
    """Copy a tensor and write a source into the part that a basic index names.

    Shape:    input (*), src, of the shape of input[index] -> out (*)
    Math:     y = x, but for y[index] = src
    Gradient: dL/dx = g, 0 where it was overwritten;  dL/dsrc = g[index]
    """
    out = input.copy()
    out[index] = _of_shape(src, out[index])
    return out


replace_part.grad(input=lambda g, index: clear_at.both(g, index), src=lambda g, index: getitem.both(g, index))


def _of_shape(src, part):
    if part.shape != src.shape:
        raise RuntimeError("expected src to have a size equal to the slice of self. src size = "
                           f"{list(src.shape)}, slice size = {list(part.shape)}")  # fmt: skip
    return src


@method
def select_scatter(input, src, dim, index, *, out=None):
    """Copy a tensor, with `src` written over what `select(dim, index)` shows."""
    return replace_part(input, src, _selected(input.array, dim, index), out=out)


@method
def slice_scatter(input, src, dim=0, start=None, end=None, step=1, *, out=None):
    """Copy a tensor, with `src` written over the slices from `start` to `end` along `dim`."""
    return replace_part(input, src, _at(axis_of(input.array.ndim, dim), slice(start, end, step)), out=out)


# ---------------------------------------------------------------- many parts


@op(cast=None, view=True, outputs="many")
def unbind(input: Array, dim=0):
    """Take a tensor apart along a dimension: a tuple of views, one per slice. `for row in x` does the same.

    Shape:    input (n, *) -> n times (*), for dim = 0
    Math:     y_i = x[i]
    Gradient: dL/dx[i] = g_i
    """
    if not input.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    dim = axis_of(input.ndim, dim)
    return [input[_at(dim, i)] for i in range(input.shape[dim])]


unbind.grad(input=lambda g, xp, dim: xp.stack(g, dim))


def __iter__(self):
    """Iterate over the slices along the first dimension.

    Raises:
        TypeError: for a 0-d tensor.
    """
    if not self.array.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return iter(unbind(self))


method(__iter__)


@op(cast=None, view=True, outputs="many", method=False, node=lambda node: node)
def cut(input: Array, sizes, dim, node):
    """Take a tensor apart along a dimension, into parts of given sizes: a tuple of views.

    Shape:    input (n, *) -> (sizes[0], *), (sizes[1], *), ... for dim = 0
    Math:     [y_0, y_1, ...] = x
    Gradient: dL/dx = [g_0, g_1, ...]
    """
    ends = list(accumulate(sizes, initial=0))
    return [input[_at(dim, slice(a, b))] for a, b in pairwise(ends)]


cut.grad(input=lambda g, xp, dim: xp.concatenate(g, dim))


def split(tensor, split_size_or_sections, dim=0):
    """Take a tensor apart into parts of one size (the last may be smaller), or of the sizes given: views.

    Args:
        split_size_or_sections: the size of each part, or a list of sizes.

    Example:
        >>> import edutorch as torch
        >>> [part.tolist() for part in torch.arange(5).split(2)]
        [[0, 1], [2, 3], [4]]
    """
    size = split_size_or_sections
    if not hasattr(size, "__index__"):
        return split_with_sizes(tensor, size, dim)
    size, shape = size.__index__(), tensor.array.shape
    if not shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = axis_of(len(shape), dim)
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if not size and shape[dim]:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {shape[dim]}")
    sizes = [min(size, shape[dim] - start) for start in range(0, shape[dim], size or 1)] or [0]
    return cut(tensor, sizes, dim, "SplitBackward0")


def _split(self, split_size, dim=0):
    """Take the tensor apart into parts of one size (the last may be smaller), or of the sizes given: views."""
    return split(self, split_size, dim)


_split.__name__ = "split"
method(_split)


@method
def split_with_sizes(input, split_sizes, dim=0):
    """Take a tensor apart into parts of the sizes given, which must sum to the dimension's size: views."""
    shape, sizes = input.array.shape, [n.__index__() for n in split_sizes]
    if not shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = axis_of(len(shape), dim)
    if min(sizes, default=0) < 0:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={sizes}"
        )
    if sum(sizes) != shape[dim]:
        raise RuntimeError(f"split_with_sizes expects split_sizes to sum exactly to {shape[dim]} (input tensor's size "
                           f"at dimension {dim}), but got split_sizes={sizes}")  # fmt: skip
    return cut(input, sizes, dim, "SplitWithSizesBackward0")


@method
def chunk(input, chunks, dim=0):
    """Take a tensor apart into at most `chunks` parts of equal size (the last may be smaller): views."""
    shape = input.array.shape
    if not shape:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = axis_of(len(shape), dim)
    if not shape[dim]:
        return cut(input, [0] * chunks, dim, "SplitWithSizesBackward0")
    return split(input, -(-shape[dim] // chunks), dim)


@method
def tensor_split(input, indices_or_sections, dim=0):
    """Take a tensor apart: into a number of parts, the first ones greater by one, or before each of the given indices.

    Example:
        >>> import edutorch as torch
        >>> [part.tolist() for part in torch.arange(5).tensor_split(2)]
        [[0, 1, 2], [3, 4]]
    """
    shape = input.array.shape
    if not shape:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = axis_of(len(shape), dim)
    where = indices_or_sections
    if isinstance(where, Tensor):
        where = where.tolist()
    if isinstance(where, int):
        if where <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {where}")
        size, larger = divmod(shape[dim], where)
        ends = list(accumulate([size + (i < larger) for i in range(where)], initial=0))
    else:
        ends = [0, *where, shape[dim]]
    before = [slice(None)] * dim
    return tuple(getitem(input, (*before, slice(a, b))) for a, b in pairwise(ends))


@method
def hsplit(input, indices_or_sections):
    """Take a tensor apart along its columns (a vector: along its only dimension), like `tensor_split`."""
    return _split_evenly("hsplit", input, indices_or_sections, 1, 1 if input.array.ndim > 1 else 0)


@method
def vsplit(input, indices_or_sections):
    """Take a tensor apart along its rows, like `tensor_split`."""
    return _split_evenly("vsplit", input, indices_or_sections, 2, 0)


@method
def dsplit(input, indices_or_sections):
    """Take a tensor apart along its third dimension, like `tensor_split`."""
    return _split_evenly("dsplit", input, indices_or_sections, 3, 2)


def _split_evenly(name, input, sections, least, dim):
    shape = input.array.shape
    if len(shape) < least:
        raise RuntimeError(f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with "
                           f"{len(shape)} dimensions!")  # fmt: skip
    if isinstance(sections, int) and (sections <= 0 or shape[dim] % sections):
        raise RuntimeError(f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension "
                           f"{shape[dim]} is not divisible by the split_size {sections}!")  # fmt: skip
    return tensor_split(input, sections, dim)


# ---------------------------------------------------------------- diagonals


def diagonal_of(array, offset, dim1, dim2):
    """Return a diagonal as a view that can be written."""
    first, second = axis_of(array.ndim, dim1), axis_of(array.ndim, dim2)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    out = array.diagonal(offset, first, second)
    if read_only(out) and not read_only(array):
        out.flags.writeable = True
    return out


@op(cast=None, view=True)
def diagonal(input: Array, offset=0, dim1=0, dim2=1):
    """Take the diagonal of a matrix, or of each matrix of a batch, as a view; it becomes the last dimension.

    Shape:    input (*, n, m) -> out (*, min(n, m)), for offset 0
    Math:     y[i] = x[i, i + offset]
    Gradient: dL/dx[i, i + offset] = g[i], 0 elsewhere
    """
    return diagonal_of(input, offset, dim1, dim2)


diagonal.grad(
    input=lambda g, shape, offset, dim1, dim2: place_diagonal.both(g, shape, offset, dim1, dim2),
)


@op(cast=None, method=False, out=False, node="DiagonalBackward0")
def place_diagonal(xp, input: Array, shape_, offset, dim1, dim2):
    """Set the diagonal of a tensor of zeros: the gradient of `diagonal`.

    Shape:    input, of the shape of the diagonal -> out, of the given shape
    Math:     y[i, i + offset] = x[i], 0 elsewhere
    Gradient: dL/dx[i] = g[i, i + offset]
    """
    out = xp.zeros(shape_, input.dtype)
    diagonal_of(out, offset, dim1, dim2)[...] = input
    return out


place_diagonal.grad(input=lambda g, offset, dim1, dim2: diagonal.both(g, offset, dim1, dim2))


@op(cast=None, out=False)
def diagonal_scatter(input: Array, src: Array, offset=0, dim1=0, dim2=1):
    """Copy a tensor, with `src` written over its diagonal.

    Shape:    input (*, n, m), src (*, min(n, m)) for offset 0 -> out (*, n, m)
    Math:     y = x, but for y[i, i + offset] = src[i]
    Gradient: dL/dx = g, 0 on the diagonal;  dL/dsrc[i] = g[i, i + offset]
    """
    out = input.copy()
    part = diagonal_of(out, offset, dim1, dim2)
    part[...] = _of_shape(src, part)
    return out


diagonal_scatter.grad(
    input=lambda g, offset, dim1, dim2: (
        g - place_diagonal.both(diagonal.both(g, offset, dim1, dim2), tuple(g.shape), offset, dim1, dim2)
    ),
    src=lambda g, offset, dim1, dim2: diagonal.both(g, offset, dim1, dim2),
)


# ---------------------------------------------------------------- chosen strides


@op(cast=None, view="always")
def unfold(xp, input: Array, dimension, size, step):
    """Slide a window along a dimension, as a view; the window becomes the last dimension.

    Shape:    input (n, *) -> out ((n - size) / step + 1, *, size), for dimension 0
    Math:     y[i, ..., j] = x[i step + j, ...]
    Gradient: dL/dx[k] = the sum of g[i, ..., j] over all i step + j = k
    """
    axis = axis_of(input.ndim, dimension)
    length = input.shape[axis] if input.ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {axis} is {length} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if not input.ndim:
        return input.reshape(1)[:size]
    shape, strides = list(input.shape), list(input.strides)
    shape[axis], strides[axis] = (length - size) // step + 1, strides[axis] * step
    return xp.lib.stride_tricks.as_strided(input, (*shape, size), (*strides, input.strides[axis]))


unfold.grad(input=lambda g, xp, shape, dimension, size, step: _from_windows(g, xp, shape, dimension, size, step))


def _from_windows(g, xp, shape, dimension, size, step):
    """Return the gradient of what the windows saw: each element gets the sum over the windows that it was in."""
    if not shape:
        return g.sum()
    axis = axis_of(len(shape), dimension)
    seen = np.arange(0, shape[axis] - size + 1, step)[:, None] + np.arange(size)  # (windows, size)
    return scatter_at.both(xp.moveaxis(g, -1, axis + 1), shape, (*[slice(None)] * axis, like(seen, array_of(g))))


@op(cast=None, view="always", extras=("memory",))
def as_strided(xp, input: Array, size, stride, storage_offset=None):
    """Look at a tensor's memory with sizes and strides of one's own choice.

    Shape:    input (*) -> out (size)
    Math:     y[i, j, ...] = memory[offset + i stride[0] + j stride[1] + ...]
    Gradient: that of each place in memory is the sum over the elements that show it
    Raises:   RuntimeError if that leaves the memory
    """
    memory = memory_of(input).ravel(order="K").view(input.dtype)
    address = backend_of(input).address
    start = (address(input) - address(memory)) // input.itemsize
    offset = start if storage_offset is None else storage_offset
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if min(stride, default=0) < 0:
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    needed = (offset + 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True))) if 0 not in size else 0
    if needed > memory.size:
        raise RuntimeError(f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and "
                           f"itemsize {input.itemsize} requiring a storage size of {needed * input.itemsize} are out "
                           f"of bounds for storage of size {memory.nbytes}")  # fmt: skip
    out = xp.lib.stride_tricks.as_strided(memory[offset:], size, [s * input.itemsize for s in stride])
    return out, (memory.size, offset, start, [s // input.itemsize for s in input.strides])


reshaping_form(as_strided, "as_strided_")

as_strided.grad(input=lambda g, shape, size, stride, memory: _through_memory(g, shape, size, stride, *memory))


def _through_memory(g, shape, size, stride, length, offset, start, own_stride):
    """Add the gradients up in memory, and look at that as the input did."""
    there, here = (like(_places(*way), array_of(g)) for way in ((size, stride, offset), (shape, own_stride, start)))
    return gather_at.both(scatter_at.both(g, (length,), (there,)), (here,))


def _places(size, stride, offset):
    """Return the place in memory of each element of a tensor with these sizes and strides."""
    places = np.asarray(offset)
    for n, step in zip(size, stride, strict=True):
        places = places[..., None] + np.arange(n) * step
    return places
