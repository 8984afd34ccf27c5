"""Older ways to say how a loss is reduced: PyTorch still takes them, and warns."""

from __future__ import annotations

import warnings

from ...errors import with_remedy
from ...tensor import Tensor


def legacy_reduction(size_average, reduce, reduction, stacklevel=3):
    """Return the reduction that PyTorch's old pair of flags stands for, or the reduction itself if they are not given.

    Raises:
        RuntimeError: if a flag is a tensor of several values: `MSELoss(output, target)` makes a loss of two flags.

    Warns:
        UserWarning: where something old is used.
    """
    if size_average is not None or reduce is not None:
        for flag in (size_average, reduce):
            if isinstance(flag, Tensor) and flag.numel() > 1:
                raise RuntimeError(
                    with_remedy(
                        "Boolean value of Tensor with more than one value is ambiguous",
                        "A loss is made first, then called: nn.MSELoss()(output, target).",
                    )
                )
        averages, reduces = (flag is None or bool(flag) for flag in (size_average, reduce))
        reduction = "none" if not reduces else "mean" if averages else "sum"
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
