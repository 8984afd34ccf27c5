"""Older ways to say how a loss is reduced: PyTorch still takes them, and warns."""

from __future__ import annotations

import warnings


def legacy_reduction(size_average, reduce, reduction, stacklevel=3):
    """Return the reduction that PyTorch's old pair of flags stands for, or the reduction itself if they are not given.

    Warns:
        UserWarning: where something old is used.
    """
    if size_average is not None or reduce is not None:
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
            stacklevel=stacklevel,
        )
    return reduction


def new_name(reduction):
    """Return a reduction under its present name."""
    if reduction != "elementwise_mean":
        return reduction
    warnings.warn(
        "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.",
        stacklevel=3,
    )
    return "mean"
