"""What losses have in common: they remember their reduction, and weights as a buffer.

All take `reduction`: "mean", "sum", or "none" for each sample's own loss; `size_average` and `reduce` are older names.
"""

from __future__ import annotations

from ..functional.reduction import legacy_reduction
from .module import Module


class _Loss(Module):
    """A loss that remembers how it is reduced."""

    def __init__(self, size_average=None, reduce=None, reduction="mean"):
        super().__init__()
        self.reduction = legacy_reduction(size_average, reduce, reduction, stacklevel=4)


class _WeightedLoss(_Loss):
    """A loss with weights, kept as a buffer."""

    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
