"""Fold and unfold: windows of pictures as columns, and back."""

from __future__ import annotations

from .. import functional as F
from .module import Module

__all__ = ["Fold", "Unfold"]


class Unfold(Module):
    """Write each window of pictures as a column ("im2col").

    Args:
        kernel_size, dilation, padding, stride: of the windows: a number, or a pair for height and width.

    Shape:
        input (N, C, H, W) or (C, H, W) -> output (N, C · window's size, L) or without N, L the number of windows

    Example:
        >>> import edutorch as torch
        >>> torch.nn.Unfold(kernel_size=(2, 3))(torch.randn(2, 5, 3, 4)).size()
        torch.Size([2, 30, 4])
    """

    def __init__(self, kernel_size, dilation=1, padding=0, stride=1):
        super().__init__()
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input):
        """Write the windows as columns."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self):
        """Say which windows."""
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Put columns back as windows of pictures; where windows overlap, they add up.

    Args:
        output_size: of the pictures.
        kernel_size, dilation, padding, stride: of the windows, as for `Unfold`.

    Shape:
        input (N, C · window's size, L) or without N -> output (N, C, *output_size) or (C, *output_size)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.Fold(output_size=(4, 5), kernel_size=(2, 2))(torch.randn(1, 12, 12)).size()
        torch.Size([1, 3, 4, 5])
    """

    def __init__(self, output_size, kernel_size, dilation=1, padding=0, stride=1):
        super().__init__()
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, input):
        """Put the columns back."""
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self):
        """Say how large the pictures are, and which windows."""
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )
