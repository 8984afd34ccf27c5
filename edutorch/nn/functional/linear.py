"""Linear maps as functions."""

from ...ops.bilinear import bilinear
from ...ops.linear import linear

__all__ = ["bilinear", "linear"]
