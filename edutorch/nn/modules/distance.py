"""Distances as modules."""

from __future__ import annotations

from .. import functional as F
from .module import Module

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class PairwiseDistance(Module):
    """The distance of each vector of x1 from the one of x2 in the same place: the p-norm of x1 - x2 + eps.

    Args:
        p: the norm. eps: added to the difference, so that equal vectors have a slope.
        keepdim: keep the last dimension, with size 1.

    Shape:
        x1 (*, D), x2 (*, D) -> output (*), or (*, 1) with keepdim

    Example:
        >>> import edutorch as torch
        >>> torch.nn.PairwiseDistance()(torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]]))
        tensor([5.0000])
    """

    def __init__(self, p=2.0, eps=1e-6, keepdim=False):
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1, x2):
        """Compute the distances."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """The cosine of the angle between vectors that lie along `dim`.

    Args:
        dim: the dimension of the vectors' entries. eps: the smallest length to divide by.

    Shape:
        x1 (*, D, *), x2 (*, D, *) -> output (*, *)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.CosineSimilarity()(torch.tensor([[1.0, 0.0]]), torch.tensor([[3.0, 4.0]]))
        tensor([0.6000])
    """

    def __init__(self, dim=1, eps=1e-8):
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1, x2):
        """Compute the cosines."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
