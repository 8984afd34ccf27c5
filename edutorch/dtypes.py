"""Element types: PyTorch's dtype objects over NumPy's, and PyTorch's rules for mixing them.

PyTorch sorts types into categories, bool < integer < floating, and mixes like this: among the operands of the
highest category, tensors with dimensions decide; a 0-d tensor or a Python number only raises the category.
So `float32 tensor * 2` stays float32, and `int64 tensor * 2.5` becomes the default dtype, float32.
"""

from __future__ import annotations

import builtins
from typing import ClassVar

import ml_dtypes
import numpy as np


class dtype:
    """The type of a tensor's elements, such as `edutorch.float32`. Prints as PyTorch's: `torch.float32`."""

    _by_numpy: ClassVar[dict] = {}
    _by_name: ClassVar[dict] = {}

    def __init__(self, name, numpy_dtype, legacy):
        self.name, self.numpy, self.legacy = name, np.dtype(numpy_dtype), legacy
        self.itemsize = self.numpy.itemsize
        self.is_floating_point = self.numpy in _FLOATS
        self.is_complex = False
        self.is_signed = self.is_floating_point or self.numpy.kind == "i"
        dtype._by_numpy[self.numpy] = dtype._by_name[name] = self

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return _named, (self.name,)  # one object per dtype, also after copy and pickle


def _named(name):
    return dtype._by_name[name]


BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
FLOAT16, FLOAT32, FLOAT64 = np.dtype("float16"), np.dtype("float32"), np.dtype("float64")
BOOL, INT64 = np.dtype("bool"), np.dtype("int64")
HALVES = frozenset((FLOAT16, BFLOAT16))
_FLOATS = frozenset((FLOAT16, BFLOAT16, FLOAT32, FLOAT64))

float16 = half = dtype("float16", FLOAT16, "Half")
bfloat16 = dtype("bfloat16", BFLOAT16, "BFloat16")
float32 = float = dtype("float32", FLOAT32, "Float")
float64 = double = dtype("float64", FLOAT64, "Double")
uint8 = dtype("uint8", "uint8", "Byte")
uint16 = dtype("uint16", "uint16", "UInt16")
uint32 = dtype("uint32", "uint32", "UInt32")
uint64 = dtype("uint64", "uint64", "UInt64")
int8 = dtype("int8", "int8", "Char")
int16 = short = dtype("int16", "int16", "Short")
int32 = int = dtype("int32", "int32", "Int")
int64 = long = dtype("int64", INT64, "Long")
bool = dtype("bool", BOOL, "Bool")

ALL = tuple(dtype._by_name.values())
_default = float32


def get_default_dtype():
    """Return the dtype that Python floats become: float32 unless `set_default_dtype` changed it."""
    return _default


def set_default_dtype(d):
    """Set the floating dtype that `tensor([1.5])`, `rand`, `zeros`… use.

    Raises:
        TypeError: if `d` is not a floating-point dtype.
    """
    global _default
    if not isinstance(d, dtype):
        raise TypeError(
            f"invalid dtype object: only floating-point types are supported as the default type\nThis is {d!r}."
        )
    if not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type\nThis is {d}.")
    _default = d


def of(array):
    """Return the dtype object of an array."""
    return dtype._by_numpy[array.dtype]


def of_numpy(numpy_dtype):
    """Return the dtype object of a NumPy dtype."""
    return dtype._by_numpy[numpy_dtype]


def to_numpy(d, default=None):
    """Return the NumPy dtype of `d`: a dtype object, a Python type (`float`, `int`, `bool`), or None."""
    if d is None:
        return default
    if isinstance(d, dtype):
        return d.numpy
    if d in _PYTHON_TYPES:
        return _PYTHON_TYPES[d]
    if isinstance(d, np.dtype):
        return d
    raise TypeError(f"expected a dtype such as torch.float32, got {d!r}")


_PYTHON_TYPES = {builtins.float: FLOAT64, builtins.int: INT64, builtins.bool: BOOL}


def is_floating(numpy_dtype):
    """Whether a NumPy dtype is one of the four floating types."""
    return numpy_dtype in _FLOATS


def promote(a, b):
    """Return the NumPy dtype that two NumPy dtypes of equal rank meet in (PyTorch's lattice).

    Raises:
        RuntimeError: for uint16, uint32 or uint64 with another integer type, which PyTorch leaves undefined.
    """
    if a is b or a == b:
        return a
    a_floats, b_floats = a in _FLOATS, b in _FLOATS
    if a_floats and b_floats:
        if a.itemsize == b.itemsize:
            return FLOAT32  # float16 with bfloat16: neither holds the other
        return a if a.itemsize > b.itemsize else b
    if a_floats or b_floats:
        return a if a_floats else b
    if a == BOOL or b == BOOL:
        return b if a == BOOL else a
    if "u" in (a.kind, b.kind) and max(d.itemsize for d in (a, b) if d.kind == "u") > 1:
        raise RuntimeError(
            "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
            f"{of_numpy(a).legacy} and {of_numpy(b).legacy}"
        )
    return np.promote_types(a, b)


def promote_types(type1, type2):
    """Return the smallest dtype that holds both dtypes' values in PyTorch's lattice.

    Example:
        >>> import edutorch as torch
        >>> torch.promote_types(torch.int64, torch.float16)
        torch.float16
    """
    return of_numpy(promote(type1.numpy, type2.numpy))


def category(numpy_dtype):
    """Return the rank of a NumPy dtype's category: 0 for bool, 1 for integers, 2 for floats."""
    return 2 if numpy_dtype in _FLOATS else 0 if numpy_dtype == BOOL else 1


def common(operands):
    """Return the NumPy dtype in which arrays and Python numbers meet (PyTorch's `result_type`).

    Args:
        operands: arrays (0-d ones are weak within their category) and Python numbers (weaker still).
    """
    strong = weak = number = None
    for operand in operands:
        if hasattr(operand, "dtype") and hasattr(operand, "ndim"):
            if operand.ndim:
                strong = operand.dtype if strong is None else promote(strong, operand.dtype)
            else:
                weak = operand.dtype if weak is None else promote(weak, operand.dtype)
        else:
            d = (
                BOOL
                if isinstance(operand, builtins.bool)
                else INT64
                if isinstance(operand, builtins.int)
                else _default.numpy
            )
            number = d if number is None else promote(number, d)
    result = strong
    for d in (weak, number):
        if d is not None and (result is None or category(d) > category(result)):
            result = d
    return result


class finfo:
    """The limits of a floating dtype: `bits eps max min tiny smallest_normal resolution dtype`."""

    def __init__(self, type=None):
        type = _default if type is None else type
        if not type.is_floating_point:
            raise TypeError(f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle '{type}'")
        info = ml_dtypes.finfo(type.numpy)
        self.bits, self.dtype = type.itemsize * 8, type.name
        self.eps, self.max, self.min = (
            builtins.float(info.eps),
            builtins.float(info.max),
            builtins.float(info.min),
        )
        self.tiny = self.smallest_normal = builtins.float(info.tiny)
        self.resolution = builtins.float(info.resolution)

    def __repr__(self):
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:
    """The limits of an integer dtype: `bits max min dtype`."""

    def __init__(self, type):
        if type.is_floating_point or type is bool:
            raise TypeError(f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{type}'")
        info = np.iinfo(type.numpy)
        self.bits, self.max, self.min, self.dtype = (
            info.bits,
            builtins.int(info.max),
            builtins.int(info.min),
            type.name,
        )

    def __repr__(self):
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
