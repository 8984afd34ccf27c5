"""The cross-entropy of scores: softmax and negative log-likelihood in one operator.

The two in a row would write three matrices as large as the scores, and read them again for the gradient. Together they
need one, e^x: the sums of its rows give the loss, and the gradient is what is believed minus what is true, p - q.
"""

from __future__ import annotations

from ..autograd import grad
from ..errors import with_remedy
from ..op import Array, Index, op
from ..op.autocast import asks_autocast
from ..summation import add_up
from ..tensor import Tensor
from .class_numbers import batch_of, check_classes, need_floats, numbers_of, positions, refuse_other_floats, worth
from .masks import where
from .nll import class_node, nll_loss
from .reduction import named
from .softmax import check, log_softmax, peak, total

__all__ = ["cross_entropy", "in_two_steps", "soft_cross_entropy"]


def _node(input, reduction, label_smoothing):
    return "AddBackward0" if label_smoothing else class_node(input, reduction)


@op(
    name="cross_entropy_loss",
    node=_node,
    cast="same",
    method=False,
    out=False,
    extras=("powers", "sums", "at", "truth", "rest"),
)
def cross_entropy(
    xp,
    input: Array,
    target: Index,
    weight: Array | None = None,
    ignore_index=-100,
    reduction="mean",
    label_smoothing=0.0,
):
    """Average the surprise of one who gives each class a score: minus the logarithm of the belief in what came true.

    Shape:    input (N, C, *), target (N, *), weight (C,) -> out (), or (N, *) with reduction="none"
    Math:     p = softmax(x),  L_n = -sum_c q_nc ln p_nc,  y = sum_n L_n / sum_n w[t_n]
              q_nc = w[t_n] for the target's class c = t_n, 0 for the others; label smoothing s spreads a part of it:
              (1 - s) w[t_n] for the target's class, and s/C w[c] more for every class
    Gradient: dL/dx_n = g (p_n sum_c q_nc - q_n) / sum_n w[t_n]   (without / unless reduction="mean")

    Raises:
        IndexError: for a target that is no class. RuntimeError, ValueError: for shapes that do not fit.
    """
    check_classes(input, target, weight)
    check(input, min(input.ndim - 1, 1), "log_softmax")
    need_floats(input)
    scores, target = batch_of(input, target)
    classes = scores.shape[1]
    numbers, counted = numbers_of(target, classes, ignore_index)
    at = positions(xp, numbers, classes)
    truth, whole = worth(numbers, weight, counted, scores.dtype)  # q of the target's class
    rest = 0.0  # q of every class, over w

    shifted = xp.empty(scores.shape, scores.dtype)  # in the order of the positions, whatever the order of the scores
    scores = xp.subtract(scores, peak(scores, 1), out=shifted)  # the shift changes no p, and keeps e^x from overflowing
    picked = scores.reshape(-1)[at]
    if label_smoothing:
        every = class_weights(xp, weight, scores)
        mixed = (scores * every).sum(axis=1)
    powers = xp.exp(scores, out=scores)
    sums = total(xp, powers, 1)
    logs = xp.log(sums)[:, 0]
    losses = (logs - picked) * truth  # -ln p = ln sum e^x - x
    if label_smoothing:
        rest = label_smoothing / classes * (1.0 if counted is None else counted.astype(scores.dtype))
        truth = truth * (1 - label_smoothing)
        losses = losses * (1 - label_smoothing) + (logs * every.sum() - mixed) * rest
    if counted is not None:
        losses = xp.where(counted, losses, 0)

    if named(reduction) == "none":
        return losses.reshape(target.shape if input.ndim > 1 else ()), powers, sums, at, truth, rest
    if reduction == "sum":
        return add_up(losses), powers, sums, at, truth, rest
    divisor = whole + (whole == 0)  # 1 where nothing counts
    return add_up(losses) / whole, powers, sums, at, truth / divisor, rest / divisor


def _belief_minus_truth(
    xp, g, input, target, weight, ignore_index, reduction, label_smoothing, powers, sums, at, truth, rest
):
    if type(g) is Tensor:  # the gradient will have a gradient: the plain steps have all of them
        scores = input.view(input.shape)
        loss = in_two_steps(scores, target, weight, ignore_index, reduction, label_smoothing)
        return grad(loss, scores, g, create_graph=True)[0]
    mass = truth = g * truth
    if label_smoothing:
        rest, every = g * rest, class_weights(xp, weight, powers)
        mass = truth + rest * every.sum()
    gradient = powers * (_column(mass) / sums)
    gradient.reshape(-1)[at] -= truth
    if label_smoothing:
        gradient -= _column(rest) * every
    return gradient


def _column(values):
    """Return a value for each sample so that it stands beside the sample's classes."""
    return values[:, None] if values.ndim else values


def class_weights(xp, weight, scores):
    """Return the weights of the classes so that they stand along axis 1; ones, if there are none."""
    weight = xp.ones(scores.shape[1], scores.dtype) if weight is None else weight
    return weight.reshape(-1, *[1] * (scores.ndim - 2))


cross_entropy.op.refuse = refuse_other_floats
cross_entropy.grad(input=_belief_minus_truth)


def in_two_steps(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Compute the cross-entropy in plain operators: what the one above must equal, and its second gradient."""
    axis = min(input.ndim - 1, 1)
    beliefs = log_softmax(input, axis)
    loss = nll_loss(beliefs, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return loss
    weight = beliefs.new_ones(beliefs.shape[axis]) if weight is None else weight
    counted = target != ignore_index
    spread = where(counted, -(beliefs.movedim(axis, -1) * weight).sum(-1), 0)
    if reduction == "mean":
        spread = spread.sum() / (weight[target * counted] * counted).sum()
    elif reduction == "sum":
        spread = spread.sum()
    return loss * (1 - label_smoothing) + spread * (label_smoothing / len(weight))


@asks_autocast
def soft_cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Compute the cross-entropy of scores, where the truth is a probability for every class.

    Shape: input (N, C, *), target of the same shape, weight (C,) -> (), or (N, *) with reduction="none"
    Math:  y = 1/N sum_n -sum_c w[c] q_nc ln p_nc,  p = softmax(x)
    """
    if not target.is_floating_point():
        raise RuntimeError(with_remedy(
            f"Expected floating point type for target with class probabilities, got {target.dtype.legacy}",
            "A target of the scores' shape holds a probability for every class: y.float(). Class numbers come without "
            "the dimension of the classes; from one-hot rows: y.argmax(dim=1)."))  # fmt: skip
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    axis = min(input.ndim - 1, 1)
    classes = input.shape[axis] if input.ndim else 1
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or no classes but got "
            f"weight tensor of shape: {list(weight.shape)}"
        )
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    losses = log_softmax(input, axis) * target
    if weight is not None:
        losses = losses * weight.reshape(-1, *[1] * (input.ndim - 1 - axis))
    if named(reduction) == "none":
        return -losses.sum(axis)
    return -losses.sum() if reduction == "sum" else -losses.sum() / (input.numel() // max(classes, 1))
