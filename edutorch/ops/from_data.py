"""Tensors from values that exist already: Python numbers and lists, NumPy arrays, other tensors.

`tensor` copies, `from_numpy` shares, `as_tensor` and `asarray` share where they can.
"""

from __future__ import annotations

import functools
import warnings

import numpy as np

from .. import dtypes
from ..backends import place, requested
from ..errors import with_remedy
from ..modes import is_inference_mode_enabled
from ..op.quiet import quietly
from ..tensor import Tensor, wrap
from .convert import cast_array

__all__ = ["as_tensor", "asarray", "from_numpy", "is_tensor", "scalar_tensor", "tensor"]


def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """Make a tensor with a copy of the given values.

    Python floats become the default dtype (float32), whole numbers int64, booleans bool; NumPy values keep
    their dtype.

    Args:
        data: a number, a nested sequence of numbers, a NumPy array or scalar, or a tensor.
        dtype: the dtype to convert to. device: where to put the tensor.
        requires_grad: record operations on it. pin_memory: accepted, and without effect on the CPU.

    Raises:
        ValueError: for sequences of unequal lengths.
        TypeError, RuntimeError: for values that are no numbers, or that the dtype cannot hold.

    Example:
        >>> import edutorch as torch
        >>> torch.tensor([[1, 2.5], [3, 4]])
        tensor([[1.0000, 2.5000],
                [3.0000, 4.0000]])
    """
    if isinstance(data, Tensor):
        _warn_copy("torch.tensor")
    return finish(to_array(data, dtype, copy=True), requested(device), requires_grad)


def as_tensor(data, dtype=None, device=None):
    """Return the data as a tensor, sharing memory and history where no conversion is needed.

    Args:
        data: a tensor, a NumPy array, or anything that `tensor` takes.
        dtype, device: as in `tensor`.
    """
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=requested(device))
    return finish(to_array(data, dtype, copy=False), requested(device), False)


def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=None):
    """Return `obj` as a tensor.

    Args:
        obj: a tensor, a NumPy array, or anything that `tensor` takes.
        copy: True always copies, False never does, None copies only to convert.
        requires_grad: None keeps a tensor's own; False detaches; True asks for gradients of the result.

    Raises:
        ValueError: with `copy=False`, if the values had to be copied.
    """
    if isinstance(obj, Tensor):
        converted = obj.to(dtype=dtype, device=requested(device))
        if copy is False and converted is not obj:
            raise ValueError(f"can't alias tensor with dtype '{obj.dtype}' into dtype '{dtype}'.")
        if copy and converted is obj:
            converted = obj.clone()
        if requires_grad is None and obj.requires_grad:
            warnings.warn(
                "torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead of "
                "False. Pass requires_grad=False explicitly to get the old behavior and silence this "
                "warning.",
                stacklevel=2,
            )
        if requires_grad is False:
            return converted.detach()
        return converted.requires_grad_() if requires_grad and not converted.requires_grad else converted
    if copy is False and not isinstance(obj, np.ndarray):
        raise ValueError("can't alias arbitrary sequence into a tensor.")
    return finish(to_array(obj, dtype, copy=bool(copy)), requested(device), bool(requires_grad))


def from_numpy(ndarray):
    """Return a tensor that shares the memory of a NumPy array: writing to one changes the other.

    Raises:
        TypeError: if it is no array, or of a dtype that tensors do not have.
        ValueError: for negative strides or foreign byte order.
    """
    if not isinstance(ndarray, np.ndarray):
        kind = type(ndarray)
        name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        raise TypeError(f"expected np.ndarray (got {name})")
    if not ndarray.flags.writeable:
        _warn_not_writable()
    return finish(_accepted(ndarray.view(np.ndarray)), None, False)


@functools.cache  # once is enough
def _warn_not_writable():
    warnings.warn(
        "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This "
        "means writing to this tensor will result in undefined behavior. You may want to copy the array to "
        "protect its data or make it writable before converting it to a tensor. This type of warning will "
        "be suppressed for the rest of this program.",
        stacklevel=3,
    )


