"""Folding and unfolding as functions."""

from ...ops.folding import fold, unfold

__all__ = ["fold", "unfold"]
