"""Copies and conversions: `clone`, `to`, `float()` and their relatives."""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..backends import array_module
from ..backends import device as _device
from ..op import Array, op
from ..tensor import Tensor, method

__all__ = ["clone", "contiguous_format", "memory_format", "preserve_format"]


class memory_format:
    """In which order a copy's elements lie: as in the original (`preserve_format`), or row by row."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"torch.{self.name}"


contiguous_format, preserve_format = memory_format("contiguous_format"), memory_format("preserve_format")


@op(cast=None, out=False)
def clone(input: Array, *, memory_format=None):
    """Copy a tensor; gradients flow through the copy.

    Shape:    input (*) -> out (*)
    Math:     y = x
    Gradient: dL/dx = g
    """
    return input.copy("C" if memory_format is contiguous_format else _order(input))


clone.grad(input=lambda g: g)


@op(cast=None, out=False, name="astype", node="ToCopyBackward0")
def astype(input: Array, dtype_):
    """Convert the elements to another dtype (NumPy's or PyTorch's).

    Shape:    input (*) -> out (*)
    Math:     y = x, rounded to the dtype
    Gradient: dL/dx = g, in the dtype of x
    """
    return cast_array(input, dtypes.to_numpy(dtype_))


astype.grad(input=lambda g: g)


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
        `non_blocking=False` (accepted).

    Example:
        >>> import edutorch as torch
        >>> torch.tensor([1, 2]).to(torch.float64)
        tensor([1., 2.], dtype=torch.float64)
    """
    where, d, copy = kwargs.pop("device", None), kwargs.pop("dtype", None), kwargs.pop("copy", False)
    kwargs.pop("non_blocking", None), kwargs.pop("memory_format", None)
    if kwargs:
        raise TypeError(f"to() got an unexpected keyword argument '{next(iter(kwargs))}'")
    for a in args:
        if isinstance(a, Tensor):
            where, d = a.device, a.dtype
        elif isinstance(a, (dtypes.dtype, type)):
            d = a
        elif isinstance(a, (str, _device)):
            where = a
        elif not isinstance(a, bool) and a is not None:
            raise TypeError(
                f"to() received an invalid argument of type {type(a).__name__}: give a dtype, a device or a tensor"
            )
    if where is not None:
        array_module(where)  # raises when the device is not at hand
    target = dtypes.to_numpy(d, self.array.dtype)
    if target == self.array.dtype:
        return self.clone() if copy else self
    return astype(self, target)


def _converter(name, target):
    def convert(self, memory_format=None):
        return self.to(target)

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
    return self.to("cpu")


@method
def cuda(self, device=None, non_blocking=False, memory_format=None):
    """Return the tensor on a CUDA device, the first if none is named; itself, if it already is there."""
    return self.to(_device("cuda" if device is None else device))


def _type(self, dtype=None, non_blocking=False):
    """Return the name of the tensor's type, such as `torch.FloatTensor`, or the tensor converted to a dtype."""
    if dtype is None:
        return f"torch.{'cuda.' if self.is_cuda else ''}{self.dtype.legacy}Tensor"
    if isinstance(dtype, str):
        legacy = dtype.rpartition(".")[2].removesuffix("Tensor")
        dtype = next((d for d in dtypes.ALL if d.legacy == legacy), None)
        if dtype is None:
            raise ValueError(f"invalid type: '{dtype}'")
    return self.to(getattr(dtype, "dtype", dtype))  # a class such as torch.LongTensor knows its dtype


Tensor.type = _type  # type: ignore[assignment]


@method
def type_as(self, other):
    """Return the tensor in the dtype and on the device of another."""
    return self.to(other)
