"""Dropout: in training, each number is replaced by zero with probability p, and the others are made larger.

A network that must do without half of its numbers cannot rely on any one of them. Making the others 1 / (1 - p) times
as large keeps the mean as it is, so nothing needs to be done when the network is used.

N. Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, JMLR 15 (2014), 1929-1958.
"""

from __future__ import annotations

import math

import numpy as np

from .. import dtypes
from ..backends import XP, like, on_host
from ..op import Array, Index, op
from ..op.forms import inplace_form
from ..random import stream_of
from ..tensor import first_checked, wrap

__all__ = [
    "alpha_dropout",
    "alpha_dropout_",
    "dropout",
    "dropout_",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "feature_dropout",
    "feature_dropout_",
]


@op(method=False, out=False, node="MulBackward0")
def keep_and_scale(input: Array, mask: Index, scale):
    """Multiply what the mask keeps by a number, and the rest by zero.

    Shape:    input (*), mask (*) or what broadcasts to it -> out (*)
    Math:     y = s m x
    Gradient: dL/dx = s m g
    """
    kept = input * mask
    kept *= scale
    return kept


keep_and_scale.grad(input=lambda g, mask, scale: keep_and_scale.both(g, mask, scale))


@op(method=False, out=False, extras=("mask",))
def native_dropout(xp, input: Array, stream, keep, scale):
    """Keep each number with probability `keep`, multiplied by `scale`, and replace the others by zero: on a device.

    Shape:    input (*) -> out (*)
    Math:     y = s m x, with m drawn from the stream, in the order of the indices
    Gradient: dL/dx = s m g
    """
    mask = like(stream.chosen(keep, input.size).reshape(input.shape), input)
    return keep_and_scale.both(input, mask, scale), mask


native_dropout.grad(input=lambda g, mask, scale: keep_and_scale.both(g, mask, scale))


@first_checked
def dropout(input, p, train):
    """Replace each number by zero with probability `p`, and multiply the others by 1 / (1 - p).

    Shape: input (*) -> (*)

    Args:
        train: whether to do so; otherwise, and for p = 0, the input itself is returned.
    """
    if idle(input, p, train):
        return input
    if p == 1:
        return nothing_of(input)
    if not on_host(input.array) and dtypes.is_floating(input.array.dtype):
        stream = stream_of(None, input.device)
        if stream.on_device:
            return native_dropout(input, stream, 1 - p, scale_of(input, p))
    return keep_and_scale(input, drawn_mask(input, p, whole_features=False), scale_of(input, p))


@first_checked
def feature_dropout(input, p, train):
    """Replace whole channels of a sample by zero with probability `p`, and multiply the others by 1 / (1 - p).

    Shape: input (N, C, *) -> (N, C, *)
    """
    if idle(input, p, train):
        return input
    if p == 1:
        return nothing_of(input)
    return keep_and_scale(input, drawn_mask(input, p, whole_features=True), scale_of(input, p))


# What SELU makes of very negative numbers, -scale · alpha: alpha dropout drops to this value, not to zero.
LOWEST = -1.7580993408473766


@first_checked
def alpha_dropout(input, p, train):
    """Replace numbers by SELU's lowest value with probability `p`, then restore mean 0 and variance 1.

    Math:   y = a (m x + (1 - m) l) - a p l,  a = 1 / sqrt((1 + p l^2) (1 - p)),  l = -1.7581
    Source: G. Klambauer et al., Self-Normalizing Neural Networks, NIPS 2017, arXiv:1706.02515
    Shape:  input (*) -> (*)
    """
    return _drop_to_lowest(input, p, train, whole_features=False)


@first_checked
def feature_alpha_dropout(input, p, train):
    """Replace whole channels of a sample by SELU's lowest value with probability `p`, as `alpha_dropout` does.

    Shape: input (N, C, *) -> (N, C, *)
    """
    return _drop_to_lowest(input, p, train, whole_features=True)


def _drop_to_lowest(input, p, train, whole_features):
    if idle(input, p, train):
        return input
    if p == 1:
        return nothing_of(input)
    kept = drawn_mask(input, p, whole_features).to(input.dtype)
    a = 1 / ((1 + p * LOWEST**2) * (1 - p)) ** 0.5
    return input * (kept * a) + ((kept - 1) * (LOWEST * a) + LOWEST * a * p) * -1


def idle(input, p, train):
    """Return whether dropout has nothing to do.

    Raises:
        RuntimeError: if p is no probability.
    """
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p:g}")
    return p == 0 or not train or not input.array.size


def nothing_of(input):
    """Multiply by zero; nothing is drawn."""
    return input * wrap(XP[type(input.array)].zeros((), input.array.dtype))


def drawn_mask(input, p, whole_features):
    """Draw which numbers (or channels) are kept, as a tensor of booleans.

    Raises:
        RuntimeError: for integers; or if the input has no channels.
    """
    array = input.array
    shape = array.shape
    if whole_features:
        if array.ndim < 2:
            raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
        shape = shape[:2] + (1,) * (array.ndim - 2)
    if not dtypes.is_floating(array.dtype):
        raise RuntimeError(f"result type Float can't be cast to the desired output type {dtypes.of(array).legacy}")
    if whole_features or array.flags.c_contiguous:
        return wrap(draw(input, shape, p))
    order = np.argsort([-stride for stride in array.strides], kind="stable")  # drawn in the order of memory
    return wrap(draw(input, [shape[axis] for axis in order], p).transpose(np.argsort(order).tolist()))


def draw(input, shape, p):
    """Draw which numbers are kept, when each is dropped with probability `p`: an array where the input lies."""
    stream, array = stream_of(None, input.device), input.array
    if stream.on_device:
        mask = XP[type(array)].empty(shape, bool)
        stream.fill_chosen(mask, 1 - p)
        return mask
    return like(stream.chosen(1 - p, math.prod(shape)).reshape(shape), array)


def scale_of(input, p):
    """Return 1 / (1 - p), rounded to the input's dtype, as a Python number."""
    dtype = input.array.dtype
    exact = np.float64 if dtype == dtypes.FLOAT64 else np.float32
    return float((1 / np.asarray(1 - p, exact)).astype(dtype))


dropout_ = inplace_form(dropout, "dropout_")
feature_dropout_ = inplace_form(feature_dropout, "feature_dropout_")
alpha_dropout_ = inplace_form(alpha_dropout, "alpha_dropout_")
feature_alpha_dropout_ = inplace_form(feature_alpha_dropout, "feature_alpha_dropout_")
