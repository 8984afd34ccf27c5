"""Exponentials, logarithms and roots, element by element."""

from __future__ import annotations

import math

from ..errors import not_implemented
from ..op import Array, Operand, op
from ..tensor import Tensor
from .dialect import speak

__all__ = [
    "exp", "exp2", "exp_", "expm1", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "logit",
    "rsqrt", "sigmoid", "sigmoid_", "sqrt", "sqrt_", "tanh", "tanh_", "xlogy",
]  # fmt: skip

LN2, LN10 = math.log(2), math.log(10)


@op(inplace=True, cast="float")
def exp(xp, input: Array):
    """Raise e to the power of each element.

    Shape:    input (*) -> out (*)
    Math:     y = e^x
    Gradient: dL/dx = g y
    """
    return xp.exp(input)


exp.grad(input=lambda g, out: g * out)


@op(inplace=True, cast="float")
def exp2(xp, input: Array):
    """Raise 2 to the power of each element.

    Shape:    input (*) -> out (*)
    Math:     y = 2^x
    Gradient: dL/dx = g y ln 2
    """
    return xp.exp2(input)


exp2.grad(input=lambda g, out: g * out * LN2)


@op(inplace=True, cast="float")
def expm1(xp, input: Array):
    """Return e^x - 1, exact also where x is tiny.

    Shape:    input (*) -> out (*)
    Math:     y = e^x - 1
    Gradient: dL/dx = g (y + 1)
    """
    return xp.expm1(input)


expm1.grad(input=lambda g, out: g * (out + 1))


@op(inplace=True, cast="float")
def log(xp, input: Array):
    """Return the natural logarithm: -inf at zero, nan below.

    Shape:    input (*) -> out (*)
    Math:     y = ln x
    Gradient: dL/dx = g / x
    """
    return xp.log(input)


log.grad(input=lambda g, input: g / input)


@op(inplace=True, cast="float")
def log2(xp, input: Array):
    """Return the logarithm to base 2.

    Shape:    input (*) -> out (*)
    Math:     y = log2 x
    Gradient: dL/dx = g / (x ln 2)
    """
    return xp.log2(input)


log2.grad(input=lambda g, input: g / (input * LN2))


@op(inplace=True, cast="float")
def log10(xp, input: Array):
    """Return the logarithm to base 10.

    Shape:    input (*) -> out (*)
    Math:     y = log10 x
    Gradient: dL/dx = g / (x ln 10)
    """
    return xp.log10(input)


log10.grad(input=lambda g, input: g / (input * LN10))


@op(inplace=True, cast="float", node="Log1PBackward0")
def log1p(xp, input: Array):
    """Return ln(1 + x), exact also where x is tiny.

    Shape:    input (*) -> out (*)
    Math:     y = ln(1 + x)
    Gradient: dL/dx = g / (1 + x)
    """
    return xp.log1p(input)


log1p.grad(input=lambda g, input: g / (input + 1))


@op(inplace=True, cast="float")
def sqrt(xp, input: Array):
    """Return the square root: nan below zero.

    Shape:    input (*) -> out (*)
    Math:     y = x^(1/2)
    Gradient: dL/dx = g / (2 y), infinite at zero
    """
    return xp.sqrt(input)


sqrt.grad(input=lambda g, out: g / (2 * out))


@op(inplace=True, cast="float")
def rsqrt(xp, input: Array):
    """Return one over the square root.

    Shape:    input (*) -> out (*)
    Math:     y = x^(-1/2)
    Gradient: dL/dx = -g y^3 / 2
    """
    return 1 / xp.sqrt(input)


rsqrt.grad(input=lambda g, out: g * (out * out * out) * -0.5)


@op(inplace=True, cast="float")
def sigmoid(xp, input: Array):
    """Squash numbers into (0, 1): the logistic function.

    Shape:    input (*) -> out (*)
    Math:     y = 1 / (1 + e^-x)
    Gradient: dL/dx = g y (1 - y)
    """
    weight = xp.exp(-input)
    weight += 1
    return 1 / weight


