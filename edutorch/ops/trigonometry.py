"""Angles: the trigonometric and hyperbolic functions and their inverses."""

from __future__ import annotations

import math

from ..op import Array, op
from ..op.forms import alias
from .dialect import speak

__all__ = [
    "acos", "acosh", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "asin", "asinh",
    "atan", "atan2", "atanh", "cos", "cosh", "deg2rad", "rad2deg", "sin", "sinc", "sinh", "tan",
]  # fmt: skip


@op(inplace=True, cast="float")
def sin(xp, input: Array):
    """Return the sine of angles in radians.

    Shape:    input (*) -> out (*)
    Math:     y = sin x
    Gradient: dL/dx = g cos x
    """
    return xp.sin(input)


sin.grad(input=lambda g, input, xp: g * xp.cos(input))


@op(inplace=True, cast="float")
def cos(xp, input: Array):
    """Return the cosine of angles in radians.

    Shape:    input (*) -> out (*)
    Math:     y = cos x
    Gradient: dL/dx = -g sin x
    """
    return xp.cos(input)


cos.grad(input=lambda g, input, xp: g * -xp.sin(input))


@op(inplace=True, cast="float")
def tan(xp, input: Array):
    """Return the tangent of angles in radians.

    Shape:    input (*) -> out (*)
    Math:     y = sin x / cos x
    Gradient: dL/dx = g (1 + y^2)
    """
    return xp.tan(input)


tan.grad(input=lambda g, out: g * (1 + out * out))


@op(inplace=True, cast="float")
def asin(xp, input: Array):
    """Return the angle in [-pi/2, pi/2] whose sine is given; nan outside of [-1, 1].

    Shape:    input (*) -> out (*)
    Math:     sin y = x
    Gradient: dL/dx = g / sqrt(1 - x^2)
    """
    return xp.arcsin(input)


asin.grad(input=lambda g, input, xp: g / xp.sqrt(1 - input * input))


@op(inplace=True, cast="float")
def acos(xp, input: Array):
    """Return the angle in [0, pi] whose cosine is given; nan outside of [-1, 1].

    Shape:    input (*) -> out (*)
    Math:     cos y = x
    Gradient: dL/dx = -g / sqrt(1 - x^2)
    """
    return xp.arccos(input)


acos.grad(input=lambda g, input, xp: -g / xp.sqrt(1 - input * input))


@op(inplace=True, cast="float")
def atan(xp, input: Array):
    """Return the angle in (-pi/2, pi/2) whose tangent is given.

    Shape:    input (*) -> out (*)
    Math:     tan y = x
    Gradient: dL/dx = g / (1 + x^2)
    """
    return xp.arctan(input)


atan.grad(input=lambda g, input: g / (input * input + 1))


@op(inplace=True, cast="float")
def atan2(xp, input: Array, other: Array):
    """Return the angle of the point (other, input), seen from the origin: `atan(input / other)` in the right quadrant.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     tan y = a / b
    Gradient: dL/da = g b / (a^2 + b^2),  dL/db = -g a / (a^2 + b^2), zero at the origin
    """
    return xp.arctan2(input, other)


def _over_square(input, other, xp):
    square = input * input + other * other
    return xp.where(square == 0, xp.zeros_like(square), 1 / square)


atan2.grad(
    input=lambda g, input, other, xp: g * (other * _over_square(input, other, xp)),
    other=lambda g, input, other, xp: g * (-input * _over_square(input, other, xp)),
)


@op(inplace=True, cast="float")
def sinh(xp, input: Array):
    """Return the hyperbolic sine.

    Shape:    input (*) -> out (*)
    Math:     y = (e^x - e^-x) / 2
    Gradient: dL/dx = g cosh x
    """
    return xp.sinh(input)


sinh.grad(input=lambda g, input, xp: g * xp.cosh(input))


@op(inplace=True, cast="float")
def cosh(xp, input: Array):
    """Return the hyperbolic cosine.

    Shape:    input (*) -> out (*)
    Math:     y = (e^x + e^-x) / 2
    Gradient: dL/dx = g sinh x
    """
    return xp.cosh(input)


cosh.grad(input=lambda g, input, xp: g * xp.sinh(input))


@op(inplace=True, cast="float")
def asinh(xp, input: Array):
    """Return the number whose hyperbolic sine is given.

    Shape:    input (*) -> out (*)
    Math:     sinh y = x
    Gradient: dL/dx = g / sqrt(x^2 + 1)
    """
    return xp.arcsinh(input)


asinh.grad(input=lambda g, input, xp: g / xp.sqrt(input * input + 1))


@op(inplace=True, cast="float")
def acosh(xp, input: Array):
    """Return the positive number whose hyperbolic cosine is given; nan below 1.

    Shape:    input (*) -> out (*)
    Math:     cosh y = x
    Gradient: dL/dx = g / sqrt(x^2 - 1)
    """
    return xp.arccosh(input)


acosh.grad(input=lambda g, input, xp: g / xp.sqrt(input * input - 1))


@op(inplace=True, cast="float")
def atanh(xp, input: Array):
    """Return the number whose hyperbolic tangent is given; nan outside of [-1, 1].

    Shape:    input (*) -> out (*)
    Math:     tanh y = x
    Gradient: dL/dx = g / (1 - x^2)
    """
    return xp.arctanh(input)


atanh.grad(input=lambda g, input: g / (1 - input * input))


@op(inplace=True, cast="float", node="Deg2RadBackward0")
def deg2rad(input: Array):
    """Turn degrees into radians.

    Shape:    input (*) -> out (*)
    Math:     y = x pi / 180
    Gradient: dL/dx = g pi / 180
    """
    return input * (math.pi / 180)


deg2rad.grad(input=lambda g: g * (math.pi / 180))


@op(inplace=True, cast="float", node="Rad2DegBackward0")
def rad2deg(input: Array):
    """Turn radians into degrees.

    Shape:    input (*) -> out (*)
    Math:     y = x 180 / pi
    Gradient: dL/dx = g 180 / pi
    """
    return input * (180 / math.pi)


rad2deg.grad(input=lambda g: g * (180 / math.pi))


@op(inplace=True, cast="float")
def sinc(xp, input: Array):
    """Return the normalized sinc, the ideal low-pass filter: 1 at zero, 0 at the other whole numbers.

    Shape:    input (*) -> out (*)
    Math:     y = sin(pi x) / (pi x)
    Gradient: dL/dx = g (cos(pi x) - y) / x, zero at zero
    """
    angle = input * math.pi
    return xp.where(angle == 0, xp.ones_like(angle), xp.sin(angle) / angle)


def sinc_gradient(g, input, xp):
    angle = input * math.pi
    slope = g * ((angle * xp.cos(angle) - xp.sin(angle)) / (angle * input))
    return xp.where(angle == 0, xp.zeros_like(slope), slope)


sinc.grad(input=sinc_gradient)

arcsin, arccos, arctan, arctan2 = (
    alias(asin, "arcsin"),
    alias(acos, "arccos"),
    alias(atan, "arctan"),
    alias(atan2, "arctan2"),
)
arcsinh, arccosh, arctanh = alias(asinh, "arcsinh"), alias(acosh, "arccosh"), alias(atanh, "arctanh")
speak(sin=sin, cos=cos, tan=tan, sinh=sinh, cosh=cosh)
