"""Exponential linear units: a line for positive numbers that runs out smoothly, to a negative constant, below zero.

- ELU: D.-A. Clevert, T. Unterthiner and S. Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear
  Units, ICLR 2016, arXiv:1511.07289.
- SELU, an ELU whose two constants keep mean 0 and variance 1 from layer to layer: G. Klambauer et al.,
  Self-Normalizing Neural Networks, NIPS 2017, arXiv:1706.02515.
- CELU, an ELU whose slope has no jump for any alpha: J. T. Barron, 2017, arXiv:1704.07483.
"""

from __future__ import annotations

from ..errors import need_floats
from ..op import Array, op
from ..op.forms import inplace_form
from .activation import keep
from .masks import choose

__all__ = ["celu", "celu_", "selu", "selu_"]

SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def exponential_unit(xp, input, below, above, rate):
    """Return `above` x where x > 0, else `below` (e^(rate x) - 1)."""
    need_floats(input, "elu_cpu")
    negative = xp.expm1(xp.minimum(input, input.dtype.type(0)) * rate) * below
    return choose.both(input > 0, input * above, negative)


def exponential_slope(xp, g, input, below, above, rate):
    """Return the gradient: g times `above` where x > 0, else g times below rate e^(rate x)."""
    negative = keep.both(input, input < 0)  # e^x would overflow for large x
    return choose.both(input > 0, g * above, g * xp.exp(negative * rate) * (below * rate))


@op(method=False, out=False)
def elu(xp, input: Array, alpha=1.0):
    """Keep what is positive; the rest runs out to -alpha.

    Shape:    input (*) -> out (*)
    Math:     y = x where x > 0, else alpha (e^x - 1)
    Gradient: dL/dx = g where x > 0, else g alpha e^x
    """
    return exponential_unit(xp, input, alpha, 1.0, 1.0)


elu.grad(input=lambda g, input, alpha, xp: exponential_slope(xp, g, input, alpha, 1.0, 1.0))


@op(method=False, out=False, node="EluBackward0")
def selu(xp, input: Array):
    """Apply a scaled ELU, through which numbers of mean 0 and variance 1 keep both.

    Shape:    input (*) -> out (*)
    Math:     y = 1.0507 x where x > 0, else 1.0507 · 1.6733 (e^x - 1)
    Gradient: dL/dx = 1.0507 g where x > 0, else 1.0507 · 1.6733 g e^x
    """
    return exponential_unit(xp, input, SELU_SCALE * SELU_ALPHA, SELU_SCALE, 1.0)


selu.grad(input=lambda g, input, xp: exponential_slope(xp, g, input, SELU_SCALE * SELU_ALPHA, SELU_SCALE, 1.0))


@op(method=False, out=False)
def celu(xp, input: Array, alpha=1.0):
    """Keep what is positive; the rest runs out to -alpha, with slope 1 at zero.

    Shape:    input (*) -> out (*)
    Math:     y = x where x > 0, else alpha (e^(x / alpha) - 1)
    Gradient: dL/dx = g where x > 0, else g e^(x / alpha)

    Raises:
        RuntimeError: if alpha is 0.
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return exponential_unit(xp, input, alpha, 1.0, 1 / alpha)


celu.grad(input=lambda g, input, alpha, xp: exponential_slope(xp, g, input, alpha, 1.0, 1 / alpha))

elu_, selu_, celu_ = inplace_form(elu, "elu_"), inplace_form(selu, "selu_"), inplace_form(celu, "celu_")
