"""Softplus, a smooth ReLU, and the logarithm of the sigmoid, which is softplus upside down."""

from __future__ import annotations

from ..errors import need_floats
from ..op import Array, op
from .exponential import sigmoid
from .masks import choose

__all__ = []


@op(method=False)
def softplus(xp, input: Array, beta=1.0, threshold=20.0):
    """Bend ReLU's corner round: the larger beta, the sharper.

    Shape:    input (*) -> out (*)
    Math:     y = ln(1 + e^(beta x)) / beta; where beta x > threshold, y = x: e^(beta x) might overflow
    Gradient: dL/dx = g / (1 + e^(-beta x))
    """
    need_floats(input, "softplus_cpu")
    scaled = input * beta
    return choose.both(scaled > threshold, input, xp.log1p(xp.exp(scaled)) / beta)


def softplus_gradient(g, input, beta, threshold):
    scaled = input * beta
    return choose.both(scaled > threshold, g, g * sigmoid.both(scaled))


softplus.grad(input=softplus_gradient)


@op(method=False, node="LogSigmoidBackward0")
def log_sigmoid(xp, input: Array):
    """Return the logarithm of the sigmoid, which stays exact where the sigmoid is too small for a float.

    Shape:    input (*) -> out (*)
    Math:     y = -ln(1 + e^-x) = min(x, 0) - ln(1 + e^-|x|)
    Gradient: dL/dx = g / (1 + e^x)
    """
    need_floats(input, "log_sigmoid_cpu")
    return xp.minimum(input, input.dtype.type(0)) - xp.log1p(xp.exp(-xp.absolute(input)))


log_sigmoid.grad(input=lambda g, input: g * sigmoid.both(-input))
