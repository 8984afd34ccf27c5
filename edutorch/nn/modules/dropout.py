"""Dropout: layers that make a network do without some of its numbers, in training only."""

from __future__ import annotations

from .. import functional as F
from .module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _Dropout(Module):
    def __init__(self, p=0.5, inplace=False):
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def extra_repr(self):
        """Say p, and whether it works in place."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training, replace each number by zero with probability p, and multiply the others by 1 / (1 - p).

    Args:
        p: the probability. inplace: write the result into the input.

    Shape:
        input (*) -> output (*)

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.Dropout(p=0.2).eval()
        >>> layer(torch.ones(3))
        tensor([1., 1., 1.])
    """

    def forward(self, input):
        """Drop numbers, if training."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """In training, replace whole channels by zero with probability p, and multiply the others by 1 / (1 - p).

    Args:
        p: the probability. inplace: write the result into the input.

    Shape:
        input (N, C, L) or (C, L) -> output of the same shape
    """

    def forward(self, input):
        """Drop channels, if training."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """In training, replace whole channels by zero with probability p, and multiply the others by 1 / (1 - p).

    Neighbouring pixels of a channel are alike, so that dropping single ones would take little away.

    Args:
        p: the probability. inplace: write the result into the input.

    Shape:
        input (N, C, H, W) -> output (N, C, H, W)
    """

    def forward(self, input):
        """Drop channels, if training."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """In training, replace whole channels by zero with probability p, and multiply the others by 1 / (1 - p).

    Args:
        p: the probability. inplace: write the result into the input.

    Shape:
        input (N, C, D, H, W) or (C, D, H, W) -> output of the same shape
    """

    def forward(self, input):
        """Drop channels, if training."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """In training, replace numbers by SELU's lowest value, then restore mean 0 and variance 1.

    Args:
        p: the probability. inplace: accepted, and without effect, as in PyTorch.

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Drop numbers, if training."""
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_Dropout):
    """In training, replace whole channels by SELU's lowest value, then restore mean 0 and variance 1.

    Args:
        p: the probability. inplace: accepted, and without effect, as in PyTorch.

    Shape:
        input (N, C, *) -> output (N, C, *)
    """

    def forward(self, input):
        """Drop channels, if training."""
        return F.feature_alpha_dropout(input, self.p, self.training)
