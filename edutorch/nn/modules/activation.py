"""Activations: the nonlinear steps between layers."""

from __future__ import annotations

from .. import functional as F
from .module import Module

__all__ = ["ReLU"]


class ReLU(Module):
    """Replace negative numbers by zero: y = max(x, 0).

    Args:
        inplace: write the result into the input.

    Shape:
        input (*) -> output (*)
    """

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        """Compute max(x, 0)."""
        return F.relu(input, inplace=self.inplace)

    def extra_repr(self):
        """Say whether it works in place."""
        return "inplace=True" if self.inplace else ""
