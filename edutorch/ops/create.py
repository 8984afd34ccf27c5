"""Tensors from nothing: zeros and ones, ranges, identity matrices, and the like of another tensor.

Each function below makes an array; `creation` turns it into what users call, with the arguments that all of
them share: `out=`, `dtype=`, `device=`, `requires_grad=` and so on.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import math
import numbers
import operator
import warnings

import numpy as np

from .. import dtypes
from ..backends import array_module
from ..box_muller import fused_multiply_add
from ..errors import not_a_tensor, with_remedy
from ..op.quiet import quietly
from ..tensor import Tensor, wrap
from .convert import cast_array
from .dialect import speak
from .from_data import finish, overflows

__all__ = [
    "arange",
    "empty",
    "empty_like",
    "empty_strided",
    "eye",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "numel",
    "ones",
    "ones_like",
    "range",
    "tril_indices",
    "triu_indices",
    "zeros",
    "zeros_like",
]


def creation(function):
    """Make a creation function from one that takes `xp` and `dtype` (NumPy's or None) and returns an array.

    The function made also takes `out`, `dtype`, `layout`, `device`, `pin_memory` and `requires_grad`.
    """

    @functools.wraps(function)
    def create(
        *args, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, **kwargs
    ):
        target = numpy_dtype(function.__name__, dtype)
        if out is not None:
            if target is not None and target != out.array.dtype:
                raise RuntimeError(
                    f"dtype {dtype.legacy} does not match dtype of out parameter ({out.dtype.legacy})"
                )
            array = function(array_module(device), out.array.dtype, *args, **kwargs)
            if out.array.shape == array.shape:
                out.array[...] = array
            else:
                out.array = array
            return out
        return finish(function(array_module(device), target, *args, **kwargs), device, requires_grad)

    own = [p for p in inspect.signature(function).parameters.values() if p.name not in ("xp", "dtype")]
    shared = [
        p
        for p in inspect.signature(create, follow_wrapped=False).parameters.values()
        if p.kind is p.KEYWORD_ONLY
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
        raise TypeError(
            f"{name}(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}"
        ) from None


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


def number_of(name, parameter, position, value):
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


def _whole(name, parameter, position, value):
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        kind = type(value).__name__
        raise TypeError(f"{name}(): argument '{parameter}' (position {position}) must be int, not {kind}")
    return operator.index(value)


def _floats():
    return dtypes.get_default_dtype().numpy


# ---------------------------------------------------------------- filled with one value


@creation
def zeros(xp, dtype, *sizes, size=None):
    """Make a tensor of zeros.

    Shape: sizes, one by one or as one tuple -> out (*sizes)
    """
    return xp.zeros(sizes_of("zeros", sizes, size), dtype or _floats())


@creation
def ones(xp, dtype, *sizes, size=None):
    """Make a tensor of ones.

    Shape: sizes, one by one or as one tuple -> out (*sizes)
    """
    return xp.ones(sizes_of("ones", sizes, size), dtype or _floats())


@creation
def empty(xp, dtype, *sizes, size=None, memory_format=None):
    """Make a tensor whose values are whatever lay in memory.

    Shape: sizes, one by one or as one tuple -> out (*sizes)
    """
    return xp.empty(sizes_of("empty", sizes, size), dtype or _floats())


@creation
def full(xp, dtype, size, fill_value):
    """Make a tensor filled with one value, whose kind decides the dtype: int64 for 3, float32 for 3.0.

    Shape: size, a tuple -> out (*size)

    Raises:
        RuntimeError: if the dtype cannot hold the value.
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(
            f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}"
        )
    value = number_of("full", "fill_value", 2, fill_value)
    if dtype is None:
        dtype = dtypes.common([value])
    return xp.full(sizes_of("full", (size,)), scalar(value, dtype), dtype)


_C_NAMES = {"int32": "int", "float32": "float"}


def scalar(value, dtype):
    """Return a Python number as a 0-d array of a NumPy dtype.

    Raises:
        RuntimeError: if the dtype cannot hold it: a whole number out of range, a finite one beyond float32.
    """
    if dtype.kind in "iu":
        lost = (
            overflows(value, dtype)
            if isinstance(value, np.ndarray)
            else bool(overflows(np.asarray(value), dtype))
        )
    else:
        lost = (
            dtype == dtypes.FLOAT32 and math.isfinite(value) and abs(value) > float(np.finfo(np.float32).max)
        )
    if lost:
        name = _C_NAMES.get(dtype.name, f"{dtype.name}_t")
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    wide = np.asarray(value)
    return cast_array(wide.astype(dtypes.FLOAT32) if dtype in dtypes.HALVES else wide, dtype)


