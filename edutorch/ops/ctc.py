"""Connectionist temporal classification: a sequence of labels is right, whichever steps of the input say them.

Each step says a label or a blank; repeated labels count once, then blanks vanish: `a a - b` reads `ab`. A target of S
labels is thus a walk through 2 S + 1 states, `- a - b -`: a step stays, goes on by one, or leaps over a blank between
two different labels. The loss adds the probabilities of all walks, step by step, forward (alpha) and backward (beta).

Graves et al., Connectionist Temporal Classification: Labelling Unsegmented Sequence Data with RNNs, 2006.
"""

from __future__ import annotations

import math

import numpy as np

from ..errors import not_implemented, with_remedy
from ..op import Array, Index, op
from ..op.autocast import asks_autocast
from ..op.forms import NO_DERIVATIVE, no_derivative, over
from ..tensor import Tensor
from .accumulate import add_at
from .reduction import named, reduced
from .tensor_arguments import need_tensors

__all__ = ["ctc_loss"]


def _states(xp, targets, lengths, blank):
    """Return the label of each state (N, 2 S + 1), and whether a step may leap to it over the state before."""
    longest = max(lengths, default=0)
    if targets.ndim == 1:  # one target after the other
        starts = np.cumsum([0, *lengths[:-1]])[:, None] + np.arange(longest)
        targets = targets[xp.asarray(np.minimum(starts, max(len(targets) - 1, 0)))] if longest else targets[None, :0]
    used = xp.arange(longest) < xp.asarray(lengths)[:, None]
    labels = xp.full((len(lengths), 2 * longest + 1), blank)
    labels[:, 1::2] = xp.where(used, targets[:, :longest], blank)
    leap = xp.zeros(labels.shape, bool)
    leap[:, 2:] = (labels[:, 2:] != blank) & (labels[:, 2:] != labels[:, :-2])
    return labels, leap


def _onward(xp, before, leap):
    """Return the logarithm of the sum over the states that lead to each state: itself, the last, or the one before."""
    now = before.copy()
    now[:, 1:] = xp.logaddexp(now[:, 1:], before[:, :-1])
    now[:, 2:] = xp.logaddexp(now[:, 2:], xp.where(leap[:, 2:], before[:, :-2], -math.inf))
    return now


def _node(zero_infinity):
    return "WhereBackward0" if zero_infinity else "CtcLossBackward0"


@op(name="ctc_loss", node=_node, method=False, out=False, extras=("alpha", "price"))
def _ctc_loss(xp, log_probs: Array, targets: Index, input_lengths, target_lengths, blank=0, zero_infinity=False):
    """Return the surprise at each sequence of labels: minus the logarithm of the probability of all walks that read it.

    Shape:    log_probs (T, N, C), targets (N, S) or all in a row, lengths (N,) -> out (N,)
    Math:     y_n = -ln sum_walks prod_t p_t(label of the walk at t)
              alpha_t(s) = p_t(l_s) (alpha_(t-1)(s) + alpha_(t-1)(s - 1) + alpha_(t-1)(s - 2) where it may leap)
    Gradient: dL/dx_t(k) = g (p_t(k) - the probability that the walk is at a label k at step t): what goes back
              through log_softmax unchanged, as PyTorch has it
    """
    if log_probs.dtype.kind != "f":
        raise not_implemented("ctc_loss_cpu", log_probs)
    labels, leap = _states(xp, targets, target_lengths, blank)
    _need_classes(labels, log_probs.shape[2])
    said = xp.take_along_axis(log_probs, labels[None], axis=2)  # (T, N, state)
    alpha = xp.full(said.shape, -math.inf, said.dtype)
    alpha[0, :, :2] = said[0, :, :2]
    for t in range(1, len(said)):
        alpha[t] = _onward(xp, alpha[t - 1], leap) + said[t]
    steps, last, samples = xp.asarray(input_lengths), 2 * xp.asarray(target_lengths), xp.arange(len(labels))
    final = alpha[steps - 1, samples]  # (N, state): a walk ends in the last label or the blank after it
    in_blank, in_label = final[samples, last], final[samples, last - 1]
    losses = -xp.where(last > 0, xp.logaddexp(in_blank, in_label), in_blank)
    losses = xp.where(steps > 0, losses, xp.where(last > 0, math.inf, 0.0).astype(losses.dtype))
    return (xp.where(xp.isinf(losses), 0, losses) if zero_infinity else losses), alpha, losses


