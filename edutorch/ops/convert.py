"""Copies and conversions: `clone`, `contiguous`, `to`, `float()` and their relatives."""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..backends import backend_of, cuda_backend, place
from ..backends import device as _device
from ..op import Array, op
from ..tensor import Tensor, method
from .memory_formats import contiguous_format, format_of, laid_out, lies_in, preserve_format
from .memory_formats import memory_format as _format

__all__ = ["clone"]


@op(cast=None, out=False)
def clone(input: Array, *, memory_format=None):
    """Copy a tensor; gradients flow through the copy.

    Shape:    input (*) -> out (*)
    Math:     y = x
    Gradient: dL/dx = g
    """
    if memory_format in (None, preserve_format):
        return input.copy(_order(input))
    return laid_out(input, memory_format)


clone.grad(input=lambda g: g)


@method
def contiguous(input, memory_format=contiguous_format):
    """Return the tensor with its elements row by row in memory: itself if they already lie so, else a copy.

    Args:
        memory_format: another order, such as `torch.channels_last`.
    """
    if lies_in(input.array, memory_format):
        return input
    if memory_format is preserve_format:
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    return clone(input, memory_format=memory_format)


@method
def is_contiguous(self, memory_format=contiguous_format):
    """Whether the elements lie in memory in row-major order, or in another memory format, without gaps."""
    return lies_in(self.array, memory_format)


@op(cast=None, out=False, name="astype", node="ToCopyBackward0")
def astype(input: Array, dtype_, memory_format=None):
    """Convert the elements to another dtype (NumPy's or PyTorch's), and lay them out in another memory format.

    Shape:    input (*) -> out (*)
    Math:     y = x, rounded to the dtype
    Gradient: dL/dx = g, in the dtype of x
    """
    out = cast_array(input, dtypes.to_numpy(dtype_))
    return (
        out if memory_format in (None, preserve_format) or lies_in(out, memory_format) else laid_out(out, memory_format)
    )


astype.grad(input=lambda g: g)


@op(cast=None, out=False, method=False, node="ToCopyBackward0")
def moved(input: Array, where, home):
    """Copy a tensor to another device; `home` is the one that it lies on.

    Shape:    input (*) -> out (*)
    Math:     y = x
    Gradient: dL/dx = g, on the device of x
    """
    backend, index = place(where)
    return backend.put(input, index)


moved.grad(input=lambda g, where, home: moved.both(g, home, where))


def lies_on(array, where):
    """Whether an array lies on a device; one without a number stands for the current one of its kind."""
    backend, index = place(where)
    if backend is not backend_of(array):
        return False
    return backend.index_of(array) == (backend.current() if index is None else index)


def _order(array):
    return (
        "C" if 0 in array.strides else "K"
    )  # as in PyTorch, expanded tensors become contiguous, others keep their order


def cast_array(array, numpy_dtype):
    """Convert an array as PyTorch does: float to integer wraps or saturates without a warning."""
    order = _order(array)
    if array.dtype.kind in "f" or array.dtype == dtypes.BFLOAT16:
        if numpy_dtype.kind == "u" and numpy_dtype.itemsize < 8:
            return array.astype(np.int64, order).astype(numpy_dtype)  # negative numbers wrap, as in PyTorch
        with np.errstate(all="ignore"):
            return array.astype(numpy_dtype, order)
    return array.astype(numpy_dtype, order)


