"""Tensors from nothing: zeros and ones, identity matrices, and the like of another tensor.

Each function below makes an array; `creation` turns it into what users call, with the arguments that all of
them share: `out=`, `dtype=`, `device=`, `requires_grad=` and so on.
"""

from __future__ import annotations

import functools

import numpy as np

from .. import dtypes
from ..backends import array_module, making_on, requested
from ..errors import not_a_tensor
from ..tensor import Tensor, wrap
from .creation import creation, default_floats, number_of, numpy_dtype, scalar, sizes_of, whole_number
from .dialect import speak
from .from_data import finish
from .memory_formats import made_in_order, preserve_format

__all__ = [
    "empty",
    "empty_like",
    "empty_strided",
    "eye",
    "full",
    "full_like",
    "numel",
    "ones",
    "ones_like",
    "tril_indices",
    "triu_indices",
    "zeros",
    "zeros_like",
]


# ---------------------------------------------------------------- filled with one value


@creation
def zeros(xp, dtype, *sizes, size=None):
    """Make a tensor of zeros.

    Shape: sizes, one by one or as one tuple -> out (*sizes)
    """
    return xp.zeros(sizes_of("zeros", sizes, size), dtype or default_floats())


@creation
def ones(xp, dtype, *sizes, size=None):
    """Make a tensor of ones.

    Shape: sizes, one by one or as one tuple -> out (*sizes)
    """
    return xp.ones(sizes_of("ones", sizes, size), dtype or default_floats())


@creation
def empty(xp, dtype, *sizes, size=None, memory_format=None):
    """Make a tensor whose values are whatever lay in memory.

    Shape: sizes, one by one or as one tuple -> out (*sizes)
    """
    shape, d = sizes_of("empty", sizes, size), dtype or default_floats()
    if memory_format is None:
        return xp.empty(shape, d)
    if memory_format is preserve_format:
        raise RuntimeError("unsupported memory format Preserve")
    return made_in_order(lambda shape: xp.empty(shape, d), shape, memory_format.order_for(shape))


@creation
def full(xp, dtype, size, fill_value):
    """Make a tensor filled with one value, whose kind decides the dtype: int64 for 3, float32 for 3.0.

    Shape: size, a tuple -> out (*size)

    Raises:
        RuntimeError: if the dtype cannot hold the value.
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    value = number_of("full", "fill_value", 2, fill_value)
    if dtype is None:
        dtype = dtypes.common([value])
    return xp.full(sizes_of("full", (size,)), scalar(value, dtype), dtype)


@creation
def eye(xp, dtype, n, m=None):
    """Make a matrix with ones on the diagonal and zeros elsewhere.

    Shape: n, m (default n) -> out (n, m)
    """
    n = whole_number("eye", "n", 1, n)
    m = n if m is None else whole_number("eye", "m", 2, m)
    for name, size in (("n", n), ("m", m)):
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    return xp.eye(n, m, dtype=dtype or default_floats())


@creation
def empty_strided(xp, dtype, size, stride):
    """Make an uninitialised tensor with given strides, counted in elements.

    Shape: size, stride (as many) -> out (*size)
    """
    dtype = dtype or default_floats()
    if len(size) != len(stride):
        raise RuntimeError(
            f"dimensionality of sizes ({len(size)}) must match dimensionality of strides ({len(stride)})"
        )
    reach = 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) if 0 not in size else 0
    steps = tuple(s * dtype.itemsize for s in stride)
    return xp.lib.stride_tricks.as_strided(xp.empty(reach, dtype), tuple(size), steps)


# ---------------------------------------------------------------- like another tensor


def _like(name, xp, input, dtype, memory_format, fill):
    """Return an array like a tensor's, made by `fill(xp, shape, dtype)`, in the same order in memory unless told."""
    array = input.array
    target = numpy_dtype(name, dtype) or array.dtype
    if memory_format not in (None, preserve_format):
        order = memory_format.order_for(array.shape)
    elif array.flags.c_contiguous or 0 in array.strides:
        return fill(xp, array.shape, target)
    else:
        order = sorted(range(array.ndim), key=lambda d: -array.strides[d])
    return made_in_order(lambda shape: fill(xp, shape, target), array.shape, order)


def _like_arguments(function):
    """Make a `…_like` function or `new_…` method from one that takes `xp`, the tensor, and `dtype`."""

    @functools.wraps(function)
    def create(input, *args, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, **kwargs):
        if not isinstance(input, Tensor):
            raise not_a_tensor(function.__name__, "input", 1, input)
        if device is None and type(input.array) is np.ndarray:
            return finish(function(np, input, *args, dtype=dtype, **kwargs), None, requires_grad)
        where = input.device if device is None else device
        with making_on(where):
            return finish(function(array_module(where), input, *args, dtype=dtype, **kwargs), where, requires_grad)

    return create


@_like_arguments
def zeros_like(xp, input, *, dtype, memory_format=None):
    """Make a tensor of zeros with another tensor's shape, dtype, device and order in memory.

    Shape: input (*) -> out (*)
    """
    return _like("zeros_like", xp, input, dtype, memory_format, lambda xp, shape, d: xp.zeros(shape, d))


