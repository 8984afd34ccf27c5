"""Activations as functions."""

from __future__ import annotations

from ...ops.activation import relu as _relu
from ...ops.activation import relu_

__all__ = ["relu", "relu_"]


def relu(input, inplace=False):
    """Return max(x, 0), element by element; written into the input if `inplace`."""
    return relu_(input) if inplace else _relu(input)