def scalar_tensor(s, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Make a 0-d tensor of the default dtype (or `dtype`) from a number."""
    return tensor(s, dtype=dtype or dtypes.get_default_dtype(), device=device, requires_grad=requires_grad)


def is_tensor(obj):
    """Return whether `obj` is a tensor."""
    return isinstance(obj, Tensor)


def finish(array, where, requires_grad):
    """Wrap a fresh array as the tensor that a creation function returns, on a device (None: where it lies)."""
    if where is not None:
        backend, index = place(where)
        array = backend.put(array, index)
    t = wrap(array)
    if requires_grad:
        if not dtypes.is_floating(array.dtype):
            raise RuntimeError(
                with_remedy(
                    "Only Tensors of floating point and complex dtype can require gradients",
                    "Write the numbers as floats, [1.0, 2.0], or give dtype=torch.float32.",
                )
            )
        t.tracked = True
    if is_inference_mode_enabled():
        t.inference = True
    return t


def _warn_copy(function):
    warnings.warn(
        "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
        f"sourceTensor.detach().clone().requires_grad_(True), rather than {function}(sourceTensor).",
        stacklevel=3,
    )


def _new_tensor(self, data, *, dtype=None, device=None, requires_grad=False):
    """Return a tensor with a copy of the given values, in this tensor's dtype and on its device."""
    if isinstance(data, Tensor):
        _warn_copy("tensor.new_tensor")
    return finish(to_array(data, dtype or self.dtype, copy=True), device or self.device, requires_grad)


Tensor.new_tensor = _new_tensor  # type: ignore[assignment]


# ---------------------------------------------------------------- values to arrays


def to_array(data, dtype, copy):
    """Return the values as an array of the given dtype (a dtype object or None: what the values ask for)."""
    target = dtypes.to_numpy(dtype)
    if isinstance(data, (Tensor, np.ndarray)):
        array = data.array if isinstance(data, Tensor) else _accepted(data)
    elif isinstance(data, np.generic):
        array, copy = _accepted(np.asarray(data)), False
    elif hasattr(data, "__array__") and not isinstance(data, (list, tuple)):
        array = _accepted(np.asarray(data))
    else:
        return _from_sequence(data, target)
    if target is not None and array.dtype != target:
        return cast_array(array, target)
    return array.copy(order="K") if copy else array


def _accepted(array):
    """Return the array if a tensor can hold it.

    Raises:
        TypeError: for dtypes that tensors do not have.
        ValueError: for negative strides or foreign byte order.
    """
    if array.dtype.newbyteorder("=") not in dtypes.dtype._by_numpy:
        kind = array.dtype.type
        raise TypeError(
            f"can't convert np.ndarray of type {kind.__module__}.{kind.__name__}. The only supported types "
            "are: float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, "
            "uint32, uint16, uint8, and bool."
        )
    if any(s < 0 for s in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides "
            "are not currently supported. (You can probably work around this by making a copy of your "
            "array  with array.copy().) "
        )
    if not array.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion between byte "
            "orders is currently not supported."
        )
    return array


def _from_sequence(data, target):
    sizes = _sizes(data)
    leaves = [data]
    for dim, size in enumerate(sizes):
        leaves = _open(leaves, size, dim)
    kinds = set(map(type, leaves))
    if not kinds <= _PYTHON_KINDS:
        kinds = {_kind(leaf) for leaf in leaves}
        if target is None:
            target = _infer(kinds - {list})
        leaves = [_number(leaf, target) for leaf in leaves]
        kinds = set(map(type, leaves))
    return from_numbers(leaves, kinds, target or _infer(kinds)).reshape(sizes)


_PYTHON_KINDS = {bool, int, float}


def _is_sequence(value):
    return (
        hasattr(value, "__getitem__")
        and hasattr(value, "__len__")
        and not isinstance(value, (Tensor, dict, np.generic, type))
        and not (isinstance(value, np.ndarray) and not value.ndim)
    )


