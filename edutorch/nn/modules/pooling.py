"""Layers that look at a tensor through windows, and keep one number of each."""

from __future__ import annotations

from typing import Any

from ...ops.int_lists import for_each
from .. import functional as F
from .adaptive_pooling import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
)
from .module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


# ---------------------------------------------------------------- the greatest of each window


class _MaxPoolNd(Module):
    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def _pool(self, function, input):
        return function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )

    def extra_repr(self):
        """Say the windows."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """Keep the greatest element of each window along the last dimension.

    Args:
        kernel_size: how many elements a window sees. stride: from one window to the next; `kernel_size` by default.
        padding: how far the first and the last window stand out; what they see there never wins.
        dilation: from one element of a window to the next.
        return_indices: return a pair, with the positions for `MaxUnpool1d`.
        ceil_mode: allow one more window that begins inside and ends outside.

    Shape:
        input (N, C, L) or (C, L) -> output (N, C, O) or (C, O),
        O = floor((L + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1

    Example:
        >>> import edutorch as torch
        >>> torch.nn.MaxPool1d(2)(torch.tensor([[1.0, 5.0, 2.0, 3.0]]))
        tensor([[5., 3.]])
    """

    def forward(self, input):
        """Pool the input."""
        return self._pool(F.max_pool1d, input)


class MaxPool2d(_MaxPoolNd):
    """Keep the greatest element of each window over the last two dimensions: half the picture, the strongest signals.

    Args:
        kernel_size, stride, padding, dilation, return_indices, ceil_mode: as for `MaxPool1d`; one number for both
            dimensions, or a pair.

    Shape:
        input (N, C, H, W) or (C, H, W) -> output (N, C, O, P) or (C, O, P); O and P as for `MaxPool1d`

    Example:
        >>> import edutorch as torch
        >>> torch.nn.MaxPool2d(2)(torch.randn(20, 16, 50, 32)).shape
        torch.Size([20, 16, 25, 16])
    """

    def forward(self, input):
        """Pool the input."""
        return self._pool(F.max_pool2d, input)


class MaxPool3d(_MaxPoolNd):
    """Keep the greatest element of each window over the last three dimensions.

    Args:
        kernel_size, stride, padding, dilation, return_indices, ceil_mode: as for `MaxPool1d`; one number for all
            dimensions, or three.

    Shape:
        input (N, C, D, H, W) or (C, D, H, W) -> output (N, C, O, P, Q) or (C, O, P, Q); O, P, Q as for `MaxPool1d`

    Example:
        >>> import edutorch as torch
        >>> torch.nn.MaxPool3d(2)(torch.randn(2, 16, 10, 8, 6)).shape
        torch.Size([2, 16, 5, 4, 3])
    """

    def forward(self, input):
        """Pool the input."""
        return self._pool(F.max_pool3d, input)


class _MaxUnpoolNd(Module):
    dimensions: int

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        d = self.dimensions
        self.kernel_size = for_each(d, kernel_size)
        self.stride = for_each(d, stride if stride is not None else kernel_size)
        self.padding = for_each(d, padding)

    def extra_repr(self):
        """Say the windows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """Put what `MaxPool1d` kept back where it stood; everything else is zero.

    Args:
        kernel_size, stride, padding: as given to `MaxPool1d`.

    Shape:
        input (N, C, O) or (C, O), with indices of the same -> output (N, C, L) or (C, L),
        L = (O - 1) stride - 2 padding + kernel_size, or as given by `output_size`

    Example:
        >>> import edutorch as torch
        >>> pool, unpool = torch.nn.MaxPool1d(2, return_indices=True), torch.nn.MaxUnpool1d(2)
        >>> unpool(*pool(torch.tensor([[1.0, 5.0, 2.0, 3.0]])))
        tensor([[0., 5., 0., 3.]])
    """

    dimensions = 1

    def forward(self, input, indices, output_size=None):
        """Put the input's elements where the indices say."""
        return F.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpoolNd):
    """Put what `MaxPool2d` kept back where it stood; everything else is zero.

    Args:
        kernel_size, stride, padding: as given to `MaxPool2d`.

    Shape:
        input (N, C, O, P) or (C, O, P), with indices of the same -> output (N, C, H, W) or (C, H, W)

    Example:
        >>> import edutorch as torch
        >>> pool, unpool = torch.nn.MaxPool2d(2, return_indices=True), torch.nn.MaxUnpool2d(2)
        >>> unpool(*pool(torch.tensor([[[1.0, 5.0], [2.0, 3.0]]])))
        tensor([[[0., 5.],
                 [0., 0.]]])
    """

    dimensions = 2

    def forward(self, input, indices, output_size=None):
        """Put the input's elements where the indices say."""
        return F.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpoolNd):
    """Put what `MaxPool3d` kept back where it stood; everything else is zero.

    Args:
        kernel_size, stride, padding: as given to `MaxPool3d`.

    Shape:
        input (N, C, O, P, Q) or (C, O, P, Q), with indices of the same -> output (N, C, D, H, W) or (C, D, H, W)

    Example:
        >>> import edutorch as torch
        >>> pool, unpool = torch.nn.MaxPool3d(2, return_indices=True), torch.nn.MaxUnpool3d(2)
        >>> unpool(*pool(torch.randn(1, 4, 6, 8))).shape
        torch.Size([1, 4, 6, 8])
    """

    dimensions = 3

    def forward(self, input, indices, output_size=None):
        """Put the input's elements where the indices say."""
        return F.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