@op(name="_ctc_loss_backward", node=NO_DERIVATIVE, method=False, out=False)
def _ctc_slope(
    xp,
    g: Array,
    log_probs: Array,
    targets: Index,
    alpha: Index,
    price: Index,
    input_lengths,
    target_lengths,
    blank,
    zero_infinity,
):
    """Return the gradient of the CTC loss; it has none itself.

    Shape:    g (N,), log_probs (T, N, C), alpha (T, N, state), price (N,) -> out (T, N, C)
    Math:     y_t(k) = g (p_t(k) - sum over states s with label k of alpha_t(s) beta_t(s) / p(target))
              beta_t(s) = the probability of what is still to be said from state s at step t on
    Gradient: not implemented, as in PyTorch
    """
    labels, leap = _states(xp, targets, target_lengths, blank)
    said = xp.take_along_axis(log_probs, labels[None], axis=2)
    steps = xp.asarray(input_lengths)[:, None]
    states, last = xp.arange(labels.shape[1]), 2 * xp.asarray(target_lengths)[:, None]
    final = xp.where((states == last) | (states == last - 1), 0.0, -math.inf).astype(said.dtype)
    back = xp.zeros_like(leap)  # whether a step may leap from a state, counted from the last
    back[:, 2:] = leap[:, :1:-1]
    beta = xp.full(said.shape, -math.inf, said.dtype)
    beta[-1] = xp.where(steps == len(said), final, -math.inf)
    for t in range(len(said) - 2, -1, -1):
        ahead = _onward(xp, (beta[t + 1] + said[t + 1])[:, ::-1], back)[:, ::-1]
        beta[t] = xp.where(steps == t + 1, final, ahead)
    impossible = xp.isinf(price)
    at = xp.exp(alpha + beta + xp.where(impossible, 0, price)[:, None])
    g = xp.where(impossible, 0.0 if zero_infinity else math.nan, g)
    times, rows = xp.arange(len(said))[:, None, None], xp.arange(len(labels))[:, None]
    slope = xp.exp(log_probs) - add_at(xp, log_probs.shape, (times, rows, labels[None]), at)
    return xp.where(times < steps, slope * g[:, None], 0)


_ctc_slope.grad(g=no_derivative("_ctc_loss_backward"), log_probs=no_derivative("_ctc_loss_backward"))
_ctc_loss.grad(
    log_probs=lambda g, log_probs, targets, alpha, price, input_lengths, target_lengths, blank, zero_infinity: (
        _ctc_slope.both(g, log_probs, targets, alpha, price, input_lengths, target_lengths, blank, zero_infinity)
    )
)


@over(_ctc_loss)
@asks_autocast
def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="none", zero_infinity=False):
    """Return the surprise at sequences of labels, without knowing which step of the input says which label.

    Shape: log_probs (T, N, C), targets (N, S) or (sum of the lengths,), input_lengths (N,), target_lengths (N,)
        -> (), or (N,) with reduction="none"; also (T, C), (S,), () and ()

    Args:
        blank: the class that says nothing.
        reduction: "mean" divides by the targets' lengths first.
        zero_infinity: count targets that are too long for their input as 0.
    """
    need_tensors("ctc_loss", log_probs=log_probs, targets=targets)
    single = log_probs.ndim == 2
    if single:
        log_probs, targets = log_probs.unsqueeze(1), targets.reshape(1, -1)
    input_lengths, target_lengths = _whole("input_lengths", input_lengths), _whole("target_lengths", target_lengths)
    _check(log_probs, targets, input_lengths, target_lengths, blank)
    losses = _ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, zero_infinity)
    if single:
        losses = losses.squeeze(0)
    if named(reduction) != "mean":
        return reduced(losses, reduction)
    counts = [max(n, 1) for n in target_lengths]
    return (losses / losses.new_tensor(counts[0] if single else counts)).mean()


def _whole(name, lengths):
    """Return lengths, a tensor or a sequence, as a tuple of ints."""
    if not isinstance(lengths, Tensor):
        return tuple(lengths)
    if lengths.is_floating_point():
        raise RuntimeError(f"{name} must be integral")
    return tuple(lengths.reshape(-1).tolist())


_WHERE = "(while checking arguments for ctc_loss_allocate_outputs)"


def _check(log_probs, targets, input_lengths, target_lengths, blank):
    """Raise PyTorch's error for arguments that do not fit together."""
    if not log_probs.numel():
        raise RuntimeError("log_probs tensor must not be empty")
    if log_probs.ndim != 3:
        raise RuntimeError(
            f"Expected 3-dimensional tensor, but got {log_probs.ndim}-dimensional tensor for argument #1 'log_probs' "
            + _WHERE
        )
    if log_probs.itemsize == 2:
        raise not_implemented("ctc_loss_cpu", log_probs.array)
    steps, samples, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    for name, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if len(lengths) != samples:
            raise RuntimeError(f"{name} must be of size batch_size")
    for name, lengths in (("target_lengths", target_lengths), ("input_lengths", input_lengths)):
        if min(lengths) < 0:
            raise RuntimeError(f"Expected {name} to have value at least 0, but got value {min(lengths)} {_WHERE}")
    if targets.ndim not in (1, 2):
        raise RuntimeError(
            f"Expected 1 to 2 dimensions, but got {targets.ndim}-dimensional tensor for argument #2 'targets' {_WHERE}"
        )
    _check_target_sizes(targets, target_lengths, samples)
    if max(input_lengths) > steps:
        raise RuntimeError(
            f"Expected input_lengths to have value at most {steps}, but got value {max(input_lengths)} {_WHERE}"
        )


def _check_target_sizes(targets, lengths, samples):
    needed, size = (sum(lengths), len(targets)) if targets.ndim == 1 else (samples, len(targets))
    if size != needed:
        raise RuntimeError(
            f"Expected tensor to have size {needed} at dimension 0, but got size {size} for argument #2 'targets' "
            + _WHERE
        )
    if targets.ndim == 2 and targets.shape[1] < max(lengths):
        raise RuntimeError(
            f"Expected tensor to have size at least {max(lengths)} at dimension 1, but got size {targets.shape[1]} for "
            f"argument #2 'targets' {_WHERE}"
        )


def _need_classes(labels, classes):
    """Raise for a label that is no class; PyTorch would read what lies beside the array."""
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise IndexError(with_remedy(
            f"Target {wrong[0]} is out of bounds.", f"The labels are numbered 0 to {classes - 1}."))  # fmt: skip
