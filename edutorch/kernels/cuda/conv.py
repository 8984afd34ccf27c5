"""Convolution and its two gradients: by cuDNN where it is installed, else as products of matrices (`im2col.py`).

The result lies in memory as the input does: picture by picture, channel by channel; or pixel by pixel, if the input is
in `channels_last`, which is the order that tensor cores want. cuDNN turns the one into the other where it must.
"""

from __future__ import annotations

from ...backends import XP
from ...backends.cudnn import conv as switches
from ...ops.conv import conv_transpose, conv_weight, convolution
from ...ops.memory_formats import format_of, laid_out, lies_in, made_in_order
from ...ops.sliding import places
from . import cudnn, im2col
from .gemm import suits
from .grids import wide


@convolution.kernel("cuda", halves=True)
def convolve(xp, input, weight, bias, stride, padding, dilation, groups):
    """Slide filters over pictures."""
    if not suits(input, weight, empty=False):
        return NotImplemented
    steps = stride, padding, dilation
    shape = (len(input), len(weight), *_places(input.shape[2:], weight.shape[2:], *steps))
    out = _by_cudnn(xp, cudnn_forward, input, weight, shape, steps)
    return im2col.convolve(xp, input, weight, bias, *steps, groups) if out is None else _with_bias(out, bias)


@conv_transpose.kernel("cuda", halves=True)
def spread(xp, input, weight, bias, size, stride, padding, dilation, groups):
    """Hand numbers to windows."""
    if not suits(input, weight, empty=False):
        return NotImplemented
    steps, out = (stride, padding, dilation), None
    if _places(size, weight.shape[2:], *steps) == input.shape[2:]:  # with output padding there may be a window more
        shape = (len(input), groups * weight.shape[1], *size)
        out = _by_cudnn(xp, cudnn_to_input, input, weight, shape, steps)
    return im2col.spread(xp, input, weight, bias, size, *steps, groups) if out is None else _with_bias(out, bias)


@conv_weight.kernel("cuda", halves=True)
def weight_gradient(xp, input, slope, kernel, stride, padding, dilation, groups):
    """Let inputs and slopes meet at the weights."""
    if not suits(input, slope, empty=False):
        return NotImplemented
    steps, out = (stride, padding, dilation), None
    if _places(input.shape[2:], kernel, *steps) == slope.shape[2:]:
        shape = (slope.shape[1], input.shape[1] // groups, *kernel)
        out = _by_cudnn(xp, cudnn_to_weight, input, slope, shape, steps)
    return im2col.weight_gradient(xp, input, slope, kernel, *steps, groups) if out is None else out


# ---------------------------------------------------------------- the same as gradients, of halves too


@convolution.backward_kernel("cuda", "input", halves=True)
def convolution_to_input(g, weight, shape, stride, padding, dilation, groups):
    """Hand the gradient to the windows."""
    return spread(XP[type(g)], g, weight, None, shape[2:], stride, padding, dilation, groups)


@convolution.backward_kernel("cuda", "weight", halves=True)
def convolution_to_weight(g, input, shape, stride, padding, dilation, groups):
    """Let the gradient and the inputs meet."""
    return weight_gradient(XP[type(g)], input, g, shape[2:], stride, padding, dilation, groups)


@conv_transpose.backward_kernel("cuda", "input", halves=True)
def transpose_to_input(g, weight, shape, stride, padding, dilation, groups):
    """Slide the filters over the gradient; output padding can make room for a window too many."""
    out = convolve(XP[type(g)], g, weight, None, stride, padding, dilation, groups)
    return out if out is NotImplemented else out[(..., *[slice(n) for n in shape[2:]])]


@conv_transpose.backward_kernel("cuda", "weight", halves=True)
def transpose_to_weight(g, input, shape, stride, padding, dilation, groups):
    """Let the gradient, which the windows see, and the inputs meet."""
    return weight_gradient(XP[type(g)], g, input, shape[2:], stride, padding, dilation, groups)


@convolution.backward_kernel("cuda", "bias", halves=True)
@conv_transpose.backward_kernel("cuda", "bias", halves=True)
def bias_gradient(g):
    """Add the gradient up for each channel, of halves in float32."""
    return g.sum(axis=(0, *range(2, g.ndim)), dtype=wide(g.dtype))


# ---------------------------------------------------------------- cuDNN


def cudnn_forward(graph, tensors, stride, padding, dilation):
    """Describe a convolution."""
    image, weight = tensors
    return [graph.conv_fprop(image=image, weight=weight, padding=padding, stride=stride, dilation=dilation)]


def cudnn_to_input(graph, tensors, stride, padding, dilation):
    """Describe the gradient for a convolution's input."""
    loss, filter = tensors
    return [graph.conv_dgrad(loss=loss, filter=filter, padding=padding, stride=stride, dilation=dilation)]


def cudnn_to_weight(graph, tensors, stride, padding, dilation):
    """Describe the gradient for a convolution's weight."""
    image, loss = tensors
    return [graph.conv_wgrad(image=image, loss=loss, padding=padding, stride=stride, dilation=dilation)]


def _by_cudnn(xp, describe, first, second, shape, steps):
    """Return what cuDNN computes, or None if it does not."""
    if first.ndim > 5 or not cudnn.usable(first, second):
        return None
    names = ("stride", "padding", "dilation")
    if first.ndim == 3:  # sequences are pictures of height 1
        pictures = [x.reshape(*x.shape[:2], 1, x.shape[2]) for x in (first, second)]
        steps = [(neutral, *step) for neutral, step in zip((1, 0, 1), steps, strict=True)]
        out = _by_cudnn(xp, describe, *pictures, (*shape[:2], 1, shape[2]), steps)
        return None if out is None else out.reshape(shape)
    format = format_of(first)
    operands = [x if lies_in(x, format) else laid_out(x, format) for x in (first, second)]
    order, exact = format.order_for(shape), switches.fp32_precision != "tf32"
    out = made_in_order(lambda made: xp.empty(made, first.dtype), shape, order)
    parameters = {name: tuple(step) for name, step in zip(names, steps, strict=True)}
    done = cudnn.run(describe, operands, [out], exact, order, **parameters)
    return out if done else None


def _places(size, kernel, stride, padding, dilation):
    return tuple(places([n + 2 * p for n, p in zip(size, padding, strict=True)], kernel, stride, dilation))


def _with_bias(out, bias):
    if bias is not None:
        out += bias.reshape(-1, *[1] * (out.ndim - 2))
    return out
