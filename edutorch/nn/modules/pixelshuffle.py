"""Layers that trade channels for pixels."""

from __future__ import annotations

from .. import functional as F
from .module import Module

__all__ = ["PixelShuffle", "PixelUnshuffle"]


class PixelShuffle(Module):
    """Turn each group of r^2 channels into one channel of a picture r times as large.

    Args:
        upscale_factor: r.

    Shape:
        input (*, C r^2, H, W) -> output (*, C, H r, W r)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.PixelShuffle(3)(torch.randn(1, 9, 4, 4)).shape
        torch.Size([1, 1, 12, 12])
    """

    def __init__(self, upscale_factor):
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input):
        """Rearrange the input."""
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self):
        """Say the factor."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Turn each channel into r^2 channels of a picture r times as small: `PixelShuffle`, undone.

    Args:
        downscale_factor: r.

    Shape:
        input (*, C, H r, W r) -> output (*, C r^2, H, W)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.PixelUnshuffle(3)(torch.randn(1, 1, 12, 12)).shape
        torch.Size([1, 9, 4, 4])
    """

    def __init__(self, downscale_factor):
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input):
        """Rearrange the input."""
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self):
        """Say the factor."""
        return f"downscale_factor={self.downscale_factor}"
