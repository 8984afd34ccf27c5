"""Group normalization: the channels of a sample are standardized a group at a time.

With one group it is a layer norm over channels and places; with as many groups as channels, an instance norm.

Y. Wu and K. He, Group Normalization, ECCV 2018, arXiv:1803.08494.
"""

from __future__ import annotations

import math

from ..errors import need_floats
from ..op import Array, op
from .batch_norm import all_but_channels, as_channels
from .standardize import moments, one_over_std, through_standardize, with_history

__all__ = []


@op(extras=("mean", "rstd"), method=False, out=False, node="NativeGroupNormBackward0")
def group_norm(xp, input: Array, num_groups, weight: Array | None = None, bias: Array | None = None, eps=1e-5):
    """Standardize groups of channels, each sample for itself, then scale and shift each channel.

    Shape:    input (N, C, *), weight and bias (C,) -> out (N, C, *)
    Math:     y = w (x - mean) / sqrt(variance + eps) + b, with the mean over C / num_groups channels and *
    Gradient: with n = (x - mean) / std and h = g w:
              dL/dx = (h - mean h - n mean(h n)) / std,  dL/dw = sum g n,  dL/db = sum g
    """
    need_floats(input, "GroupNormKernelImpl")
    grouped = in_groups(input, num_groups)
    mean, variance = moments(grouped, -1)
    rstd = one_over_std(xp, variance, eps)
    out = ((grouped - mean) * rstd).reshape(input.shape)
    if weight is not None:
        out *= as_channels(weight, input)
    if bias is not None:
        out += as_channels(bias, input)
    return out, mean, rstd


@group_norm.backward
def group_norm_gradients(xp, g, input, weight, mean, rstd, num_groups, eps, needs):
    grouped = in_groups(input, num_groups)
    mean, rstd = with_history(xp, grouped, -1, eps, mean, rstd)
    normal = (grouped - mean) * rstd
    scaled = in_groups(g if weight is None else g * as_channels(weight, input), num_groups)
    axes = all_but_channels(input)
    return (
        through_standardize(scaled, normal, rstd, -1).reshape(input.shape) if needs[0] else None,
        (g * normal.reshape(input.shape)).sum(axis=axes) if needs[1] else None,
        g.sum(axis=axes) if needs[2] else None,
    )


def in_groups(array, num_groups):
    """Return the array with the elements of each group in one row: (N, num_groups, C / num_groups * ...)."""
    n, *rest = array.shape
    return array.reshape(n, num_groups, math.prod(rest) // num_groups)
