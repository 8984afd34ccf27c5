"""Losses of comparisons, as modules: one score or distance is to beat another by a margin."""

from __future__ import annotations

from .. import functional as F
from .distance import PairwiseDistance
from .weighted_loss import _Loss, _WeightedLoss

__all__ = [
    "CosineEmbeddingLoss",
    "HingeEmbeddingLoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class HingeEmbeddingLoss(_Loss):
    """Distances to be small for pairs that belong together (target 1), at least `margin` for others (target -1).

    Args:
        margin: the distance from which on others are far enough.

    Shape:
        input (*), target (*) -> output (), or (*) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> torch.nn.HingeEmbeddingLoss()(torch.tensor([0.25, 0.25]), torch.tensor([1, -1]))
        tensor(0.5000)
    """

    def __init__(self, margin=1.0, size_average=None, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input, target):
        """Compute the loss."""
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class MarginRankingLoss(_Loss):
    """The first of two scores to be larger (target 1), or the second (target -1): max(0, margin - t (a - b)).

    Args:
        margin: by how much.

    Shape:
        input1 (*), input2 (*), target (*) -> output (), or (*) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> torch.nn.MarginRankingLoss()(torch.tensor([1.0]), torch.tensor([3.0]), torch.tensor([1.0]))
        tensor(2.)
    """

    def __init__(self, margin=0.0, size_average=None, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1, input2, target):
        """Compute the loss."""
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_Loss):
    """Vectors to point the same way (target 1), or apart until their cosine is below `margin` (target -1).

    Args:
        margin: the cosine from which on others are far enough.

    Shape:
        input1 (N, D), input2 (N, D), target (N,) -> output (), or (N,) with reduction="none"; also (D,) and ()

    Example:
        >>> import edutorch as torch
        >>> a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[3.0, 4.0]])
        >>> torch.nn.CosineEmbeddingLoss()(a, b, torch.tensor([1]))
        tensor(0.4000)
    """

    def __init__(self, margin=0.0, size_average=None, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1, input2, target):
        """Compute the loss."""
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    """An anchor to be nearer to what is like it than to what is not: max(0, margin + d(a, p) - d(a, n)).

    Args:
        margin: by how much. p, eps: as for `PairwiseDistance`.
        swap: measure from the positive, if it is nearer to the negative.

    Shape:
        anchor, positive, negative (N, D) -> output (), or (N,) with reduction="none"; also (D,)

    Example:
        >>> import edutorch as torch
        >>> anchor, near, far = (torch.tensor([[x]]) for x in (0.0, 1.0, 1.5))
        >>> torch.nn.TripletMarginLoss()(anchor, near, far)
        tensor(0.5000)
    """

    def __init__(self, margin=1.0, p=2.0, eps=1e-6, swap=False, size_average=None, reduce=None, reduction="mean"):
        _need_margin("TripletMarginLoss", margin)
        super().__init__(size_average, reduce, reduction)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor, positive, negative):
        """Compute the loss."""
        return F.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, reduction=self.reduction
        )


class TripletMarginWithDistanceLoss(_Loss):
    """An anchor to be nearer to what is like it than to what is not, in a distance of your own.

    Args:
        distance_function: of two tensors; `PairwiseDistance()` if left out. margin, swap: as for `TripletMarginLoss`.

    Shape:
        anchor, positive, negative (N, *) -> output (), or (N,) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> loss = torch.nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(-1))
        >>> loss(*(torch.tensor([[x]]) for x in (0.0, 1.0, 1.5)))
        tensor(0.5000)
    """

    def __init__(self, *, distance_function=None, margin=1.0, swap=False, reduction="mean"):
        _need_margin("TripletMarginWithDistanceLoss", margin)
        super().__init__(reduction=reduction)
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin, self.swap = margin, swap

    def forward(self, anchor, positive, negative):
        """Compute the loss."""
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


def _need_margin(name, margin):
    if margin <= 0:
        raise ValueError(f"{name}: expected margin to be greater than 0, got {margin} instead")


class SoftMarginLoss(_Loss):
    """Scores to be positive where the target is 1, negative where it is -1: ln(1 + e^(-t x)).

    Shape:
        input (*), target (*) -> output (), or (*) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> torch.nn.SoftMarginLoss()(torch.tensor([0.0, 2.0]), torch.tensor([1.0, 1.0]))
        tensor(0.4100)
    """

    def forward(self, input, target):
        """Compute the loss."""
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiMarginLoss(_WeightedLoss):
    """The true class's score to be larger than every other: sum_c max(0, margin - x_t + x_c)^p / C.

    Args:
        p: 1 or 2. margin: by how much. weight: (C,), a weight for each class.

    Shape:
        input (N, C), target (N,) of class numbers -> output (), or (N,) with reduction="none"; also (C,) and ()

    Example:
        >>> import edutorch as torch
        >>> torch.nn.MultiMarginLoss()(torch.tensor([[0.5, 1.0]]), torch.tensor([0]))
        tensor(0.7500)
    """

    def __init__(self, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
        if p not in (1, 2):
            raise ValueError("only p == 1 and p == 2 supported")
        if weight is not None and weight.dim() != 1:
            raise ValueError(f"MultiMarginLoss: expected weight to be None or 1D tensor, got {weight.dim()}D instead")
        super().__init__(weight, size_average, reduce, reduction)
        self.p, self.margin = p, margin

    def forward(self, input, target):
        """Compute the loss."""
        return F.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(_Loss):
    """The true classes' scores to be larger than all others by 1; a target row names them, up to the first -1.

    Shape:
        input (N, C), target (N, C) -> output (), or (N,) with reduction="none"; also (C,) and (C,)

    Example:
        >>> import edutorch as torch
        >>> scores, classes = torch.tensor([[0.5, 1.0]]), torch.tensor([[0, -1]])
        >>> torch.nn.MultiLabelMarginLoss()(scores, classes)
        tensor(0.7500)
    """

    def forward(self, input, target):
        """Compute the loss."""
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """The cross-entropies of a sample's classes as yes-or-no questions, averaged.

    Args:
        weight: (C,), a weight for each class.

    Shape:
        input (N, C), target (N, C) of 0 and 1 -> output (), or (N,) with reduction="none"

    Example:
        >>> import edutorch as torch
        >>> torch.nn.MultiLabelSoftMarginLoss()(torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, 1.0]]))
        tensor(0.4100)
    """

    def forward(self, input, target):
        """Compute the loss."""
        return F.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)
