"""Losses as functions: PyTorch's arguments in front of the operators of `edutorch/ops`.

All take `reduction`: "mean", "sum", or "none" for each sample's own loss. `size_average` and `reduce` are older names
for it.
"""

from __future__ import annotations

import math
import warnings

from ...errors import C_NAMES, with_remedy
from ...op.autocast import asks_autocast
from ...op.forms import over
from ...ops import binary_cross_entropy as _binary
from ...ops import contrast, divergence, margins
from ...ops import loss as _regression
from ...ops.create import ones_like
from ...ops.cross_entropy import cross_entropy as _cross_entropy
from ...ops.cross_entropy import soft_cross_entropy
from ...ops.ctc import ctc_loss as _ctc_loss
from ...ops.exponential import log
from ...ops.nll import nll_loss as _nll_loss
from ...ops.reduction import named, reduced
from ...ops.softplus import log_sigmoid
from ...ops.tensor_arguments import refuse_gradient
from .distance import pairwise_distance
from .reduction import legacy_reduction, new_name

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cross_entropy",
    "ctc_loss",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


def _warn_of_sizes(input, target):
    """Warn where broadcasting would compare every prediction with every target."""
    if target.size() != input.size():
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=3,
        )


# ---------------------------------------------------------------- regression


def _weighted(losses, weight, input, reduction, by_weight=True):
    """Reduce losses that each have a weight; the mean is divided by the sum of the weights."""
    if weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
    losses = losses * weight
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")
    return losses.sum() / weight.sum() if reduction == "mean" and by_weight else reduced(losses, reduction)


@over(_regression.mse_loss)
def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """Average the squared differences between a prediction and its target.

    Shape: input (*), target (*) of the same shape -> (), or (*) with reduction="none"

    Args:
        weight: a weight for each element; the mean is then divided by their sum.

    Warns:
        UserWarning: if the shapes differ: broadcasting would compare every prediction with every target.
    """
    _warn_of_sizes(input, target)
    reduction = legacy_reduction(size_average, reduce, reduction)
    if weight is not None:
        return _weighted((input - target) ** 2, weight, input, reduction)
    return _regression.mse_loss(input, target, new_name(reduction))


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """Average the sizes of the differences between a prediction and its target.

    Shape: input (*), target (*) of the same shape -> (), or (*) with reduction="none"
    """
    _warn_of_sizes(input, target)
    reduction = legacy_reduction(size_average, reduce, reduction)
    if weight is not None:
        return _weighted((input - target).abs(), weight, input, reduction)
    return _regression.l1_loss(input, target, new_name(reduction))


@over(_regression._smooth_l1_loss)
def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """Average the differences' sizes, rounded off where they are smaller than `beta`.

    Shape: input (*), target (*) of the same shape -> (), or (*) with reduction="none"
    """
    _warn_of_sizes(input, target)
    reduction = legacy_reduction(size_average, reduce, reduction)
    return _regression.smooth_l1_loss(input, target, new_name(reduction), beta)


@over(_regression.huber_loss)
@asks_autocast
def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """Average the squared differences where they are smaller than `delta`, and the plain ones where they are larger.

    Shape: input (*), target (*) of the same shape -> (), or (*) with reduction="none"
    """
    _warn_of_sizes(input, target)
    if weight is not None:
        return _weighted(_regression.huber_loss(input, target, "none", delta), weight, input, reduction, False)
    loss = _regression.huber_loss(input, target, new_name(reduction), delta)
    return loss if loss.dtype == input.dtype else loss.to(input.dtype)


# ---------------------------------------------------------------- classification


@over(_nll_loss)
def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    """Average the negative log-likelihoods: of the logarithms of probabilities, minus the one of the true class.

    Shape: input (N, C, *), target (N, *) of class numbers -> (), or (N, *) with reduction="none"

    Args:
        weight: (C,), a weight for each class; the mean is divided by the sum over the targets.
        ignore_index: targets with this number do not count.
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    if weight is not None:
        refuse_gradient("nll_loss_forward", weight=weight)
    return _nll_loss(input, target, weight, ignore_index, new_name(reduction))


@over(_cross_entropy)
def cross_entropy(
    input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0
):
    """Average the surprise of a classifier that gives each class a score: minus the logarithm of its belief.

    Shape: input (N, C, *), target (N, *) of class numbers or (N, C, *) of probabilities -> (), or (N, *) with
        reduction="none"

    Args:
        weight: (C,), a weight for each class; the mean is divided by the sum over the targets.
        ignore_index: targets with this number do not count.
        label_smoothing: the part of each target that is spread over all classes, between 0 and 1.

    Example:
        >>> import edutorch as torch
        >>> scores = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        >>> torch.nn.functional.cross_entropy(scores, torch.tensor([0, 1]))
        tensor(0.3955)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    reduction = new_name(reduction)
    if label_smoothing:
        if label_smoothing > 1:
            raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
        label_smoothing = max(label_smoothing, 0.0)
    try:
        with_probabilities = input.array.shape == target.array.shape
    except AttributeError:
        with_probabilities = False  # the operator says which of them is no tensor
    if with_probabilities:
        return soft_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
    if weight is not None:
        refuse_gradient("nll_loss_forward", weight=weight)
    return _cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)


