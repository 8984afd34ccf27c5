"""Standardizing: subtract the mean, divide by the standard deviation.

Batch, layer, group and instance normalization are this one step, and differ only in the axes over which they take the
mean: all samples of a channel, all features of a sample, a group of channels of a sample, one channel of a sample.
"""

from __future__ import annotations

from .. import dtypes
from ..errors import need_floats
from .dialect import dialect


def moments(input, axes):
    """Return the mean and the variance along axes, which are kept with size 1."""
    mean = input.mean(axis=axes, keepdims=True)
    centred = input - mean
    return mean, (centred * centred).mean(axis=axes, keepdims=True)


def one_over_std(xp, variance, eps):
    """Return one over the deviation; `eps` keeps equal numbers, whose variance is 0, from dividing by 0."""
    return 1 / xp.sqrt(variance + eps)


def with_history(xp, input, axes, eps, mean, rstd):
    """Return what the forward saved; but if the gradient itself is to be differentiated, anew from the input."""
    if xp is not dialect:
        return mean, rstd
    mean, variance = moments(input, axes)
    return mean, one_over_std(xp, variance, eps)


def through_standardize(g, normal, rstd, axes):
    """Take a gradient back through normal = (x - mean) rstd, where mean and rstd depend on every x, too.

    Two directions get no gradient, as y does not change along them: adding a constant to x, and scaling x.
    """
    along_shift = g.mean(axis=axes, keepdims=True)
    along_scale = (g * normal).mean(axis=axes, keepdims=True)
    return rstd * (g - along_shift - normal * along_scale)


def refuse_mixed(input, *parameters):
    """Raise unless the parameters have the input's dtype; to a half-precision input, they may be float32.

    Returns:
        whether they are float32 to a half-precision input.
    """
    mixed = False
    for p in parameters:
        if p is not None and p.array.dtype != input.array.dtype:
            need_floats(input.array, "batch_norm")
            if p.array.dtype != dtypes.FLOAT32:
                raise RuntimeError("mixed dtype (CPU): expect parameter to have scalar type of Float")
            if input.array.dtype not in dtypes.HALVES:
                raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")
            mixed = True
    return mixed
