"""Layers that pool whatever size they get into a given one. (To be found in `pooling` too, as in PyTorch.)"""

from __future__ import annotations

from .. import functional as F
from .module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
]


class _AdaptivePoolNd(Module):
    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def extra_repr(self):
        """Say how many windows there are."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptivePoolNd):
    """Average so many windows along the last dimension, whatever its size.

    Args:
        output_size: how many.

    Shape:
        input (N, C, L) or (C, L) -> output (N, C, output_size) or (C, output_size)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.AdaptiveAvgPool1d(2)(torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]]))
        tensor([[2., 4.]])
    """

    def forward(self, input):
        """Pool the input."""
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptivePoolNd):
    """Average so many windows over the last two dimensions, whatever their sizes; one window averages each channel.

    Args:
        output_size: how many, one number for both dimensions or a pair; None keeps a dimension as it is.

    Shape:
        input (N, C, H, W) or (C, H, W) -> output (N, C, *output_size) or (C, *output_size)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.AdaptiveAvgPool2d((5, 7))(torch.randn(1, 64, 8, 9)).shape
        torch.Size([1, 64, 5, 7])
    """

    def forward(self, input):
        """Pool the input."""
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptivePoolNd):
    """Average so many windows over the last three dimensions, whatever their sizes.

    Args:
        output_size: how many, one number for all dimensions or three; None keeps a dimension as it is.

    Shape:
        input (N, C, D, H, W) or (C, D, H, W) -> output (N, C, *output_size) or (C, *output_size)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.AdaptiveAvgPool3d((5, None, 1))(torch.randn(1, 4, 8, 9, 3)).shape
        torch.Size([1, 4, 5, 9, 1])
    """

    def forward(self, input):
        """Pool the input."""
        return F.adaptive_avg_pool3d(input, self.output_size)


class _AdaptiveMaxPoolNd(_AdaptivePoolNd):
    def __init__(self, output_size, return_indices=False):
        super().__init__(output_size)
        self.return_indices = return_indices


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """Keep the greatest elements of so many windows along the last dimension, whatever its size.

    Args:
        output_size: how many. return_indices: return a pair, with the positions of the elements.

    Shape:
        input (N, C, L) or (C, L) -> output (N, C, output_size) or (C, output_size)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.AdaptiveMaxPool1d(2)(torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]]))
        tensor([[3., 5.]])
    """

    def forward(self, input):
        """Pool the input."""
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """Keep the greatest elements of so many windows over the last two dimensions, whatever their sizes.

    Args:
        output_size: how many, one number for both dimensions or a pair; None keeps a dimension as it is.
        return_indices: return a pair, with the positions of the elements.

    Shape:
        input (N, C, H, W) or (C, H, W) -> output (N, C, *output_size) or (C, *output_size)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.AdaptiveMaxPool2d((5, 7))(torch.randn(1, 64, 8, 9)).shape
        torch.Size([1, 64, 5, 7])
    """

    def forward(self, input):
        """Pool the input."""
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """Keep the greatest elements of so many windows over the last three dimensions, whatever their sizes.

    Args:
        output_size: how many, one number for all dimensions or three; None keeps a dimension as it is.
        return_indices: return a pair, with the positions of the elements.

    Shape:
        input (N, C, D, H, W) or (C, D, H, W) -> output (N, C, *output_size) or (C, *output_size)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.AdaptiveMaxPool3d((5, None, 1))(torch.randn(1, 4, 8, 9, 3)).shape
        torch.Size([1, 4, 5, 9, 1])
    """

    def forward(self, input):
        """Pool the input."""
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)
