"""Distances as functions."""

from __future__ import annotations

from ...ops.distance import cosine_similarity, pairwise_distance, pdist
from ...ops.division import div

__all__ = ["cosine_similarity", "normalize", "pairwise_distance", "pdist"]


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """Divide vectors by their p-norm, so that all have length 1.

    Args:
        p: the norm. dim: the dimension(s) along which the vectors lie. eps: no vector is divided by less.

    Example:
        >>> import edutorch as torch
        >>> torch.nn.functional.normalize(torch.tensor([[3.0, 4.0]]))
        tensor([[0.6000, 0.8000]])
    """
    length = input.norm(p, dim, keepdim=True).clamp_min(eps)
    return input / length if out is None else div(input, length, out=out)