def _sizes(data):
    """Return the shape that the first elements promise."""
    sizes = []
    while type(data) not in _PYTHON_KINDS and _is_sequence(data):
        if isinstance(data, (str, bytes)):
            if not sizes:
                raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
            raise ValueError("too many dimensions 'str'")
        sizes.append(len(data))
        if not len(data):
            break
        if type(data) is list and isinstance(data[0], np.ndarray):
            warnings.warn(
                "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider "
                "converting the list to a single numpy.ndarray with numpy.array() before converting to a "
                "tensor.",
                stacklevel=5,
            )
        data = data[0]
    return sizes


def _open(sequences, size, dim):
    """Return the elements of all the sequences of one nesting depth, which must be equally long."""
    elements = []
    for sequence in sequences:
        if not _is_sequence(sequence):
            raise TypeError("not a sequence")
        if len(sequence) != size:
            raise ValueError(f"expected sequence of length {size} at dim {dim} (got {len(sequence)})")
        elements.extend(sequence)
    return elements


def _kind(leaf):
    """Return what a single value asks for: a Python type or a NumPy dtype."""
    if isinstance(leaf, Tensor):
        return leaf.array.dtype
    if isinstance(leaf, (np.generic, np.ndarray)):
        return leaf.dtype
    if isinstance(leaf, str):
        raise TypeError("new(): invalid data type 'str'")
    for kind in (bool, int, float, list):
        if isinstance(leaf, kind):
            return kind
    raise RuntimeError(f"Could not infer dtype of {type(leaf).__name__}")


def _number(leaf, target):
    """Return a single value as a Python number."""
    if isinstance(leaf, Tensor):
        if leaf.array.size != 1 and leaf.is_floating_point():
            raise ValueError("only one element tensors can be converted to Python scalars")
        return leaf.item() if leaf.array.size == 1 else leaf.__index__()
    if isinstance(leaf, list):
        if target is None or not dtypes.is_floating(target):
            raise TypeError("'list' object cannot be interpreted as an integer")
        raise TypeError("must be real number, not list")
    return leaf.item() if isinstance(leaf, (np.generic, np.ndarray)) else leaf


def _infer(kinds):
    """Return the dtype in which values of several kinds meet."""
    wide = dtypes.get_default_dtype().numpy
    python = {bool: dtypes.BOOL, int: dtypes.INT64, float: wide}
    found = [python.get(kind, kind) for kind in kinds]
    return functools.reduce(dtypes.promote, found) if found else wide


def from_numbers(values, kinds, target):
    """Return a list of Python numbers as a 1-d array of a NumPy dtype, as C++ would convert each.

    Args:
        kinds: the set of their types.

    Raises:
        ValueError: for integers beyond 64 bits. RuntimeError: for values that an integer dtype cannot hold.
    """
    if target in dtypes.HALVES:  # C++ reaches halves through float32: rounded twice
        return quietly(_array_twice, values, target)
    if dtypes.is_floating(target):
        return quietly(np.array, values, target)
    if target == dtypes.BOOL:
        return np.array([bool(v) for v in values], bool)
    if target == np.uint64 and kinds <= {bool, int}:
        return np.array(values, target)
    try:
        wide = np.array(values, dtypes.FLOAT64 if float in kinds else dtypes.INT64)
    except OverflowError:
        raise ValueError("Overflow when unpacking long long") from None
    if wide.dtype == target:
        return wide
    if overflows(wide, target).any():
        raise RuntimeError(f"value cannot be converted to type {target.name} without overflow")
    return cast_array(wide, target)


def _array_twice(values, target):
    return np.array(values, dtypes.FLOAT32).astype(target)


def overflows(value, target):
    """Return whether numbers lie outside an integer dtype; unsigned ones also take -x for each of their x."""
    largest = int(np.iinfo(target).max)
    smallest = -largest if target.kind == "u" else int(np.iinfo(target).min)
    return ~((value >= smallest) & (value <= largest))
