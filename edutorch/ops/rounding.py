"""Rounding to whole numbers, and clamping to an interval."""

from __future__ import annotations

import math

from .. import dtypes
from ..errors import not_implemented
from ..op import Array, Operand, op
from ..op.forms import alias, inplace_form
from ..tensor import Tensor
from .activation import keep
from .dialect import speak

__all__ = [
    "ceil", "clamp", "clamp_", "clamp_max", "clamp_min", "clip", "fix", "floor", "frac", "nan_to_num", "round",
    "trunc",
]  # fmt: skip


def round_with(function, input, name):
    """Apply a rounding function of the array library to floats; integers are whole already."""
    if input.dtype.kind == "b":
        raise not_implemented(f"{name}_vml_cpu", input)
    return function(input) if input.dtype.kind == "f" else input.copy()


@op(inplace=True)
def floor(xp, input: Array):
    """Round down to whole numbers.

    Shape:    input (*) -> out (*)
    Math:     y = max {n whole : n <= x}
    Gradient: dL/dx = 0
    """
    return round_with(xp.floor, input, "floor")


@op(inplace=True)
def ceil(xp, input: Array):
    """Round up to whole numbers.

    Shape:    input (*) -> out (*)
    Math:     y = min {n whole : n >= x}
    Gradient: dL/dx = 0
    """
    return round_with(xp.ceil, input, "ceil")


@op(inplace=True)
def trunc(xp, input: Array):
    """Round towards zero: cut the digits after the point.

    Shape:    input (*) -> out (*)
    Math:     y = sign(x) floor(|x|)
    Gradient: dL/dx = 0
    """
    return round_with(xp.trunc, input, "trunc")


@op(inplace=True, node=lambda decimals: f"RoundBackward{int(decimals != 0)}")
def round(xp, input: Array, *, decimals=0):
    """Round to the nearest whole number, or to `decimals` digits after the point; halves go to the even neighbour.

    Shape:    input (*) -> out (*)
    Math:     y = the whole number nearest to x
    Gradient: dL/dx = 0
    """
    if decimals == 0:
        return round_with(xp.rint, input, "round")
    if input.dtype.kind != "f":
        raise not_implemented("round_cpu", input)
    scale = 10.0 ** abs(decimals)
    return xp.rint(input * scale) / scale if decimals > 0 else xp.rint(input / scale) * scale


for _rounding in (floor, ceil, trunc, round):
    _rounding.grad(input=lambda g, xp: xp.zeros_like(g))


@op(inplace=True)
def frac(xp, input: Array):
    """Return what `trunc` cuts off, with the sign of the input.

    Shape:    input (*) -> out (*)
    Math:     y = x - trunc(x)
    Gradient: dL/dx = g
    """
    if input.dtype.kind != "f":
        raise not_implemented("frac_cpu", input)
    return input - xp.trunc(input)


frac.grad(input=lambda g: g)

# ---------------------------------------------------------------- clamping


# A clamp of floats between numbers is written with `clip`, up to ten times quicker than `maximum` and `minimum`.


def at_least(xp, input: Array, min: Operand):
    """Raise elements below `min` to it.

    Shape:    input (*), min (*), broadcast -> out (*)
    Math:     y = max(x, l)
    Gradient: dL/dx = g where x >= l, else 0,  dL/dl = g where x < l, else 0
    """
    if isinstance(min, xp.ndarray):
        return xp.maximum(input, min)
    refuse_bool(input, "clamp_min_scalar_cpu", min)
    return input.clip(min, math.inf) if input.dtype.kind == "f" else xp.maximum(input, min)


def at_most(xp, input: Array, max: Operand):
    """Lower elements above `max` to it.

    Shape:    input (*), max (*), broadcast -> out (*)
    Math:     y = min(x, h)
    Gradient: dL/dx = g where x <= h, else 0,  dL/dh = g where x > h, else 0
    """
    if isinstance(max, xp.ndarray):
        return xp.minimum(input, max)
    refuse_bool(input, "clamp_max_scalar_cpu", max)
    return input.clip(-math.inf, max) if input.dtype.kind == "f" else xp.minimum(input, max)