@creation
def eye(xp, dtype, n, m=None):
    """Make a matrix with ones on the diagonal and zeros elsewhere.

    Shape: n, m (default n) -> out (n, m)
    """
    n = _whole("eye", "n", 1, n)
    m = n if m is None else _whole("eye", "m", 2, m)
    for name, size in (("n", n), ("m", m)):
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    return xp.eye(n, m, dtype=dtype or _floats())


@creation
def empty_strided(xp, dtype, size, stride):
    """Make an uninitialised tensor with given strides, counted in elements.

    Shape: size, stride (as many) -> out (*size)
    """
    dtype = dtype or _floats()
    if len(size) != len(stride):
        raise RuntimeError(
            f"dimensionality of sizes ({len(size)}) must match dimensionality of strides ({len(stride)})"
        )
    reach = 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) if 0 not in size else 0
    steps = tuple(s * dtype.itemsize for s in stride)
    return np.ndarray(tuple(size), dtype, buffer=xp.empty(reach, dtype), strides=steps)


# ---------------------------------------------------------------- ranges


@creation
def arange(xp, dtype, start=None, end=None, step=1):
    """Count from `start` (default 0) up to, but not including, `end` in steps of `step`.

    Whole numbers give int64, others the default float dtype.

    Shape: -> out (ceil((end - start) / step),)
    Math:  y_i = start + i step

    Raises:
        RuntimeError: if `step` is zero or leads away from `end`.
    """
    if end is None:
        start, end = 0, start
        if end is None:
            raise TypeError(
                with_remedy(
                    "arange() received an invalid combination of arguments - got (), but expected one of:",
                    "(end), (start, end) or (start, end, step).",
                )
            )
        end = number_of("arange", "end", 1, end)
    else:
        start, end = number_of("arange", "start", 1, start or 0), number_of("arange", "end", 2, end)
    step = number_of("arange", "step", 3, step)
    whole = all(isinstance(v, int) for v in (start, end, step))
    if dtype is None:
        dtype = dtypes.INT64 if whole else _floats()
    _refuse_range(start, end, step)
    count = -((start - end) // step) if whole else math.ceil((end - start) / step)
    if dtype == dtypes.INT64 and not whole and int(step):  # PyTorch rounds the limits and the step first
        count = math.ceil((int(end) - int(start)) / int(step))
    return _count_up(xp, start, step, count, dtype, "arange_cpu")


def _refuse_range(start, end, step):
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start:g} -> {end:g}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")


def _count_up(xp, start, step, count, dtype, kernel):
    """Return `start + i step` for i from 0 to `count - 1`, to the last digit of PyTorch's CPU kernel."""
    if dtype == dtypes.BOOL or (dtype.kind == "u" and dtype.itemsize > 1):
        legacy = dtypes.dtype._by_numpy[dtype].legacy
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{legacy}'")
    if not dtypes.is_floating(dtype) and int(step) == 0:
        raise ValueError("step must be nonzero")
    if not dtypes.is_floating(dtype) or (start == int(start) and step == int(step)):  # nothing to round
        return (xp.arange(count) * int(step) + int(start)).astype(dtype)
    # PyTorch computes in vectors of 32 bytes, two at a time. Only the first number of each vector is
    # `start + i step`: the others count on from it, after it was rounded. A rest goes one by one.
    i = xp.arange(count, dtype=dtypes.FLOAT64)
    y = _narrow(fused_multiply_add(i, step, start), dtype)
    width = 32 // dtype.itemsize
    in_vectors = count // (2 * width) * (2 * width)
    if in_vectors:
        first = xp.repeat(y[:in_vectors:width].astype(dtypes.FLOAT64), width)
        y[:in_vectors] = _narrow(fused_multiply_add(i[:in_vectors] % width, step, first), dtype)
    return y


def _narrow(array, dtype):
    """Convert from float64 as C++ does: halves are reached through float32."""
    return cast_array(array.astype(dtypes.FLOAT32) if dtype in dtypes.HALVES else array, dtype)


