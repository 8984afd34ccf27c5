"""Comparisons, and the larger or smaller of two."""

from __future__ import annotations

from ..errors import not_a_tensor
from ..op import Array, Operand, op
from ..op.forms import alias
from ..op.operators import operator_form
from ..tensor import Tensor, method
from .activation import keep
from .dialect import speak

__all__ = [
    "allclose", "eq", "equal", "fmax", "fmin", "ge", "greater", "greater_equal", "gt", "isclose", "isfinite",
    "isinf", "isnan", "isneginf", "isposinf", "isreal", "le", "less", "less_equal", "lt", "maximum", "minimum",
    "ne", "not_equal",
]  # fmt: skip


@op(inplace=True)
def eq(input: Array, other: Operand):
    """Tell where the operands are equal; nan equals nothing.

    Shape:    input (*), other (*), broadcast -> out (*), boolean
    Math:     y = [a = b]
    """
    return input == other


@op(inplace=True)
def ne(input: Array, other: Operand):
    """Tell where the operands differ.

    Shape:    input (*), other (*), broadcast -> out (*), boolean
    Math:     y = [a != b]
    """
    return input != other


@op(inplace=True)
def lt(input: Array, other: Operand):
    """Tell where the first operand is less.

    Shape:    input (*), other (*), broadcast -> out (*), boolean
    Math:     y = [a < b]
    """
    return input < other


@op(inplace=True)
def le(input: Array, other: Operand):
    """Tell where the first operand is less or equal.

    Shape:    input (*), other (*), broadcast -> out (*), boolean
    Math:     y = [a <= b]
    """
    return input <= other


@op(inplace=True)
def gt(input: Array, other: Operand):
    """Tell where the first operand is greater.

    Shape:    input (*), other (*), broadcast -> out (*), boolean
    Math:     y = [a > b]
    """
    return input > other


@op(inplace=True)
def ge(input: Array, other: Operand):
    """Tell where the first operand is greater or equal.

    Shape:    input (*), other (*), broadcast -> out (*), boolean
    Math:     y = [a >= b]
    """
    return input >= other


# ---------------------------------------------------------------- the larger, the smaller


def _share(g, loses, at_best_ties):
    """Give an operand half of the gradient unless it loses, and the other half unless it only ties."""
    half = g * 0.5
    return keep.both(half, ~loses) + keep.both(half, ~at_best_ties)


@op
def maximum(xp, input: Array, other: Array):
    """Return the larger of two elements; nan, if either is.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = max(a, b)
    Gradient: g to the larger one; half of it to each where they are equal
    """
    return xp.maximum(input, other)


maximum.grad(
    input=lambda g, input, other: _share(g, input < other, input <= other),
    other=lambda g, input, other: _share(g, other < input, other <= input),
)


@op
def minimum(xp, input: Array, other: Array):
    """Return the smaller of two elements; nan, if either is.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = min(a, b)
    Gradient: g to the smaller one; half of it to each where they are equal
    """
    return xp.minimum(input, other)


minimum.grad(
    input=lambda g, input, other: _share(g, input > other, input >= other),
    other=lambda g, input, other: _share(g, other > input, other >= input),
)


@op
def fmax(xp, input: Array, other: Array):
    """Return the larger of two elements, and the other one where one is nan.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = max(a, b)
    Gradient: g to the one that was taken; the first, where they are equal
    """
    return xp.fmax(input, other)


fmax.grad(
    input=lambda g, input, other, xp: keep.both(g, (input >= other) | xp.isnan(other)),
    other=lambda g, input, other, xp: keep.both(g, ~((input >= other) | xp.isnan(other))),
)


@op
def fmin(xp, input: Array, other: Array):
    """Return the smaller of two elements, and the other one where one is nan.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = min(a, b)
    Gradient: g to the one that was taken; the first, where they are equal
    """
    return xp.fmin(input, other)


fmin.grad(
    input=lambda g, input, other, xp: keep.both(g, (input <= other) | xp.isnan(other)),
    other=lambda g, input, other, xp: keep.both(g, ~((input <= other) | xp.isnan(other))),
)


