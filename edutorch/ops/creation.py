"""What creation functions share: the arguments `out=`, `dtype=`, `device=` …, and reading sizes and numbers."""

from __future__ import annotations

import functools
import inspect
import math
import numbers
import operator
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.versions import bump
from ..backends import XP, array_module, like, making_on, requested
from ..tensor import Tensor
from .convert import cast_array
from .from_data import finish, overflows


def creation(function):
    """Make a creation function from one that takes `xp` and `dtype` (NumPy's or None) and returns an array.

    The function made also takes `out`, `dtype`, `layout`, `device`, `pin_memory` and `requires_grad`.
    """

    @functools.wraps(function)
    def create(*args, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, **kwargs):
        target = numpy_dtype(function.__name__, dtype)
        if out is not None:
            if target is not None and target != out.array.dtype:
                wanted = dtypes.of_numpy(target).legacy
                raise RuntimeError(f"dtype {wanted} does not match dtype of out parameter ({out.dtype.legacy})")
            array = function(XP[type(out.array)], out.array.dtype, *args, **kwargs)
            array = like(array, out.array) if type(array) is np.ndarray else array
            if out.array.shape == array.shape:
                out.array[...] = array
            else:
                out.array = array
            bump(out)
            return out
        where = requested(device)
        if where is None:
            return finish(function(np, target, *args, **kwargs), None, requires_grad)
        with making_on(where):
            return finish(function(array_module(where), target, *args, **kwargs), where, requires_grad)

    own = [p for p in inspect.signature(function).parameters.values() if p.name not in ("xp", "dtype")]
    shared = [
        p for p in inspect.signature(create, follow_wrapped=False).parameters.values() if p.kind is p.KEYWORD_ONLY
    ]
    create.__signature__ = inspect.Signature(sorted(own + shared, key=lambda p: p.kind))
    return create


def numpy_dtype(name, dtype):
    """Return the NumPy dtype of a `dtype=` argument (None stays None).

    Raises:
        TypeError: if it is no dtype.
    """
    try:
        return dtypes.to_numpy(dtype)
    except TypeError:
        raise TypeError(f"{name}(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}") from None


def sizes_of(name, sizes, size=None):
    """Return sizes, given one by one, as one sequence, or by the keyword `size`, as a tuple of ints.

    Raises:
        TypeError: if they are not whole numbers. RuntimeError: if one is negative.
    """
    if size is not None:
        sizes = (size,)
    if not sizes:
        raise TypeError(f'{name}() missing 1 required positional arguments: "size"')
    if isinstance(sizes[0], (tuple, list)):
        if len(sizes) > 1:
            raise TypeError(f"{name}() takes 1 positional argument but {len(sizes)} were given")
        sizes = sizes[0]
    wrong = [i for i, n in enumerate(sizes) if type(n) is bool or not hasattr(n, "__index__")]
    if wrong:
        raise _not_sizes(name, wrong[0], type(sizes[wrong[0]]).__name__)
    sizes = tuple(map(operator.index, sizes))
    if any(n < 0 for n in sizes):
        if name == "zeros":
            raise RuntimeError("zeros: Dimension size must be non-negative.")
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(sizes)}: {list(sizes)}")
    return sizes


def _not_sizes(name, position, kind):
    if position == 0:
        return TypeError(f"{name}(): argument 'size' (position 1) must be tuple of ints, not {kind}")
    return TypeError(
        f"{name}(): argument 'size' failed to unpack the object at pos {position + 1} with error "
        f'"type must be tuple of ints,but got {kind}"'
    )


def number_of(name, parameter, position, value) -> Any:
    """Return a number given as one or as a 0-d tensor.

    Raises:
        TypeError: if it is neither.
    """
    if isinstance(value, Tensor) and not value.array.ndim:
        return value.item()
    if not isinstance(value, numbers.Real):
        kind = type(value).__name__
        raise TypeError(f"{name}(): argument '{parameter}' (position {position}) must be Number, not {kind}")
    return value.item() if isinstance(value, np.generic) else value


def whole_number(name, parameter, position, value):
    """Return a whole number.

    Raises:
        TypeError: if it is none.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        kind = type(value).__name__
        raise TypeError(f"{name}(): argument '{parameter}' (position {position}) must be int, not {kind}")
    return operator.index(value)


def default_floats():
    """Return the NumPy dtype of the default float dtype."""
    return dtypes.get_default_dtype().numpy


_C_NAMES = {"int32": "int", "float32": "float"}


def scalar(value, dtype):
    """Return a Python number as a 0-d array of a NumPy dtype.

    Raises:
        RuntimeError: if the dtype cannot hold it: a whole number out of range, a finite one beyond float32.
    """
    if dtype.kind in "iu":
        lost = bool(overflows(np.asarray(value), dtype))
    else:
        lost = dtype == dtypes.FLOAT32 and math.isfinite(value) and abs(value) > float(np.finfo(np.float32).max)
    if lost:
        name = _C_NAMES.get(dtype.name, f"{dtype.name}_t")
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    wide = np.asarray(value)
    return cast_array(wide.astype(dtypes.FLOAT32) if dtype in dtypes.HALVES else wide, dtype)