@creation
def range(xp, dtype, start=0, end=None, step=1):
    """Count from `start` to `end`, both included. Deprecated, also in PyTorch: use `arange`.

    Shape: -> out (floor((end - start) / step) + 1,)
    """
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is "
        "inconsistent with Python's range builtin. Instead, use torch.arange, which produces values in "
        "[start, end).",
        stacklevel=3,
    )
    if end is None:
        start, end = 0, start
    _refuse_range(start, end, step)
    count = math.floor((end - start) / step) + 1
    return _count_up(xp, start, step, count, dtype or _floats(), "range_cpu")


@creation
def linspace(xp, dtype, start, end, steps):
    """Divide the interval from `start` to `end`, both included, into equal steps.

    Shape: steps -> out (steps,)
    Math:  y_i = start + i (end - start) / (steps - 1), from the middle on counted back from `end`

    Raises:
        RuntimeError: if `steps` is negative.
    """
    dtype = dtype or _floats()
    start, end, steps = _limits("linspace", start, end, steps, dtype)
    work = dtype
    if not dtypes.is_floating(dtype):
        start, end, work = int(start), int(end), dtypes.FLOAT64
    start, end = quietly(xp.asarray, [start, end], work)
    step = (end - start) / work.type(max(steps - 1, 1))
    if steps < 2:
        return xp.full(steps, start, dtype)
    i = xp.arange(steps).astype(work)
    up, down = (
        i[: steps // 2],
        i[: steps - steps // 2][::-1],
    )  # counting from both ends keeps the result symmetric
    if work in dtypes.HALVES:  # each product is rounded before the sum
        y = xp.concatenate((start + up * step, end - down * step))
    else:
        y = xp.concatenate((fused_multiply_add(up, step, start), fused_multiply_add(down, -step, end)))
    return cast_array(y, dtype)


@creation
def logspace(xp, dtype, start, end, steps, base=10.0):
    """Raise `base` to the powers from `start` to `end`, in equal steps.

    Shape: steps -> out (steps,)
    Math:  y_i = base^(start + i (end - start) / (steps - 1)), from the middle on counted back from `end`

    Raises:
        RuntimeError: if `steps` is negative.
    """
    dtype = dtype or _floats()
    start, end, steps = _limits("logspace", start, end, steps, dtype)
    limits = xp.asarray([start, end], dtypes.FLOAT64 if dtype == dtypes.FLOAT64 else dtypes.FLOAT32)
    step = float(limits[1] - limits[0]) / max(steps - 1, 1)
    start, end = limits.tolist()
    i = xp.arange(steps, dtype=dtypes.FLOAT64)
    powers = xp.where(i < max(steps // 2, steps == 1), start + i * step, end - i[::-1] * step)
    return _narrow(quietly(xp.power, float(base), powers), dtype)


def _limits(name, start, end, steps, dtype):
    """Return checked limits and number of steps."""
    dims = [v.ndim if isinstance(v, Tensor) else 0 for v in (start, end)]
    if any(dims):
        raise RuntimeError(
            f"{name} only supports 0-dimensional start and end tensors, but got start with {dims[0]} "
            f"dimension(s) and end with {dims[1]} dimension(s)."
        )
    steps = _whole(name, "steps", 3, steps)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    if dtype == dtypes.BOOL:
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for 'Bool'")
    return number_of(name, "start", 1, start), number_of(name, "end", 2, end), steps


# ---------------------------------------------------------------- like another tensor


def _like(name, input, dtype, device, fill):
    """Return an array like a tensor's, made by `fill(xp, shape, dtype)`, in the same order in memory."""
    if not isinstance(input, Tensor):
        raise not_a_tensor(name, "input", 1, input)
    array = input.array
    target = numpy_dtype(name, dtype) or array.dtype
    xp = array_module(input.device if device is None else device)
    if array.flags.c_contiguous or 0 in array.strides:
        return fill(xp, array.shape, target)
    order = sorted(builtins.range(array.ndim), key=lambda d: -array.strides[d])
    made = fill(xp, tuple(array.shape[d] for d in order), target)
    return made.transpose(np.argsort(order))


def _like_arguments(function):
    """Make a `…_like` function or `new_…` method from one that takes the tensor, `dtype` and `device`."""

    @functools.wraps(function)
    def create(
        input, *args, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, **kwargs
    ):
        if not isinstance(input, Tensor):
            raise not_a_tensor(function.__name__, "input", 1, input)
        return finish(function(input, *args, dtype=dtype, device=device, **kwargs), device, requires_grad)

    return create


@_like_arguments
def zeros_like(input, *, dtype, device, memory_format=None):
    """Make a tensor of zeros with another tensor's shape, dtype, device and order in memory.

    Shape: input (*) -> out (*)
    """
    return _like("zeros_like", input, dtype, device, lambda xp, shape, d: xp.zeros(shape, d))


@_like_arguments
def ones_like(input, *, dtype, device, memory_format=None):
    """Make a tensor of ones with another tensor's shape, dtype, device and order in memory.

    Shape: input (*) -> out (*)
    """
    return _like("ones_like", input, dtype, device, lambda xp, shape, d: xp.ones(shape, d))


@_like_arguments
def empty_like(input, *, dtype, device, memory_format=None):
    """Make an uninitialised tensor with another tensor's shape, dtype, device and order in memory.

    Shape: input (*) -> out (*)
    """
    return _like("empty_like", input, dtype, device, lambda xp, shape, d: xp.empty(shape, d))


@_like_arguments
def full_like(input, fill_value, *, dtype, device, memory_format=None):
    """Make a tensor filled with one value, with another tensor's shape, dtype, device and order in memory.

    Shape: input (*) -> out (*)
    """
    value = number_of("full_like", "fill_value", 2, fill_value)
    return _like("full_like", input, dtype, device, lambda xp, shape, d: xp.full(shape, scalar(value, d), d))


def _new(name, fill):
    """Attach `Tensor.new_…`: sizes of one's own choice, dtype and device of the tensor."""

    @_like_arguments
    def new(self, *sizes, size=None, dtype, device):
        xp = array_module(self.device if device is None else device)
        return fill(xp, sizes_of(name, sizes, size), numpy_dtype(name, dtype) or self.array.dtype)

    new.__name__ = new.__qualname__ = name
    new.__doc__ = (
        f"Make a tensor as `torch.{name[4:]}` does, by default in this tensor's dtype and on its device."
    )
    setattr(Tensor, name, new)


_new("new_zeros", lambda xp, shape, dtype: xp.zeros(shape, dtype))
_new("new_ones", lambda xp, shape, dtype: xp.ones(shape, dtype))
_new("new_empty", lambda xp, shape, dtype: xp.empty(shape, dtype))


@_like_arguments
def _new_full(self, size, fill_value, *, dtype, device):
    """Make a tensor filled with one value, by default in this tensor's dtype and on its device."""
    xp, target = (
        array_module(self.device if device is None else device),
        numpy_dtype("new_full", dtype) or self.array.dtype,
    )
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
    xp = array_module(device)
    mask = inside(xp.arange(row)[:, None], xp.arange(col)[None, :])
    return finish(xp.stack(xp.nonzero(mask)).astype(dtype.numpy), device, False)


def numel(input):
    """Return the number of elements of a tensor."""
    if not isinstance(input, Tensor):
        raise not_a_tensor("numel", "input", 1, input)
    return input.array.size


# ---------------------------------------------------------------- NumPy's words, for formulas on Tensors

speak(
    zeros=lambda shape, dtype=None: wrap(np.zeros(shape, dtype or _floats())),
    ones=lambda shape, dtype=None: wrap(np.ones(shape, dtype or _floats())),
    empty=lambda shape, dtype=None: wrap(np.empty(shape, dtype or _floats())),
    full=lambda shape, value, dtype=None: wrap(np.full(shape, value, dtype)),
    arange=lambda *limits, dtype=None: wrap(np.arange(*limits, dtype=dtype)),
    eye=lambda n, m=None, dtype=None: wrap(np.eye(n, m, dtype=dtypes.to_numpy(dtype, _floats()))),
    zeros_like=lambda x: zeros_like(x),
    ones_like=lambda x: ones_like(x),
    empty_like=lambda x: empty_like(x),
    full_like=lambda x, value: full_like(x, value),
    asarray=lambda x, dtype=None: x if isinstance(x, Tensor) else wrap(np.asarray(x, dtype)),
)