@method
def to(self, *args, **kwargs):
    """Return the tensor in another dtype or on another device; itself, if it already is there.

    Args:
        Any of: a dtype, a device (or its name), another tensor to be like; `dtype=`, `device=`, `copy=False`,
        `non_blocking=False` (accepted), `memory_format=`.

    Example:
        >>> import edutorch as torch
        >>> torch.tensor([1, 2]).to(torch.float64)
        tensor([1., 2.], dtype=torch.float64)
    """
    where, d, copy = kwargs.pop("device", None), kwargs.pop("dtype", None), kwargs.pop("copy", False)
    kwargs.pop("non_blocking", None)
    order = kwargs.pop("memory_format", None)
    if not (order is None or isinstance(order, _format)):
        raise TypeError(
            f"to() received an invalid combination of arguments - got (memory_format={type(order).__name__}, ): give "
            "a memory format, such as torch.channels_last"
        )
    if kwargs:
        raise TypeError(f"to() got an unexpected keyword argument '{next(iter(kwargs))}'")
    for a in args:
        if isinstance(a, Tensor):
            where, d = a.device, a.dtype
        elif isinstance(a, (dtypes.dtype, type)):
            d = a
        elif isinstance(a, (str, _device)) or type(a) is int:
            where = _device(a)
        elif not isinstance(a, bool) and a is not None:
            raise TypeError(
                f"to() received an invalid argument of type {type(a).__name__}: give a dtype, a device or a tensor"
            )
    if where is not None and not lies_on(self.array, where):
        self, copy = moved(self, where, self.device), False
    target = dtypes.to_numpy(d, self.array.dtype)
    stays = target == self.array.dtype and (order in (None, preserve_format) or order is format_of(self.array))
    if stays and not copy:
        return self
    return astype(self, target, order)


def _converter(name, target):
    def convert(self, memory_format=None):
        return self.to(target, memory_format=memory_format)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"Return the tensor as {target}: `self.to({target})`."
    setattr(Tensor, name, convert)


for _name in ("float", "double", "half", "bfloat16", "int", "long", "short", "bool"):
    _converter(_name, getattr(dtypes, _name))
_converter("byte", dtypes.uint8)
_converter("char", dtypes.int8)


@method
def cpu(self, memory_format=None):
    """Return the tensor on the CPU; itself, if it already is there."""
    return self.to("cpu", memory_format=memory_format)


@method
def cuda(self, device=None, non_blocking=False, memory_format=None):
    """Return the tensor on a CUDA device, the first if none is named; itself, if it already is there."""
    return self.to(_device("cuda" if device is None else device), memory_format=memory_format)


@method
def pin_memory(self, device=None):
    """Return the tensor in memory that a device can copy from by itself: the tensor as it is, for CuPy sees to that.

    Raises:
        RuntimeError: if there is no such device.
    """
    if cuda_backend() is None:
        raise RuntimeError("Cannot access accelerator device when none is available.")
    return self


@method
def record_stream(self, stream):
    """Let the memory serve others, once the tensor is gone, only when the work is done that stands in a stream by then.

    Memory goes back to the stream that it was made in, and may be used there at once: another stream that still reads
    must be told of. On the processor nothing happens.

    Args:
        stream: a `torch.cuda.Stream`.
    """
    backend_of(self.array).keep_for(self.array, stream)


@method
def is_pinned(self, device=None):
    """Whether the tensor lies in such memory: see `pin_memory`."""
    return False


def _type(self, dtype=None, non_blocking=False):
    """Return the name of the tensor's type, such as `torch.FloatTensor`, or the tensor converted to a dtype."""
    if dtype is None:
        return f"torch.{'cuda.' if self.is_cuda else ''}{self.dtype.legacy}Tensor"
    if isinstance(dtype, str):
        legacy = dtype.rpartition(".")[2].removesuffix("Tensor")
        found = next((d for d in dtypes.ALL if d.legacy == legacy), None)
        if found is None:
            raise ValueError(f"invalid type: '{dtype}'")
        return self.to("cuda" if ".cuda." in dtype else "cpu", found)
    if isinstance(dtype, type):  # a class such as torch.LongTensor knows its dtype
        return self.to(getattr(dtype, "device", "cpu"), dtype.dtype)
    return self.to(dtype)


Tensor.type = _type  # type: ignore[assignment]


@method
def type_as(self, other):
    """Return the tensor in the dtype and on the device of another."""
    return self.to(other)
