"""Losses as modules."""

from __future__ import annotations

from .. import functional as F
from ..functional.loss import legacy_reduction
from .module import Module

__all__ = ["MSELoss"]


class _Loss(Module):
    def __init__(self, size_average=None, reduce=None, reduction="mean"):
        super().__init__()
        self.reduction = legacy_reduction(size_average, reduce, reduction)


class MSELoss(_Loss):
    """The mean squared error: mean_i (x_i - t_i)^2.

    Args:
        reduction: "mean", "sum", or "none" for each element's own.

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