@over(_binary.binary_cross_entropy)
def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """Average the cross-entropies of yes-or-no questions, where `input` holds the probabilities of yes.

    Shape: input (*) between 0 and 1, target (*), weight broadcastable -> (), or (*) with reduction="none"
    """
    reduction = new_name(legacy_reduction(size_average, reduce, reduction))
    named(reduction)
    if target.size() != input.size():
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is "
            "deprecated. Please ensure they have the same size."
        )
    if weight is not None:
        refuse_gradient("binary_cross_entropy", weight=weight)
        weight = weight.expand(input.size()).to(input.dtype)
    if target.dtype != input.dtype:
        raise RuntimeError(
            with_remedy(
                f"Found dtype {target.dtype.legacy} but expected {input.dtype.legacy}",
                "The target holds numbers, of the input's dtype: y.float().",
            )
        )
    return _binary.binary_cross_entropy(input, target, weight, reduction)


@over(_binary.binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None
):
    """Average the cross-entropies of yes-or-no questions, where `input` holds scores: `sigmoid(input)` is believed.

    Shape: input (*), target (*), weight and pos_weight broadcastable -> (), or (*) with reduction="none"

    Args:
        weight: a weight for each answer. pos_weight: a further weight for the answer yes.
    """
    reduction = new_name(legacy_reduction(size_average, reduce, reduction))
    named(reduction)
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    return _binary.binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction)


# ---------------------------------------------------------------- distributions


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """Return the Kullback-Leibler divergence of a distribution, given by its logarithms, from the true one.

    Shape: input (*), target (*) -> (), or (*) with reduction="none"

    Args:
        reduction: "batchmean", the divergence itself, averaged over the first dimension; or as for the others.
        log_target: the target holds logarithms too.

    Warns:
        UserWarning: for "mean", which divides by the number of classes as well.
    """
    reduction, given = legacy_reduction(size_average, reduce, reduction), reduction
    if reduction is given and reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    if reduction != "batchmean":
        return divergence.kl_div(input, target, named(new_name(reduction)), log_target=log_target)
    loss = divergence.kl_div(input, target, "sum", log_target=log_target)
    return loss / input.size()[0] if input.dim() else loss


def poisson_nll_loss(
    input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"
):
    """Average the surprise at counts, where `input` is the logarithm of the rate at which they are expected.

    Shape: input (*), target (*) -> (), or (*) with reduction="none"

    Args:
        log_input: False if the input is the rate itself; `eps` then keeps its logarithm finite.
        full: add Stirling's approximation of the term that does not depend on the input.
    """
    reduction = named(legacy_reduction(size_average, reduce, reduction))
    return divergence.poisson_nll_loss(input, target, log_input, full, eps, reduction)


def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """Average the surprise at numbers, where `input` is the mean and `var` the variance of a normal distribution.

    Shape: input (*), target (*), var (*), or with one dimension less or of size 1, or a number -> (), or (*)

    Args:
        full: add the constant ln(2 pi) / 2. eps: variances are taken to be no smaller.
    """
    if isinstance(var, float):
        var = var * ones_like(input)
    if (var < 0).any():
        raise ValueError("var has negative entry/entries")
    if var.size() != input.size():
        different = [m for n, m in zip(input.size(), var.size(), strict=False) if n != m]
        if input.size()[:-1] == var.size():
            var = var.unsqueeze(-1)
        elif input.ndim != var.ndim or sum(different) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    if not var.is_floating_point():
        raise RuntimeError(f"result type Float can't be cast to the desired output type {C_NAMES[var.dtype.name]}")
    var = var + (eps - var.detach()).clamp_min(0)  # no gradient stops at the smallest variance
    losses = 0.5 * (log(var) + (input - target) ** 2 / var)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction)


