"""Losses: how far a prediction is from the truth, as one number."""

from __future__ import annotations

import math

from .. import dtypes
from ..errors import not_implemented
from ..op import Array, op

__all__ = ["mse_loss"]


def reduced(xp, values, reduction):
    """Return the mean or the sum of the values, or all of them (`"none"`).

    Raises:
        ValueError: for any other reduction.
    """
    if reduction == "mean":
        return values.mean()
    if reduction == "sum":
        return values.sum()
    if reduction == "none":
        return values
    raise ValueError(f"{reduction} is not a valid value for reduction")


@op(method=False, out=False)
def mse_loss(xp, input: Array, target: Array, reduction="mean"):
    """Average the squared differences.

    Shape:    input (*), target (*) -> out (), or (*) with reduction="none"
    Math:     y = mean_i (x_i - t_i)^2
    Gradient: dL/dx = 2 g (x - t) / n,  dL/dt = -dL/dx   (without / n unless reduction="mean")
    """
    if not dtypes.is_floating(input.dtype):
        raise not_implemented("mse_cpu", input)
    difference = input - target
    return reduced(xp, difference * difference, reduction)


def _slope(g, input, target, reduction):
    difference = input - target
    scale = 2.0 / max(math.prod(difference.shape), 1)
    return difference * (g * (scale if reduction == "mean" else 2.0))


mse_loss.grad(input=_slope, target=lambda g, input, target, reduction: -_slope(g, input, target, reduction))
