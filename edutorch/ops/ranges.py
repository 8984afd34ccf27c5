"""Numbers at equal distances: `arange`, `linspace`, `logspace`, to the last digit of PyTorch's."""

from __future__ import annotations

import math
import warnings

import numpy as np

from .. import dtypes
from ..errors import with_remedy
from ..op.quiet import quietly
from ..streams.box_muller import fused_multiply_add
from ..tensor import Tensor
from .convert import cast_array
from .creation import creation, default_floats, number_of, whole_number

__all__ = ["arange", "linspace", "logspace", "range"]


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
        dtype = dtypes.INT64 if whole else default_floats()
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
        legacy = dtypes.of_numpy(dtype).legacy
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{legacy}'")
    if not dtypes.is_floating(dtype) and int(step) == 0:
        raise ValueError("step must be nonzero")
    if not dtypes.is_floating(dtype) or (start == int(start) and step == int(step)):  # nothing to round
        numbers = xp.arange(count)
        if step != 1:
            numbers *= int(step)
        if start:
            numbers += int(start)
        return numbers.astype(dtype, copy=False)
    # PyTorch computes in vectors of 32 bytes, two at a time. Only the first number of each vector is
    # `start + i step`: the others count on from it, after it was rounded. A rest goes one by one.
    i = np.arange(count, dtype=dtypes.FLOAT64)
    y = _narrow(fused_multiply_add(i, step, start), dtype)
    width = 32 // dtype.itemsize
    in_vectors = count // (2 * width) * (2 * width)
    if in_vectors:
        first = np.repeat(y[:in_vectors:width].astype(dtypes.FLOAT64), width)
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
    return _count_up(xp, start, step, count, dtype or default_floats(), "range_cpu")


@creation
def linspace(xp, dtype, start, end, steps):
    """Divide the interval from `start` to `end`, both included, into equal steps.

    Shape: steps -> out (steps,)
    Math:  y_i = start + i (end - start) / (steps - 1), from the middle on counted back from `end`

    Raises:
        RuntimeError: if `steps` is negative.
    """
    dtype = dtype or default_floats()
    start, end, steps = _limits("linspace", start, end, steps, dtype)
    work = dtype
    if not dtypes.is_floating(dtype):
        start, end, work = int(start), int(end), dtypes.FLOAT64
    start, end = quietly(np.asarray, [start, end], work)
    step = (end - start) / work.type(max(steps - 1, 1))
    if steps < 2:
        return np.full(steps, start, dtype)
    i = np.arange(steps).astype(work)
    up, down = (
        i[: steps // 2],
        i[: steps - steps // 2][::-1],
    )  # counting from both ends keeps the result symmetric
    if work in dtypes.HALVES:  # each product is rounded before the sum
        y = np.concatenate((start + up * step, end - down * step))
    else:
        y = np.concatenate((fused_multiply_add(up, step, start), fused_multiply_add(down, -step, end)))
    return cast_array(y, dtype)


@creation
def logspace(xp, dtype, start, end, steps, base=10.0):
    """Raise `base` to the powers from `start` to `end`, in equal steps.

    Shape: steps -> out (steps,)
    Math:  y_i = base^(start + i (end - start) / (steps - 1)), from the middle on counted back from `end`

    Raises:
        RuntimeError: if `steps` is negative.
    """
    dtype = dtype or default_floats()
    start, end, steps = _limits("logspace", start, end, steps, dtype)
    powers = np.full(steps, start, dtypes.FLOAT64)
    if steps > 1:
        limits = _narrow(np.asarray([start, end], dtypes.FLOAT64), dtype)  # rounded first; the rest in double precision
        step = float(limits[1] - limits[0]) / (steps - 1)
        start, end = map(float, limits)
        i = np.arange(steps, dtype=dtypes.FLOAT64)
        powers = np.where(i < steps // 2, start + i * step, end - i[::-1] * step)
    return _narrow(quietly(np.power, float(base), powers), dtype)


def _limits(name, start, end, steps, dtype):
    """Return checked limits and number of steps."""
    tensors = [(w, v) for w, v in (("start", start), ("end", end)) if isinstance(v, Tensor)]
    if any(v.ndim for _, v in tensors):
        got = " and ".join(f"{w} with {v.ndim} dimension(s)" for w, v in tensors)
        raise RuntimeError(f"{name} only supports 0-dimensional start and end tensors, but got {got}.")
    steps = whole_number(name, "steps", 3, steps)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    if dtype == dtypes.BOOL:
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for 'Bool'")
    return number_of(name, "start", 1, start), number_of(name, "end", 2, end), steps