sigmoid.grad(input=lambda g, out: g * ((1 - out) * out))


@op(inplace=True, cast="float")
def logit(xp, input: Array, eps=None):
    """Undo the sigmoid: the logarithm of the odds p / (1 - p).

    Shape:    input (*) -> out (*)
    Math:     y = ln(x / (1 - x)), x first clamped to [eps, 1 - eps] if eps is given
    Gradient: dL/dx = g / (x (1 - x)), zero where x was clamped; without eps nan outside of [0, 1]
    """
    if eps is not None:
        input = xp.clip(input, eps, 1 - eps)
    return xp.log(input / (1 - input))


def logit_gradient(g, input, eps, xp):
    low, outside = (0, math.nan) if eps is None else (eps, 0.0)
    slope = g / (input * (1 - input))
    return xp.where((input < low) | (input > 1 - low), xp.zeros_like(slope) + outside, slope)


logit.grad(input=logit_gradient)


@op(inplace=True, cast="float")
def tanh(xp, input: Array):
    """Squash numbers into (-1, 1): the hyperbolic tangent.

    Shape:    input (*) -> out (*)
    Math:     y = (e^x - e^-x) / (e^x + e^-x)
    Gradient: dL/dx = g (1 - y^2)
    """
    return xp.tanh(input)


tanh.grad(input=lambda g, out: g * (1 - out * out))


@op
def logaddexp(xp, input: Array, other: Array):
    """Add two numbers given by their logarithms; nothing overflows on the way.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = ln(e^a + e^b)
    Gradient: dL/da = g / (1 + e^(b - a)),  dL/db = g / (1 + e^(a - b))

    Raises:
        NotImplementedError: for integers.
    """
    if input.dtype.kind != "f":
        raise not_implemented("logaddexp_cpu", input)
    return xp.logaddexp(input, other)


logaddexp.grad(
    input=lambda g, input, other, xp: g / (1 + xp.exp(other - input)),
    other=lambda g, input, other, xp: g / (1 + xp.exp(input - other)),
)


@op
def logaddexp2(xp, input: Array, other: Array):
    """Add two numbers given by their logarithms to base 2.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = log2(2^a + 2^b)
    Gradient: dL/da = g / (1 + 2^(b - a)),  dL/db = g / (1 + 2^(a - b))

    Raises:
        NotImplementedError: for integers.
    """
    if input.dtype.kind != "f":
        raise not_implemented("logaddexp2_cpu", input)
    return xp.logaddexp2(input, other)


logaddexp2.grad(
    input=lambda g, input, other, xp: g / (1 + xp.exp2(other - input)),
    other=lambda g, input, other, xp: g / (1 + xp.exp2(input - other)),
)


@op(
    inplace=True,
    cast="float",
    numbers=True,
    node=lambda other: f"XlogyBackward{0 if isinstance(other, Tensor) else 2}",
)
def xlogy(xp, input: Array, other: Operand):
    """Return x ln y, and 0 where x is 0, whatever y is: a term of an entropy.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     z = x ln y
    Gradient: dL/dx = g ln y, zero where x = 0 and y <= 0,  dL/dy = g x / y
    """
    other = xp.asarray(other, dtype=input.dtype)
    return xp.where((input == 0) & (other == other), xp.zeros_like(input), input * xp.log(other))


def xlogy_gradient(g, input, other, xp):
    if isinstance(other, (int, float)):
        other = xp.zeros_like(input) + other
    slope = g * xp.log(other)
    return xp.where((input == 0) & (other <= 0), xp.zeros_like(slope), slope)


xlogy.grad(input=xlogy_gradient, other=lambda g, input, other: g * input / other)


exp_, sqrt_, tanh_, sigmoid_ = Tensor.exp_, Tensor.sqrt_, Tensor.tanh_, Tensor.sigmoid_
speak(exp=exp, exp2=exp2, expm1=expm1, log=log, log2=log2, log10=log10, log1p=log1p, sqrt=sqrt, tanh=tanh)
