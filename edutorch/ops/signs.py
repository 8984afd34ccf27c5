"""Signs and sizes, element by element: `neg`, `abs`, `sign` and their relatives."""

from __future__ import annotations

from ..errors import not_implemented, with_remedy
from ..op import Array, Operand, op
from ..op.forms import NO_DERIVATIVE, alias, no_derivative
from ..tensor import Tensor, method
from .dialect import speak

__all__ = [
    "abs", "absolute", "copysign", "heaviside", "neg", "negative", "positive", "sgn", "sign", "signbit",
]  # fmt: skip


@op(inplace=True)
def neg(input: Array):
    """Change the sign.

    Shape:    input (*) -> out (*)
    Math:     y = -x
    Gradient: dL/dx = -g

    Raises:
        RuntimeError: for a boolean tensor: use `~`.
    """
    if input.dtype.kind == "b":
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
            "the `~` or `logical_not()` operator instead."
        )
    return -input


neg.grad(input=lambda g: -g)


@method
def positive(input):
    """Return the tensor itself: what `+x` does.

    Raises:
        RuntimeError: for a boolean tensor.
    """
    if input.array.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@op(inplace=True)
def abs(xp, input: Array):
    """Return the absolute value.

    Shape:    input (*) -> out (*)
    Math:     y = |x|
    Gradient: dL/dx = g sign x, zero at zero

    Raises:
        NotImplementedError: for booleans.
    """
    if input.dtype.kind == "b":
        raise not_implemented("abs_cpu", input)
    return xp.absolute(input)


abs.grad(input=lambda g, input: g * sign.both(input))


@op(inplace=True)
def sign(input: Array):
    """Return 1, 0 or -1 as the element is positive, zero (or nan) or negative.

    Shape:    input (*) -> out (*)
    Math:     y = sign x
    Gradient: dL/dx = 0
    """
    return input.copy() if input.dtype.kind == "b" else (input > 0).astype(input.dtype) - (input < 0)


sign.grad(input=lambda g, xp: xp.zeros_like(g))


@op(inplace=True)
def sgn(input: Array):
    """Return the sign, as `sign` does (complex numbers, where the two differ, are not part of edutorch).

    Shape:    input (*) -> out (*)
    Math:     y = sign x
    Gradient: dL/dx = 0
    """
    return sign.both(input)


sgn.grad(input=lambda g, xp: xp.zeros_like(g))


@op
def signbit(xp, input: Array):
    """Tell which elements carry a minus sign; -0.0 does.

    Shape:    input (*) -> out (*), boolean
    Math:     y = 1 if the sign bit of x is set
    """
    return xp.zeros(input.shape, bool) if input.dtype.kind == "b" else xp.signbit(input)


@op(inplace=True, cast="float", node=lambda other: f"CopysignBackward{int(not isinstance(other, Tensor))}")
def copysign(xp, input: Array, other: Operand):
    """Return the size of the first operand with the sign of the second.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = |a| sign b
    Gradient: dL/da = g where a kept its sign, -g where it changed it, zero at zero,  dL/db = 0
    """
    return xp.copysign(input, other)


copysign.grad(input=lambda g, input, out: g * (sign.both(input) * sign.both(out)), other=lambda g, xp: xp.zeros_like(g))


@op(inplace=True, node=NO_DERIVATIVE)
def heaviside(xp, input: Array, values: Array):
    """Return the unit step: 0 below zero, 1 above, and `values` at zero.

    Shape:    input (*), values (*), broadcast -> out (*)
    Math:     y = 0 where x < 0, v where x = 0, 1 where x > 0
    Gradient: PyTorch has none
    """
    return xp.where(input == 0, values, input > 0).astype(input.dtype)


heaviside.grad(input=no_derivative("heaviside"), values=no_derivative("heaviside"))


def refuse_mixed(input, values):
    """Raise PyTorch's error for operands of different dtypes.

    Raises:
        RuntimeError: as the name says.
    """
    if isinstance(values, Tensor) and input.dtype is not values.dtype:
        raise RuntimeError(with_remedy(
            "heaviside is not yet implemented for tensors with different dtypes.",
            "Convert one of them: values.to(input.dtype)."))  # fmt: skip


heaviside.op.refuse = refuse_mixed
absolute, negative = alias(abs, "absolute"), alias(neg, "negative")
Tensor.__neg__, Tensor.__pos__, Tensor.__abs__ = neg, positive, abs
speak(sign=sign, absolute=abs, abs=abs, negative=neg)
