"""The negative log-likelihood: what a classifier pays for the classes that came true."""

from __future__ import annotations

import math

from ..op import Array, Index, op
from ..summation import add_up
from .class_numbers import batch_of, check_classes, need_floats, numbers_of, positions, refuse_other_floats, worth
from .indexing import scatter_at
from .reduction import named

__all__ = ["nll_loss"]


def class_node(input, reduction):
    """Return the graph node's name, which tells rows of scores from pictures of them."""
    if input.ndim < 3:
        return "NllLossBackward0"
    return "ViewBackward0" if reduction == "none" and input.ndim != 4 else "NllLoss2DBackward0"


@op(name="nll_loss_nd", node=class_node, cast="same", method=False, out=False, extras=("at", "price"))
def nll_loss(xp, input: Array, target: Index, weight: Array | None = None, ignore_index=-100, reduction="mean"):
    """Average what was given to the classes that came true, negated: of logarithms of probabilities, the surprise.

    Shape:    input (N, C, *), target (N, *), weight (C,) -> out (), or (N, *) with reduction="none"
    Math:     y = sum_n w_n (-x_n[t_n]) / sum_n w_n,  w_n = weight[t_n], 0 where t_n = ignore_index
    Gradient: dL/dx_n[t_n] = -g w_n / sum_n w_n, 0 for the other classes   (without / unless reduction="mean")

    Raises:
        IndexError: for a target that is no class. RuntimeError, ValueError: for shapes that do not fit.
    """
    check_classes(input, target, weight)
    need_floats(input)
    scores, target = batch_of(input, target)
    numbers, counted = numbers_of(target, scores.shape[1], ignore_index)
    at = positions(xp, numbers, scores.shape[1])
    price, total = worth(numbers, weight, counted, scores.dtype)
    losses = -scores.reshape(-1)[at]
    if counted is not None:
        losses = xp.where(counted, losses, 0)
    losses = losses * price
    if named(reduction) == "none":
        return losses.reshape(at.shape if input.ndim > 1 else ()), at, price
    if reduction == "sum":
        return add_up(losses), at, price
    return add_up(losses) / total, at, price / (total + (total == 0))  # divided by 1 where nothing counts


def _at_the_classes(g, xp, shape, at, price):
    at = getattr(at, "array", at)  # a gradient that is differentiated again is given tensors; positions stay an index
    return scatter_at.both(xp.broadcast_to(-g * price, at.shape), (math.prod(shape),), (at,)).reshape(shape)


nll_loss.op.refuse = refuse_other_floats
nll_loss.grad(input=_at_the_classes)