def between(xp, input: Array, min: Operand, max: Operand):
    """Clamp elements to the interval [min, max]; where it is empty, to `max`.

    Shape:    input (*), min (*), max (*), broadcast -> out (*)
    Math:     y = min(max(x, l), h)
    Gradient: dL/dx = g where l <= x <= h, else 0,  dL/dl = g where x < l < h,  dL/dh = g where x > h or h < l
    """
    refuse_bool(input, "clamp_scalar_cpu" if isinstance(min, bool) else "clamp_cpu", False)
    if input.dtype.kind == "f" and not isinstance(min, xp.ndarray):
        return input.clip(min, max)
    return xp.minimum(xp.maximum(input, min), max)


def refuse_bool(input, kernel, bound):
    """Raise for booleans between plain numbers, which PyTorch has no kernel for.

    Raises:
        NotImplementedError: as the name says.
    """
    if input.dtype.kind == "b" and isinstance(bound, bool):
        raise not_implemented(kernel, input)


# PyTorch names the node by the call, and by the kind of the bounds.
clamp_min = op(at_least, name="clamp_min", inplace=True, node=lambda min: f"ClampMinBackward{int(is_tensor(min))}")
clamp_max = op(at_most, name="clamp_max", inplace=True, node=lambda max: f"ClampMaxBackward{int(is_tensor(max))}")
clamp_below = op(at_least, name="clamp", method=False, node=lambda min: f"ClampBackward{int(not is_tensor(min))}")
clamp_above = op(at_most, name="clamp", method=False, node=lambda max: f"ClampBackward{int(not is_tensor(max))}")
clamp_both = op(between, name="clamp", method=False, node=lambda min: f"ClampBackward{int(not is_tensor(min))}")


def is_tensor(bound):
    return isinstance(bound, Tensor)


for _clamp in (clamp_min, clamp_below):
    _clamp.grad(
        input=lambda g, input, min: keep.both(g, input >= min), min=lambda g, input, min: keep.both(g, input < min)
    )
for _clamp in (clamp_max, clamp_above):
    _clamp.grad(
        input=lambda g, input, max: keep.both(g, input <= max), max=lambda g, input, max: keep.both(g, input > max)
    )
clamp_both.grad(
    input=lambda g, input, min, max: keep.both(g, (input >= min) & (input <= max)),
    min=lambda g, input, min, max: keep.both(g, (min < max) & (input < min)),
    max=lambda g, input, min, max: keep.both(g, (input > max) | (max < min)),
)
for _clamp in (clamp_min, clamp_max, clamp_below, clamp_above, clamp_both):
    _clamp.op.wraps = False  # a bound that the dtype cannot hold is an error


def clamp(input, min=None, max=None, *, out=None):
    """Clamp elements to [min, max]; a bound may be a number, a tensor, or None. Where min > max, to `max`.

    Shape:    input (*), min (*), max (*), broadcast -> out (*)
    Math:     y = min(max(x, l), h)
    Gradient: dL/dx = g where l <= x <= h, else 0; the rest goes to the bound, if it is a tensor

    Raises:
        RuntimeError: if both bounds are None.
        TypeError: if one bound is a number and the other a tensor.
    """
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if max is None:
        return clamp_below(input, min, out=out)
    if min is None:
        return clamp_above(input, max, out=out)
    if isinstance(min, Tensor) != isinstance(max, Tensor):
        kinds = ", ".join(type(v).__name__ for v in (input, min, max))
        raise TypeError(
            f"clamp() received an invalid combination of arguments - got ({kinds}): give two numbers, or two tensors"
        )
    return clamp_both(input, min, max, out=out)


clamp.op = clamp_both.op
Tensor.clamp, Tensor.clamp_ = clamp, inplace_form(clamp, "clamp_")
clamp_ = Tensor.clamp_
clip, fix = alias(clamp, "clip"), alias(trunc, "fix")


@op(inplace=True, cast=None)
def nan_to_num(xp, input: Array, nan=0.0, posinf=None, neginf=None):
    """Replace nan by `nan`, and infinities by the largest finite numbers or by what is given.

    Shape:    input (*) -> out (*)
    Math:     y = x where x is finite
    Gradient: dL/dx = g where x is finite, else 0
    """
    finite = input.copy()
    if dtypes.is_floating(input.dtype):
        largest = dtypes.finfo(dtypes.of(input)).max
        finite[xp.isnan(input)] = 0.0 if nan is None else nan
        finite[input == math.inf] = largest if posinf is None else posinf
        finite[input == -math.inf] = -largest if neginf is None else neginf
    return finite


nan_to_num.grad(input=lambda g, input, xp: keep.both(g, xp.isfinite(input)))
speak(floor=floor, ceil=ceil, trunc=trunc, rint=round, clip=clamp)
