"""Relatives of ReLU: a line through zero, bent at one point or two.

- Leaky ReLU: A. L. Maas, A. Y. Hannun and A. Y. Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models,
  ICML 2013. PReLU, which learns the slope: K. He et al., Delving Deep into Rectifiers, ICCV 2015, arXiv:1502.01852.
- RReLU, which draws it: B. Xu et al., Empirical Evaluation of Rectified Activations in Convolutional Network, 2015,
  arXiv:1505.00853.
- Hard sigmoid and hard swish: A. Howard et al., Searching for MobileNetV3, ICCV 2019, arXiv:1905.02244.
"""

from __future__ import annotations

from .. import dtypes
from ..backends import like
from ..errors import need_floats, not_implemented
from ..op import Array, Index, op
from ..op.autocast import asks_autocast
from ..op.forms import inplace_form
from ..random import stream_of
from ..tensor import Tensor, first_checked, wrap
from .activation import keep
from .masks import choose

__all__ = ["hardshrink", "prelu", "rrelu", "rrelu_", "threshold", "threshold_"]


# ---------------------------------------------------------------- another slope below zero


@op(method=False, out=False)
def leaky_relu(xp, input: Array, negative_slope=0.01):
    """Keep what is positive, and make the rest small.

    Shape:    input (*) -> out (*)
    Math:     y = x where x > 0, else s x
    Gradient: dL/dx = g where x > 0, else s g
    """
    need_floats(input, "leaky_relu_cpu")
    if 0 < negative_slope <= 1:
        return xp.maximum(input, input * negative_slope)  # the same, and quicker
    return choose.both(input > 0, input, input * negative_slope)


leaky_relu.grad(input=lambda g, input, negative_slope: choose.both(input > 0, g, g * negative_slope))


@op(method=False, out=False)
def prelu_kernel(input: Array, weight: Array):
    """Keep what is positive, and multiply the rest by a learned slope.

    Shape:    input (N, C, *), weight (C, 1, ...) or any shape that broadcasts -> out (N, C, *)
    Math:     y = x where x > 0, else w x
    Gradient: dL/dx = g where x > 0, else w g,  dL/dw = 0 where x > 0, else x g
    """
    need_floats(input, "prelu_cpu")
    return choose.both(input > 0, input, input * weight)


prelu_kernel.grad(
    input=lambda g, input, weight: choose.both(input > 0, g, g * weight),
    weight=lambda g, input: keep.both(g * input, ~(input > 0)),
)


@first_checked
@asks_autocast
def prelu(input, weight):
    """Keep what is positive, and multiply the rest by a slope: one for all, or one for each channel.

    Shape: input (N, C, *), weight (1,) or (C,) -> (N, C, *)

    Raises:
        RuntimeError: if there are neither one nor C slopes.
    """
    if not isinstance(weight, Tensor):
        raise TypeError(f"prelu(): argument 'weight' (position 2) must be Tensor, not {type(weight).__name__}")
    if input.dtype is not weight.dtype:
        names = f"{input.dtype.legacy} and {weight.dtype.legacy}"
        raise RuntimeError(f"prelu: Type promoting not supported. Got {names}")
    slopes, ndim = weight.numel(), input.dim()
    if slopes != 1:
        if not ndim:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = input.size(1) if ndim > 1 else 1
        if slopes != channels:
            raise RuntimeError(
                f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {slopes} and channel "
                f"size = {channels}."
            )
    if weight.dim() > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.dim()}")
    if weight.dim():
        weight = weight.reshape((slopes,) + (1,) * (ndim - 2) if ndim > 1 else (slopes,) * ndim)
    return prelu_kernel(input, weight)


Tensor.prelu = prelu


@op(method=False, out=False)
def rrelu_with_noise(xp, input: Array, slopes: Index):
    """Multiply each element by a slope of its own; those of positive elements are 1.

    Shape:    input (*), slopes (*) -> out (*)
    Math:     y = s x
    Gradient: dL/dx = s g
    """
    return input * slopes.astype(input.dtype)


rrelu_with_noise.grad(input=lambda g, slopes: g * slopes.astype(g.dtype))


@first_checked
def rrelu(input, lower=1 / 8, upper=1 / 3, training=False, generator=None):
    """Keep what is positive, and multiply the rest by random slopes in [lower, upper]; by their mean, if not training.

    Shape: input (*) -> (*)

    Raises:
        RuntimeError: if lower > upper.
    """
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    array = input.array
    if not training:
        need_floats(array, "leaky_relu_cpu")
        slopes = (array > 0) * (1 - (lower + upper) / 2) + (lower + upper) / 2
    else:
        if array.dtype == dtypes.FLOAT16 or not dtypes.is_floating(array.dtype):
            raise not_implemented("rrelu_with_noise_out_cpu", array)
        below = array <= 0
        slopes = (~below).astype("float64")
        drawn = stream_of(generator, input.device).uniform(int(below.sum()), "float64", lower, upper)
        slopes[below] = like(drawn, slopes)
    return rrelu_with_noise(input, wrap(slopes.astype("float64" if array.dtype == dtypes.FLOAT64 else "float32")))