@_like_arguments
def ones_like(xp, input, *, dtype, memory_format=None):
    """Make a tensor of ones with another tensor's shape, dtype, device and order in memory.

    Shape: input (*) -> out (*)
    """
    return _like("ones_like", xp, input, dtype, memory_format, lambda xp, shape, d: xp.ones(shape, d))


@_like_arguments
def empty_like(xp, input, *, dtype, memory_format=None):
    """Make an uninitialised tensor with another tensor's shape, dtype, device and order in memory.

    Shape: input (*) -> out (*)
    """
    return _like("empty_like", xp, input, dtype, memory_format, lambda xp, shape, d: xp.empty(shape, d))


@_like_arguments
def full_like(xp, input, fill_value, *, dtype, memory_format=None):
    """Make a tensor filled with one value, with another tensor's shape, dtype, device and order in memory.

    Shape: input (*) -> out (*)
    """
    value = number_of("full_like", "fill_value", 2, fill_value)
    return _like("full_like", xp, input, dtype, memory_format, lambda xp, shape, d: xp.full(shape, scalar(value, d), d))


def _new(name, fill):
    """Attach `Tensor.new_…`: sizes of one's own choice, dtype and device of the tensor."""

    @_like_arguments
    def new(xp, self, *sizes, size=None, dtype):
        return fill(xp, sizes_of(name, sizes, size), numpy_dtype(name, dtype) or self.array.dtype)

    new.__name__ = new.__qualname__ = name
    new.__doc__ = f"Make a tensor as `torch.{name[4:]}` does, by default in this tensor's dtype and on its device."
    setattr(Tensor, name, new)


_new("new_zeros", lambda xp, shape, dtype: xp.zeros(shape, dtype))
_new("new_ones", lambda xp, shape, dtype: xp.ones(shape, dtype))
_new("new_empty", lambda xp, shape, dtype: xp.empty(shape, dtype))


@_like_arguments
def _new_full(xp, self, size, fill_value, *, dtype):
    """Make a tensor filled with one value, by default in this tensor's dtype and on its device."""
    target = numpy_dtype("new_full", dtype) or self.array.dtype
    return xp.full(
        sizes_of("new_full", (size,)),
        scalar(number_of("new_full", "fill_value", 2, fill_value), target),
        target,
    )


_new_full.__name__ = _new_full.__qualname__ = "new_full"
Tensor.new_full = _new_full  # type: ignore[assignment]


# ---------------------------------------------------------------- indices, size


def tril_indices(row, col, offset=0, *, dtype=dtypes.int64, device=None, layout=None, pin_memory=False):
    """Return the row and column numbers of the lower triangle of a matrix.

    Shape: row, col: the matrix's -> out (2, elements in the triangle)

    Args:
        offset: which diagonal is the last one to count: 0 the main one, positive ones above it.
    """
    return _triangle("tril_indices", row, col, dtype, device, lambda r, c: c - r <= offset)


def triu_indices(row, col, offset=0, *, dtype=dtypes.int64, device=None, layout=None, pin_memory=False):
    """Return the row and column numbers of the upper triangle of a matrix.

    Shape: row, col: the matrix's -> out (2, elements in the triangle)

    Args:
        offset: which diagonal is the first one to count: 0 the main one, positive ones above it.
    """
    return _triangle("triu_indices", row, col, dtype, device, lambda r, c: c - r >= offset)


def _triangle(name, row, col, dtype, device, inside):
    for what, size in (("row", row), ("col", col)):
        if size < 0:
            raise RuntimeError(f"{what} must be non-negative, got{size}")
    if dtype not in (dtypes.int32, dtypes.int64):
        raise NotImplementedError(f"\"{name}\" not implemented for '{dtype.legacy}'")
    mask = inside(np.arange(row)[:, None], np.arange(col)[None, :])
    return finish(np.stack(np.nonzero(mask)).astype(dtype.numpy), requested(device), False)


def numel(input):
    """Return the number of elements of a tensor."""
    if not isinstance(input, Tensor):
        raise not_a_tensor("numel", "input", 1, input)
    return input.array.size


# ---------------------------------------------------------------- NumPy's words, for formulas on Tensors

# on the default device, which is that of the gradients while the backward pass is recorded
speak(
    zeros=lambda shape, dtype=None: wrap(array_module().zeros(shape, dtype or default_floats())),
    ones=lambda shape, dtype=None: wrap(array_module().ones(shape, dtype or default_floats())),
    empty=lambda shape, dtype=None: wrap(array_module().empty(shape, dtype or default_floats())),
    full=lambda shape, value, dtype=None: wrap(array_module().full(shape, value, dtype)),
    arange=lambda *limits, dtype=None: wrap(array_module().arange(*limits, dtype=dtype)),
    eye=lambda n, m=None, dtype=None: wrap(array_module().eye(n, m, dtype=dtypes.to_numpy(dtype, default_floats()))),
    zeros_like=lambda x: zeros_like(x),
    ones_like=lambda x: ones_like(x),
    empty_like=lambda x: empty_like(x),
    full_like=lambda x, value: full_like(x, value),
    asarray=lambda x, dtype=None: x if isinstance(x, Tensor) else wrap(array_module().asarray(x, dtype)),
)
