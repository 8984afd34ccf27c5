"""Losses as functions."""

from __future__ import annotations

import warnings

from ...ops.loss import mse_loss as _mse_loss

__all__ = ["mse_loss"]


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """Average the squared differences between a prediction and its target.

    Shape: input (*), target (*) of the same shape -> (), or (*) with reduction="none"

    Args:
        reduction: "mean", "sum" or "none". size_average, reduce: older names for it.
        weight: a weight for each element; the mean is then divided by their sum.

    Warns:
        UserWarning: if the shapes differ: broadcasting would compare every prediction with every target.
    """
    if target.size() != input.size():
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=2,
        )
    reduction = legacy_reduction(size_average, reduce, reduction)
    if weight is None:
        return _mse_loss(input, target, reduction)
    if weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
    weighted = (input - target) ** 2 * weight
    return weighted if reduction == "none" else weighted.sum() if reduction == "sum" else weighted.sum() / weight.sum()


def legacy_reduction(size_average, reduce, reduction):
    """Translate PyTorch's old pair of flags into a reduction."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"
