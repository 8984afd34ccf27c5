"""Activations that multiply by a gate between 0 and 1: the numbers decide themselves how much of them passes.

- GELU: D. Hendrycks and K. Gimpel, Gaussian Error Linear Units, 2016, arXiv:1606.08415.
- SiLU, also called swish: S. Elfwing et al., 2017, arXiv:1702.03118. Mish: D. Misra, 2019, arXiv:1908.08681.
- GLU, where one half of the numbers gates the other: Y. N. Dauphin et al., Language Modeling with Gated Convolutional
  Networks, ICML 2017, arXiv:1612.08083.
"""

from __future__ import annotations

import math

from ..errors import dimension_out_of_range, need_floats
from ..op import Array, op
from ..op.forms import inplace_form
from .exponential import sigmoid
from .softplus import softplus
from .special import erf

__all__ = []

ROOT_HALF, ONE_OVER_ROOT_2PI = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi)
ROOT_2_OVER_PI, CUBIC = math.sqrt(2 / math.pi), 0.044715


@op(method=False)
def gelu(xp, input: Array, *, approximate="none"):
    """Multiply by the chance that a normal number is smaller: y = x P(Z <= x).

    Shape:    input (*) -> out (*)
    Math:     y = x Phi(x),  Phi(x) = (1 + erf(x / sqrt 2)) / 2;
              approximate="tanh": y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
    Gradient: dL/dx = g (Phi(x) + x phi(x)),  phi(x) = e^(-x^2 / 2) / sqrt(2 pi)

    Raises:
        RuntimeError: if `approximate` is neither "none" nor "tanh".
    """
    need_floats(input, "GeluKernelImpl")
    return input * normal_below(xp, input, approximate)


def normal_below(xp, x, approximate):
    """Return the chance that a normal number is below x, or what stands for it."""
    if approximate == "none":
        return (erf.both(x * ROOT_HALF) + 1) * 0.5
    if approximate == "tanh":
        return (xp.tanh((x * x * CUBIC + 1) * x * ROOT_2_OVER_PI) + 1) * 0.5
    raise RuntimeError("approximate argument must be either none or tanh.")


@gelu.backward
def gelu_gradients(xp, g, input, approximate, intact):  # `intact` is for kernels: it holds Phi(x), times x
    below = normal_below(xp, input, approximate)
    if approximate == "none":
        density = xp.exp(input * input * -0.5) * ONE_OVER_ROOT_2PI
    else:  # with t = 2 below - 1, the slope of (1 + t) / 2 is (1 - t^2) / 2 times that of tanh's argument
        density = below * (1 - below) * ((input * input * (3 * CUBIC) + 1) * (2 * ROOT_2_OVER_PI))
    return (g * (below + input * density),)


@op(method=False, out=False)
def silu(xp, input: Array):
    """Multiply by the sigmoid of itself.

    Shape:    input (*) -> out (*)
    Math:     y = x s,  s = 1 / (1 + e^-x)
    Gradient: dL/dx = g s (1 + x (1 - s))
    """
    need_floats(input, "silu_cpu")
    gate = xp.exp(-input)
    gate += 1
    return input / gate


def silu_gradient(g, input):
    gate = sigmoid.both(input)
    return g * gate * (input * (1 - gate) + 1)


silu.grad(input=silu_gradient)


@op(method=False, out=False)
def mish(xp, input: Array):
    """Multiply by the hyperbolic tangent of the softplus of itself.

    Shape:    input (*) -> out (*)
    Math:     y = x t,  t = tanh(ln(1 + e^x))
    Gradient: dL/dx = g (t + x (1 - t^2) / (1 + e^-x))
    """
    need_floats(input, "mish_cpu")
    return input * xp.tanh(softplus.both(input))


def mish_gradient(g, input, xp):
    gate = xp.tanh(softplus.both(input))
    return g * (gate + input * (1 - gate * gate) * sigmoid.both(input))


mish.grad(input=mish_gradient)


@op(method=False, out=False)
def glu(xp, input: Array, dim=-1):
    """Let the second half of a dimension be the gates of the first.

    Shape:    input (*, 2 n, *) -> out (*, n, *)
    Math:     y = a / (1 + e^-b),  a and b the two halves
    Gradient: dL/da = g s,  dL/db = g a s (1 - s),  s = 1 / (1 + e^-b)

    Raises:
        RuntimeError: if the dimension has an odd size.
    """
    if not input.ndim:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    if not -input.ndim <= dim < input.ndim:
        raise dimension_out_of_range(input.ndim, dim)
    if input.shape[dim] % 2:
        axis = dim % input.ndim
        raise RuntimeError(f"Halving dimension must be even, but dimension {axis} is size {input.shape[dim]}")
    need_floats(input, "glu_cpu")
    passed, gated_by = halves(input, dim)
    return passed * sigmoid.both(gated_by)


def halves(input, dim):
    """Return the two halves of a dimension."""
    n, before = input.shape[dim] // 2, (slice(None),) * (dim % input.ndim)
    return input[(*before, slice(n))], input[(*before, slice(n, None))]


def glu_gradient(g, input, dim, xp):
    passed, gated_by = halves(input, dim)
    gate = sigmoid.both(gated_by)
    return xp.concatenate([g * gate, g * passed * gate * (1 - gate)], axis=dim)


glu.grad(input=glu_gradient)

silu_, mish_ = inplace_form(silu, "silu_"), inplace_form(mish, "mish_")