# ---------------------------------------------------------------- infinities and nan


@op(cast="float", out=False)
def isnan(xp, input: Array):
    """Tell which elements are nan (not a number).

    Shape:    input (*) -> out (*), boolean
    Math:     y = [x != x]
    """
    return xp.isnan(input)


@op(cast="float", out=False)
def isinf(xp, input: Array):
    """Tell which elements are infinite.

    Shape:    input (*) -> out (*), boolean
    Math:     y = [|x| = inf]
    """
    return xp.isinf(input)


@op(cast="float", out=False)
def isfinite(xp, input: Array):
    """Tell which elements are neither infinite nor nan.

    Shape:    input (*) -> out (*), boolean
    Math:     y = [|x| < inf]
    """
    return xp.isfinite(input)


@op(cast="float")
def isposinf(xp, input: Array):
    """Tell which elements are +inf.

    Shape:    input (*) -> out (*), boolean
    Math:     y = [x = inf]
    """
    return input == xp.inf


@op(cast="float")
def isneginf(xp, input: Array):
    """Tell which elements are -inf.

    Shape:    input (*) -> out (*), boolean
    Math:     y = [x = -inf]
    """
    return input == -xp.inf


@op(cast=None, out=False)
def isreal(xp, input: Array):
    """Tell which elements are real: all of them, for there are no complex numbers here.

    Shape:    input (*) -> out (*), boolean
    Math:     y = 1
    """
    return xp.ones(input.shape, bool)


# ---------------------------------------------------------------- are two tensors the same?


@op(out=False)
def isclose(xp, input: Array, other: Array, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Tell which elements are equal up to rounding.

    Shape:    input (*), other (*), broadcast -> out (*), boolean
    Math:     y = [|a - b| <= atol + rtol |b|], or a = b

    Raises:
        RuntimeError: for negative tolerances, or operands of different dtypes.
    """
    if rtol < 0 or atol < 0:
        name, value = ("rtol", rtol) if rtol < 0 else ("atol", atol)
        raise RuntimeError(f"{name} must be greater than or equal to zero, but got {value:g}")
    close = input == other
    if equal_nan and input.dtype.kind == "f":
        close = close | (xp.isnan(input) & xp.isnan(other))
    if rtol == 0 and atol == 0:
        return close
    if input.dtype.kind != "f":
        input, other = input.astype("float64"), other.astype("float64")
    error = abs(input - other)
    return close | (xp.isfinite(error) & (error <= atol + abs(rtol * other)))


def refuse_different(input, other):
    """Raise PyTorch's error for operands of different dtypes."""
    if isinstance(other, Tensor) and input.dtype is not other.dtype:
        raise RuntimeError(f"{input.dtype.legacy} did not match {other.dtype.legacy}")


isclose.op.refuse = refuse_different


def need_tensor(name, other):
    """Raise if the second operand is no tensor.

    Raises:
        TypeError: as the name says.
    """
    if not isinstance(other, Tensor):
        raise not_a_tensor(name, "other", 2, other)


@method
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Return whether all elements are equal up to rounding, as `isclose` tells it: a Python bool."""
    need_tensor("allclose", other)
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


@method
def equal(input, other):
    """Return whether two tensors have the same shape and elements: a Python bool."""
    need_tensor("equal", other)
    if input.shape != other.shape:
        return False
    return bool(eq(input, other).array.all())


not_equal, greater, greater_equal = alias(ne, "not_equal"), alias(gt, "greater"), alias(ge, "greater_equal")
less, less_equal = alias(lt, "less"), alias(le, "less_equal")

Tensor.__eq__, Tensor.__ne__ = operator_form(eq, arrays=True), operator_form(ne, arrays=True)  # type: ignore[method-assign]
Tensor.__lt__, Tensor.__le__, Tensor.__gt__, Tensor.__ge__ = map(operator_form, (lt, le, gt, ge))
speak(maximum=maximum, minimum=minimum, fmax=fmax, fmin=fmin, isnan=isnan, isinf=isinf, isfinite=isfinite)
