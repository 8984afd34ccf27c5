"""Distances as functions."""

from ...ops.distance import pdist

__all__ = ["pdist"]
