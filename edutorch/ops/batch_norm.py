"""Batch normalization: each channel gets mean 0 and deviation 1 over the batch, then a scale and a shift of its own.

S. Ioffe and C. Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift,
ICML 2015, arXiv:1502.03167.
"""

from __future__ import annotations

from typing import Any

from ..errors import need_floats
from ..op import Array, op
from .standardize import moments, one_over_std, through_standardize, with_history

__all__ = []


@op(extras=("mean", "rstd"), method=False, out=False, node="NativeBatchNormBackward0")
def batch_norm(
    xp,
    input: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    running_mean: Any = None,
    running_var: Any = None,
    training=False,
    momentum=0.1,
    eps=1e-5,
):
    """Standardize each channel: by its moments in the batch in training, by the running ones otherwise.

    In training the running moments move towards those of the batch, by the fraction `momentum`. The running variance
    is the unbiased one, n - 1 under the sum; what normalizes has n.

    Shape:    input (N, C, *), the others (C,) -> out (N, C, *)
    Math:     y = w (x - mean) / sqrt(variance + eps) + b, with the mean over N and *
    Gradient: with n = (x - mean) / std and h = g w:
              dL/dx = (h - mean h - n mean(h n)) / std in training, h / std otherwise
              dL/dw = sum g n,  dL/db = sum g
    """
    need_floats(input, "batch_norm")
    axes = all_but_channels(input)
    if training:
        mean, variance = moments(input, axes)
        if running_mean is not None:
            move_running(running_mean.array, running_var.array, mean, variance, input.size // mean.size, momentum)
    else:
        mean, variance = (as_channels(r.array, input).astype(input.dtype) for r in (running_mean, running_var))
    rstd = one_over_std(xp, variance, eps)
    out = (input - mean) * rstd
    if weight is not None:
        out *= as_channels(weight, input)
    if bias is not None:
        out += as_channels(bias, input)
    return out, mean, rstd


@batch_norm.backward
def batch_norm_gradients(xp, g, input, weight, mean, rstd, training, eps, needs):
    axes = all_but_channels(input)
    if training:
        mean, rstd = with_history(xp, input, axes, eps, mean, rstd)
    normal = (input - mean) * rstd
    scaled = g if weight is None else g * as_channels(weight, input)
    to_input = None
    if needs[0]:
        to_input = through_standardize(scaled, normal, rstd, axes) if training else scaled * rstd
    return to_input, (g * normal).sum(axis=axes) if needs[1] else None, g.sum(axis=axes) if needs[2] else None


def move_running(running_mean, running_var, mean, variance, n, momentum):
    """Move the running moments, in place, towards those of a batch of n values for each channel."""
    unbiased = variance * (n / (n - 1))
    for running, batch in ((running_mean, mean), (running_var, unbiased)):
        running *= 1 - momentum
        running += (batch.reshape(running.shape) * momentum).astype(running.dtype)


def all_but_channels(input):
    """Return the axes that a channel's moments are taken over: all but the second."""
    return (0, *range(2, input.ndim))


def as_channels(vector, input):
    """Return one value for each channel in the shape that broadcasts along the input's second axis."""
    return vector.reshape((1, -1) + (1,) * (input.ndim - 2))