@over(_ctc_loss)
def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    """Average the surprise at sequences of labels, without knowing which step of the input says which label.

    Shape: log_probs (T, N, C), targets (N, S) or (sum of the lengths,), input_lengths (N,), target_lengths (N,)
        -> (), or (N,) with reduction="none"; also (T, C), (S,), () and ()

    Args:
        blank: the class that says nothing. reduction: "mean" divides by the targets' lengths first.
        zero_infinity: count targets that are too long for their input as 0.
    """
    reduction = named(new_name(reduction))
    return _ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)


# ---------------------------------------------------------------- margins


def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    """Make distances small for pairs that belong together (target 1), and at least `margin` for others (target -1).

    Shape: input (*), target (*) -> (), or (*) with reduction="none"
    """
    reduction = named(new_name(legacy_reduction(size_average, reduce, reduction)))
    return contrast.hinge_embedding_loss(input, target, margin, reduction)


def margin_ranking_loss(input1, input2, target, margin=0.0, size_average=None, reduce=None, reduction="mean"):
    """Make input1 larger than input2 by a margin (target 1), or smaller (target -1).

    Shape: input1 (*), input2 (*), target (*) -> (), or (*) with reduction="none"
    """
    reduction = named(new_name(legacy_reduction(size_average, reduce, reduction)))
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return contrast.margin_ranking_loss(input1, input2, target, margin, reduction)


def cosine_embedding_loss(input1, input2, target, margin=0.0, size_average=None, reduce=None, reduction="mean"):
    """Turn vectors into the same direction (target 1), or apart until their cosine is below `margin` (target -1).

    Shape: input1 (N, D), input2 (N, D), target (N,) -> (), or (N,) with reduction="none"; also (D,) and ()
    """
    reduction = named(new_name(legacy_reduction(size_average, reduce, reduction)))
    return contrast.cosine_embedding_loss(input1, input2, target, margin, reduction)


def triplet_margin_loss(
    anchor,
    positive,
    negative,
    margin=1.0,
    p=2.0,
    eps=1e-6,
    swap=False,
    size_average=None,
    reduce=None,
    reduction="mean",
):
    """Make an anchor nearer to what is like it than to what is not, by a margin.

    Shape: anchor, positive, negative (N, D) -> (), or (N,) with reduction="none"; also (D,)

    Args:
        p, eps: as for `pairwise_distance`. swap: measure from the positive, if it is nearer to the negative.
    """
    reduction = named(new_name(legacy_reduction(size_average, reduce, reduction)))
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    return contrast.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    """Make an anchor nearer to what is like it than to what is not, in a distance of your own.

    Shape: anchor, positive, negative (N, *) -> (), or (N,) with reduction="none"

    Args:
        distance_function: of two tensors; `pairwise_distance` if left out.
    """
    named(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    distance = pairwise_distance if distance_function is None else distance_function
    return contrast.by_distance(anchor, positive, negative, distance, margin, swap, reduction)


@over(margins.soft_margin_loss)
def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """Make scores positive where the target is 1 and negative where it is -1: ln(1 + e^(-t x)).

    Shape: input (*), target (*) -> (), or (*) with reduction="none"
    """
    reduction = named(new_name(legacy_reduction(size_average, reduce, reduction)))
    refuse_gradient("soft_margin_loss", target=target)
    return margins.soft_margin_loss(input, target, reduction)


@over(margins.multi_margin_loss)
def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    """Make the score of the right class larger than every other by a margin.

    Shape: input (N, C), target (N,) of class numbers -> (), or (N,) with reduction="none"; also (C,) and ()

    Args:
        p: 1 or 2, the power of what is missing. weight: (C,), a weight for each class.
    """
    reduction = named(new_name(legacy_reduction(size_average, reduce, reduction)))
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None:
        if weight.dim() != 1:
            raise ValueError("weight must be one-dimensional")
        refuse_gradient("multi_margin_loss", weight=weight)
    return margins.multi_margin_loss(input, target, p, margin, weight, reduction)


@over(margins.multilabel_margin_loss)
def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """Make the scores of all right classes larger than those of all wrong ones by 1.

    Shape: input (N, C), target (N, C): each row names its right classes, and ends at the first -1 -> (), or (N,)
    """
    reduction = named(new_name(legacy_reduction(size_average, reduce, reduction)))
    return margins.multilabel_margin_loss(input, target, reduction)


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """Average, for each sample, the cross-entropies of its classes as yes-or-no questions.

    Shape: input (N, C), target (N, C) of 0 and 1, weight (C,) -> (), or (N,) with reduction="none"
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    losses = -(target * log_sigmoid(input) + (1 - target) * log_sigmoid(-input))
    if weight is not None:
        losses = losses * weight
    losses = losses.sum(-1) / input.size(-1)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    return reduced(losses, reduction)