rrelu_ = inplace_form(rrelu, "rrelu_")


@op(method=False)
def threshold(xp, input: Array, threshold, value):
    """Keep what is above a threshold, and replace the rest by a value.

    Shape:    input (*) -> out (*)
    Math:     y = x where x > t, else v
    Gradient: dL/dx = g where x > t, else 0
    """
    if input.dtype.kind == "b":
        raise not_implemented("threshold_cpu", input)
    if input.dtype.kind in "iu":
        threshold, value = int(threshold), int(value)
    return xp.where(input <= threshold, input.dtype.type(value), input)


threshold.grad(input=lambda g, input, threshold: keep.both(g, ~(input <= threshold)))


# ---------------------------------------------------------------- bent twice


@op(method=False, out=False)
def hardtanh(xp, input: Array, min_val=-1.0, max_val=1.0):
    """Clamp to [min_val, max_val].

    Shape:    input (*) -> out (*)
    Math:     y = min(max(x, low), high)
    Gradient: dL/dx = g where low < x < high, else 0
    """
    if input.dtype.kind == "b":
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if input.dtype.kind in "iu":
        min_val, max_val = int(min_val), int(max_val)
        if input.dtype.kind == "u" and min(min_val, max_val) < 0:
            raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    return input.clip(min_val, max_val)


hardtanh.grad(input=lambda g, input, min_val, max_val: keep.both(g, ~((input <= min_val) | (input >= max_val))))


@op(method=False, out=False)
def hardsigmoid(input: Array):
    """Approximate the sigmoid by three straight lines.

    Shape:    input (*) -> out (*)
    Math:     y = min(max(x / 6 + 1/2, 0), 1)
    Gradient: dL/dx = g / 6 where -3 < x < 3, else 0
    """
    need_floats(input, "hardsigmoid_cpu")
    return (input + 3).clip(0, 6) / 6


hardsigmoid.grad(input=lambda g, input: keep.both(g / 6, (input > -3) & (input < 3)))


@op(method=False, out=False)
def hardswish(input: Array):
    """Multiply by the hard sigmoid: 0 below -3, x above 3, a parabola between.

    Shape:    input (*) -> out (*)
    Math:     y = x min(max(x / 6 + 1/2, 0), 1)
    Gradient: dL/dx = 0 where x <= -3, g where x >= 3, g (x / 3 + 1/2) between
    """
    need_floats(input, "hardswish_cpu")
    return input * (input + 3).clip(0, 6) / 6


def hardswish_gradient(g, input):
    between = choose.both(input < 3, g * (input / 3 + 0.5), g)
    return keep.both(between, ~(input <= -3))


hardswish.grad(input=hardswish_gradient)


@op
def hardshrink(xp, input: Array, lambd=0.5):
    """Replace what is small by zero.

    Shape:    input (*) -> out (*)
    Math:     y = 0 where |x| <= lambda, else x
    Gradient: dL/dx = 0 where |x| <= lambda, else g
    """
    need_floats(input, "hardshrink_cpu")
    return keep.op.forward(input, outside(input, lambd))


hardshrink.grad(input=lambda g, input, lambd: keep.both(g, outside(input, lambd)))


@op(method=False)
def softshrink(xp, input: Array, lambd=0.5):
    """Move everything towards zero by lambda, and what would cross zero to zero.

    Shape:    input (*) -> out (*)
    Math:     y = x - lambda where x > lambda, x + lambda where x < -lambda, else 0
    Gradient: dL/dx = 0 where |x| <= lambda, else g

    Raises:
        RuntimeError: if lambda is negative.
    """
    need_floats(input, "softshrink_check")
    if not lambd >= 0:
        name = dtypes.of(input).legacy
        raise RuntimeError(
            f"lambda must be in range [0, {dtypes.finfo(dtypes.of(input)).max:g}] for input dtype {name}, but found "
            f"{lambd:g}"
        )
    return input - input.clip(-lambd, lambd)


softshrink.grad(input=lambda g, input, lambd: keep.both(g, outside(input, lambd)))


def outside(input, lambd):
    """Return whether each element lies outside of [-lambda, lambda]; nan does."""
    return ~((input >= -lambd) & (input <= lambd))


threshold_ = inplace_form(threshold, "threshold_")
leaky_relu_ = inplace_form(leaky_relu, "leaky_relu_")
hardtanh_ = inplace_form(hardtanh, "hardtanh_")
hardswish_ = inplace_form(hardswish, "hardswish_")
hardsigmoid_ = inplace_form(hardsigmoid, "hardsigmoid_")
