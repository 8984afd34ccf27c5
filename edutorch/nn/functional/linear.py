"""Linear maps as functions."""

from ...ops.linear import linear

__all__ = ["linear"]
