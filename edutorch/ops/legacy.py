"""PyTorch's oldest constructors: `torch.Tensor(2, 3)`, and one class per dtype, such as `torch.LongTensor`.

They tell sizes from values by their kind alone, which is why `torch.tensor`, `torch.zeros` and `torch.empty`
replaced them. Much teaching code still uses `FloatTensor` and `LongTensor`.
"""

from __future__ import annotations

import warnings

import numpy as np

from .. import dtypes
from ..tensor import Size, Tensor, method, wrap
from .creation import sizes_of
from .from_data import to_array

__all__ = [
    "BFloat16Tensor",
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "set_default_tensor_type",
]


def legacy_array(dtype, data):
    """Return the array that an old constructor makes of sizes, a sequence of values, or a tensor."""
    if not data:
        return np.empty(0, dtype.numpy)
    first = data[0]
    if len(data) == 1 and isinstance(first, Tensor):
        return first.array
    if hasattr(first, "__index__") and not isinstance(first, (bool, np.ndarray)):
        return np.empty(sizes_of("new", data), dtype.numpy)
    if len(data) == 1 and isinstance(first, Size):
        return np.empty(first, dtype.numpy)
    if isinstance(first, str):
        raise TypeError("new(): invalid data type 'str'")
    if len(data) > 1 or not hasattr(first, "__len__"):
        raise TypeError(f"new(): data must be a sequence (got {type(first).__name__})")
    return to_array(first, dtype, copy=True)


def _new_tensor(cls, *data, device=None):
    t = object.__new__(cls)
    t.array = legacy_array(dtypes.get_default_dtype(), data)
    return t


Tensor.__new__ = _new_tensor  # type: ignore[method-assign, assignment]


@method
def new(self, *data, device=None):
    """Make a tensor of this one's dtype, of the given sizes or with the given values."""
    return wrap(legacy_array(self.dtype, data))


class tensortype(type):
    """The type of `FloatTensor` and its relatives: a call makes a Tensor, `isinstance` asks for a dtype."""

    dtype: dtypes.dtype

    def __call__(cls, *data, device=None):
        array = legacy_array(cls.dtype, data)
        if array.dtype != cls.dtype.numpy:
            raise TypeError(f"expected a tensor of {cls.dtype} (got {dtypes.of(array)})")
        return wrap(array)

    def __instancecheck__(cls, value):
        return isinstance(value, Tensor) and value.array.dtype == cls.dtype.numpy


def _tensor_type(dtype):
    text = f"The old constructor of {dtype} tensors. New code says `torch.tensor(values, dtype={dtype})`."
    return tensortype(f"{dtype.legacy}Tensor", (), {"dtype": dtype, "__module__": "torch", "__doc__": text})


FloatTensor, DoubleTensor = _tensor_type(dtypes.float32), _tensor_type(dtypes.float64)
HalfTensor, BFloat16Tensor = _tensor_type(dtypes.float16), _tensor_type(dtypes.bfloat16)
LongTensor, IntTensor, ShortTensor = map(_tensor_type, (dtypes.int64, dtypes.int32, dtypes.int16))
CharTensor, ByteTensor, BoolTensor = map(_tensor_type, (dtypes.int8, dtypes.uint8, dtypes.bool))


def set_default_tensor_type(t):
    """Set the default float dtype by the name of an old constructor. Deprecated: use `set_default_dtype`."""
    warnings.warn(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use "
        "torch.set_default_dtype() and torch.set_default_device() as alternatives.",
        stacklevel=2,
    )
    if isinstance(t, str):
        name = t.removeprefix("torch.")
        if name not in __all__:
            raise TypeError(f"invalid type: '{t}'")
        t = globals()[name]
    dtypes.set_default_dtype(t.dtype)
