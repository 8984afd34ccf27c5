"""Layers that make pictures larger (or smaller)."""

from __future__ import annotations

from .. import functional as F
from .module import Module

__all__ = ["Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"]


class Upsample(Module):
    """Resize pictures, or sequences, or volumes.

    Args:
        size: the new sizes, or one for all; or
        scale_factor: how many times as large, one factor for all or one for each dimension.
        mode: "nearest", "linear", "bilinear", "bicubic" or "trilinear", as for `F.interpolate`.
        align_corners: whether the outermost pixels' middles stay where they are, or their outer edges.
        recompute_scale_factor: measure the factors again from the rounded sizes.

    Shape:
        input (N, C, W), (N, C, H, W) or (N, C, D, H, W) -> output of the same, with the new sizes

    Example:
        >>> import edutorch as torch
        >>> torch.nn.Upsample(scale_factor=2)(torch.tensor([[[1.0, 2.0]]]))
        tensor([[[1., 1., 2., 2.]]])
    """

    def __init__(self, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None):
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        if isinstance(scale_factor, tuple):
            self.scale_factor = tuple(float(factor) for factor in scale_factor)
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode, self.align_corners = mode, align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input):
        """Resize the input."""
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self):
        """Say the factor or the size, and the mode."""
        which = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{which}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Resize pictures by taking the nearest pixel.

    Args:
        size, scale_factor: as for `Upsample`.

    Shape:
        input (N, C, H, W) -> output (N, C, *size)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.UpsamplingNearest2d(scale_factor=2)(torch.tensor([[[[1.0, 2.0]]]]))
        tensor([[[[1., 1., 2., 2.],
                  [1., 1., 2., 2.]]]])
    """

    def __init__(self, size=None, scale_factor=None):
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Resize pictures by straight lines between pixels; the corners stay in the corners.

    Args:
        size, scale_factor: as for `Upsample`.

    Shape:
        input (N, C, H, W) -> output (N, C, *size)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.UpsamplingBilinear2d(size=(1, 3))(torch.tensor([[[[1.0, 2.0]]]]))
        tensor([[[[1.0000, 1.5000, 2.0000]]]])
    """

    def __init__(self, size=None, scale_factor=None):
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
