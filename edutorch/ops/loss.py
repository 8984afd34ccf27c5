"""Losses of regression: how far numbers are from the true ones."""

from __future__ import annotations

from .. import dtypes
from ..errors import not_implemented
from ..op import Array, op
from ..op.autocast import asks_autocast
from .reduction import reduced, share

__all__ = ["huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]


@op(method=False, out=False)
def mse_loss(input: Array, target: Array, reduction="mean"):
    """Average the squared differences.

    Shape:    input (*), target (*) -> out (), or (*) with reduction="none"
    Math:     y = mean_i (x_i - t_i)^2
    Gradient: dL/dx = 2 g (x - t) / n,  dL/dt = -dL/dx   (without / n unless reduction="mean")
    """
    if not dtypes.is_floating(input.dtype):
        raise not_implemented("mse_cpu", input)
    difference = input - target
    return reduced(difference * difference, reduction)


def _slope(g, input, target, reduction):
    difference = input - target
    return difference * (g * (2.0 * share(difference.shape, reduction)))


mse_loss.grad(input=_slope, target=lambda g, input, target, reduction: -_slope(g, input, target, reduction))


@op(method=False, out=False)
def huber_loss(xp, input: Array, target: Array, reduction="mean", delta=1.0):
    """Average the squared differences if small, and the plain ones if large: outliers pull less.

    Shape:    input (*), target (*) -> out (), or (*) with reduction="none"
    Math:     y = mean_i c_i (|d_i| - c_i / 2),  d = x - t,  c = min(|d|, delta):  d^2/2, or delta (|d| - delta/2)
    Gradient: dL/dx = g clip(d, -delta, delta) / n,  dL/dt = -dL/dx   (without / n unless reduction="mean")

    Huber, Robust Estimation of a Location Parameter, 1964.
    """
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if not dtypes.is_floating(input.dtype):
        raise not_implemented("huber_cpu", input)
    return reduced(_bent(xp, input - target, delta), reduction)


def _bent(xp, difference, knee):
    size = abs(difference)
    near = xp.minimum(size, knee)
    return near * (size - 0.5 * near)


def _huber_slope(xp, g, input, target, reduction, delta):
    difference = input - target
    return xp.clip(difference, -delta, delta) * (g * share(difference.shape, reduction))


huber_loss.grad(
    input=_huber_slope,
    target=lambda xp, g, input, target, reduction, delta: -_huber_slope(xp, g, input, target, reduction, delta),
)


@op(name="smooth_l1_loss", node="SmoothL1LossBackward0", method=False, out=False)
def _smooth_l1_loss(xp, input: Array, target: Array, reduction="mean", beta=1.0):
    """Average the differences, rounded off where they are small: Huber's loss over beta.

    Shape:    input (*), target (*) -> out (), or (*) with reduction="none"
    Math:     y = mean_i c_i (|d_i| - c_i / 2) / beta,  d = x - t,  c = min(|d|, beta):  d^2/(2 beta), or |d| - beta/2
    Gradient: dL/dx = g clip(d / beta, -1, 1) / n,  dL/dt = -dL/dx   (without / n unless reduction="mean")

    Girshick, Fast R-CNN, 2015.
    """
    if not dtypes.is_floating(input.dtype):
        raise not_implemented("smooth_l1_cpu", input)
    return reduced(_bent(xp, input - target, beta) / beta, reduction)


def _smooth_slope(xp, g, input, target, reduction, beta):
    difference = input - target
    return xp.clip(difference / beta, -1.0, 1.0) * (g * share(difference.shape, reduction))


_smooth_l1_loss.grad(
    input=_smooth_slope,
    target=lambda xp, g, input, target, reduction, beta: -_smooth_slope(xp, g, input, target, reduction, beta),
)


def smooth_l1_loss(input, target, reduction="mean", beta=1.0):
    """Average the differences, rounded off where they are smaller than beta; not at all for beta = 0."""
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return _smooth_l1_loss(input, target, reduction, beta) if beta else l1_loss(input, target, reduction)


@asks_autocast
def l1_loss(input, target, reduction="mean"):
    """Average the differences' sizes, y = mean_i |x_i - t_i|.

    Shape: input (*), target (*) -> (), or (*) with reduction="none"
    """
    return reduced((input - target).abs(), reduction)
