"""Losses of margins: the scores of the right classes must beat those of the wrong ones by a margin."""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..backends import expect_inside, on_host
from ..errors import not_implemented, with_remedy
from ..op import Array, Index, op
from .class_numbers import refuse_other_floats
from .exponential import sigmoid
from .reduction import reduced, share

__all__ = ["multi_margin_loss", "multilabel_margin_loss", "soft_margin_loss"]

_MULTI, _MULTILABEL = "multi_margin_loss_cpu_kernel", "multilabel_margin_loss_forward_out_frame"  # PyTorch's names


@op(method=False, out=False)
def soft_margin_loss(xp, input: Array, target: Index, reduction="mean"):
    """Make scores positive where the target is 1 and negative where it is -1, the further from zero the better.

    Shape:    input (*), target (*) of 1 and -1 -> out (), or (*) with reduction="none"
    Math:     y = mean_i ln(1 + e^(-t_i x_i))
    Gradient: dL/dx = -g t / (1 + e^(t x)) / n   (without / n unless reduction="mean")
    """
    if not dtypes.is_floating(input.dtype):
        raise RuntimeError(f"result type Float can't be cast to the desired output type {dtypes.of(input).legacy}")
    losses = xp.log1p(xp.exp(-target * input)).astype(input.dtype)
    if losses.shape != input.shape:
        raise RuntimeError(f"output with shape {[*input.shape]} doesn't match the broadcast shape {[*losses.shape]}")
    return reduced(losses, reduction)


soft_margin_loss.grad(
    input=lambda g, input, target, reduction, shape: (
        -target * sigmoid.both(-target * input) * (g * share(shape, reduction))
    )
)


def _need_rows(input):
    if input.ndim > 2 or (input.ndim and not input.shape[-1]):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {[*input.shape]}"
        )


def _need_full_floats(array, kernel):
    if array.dtype not in (dtypes.FLOAT32, dtypes.FLOAT64):
        raise not_implemented(kernel, array)


def _need_long(target):
    if target.dtype != np.int64:
        raise RuntimeError(f"expected scalar type Long but found {dtypes.of(target).legacy}")


@op(cast="same", method=False, out=False, extras=("right", "price"))
def multi_margin_loss(xp, input: Array, target: Index, p=1, margin=1.0, weight: Array | None = None, reduction="mean"):
    """Make the score of the right class larger than every other by a margin: the support vector machine's loss.

    Shape:    input (N, C), target (N,) of class numbers, weight (C,) -> out (), or (N,) with reduction="none"
    Math:     y = mean_n 1/C sum_(c != t_n) w[t_n] h_nc^p,  h_nc = max(0, margin - x_n[t_n] + x_n[c])
    Gradient: dL/dx_n[c] = g p h_nc^(p-1) w[t_n] / (C n) where h_nc > 0, and the negative sum of these for c = t_n

    Crammer and Singer, On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines, 2001.
    """
    _need_rows(input)
    scores = input.reshape(-1, input.shape[-1] if input.ndim else 1)
    n, classes = scores.shape
    if target.size != n or target.ndim > 1 or (input.ndim > 1 and not target.ndim):
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
            f"size). Expected target size [{n}], but got {[*target.shape]}. Input has shape {[*input.shape]}."
        )
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {[*weight.shape]}")
    _need_full_floats(input, _MULTI)
    _need_long(target)
    expect_inside(target, 0, classes, "multi_margin_loss(): a target is out of range of {size} classes")
    if on_host(target) and target.size and not (target.min() >= 0 and target.max() < classes):
        raise RuntimeError(with_remedy("target out of range", f"The classes are numbered 0 to {classes - 1}."))
    right = target.reshape(-1, 1) == xp.arange(classes)
    price = (xp.ones(n, scores.dtype) if weight is None else weight[target.reshape(-1)])[:, None] / classes
    losses = (_hinge(xp, scores, right, margin) ** p * price).sum(axis=1)
    return reduced(losses.reshape(target.shape), reduction), right, price


def _hinge(xp, scores, right, margin):
    best = (scores * right).sum(axis=1, keepdims=True)
    return xp.clip(margin - best + scores, 0.0, None) * ~right


def _push_apart(xp, g, input, p, margin, reduction, right, price):
    scores = input.reshape(right.shape)
    over = _hinge(xp, scores, right, margin)
    push = (over > 0) * price if p == 1 else 2.0 * over * price
    push = push - right * push.sum(axis=1, keepdims=True)
    g = g.reshape(-1, 1) * share(right.shape[:1], reduction)
    return (push * g).reshape(input.shape)


def _refuse(input, target, weight):
    _need_full_floats(input.array, _MULTI)
    refuse_other_floats(input, target, weight)


multi_margin_loss.op.refuse = _refuse
multi_margin_loss.grad(input=_push_apart)


@op(method=False, out=False, extras=("slope",))
def multilabel_margin_loss(xp, input: Array, target: Index, reduction="mean"):
    """Make the scores of all right classes larger than those of all wrong ones by 1.

    Shape:    input (N, C), target (N, C): each row names its right classes, and ends at the first -1
              -> out (), or (N,) with reduction="none"; also (C,) and (C,)
    Math:     y = mean_n 1/C sum_(j right, i wrong) max(0, 1 - (x_j - x_i))
    Gradient: dL/dx_i = g/C times how many right ones a wrong one comes too near, and the negative for a right one
    """
    _need_rows(input)
    if input.shape != target.shape:
        raise RuntimeError(f"inconsistent target size: {[*target.shape]} for input of size: {[*input.shape]}")
    _need_full_floats(input, _MULTILABEL)
    _need_long(target)
    scores = input.reshape(-1, input.shape[-1] if input.ndim else 1)
    classes = scores.shape[1]
    names = target.reshape(scores.shape)
    expect_inside(names, -1, classes, "multilabel_margin_loss(): a target is out of range of {size} classes")
    if on_host(names) and names.size and not (names.min() >= -1 and names.max() < classes):
        raise RuntimeError(with_remedy("argument #2 'target' is out of range", f"There are {classes} classes."))
    named = (names >= 0).cumprod(axis=1).astype(bool)  # up to the first -1
    hot = (names[:, :, None] == xp.arange(classes)) & named[:, :, None]  # (N, name, C)
    wrong = ~hot.any(axis=1)
    own = xp.take_along_axis(scores, names * named, axis=1)
    over = 1 - own[:, :, None] + scores[:, None, :]
    near = (over > 0) & named[:, :, None] & wrong[:, None, :]
    losses = xp.where(near, over, 0).sum(axis=(1, 2)) / scores.dtype.type(classes)
    slope = (near.sum(axis=1) - (hot * near.sum(axis=2, keepdims=True)).sum(axis=1)).astype(scores.dtype) / classes
    return reduced(losses.reshape(input.shape[:-1]), reduction), slope


multilabel_margin_loss.grad(
    input=lambda g, slope, shape, reduction: (slope * (g.reshape(-1, 1) * share(slope.shape[:1], reduction))).reshape(
        shape
    )
)
multilabel_margin_loss.op.refuse = lambda input, target: _need_full_floats(input.array, _MULTILABEL)
