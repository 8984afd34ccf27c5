"""Losses as modules: how far numbers, classes and distributions are from the true ones."""

from __future__ import annotations

import warnings

from .. import functional as F
from .margin_loss import (
    CosineEmbeddingLoss,
    HingeEmbeddingLoss,
    MarginRankingLoss,
    MultiLabelMarginLoss,
    MultiLabelSoftMarginLoss,
    MultiMarginLoss,
    SoftMarginLoss,
    TripletMarginLoss,
    TripletMarginWithDistanceLoss,
)
from .weighted_loss import _Loss, _WeightedLoss

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "NLLLoss2d",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class MSELoss(_Loss):
    """The mean squared error: mean_i (x_i - t_i)^2.

    Shape:
        input (*), target (*) -> output (), or (*) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> torch.nn.MSELoss()(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 0.0]))
        tensor(2.5000)
    """

    def forward(self, input, target):
        """Compute the loss."""
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """The mean absolute error: mean_i |x_i - t_i|.

    Shape:
        input (*), target (*) -> output (), or (*) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> torch.nn.L1Loss()(torch.tensor([1.0, -2.0]), torch.tensor([0.0, 0.0]))
        tensor(1.5000)
    """

    def forward(self, input, target):
        """Compute the loss."""
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """The mean absolute error, rounded off where it is small: d^2 / (2 beta) for |d| < beta, else |d| - beta / 2.

    Args:
        beta: where the parabola ends and the line begins.

    Shape:
        input (*), target (*) -> output (), or (*) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> torch.nn.SmoothL1Loss()(torch.tensor([1.0, -2.0]), torch.tensor([0.0, 0.0]))
        tensor(1.)
    """

    def __init__(self, size_average=None, reduce=None, reduction="mean", beta=1.0):
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input, target):
        """Compute the loss."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """The squared error where it is small, the absolute one where it is large: d^2 / 2, or delta (|d| - delta / 2).

    Args:
        delta: where the parabola ends and the line begins.

    Shape:
        input (*), target (*) -> output (), or (*) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> torch.nn.HuberLoss()(torch.tensor([1.0, -2.0]), torch.tensor([0.0, 0.0]))
        tensor(1.)
    """

    def __init__(self, reduction="mean", delta=1.0):
        if not isinstance(delta, (float, int)):
            raise TypeError(f"delta must be a float or int, got: {type(delta)}")
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input, target):
        """Compute the loss."""
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class NLLLoss(_WeightedLoss):
    """The negative log-likelihood: minus what the true class was given, on average. Its input are logarithms.

    Args:
        weight: (C,), a weight for each class. ignore_index: targets with this number do not count.

    Shape:
        input (N, C, *), target (N, *) of class numbers -> output (), or (N, *) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> beliefs = torch.tensor([[0.5, 0.25, 0.25]]).log()
        >>> torch.nn.NLLLoss()(beliefs, torch.tensor([1]))
        tensor(1.3863)
    """

    def __init__(self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input, target):
        """Compute the loss."""
        return F.nll_loss(input, target, self.weight, None, self.ignore_index, None, self.reduction)


class NLLLoss2d(NLLLoss):
    """The old name of `NLLLoss` for pictures; PyTorch warns of it."""

    def __init__(self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
        warnings.warn(
            "`NLLLoss2d` has been deprecated. Please use `NLLLoss` instead as a drop-in replacement and see "
            "https://pytorch.org/docs/main/nn.html#torch.nn.NLLLoss for more details.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__(weight, size_average, ignore_index, reduce, reduction)


class CrossEntropyLoss(_WeightedLoss):
    """The cross-entropy of scores: minus the logarithm of the softmax at the true class, on average.

    Args:
        weight: (C,), a weight for each class. ignore_index: targets with this number do not count.
        label_smoothing: the part of each target that is spread over all classes, between 0 and 1.

    Shape:
        input (N, C, *), target (N, *) of class numbers, or (N, C, *) of probabilities -> output (), or (N, *) with
        reduction="none"; also (C,) and ()

    Example:
        >>> import edutorch as torch
        >>> scores = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        >>> torch.nn.CrossEntropyLoss()(scores, torch.tensor([0, 1]))
        tensor(0.3955)
    """

    def __init__(
        self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0
    ):
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input, target):
        """Compute the loss."""
        return F.cross_entropy(
            input, target, self.weight, None, self.ignore_index, None, self.reduction, self.label_smoothing
        )


class BCELoss(_WeightedLoss):
    """The cross-entropy of yes-or-no questions, whose input are probabilities of yes.

    Args:
        weight: a weight for each answer, broadcastable.

    Shape:
        input (*) between 0 and 1, target (*) -> output (), or (*) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> torch.nn.BCELoss()(torch.tensor([0.5, 0.75]), torch.tensor([1.0, 0.0]))
        tensor(1.0397)
    """

    def forward(self, input, target):
        """Compute the loss."""
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """The cross-entropy of yes-or-no questions, whose input are scores: BCELoss of their sigmoid, and exact.

    Args:
        weight: a weight for each answer. pos_weight: a further weight for the answer yes. Both broadcastable.

    Shape:
        input (*), target (*) -> output (), or (*) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> torch.nn.BCEWithLogitsLoss()(torch.tensor([0.0, 2.0]), torch.tensor([1.0, 1.0]))
        tensor(0.4100)
    """

    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input, target):
        """Compute the loss."""
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class KLDivLoss(_Loss):
    """The Kullback-Leibler divergence: t (ln t - x), summed over classes; x are logarithms of probabilities.

    Args:
        reduction: also "batchmean", averaged over the batch; "mean" divides by the number of classes too, and warns.
        log_target: the target holds logarithms too.

    Shape:
        input (*), target (*) -> output (), or (*) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> beliefs = torch.tensor([[0.5, 0.5]]).log()
        >>> torch.nn.KLDivLoss(reduction="batchmean")(beliefs, torch.tensor([[1.0, 0.0]]))
        tensor(0.6931)
    """

    def __init__(self, size_average=None, reduce=None, reduction="mean", log_target=False):
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input, target):
        """Compute the loss."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(_Loss):
    """The surprise at counts, where the input is the logarithm of the rate expected: e^x - t x.

    Args:
        log_input: False if the input is the rate itself: x - t ln(x + eps).
        full: add Stirling's approximation of ln t!.

    Shape:
        log_input (*), target (*) -> output (), or (*) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> torch.nn.PoissonNLLLoss()(torch.tensor([0.0]), torch.tensor([3.0]))
        tensor(1.)
    """

    def __init__(self, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, log_input, target):
        """Compute the loss."""
        return F.poisson_nll_loss(
            log_input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(_Loss):
    """The surprise at numbers, where a normal distribution is expected: (ln var + (x - t)^2 / var) / 2.

    Args:
        full: add the constant ln(2 pi) / 2. eps: the smallest variance.

    Shape:
        input (*), target (*), var (*) or broadcastable, or a number -> output (), or (*) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> torch.nn.GaussianNLLLoss()(torch.tensor([1.0]), torch.tensor([3.0]), torch.tensor([4.0]))
        tensor(1.1931)
    """

    def __init__(self, *, full=False, eps=1e-6, reduction="mean"):
        super().__init__(reduction=reduction)
        self.full, self.eps = full, eps

    def forward(self, input, target, var):
        """Compute the loss."""
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class CTCLoss(_Loss):
    """The connectionist temporal classification loss: a sequence of labels, without knowing which step says which.

    Args:
        blank: the class that says nothing. zero_infinity: count targets too long for their input as 0.

    Shape:
        log_probs (T, N, C), targets (N, S) or (sum of the lengths,), input_lengths (N,), target_lengths (N,)
        -> output (), or (N,) with reduction="none"; also (T, C), (S,), () and ()

    Example:
        >>> import edutorch as torch
        >>> log_probs = torch.zeros(2, 1, 2).log_softmax(2)
        >>> torch.nn.CTCLoss()(log_probs, torch.tensor([[1]]), torch.tensor([2]), torch.tensor([1]))
        tensor(0.2877)
    """

    def __init__(self, blank=0, reduction="mean", zero_infinity=False):
        super().__init__(reduction=reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs, targets, input_lengths, target_lengths):
        """Compute the loss."""
        return F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