# ---------------------------------------------------------------- the mean of each window


class _AvgPoolNd(Module):
    kernel_size: Any
    stride: Any
    padding: Any

    def extra_repr(self):
        """Say the windows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPoolNd):
    """Average each window along the last dimension.

    Args:
        kernel_size: how many elements a window sees. stride: from one window to the next; `kernel_size` by default.
        padding: how far the first and the last window stand out; there are zeros.
        ceil_mode: allow one more window that begins inside and ends outside.
        count_include_pad: count the padding's zeros as elements.

    Shape:
        input (N, C, L) or (C, L) -> output (N, C, O) or (C, O), O = floor((L + 2 padding - kernel_size) / stride) + 1

    Example:
        >>> import edutorch as torch
        >>> torch.nn.AvgPool1d(2)(torch.tensor([[1.0, 5.0, 2.0, 4.0]]))
        tensor([[3., 3.]])
    """

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
        super().__init__()
        self.kernel_size = for_each(1, kernel_size)
        self.stride = for_each(1, stride if stride is not None else kernel_size)
        self.padding = for_each(1, padding)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input):
        """Pool the input."""
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


class AvgPool2d(_AvgPoolNd):
    """Average each window over the last two dimensions.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad: as for `AvgPool1d`; one number for both dimensions,
            or a pair.
        divisor_override: divide each window's sum by this number instead.

    Shape:
        input (N, C, H, W) or (C, H, W) -> output (N, C, O, P) or (C, O, P); O and P as for `AvgPool1d`

    Example:
        >>> import edutorch as torch
        >>> torch.nn.AvgPool2d(2)(torch.randn(20, 16, 50, 32)).shape
        torch.Size([20, 16, 25, 16])
    """

    def __init__(
        self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input):
        """Pool the input."""
        return F.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool3d(AvgPool2d):
    """Average each window over the last three dimensions.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: as for `AvgPool2d`; one number
            for all dimensions, or three.

    Shape:
        input (N, C, D, H, W) or (C, D, H, W) -> output (N, C, O, P, Q) or (C, O, P, Q); O, P, Q as for `AvgPool1d`

    Example:
        >>> import edutorch as torch
        >>> torch.nn.AvgPool3d(2)(torch.randn(2, 16, 10, 8, 6)).shape
        torch.Size([2, 16, 5, 4, 3])
    """

    def forward(self, input):
        """Pool the input."""
        return F.avg_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


# ---------------------------------------------------------------- the norm of each window


class _LPPoolNd(Module):
    def __init__(self, norm_type, kernel_size, stride=None, ceil_mode=False):
        super().__init__()
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def extra_repr(self):
        """Say the norm and the windows."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """Take a norm of each window along the last dimension: (sum of x^p)^(1/p).

    Args:
        norm_type: p; 1 is the sum, infinity the greatest absolute value.
        kernel_size, stride, ceil_mode: as for `AvgPool1d`.

    Shape:
        input (N, C, L) or (C, L) -> output (N, C, O) or (C, O), O = floor((L - kernel_size) / stride) + 1

    Example:
        >>> import edutorch as torch
        >>> torch.nn.LPPool1d(2, 2)(torch.tensor([[3.0, 4.0, 6.0, 8.0]]))
        tensor([[ 5., 10.]])
    """

    def forward(self, input):
        """Pool the input."""
        return F.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPoolNd):
    """Take a norm of each window over the last two dimensions: (sum of x^p)^(1/p).

    Args:
        norm_type: p; 1 is the sum, infinity the greatest absolute value.
        kernel_size, stride, ceil_mode: as for `AvgPool2d`.

    Shape:
        input (N, C, H, W) or (C, H, W) -> output (N, C, O, P) or (C, O, P); O and P as for `LPPool1d`

    Example:
        >>> import edutorch as torch
        >>> torch.nn.LPPool2d(2, 2)(torch.tensor([[[3.0, 4.0], [0.0, 0.0]]]))
        tensor([[[5.]]])
    """

    def forward(self, input):
        """Pool the input."""
        return F.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPoolNd):
    """Take a norm of each window over the last three dimensions: (sum of x^p)^(1/p).

    Args:
        norm_type: p; 1 is the sum, infinity the greatest absolute value.
        kernel_size, stride, ceil_mode: as for `AvgPool3d`.

    Shape:
        input (N, C, D, H, W) or (C, D, H, W) -> output (N, C, O, P, Q) or (C, O, P, Q); O, P, Q as for `LPPool1d`

    Example:
        >>> import edutorch as torch
        >>> torch.nn.LPPool3d(2, 2)(torch.randn(2, 16, 10, 8, 6)).shape
        torch.Size([2, 16, 5, 4, 3])
    """

    def forward(self, input):
        """Pool the input."""
        return F.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)
