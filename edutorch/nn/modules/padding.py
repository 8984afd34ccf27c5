"""Layers that make a tensor larger at its borders."""

from __future__ import annotations

from ...ops.int_lists import for_each
from .. import functional as F
from .module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _PadNd(Module):
    """What the layers have in common: `dimensions` of them are padded, in one `mode`."""

    dimensions: int
    mode: str

    def __init__(self, padding):
        super().__init__()
        self.padding = for_each(2 * self.dimensions, padding)

    def forward(self, input):
        """Pad the input."""
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self):
        """Say the pads."""
        return str(self.padding)


# ---------------------------------------------------------------- constants


class _ConstantPadNd(_PadNd):
    mode = "constant"

    def __init__(self, padding, value):
        super().__init__(padding)
        self.value = value

    def forward(self, input):
        """Pad the input."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self):
        """Say the pads and the value."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """Put a constant at both ends of the last dimension.

    Args:
        padding: (left, right), or one number for both; negative ones cut off.
        value: the constant.

    Shape:
        input (*, W) -> output (*, left + W + right)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ConstantPad1d((2, 1), 9.0)(torch.tensor([1.0, 2.0]))
        tensor([9., 9., 1., 2., 9.])
    """

    dimensions = 1


class ConstantPad2d(_ConstantPadNd):
    """Put a constant around the last two dimensions.

    Args:
        padding: (left, right, top, bottom), or one number for all; negative ones cut off.
        value: the constant.

    Shape:
        input (*, H, W) -> output (*, top + H + bottom, left + W + right)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ConstantPad2d((1, 0, 1, 0), 9.0)(torch.tensor([[1.0, 2.0]]))
        tensor([[9., 9., 9.],
                [9., 1., 2.]])
    """

    dimensions = 2


class ConstantPad3d(_ConstantPadNd):
    """Put a constant around the last three dimensions.

    Args:
        padding: (left, right, top, bottom, front, back), or one number for all; negative ones cut off.
        value: the constant.

    Shape:
        input (*, D, H, W) -> output (*, front + D + back, top + H + bottom, left + W + right)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ConstantPad3d(1, 0.5)(torch.zeros(1, 1, 2, 3, 4)).shape
        torch.Size([1, 1, 4, 5, 6])
    """

    dimensions = 3


class _ZeroPadNd(_ConstantPadNd):
    def __init__(self, padding):
        super().__init__(padding, 0.0)

    def extra_repr(self):
        """Say the pads."""
        return str(self.padding)


class ZeroPad1d(_ZeroPadNd, ConstantPad1d):
    """Put zeros at both ends of the last dimension.

    Args:
        padding: (left, right), or one number for both; negative ones cut off.

    Shape:
        input (*, W) -> output (*, left + W + right)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ZeroPad1d(1)(torch.tensor([1.0, 2.0]))
        tensor([0., 1., 2., 0.])
    """


class ZeroPad2d(_ZeroPadNd, ConstantPad2d):
    """Put zeros around the last two dimensions.

    Args:
        padding: (left, right, top, bottom), or one number for all; negative ones cut off.

    Shape:
        input (*, H, W) -> output (*, top + H + bottom, left + W + right)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ZeroPad2d((0, 1, 0, 1))(torch.tensor([[1.0, 2.0]]))
        tensor([[1., 2., 0.],
                [0., 0., 0.]])
    """


class ZeroPad3d(_ZeroPadNd, ConstantPad3d):
    """Put zeros around the last three dimensions.

    Args:
        padding: (left, right, top, bottom, front, back), or one number for all; negative ones cut off.

    Shape:
        input (*, D, H, W) -> output (*, front + D + back, top + H + bottom, left + W + right)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ZeroPad3d(1)(torch.ones(1, 1, 2, 3, 4)).shape
        torch.Size([1, 1, 4, 5, 6])
    """


# ---------------------------------------------------------------- the tensor's own values


class ReflectionPad1d(_PadNd):
    """Mirror the last dimension at its first and its last element.

    Args:
        padding: (left, right), or one number for both; less than the dimension's size.

    Shape:
        input (N, C, W) or (C, W) -> output (N, C, left + W + right) or (C, left + W + right)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ReflectionPad1d(2)(torch.tensor([[0.0, 1.0, 2.0, 3.0]]))
        tensor([[2., 1., 0., 1., 2., 3., 2., 1.]])
    """

    dimensions, mode = 1, "reflect"


class ReflectionPad2d(_PadNd):
    """Mirror a picture at its outermost rows and columns.

    Args:
        padding: (left, right, top, bottom), or one number for all; less than the dimensions' sizes.

    Shape:
        input (N, C, H, W) or (C, H, W) -> output of the same, with top + H + bottom rows, left + W + right columns

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ReflectionPad2d((1, 0, 0, 1))(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
        tensor([[[2., 1., 2.],
                 [4., 3., 4.],
                 [2., 1., 2.]]])
    """

    dimensions, mode = 2, "reflect"


class ReflectionPad3d(_PadNd):
    """Mirror the last three dimensions at their outermost elements.

    Args:
        padding: (left, right, top, bottom, front, back), or one number for all; less than the dimensions' sizes.

    Shape:
        input (N, C, D, H, W) or (C, D, H, W) -> output of the same, each dimension larger by its two pads

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ReflectionPad3d(1)(torch.zeros(1, 1, 2, 3, 4)).shape
        torch.Size([1, 1, 4, 5, 6])
    """

    dimensions, mode = 3, "reflect"


class ReplicationPad1d(_PadNd):
    """Repeat the first and the last element of the last dimension.

    Args:
        padding: (left, right), or one number for both.

    Shape:
        input (N, C, W) or (C, W) -> output (N, C, left + W + right) or (C, left + W + right)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ReplicationPad1d(2)(torch.tensor([[0.0, 1.0, 2.0]]))
        tensor([[0., 0., 0., 1., 2., 2., 2.]])
    """

    dimensions, mode = 1, "replicate"


class ReplicationPad2d(_PadNd):
    """Repeat the outermost rows and columns of a picture.

    Args:
        padding: (left, right, top, bottom), or one number for all.

    Shape:
        input (N, C, H, W) or (C, H, W) -> output of the same, with top + H + bottom rows, left + W + right columns

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ReplicationPad2d((1, 0, 0, 1))(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
        tensor([[[1., 1., 2.],
                 [3., 3., 4.],
                 [3., 3., 4.]]])
    """

    dimensions, mode = 2, "replicate"


class ReplicationPad3d(_PadNd):
    """Repeat the outermost elements of the last three dimensions.

    Args:
        padding: (left, right, top, bottom, front, back), or one number for all.

    Shape:
        input (N, C, D, H, W) or (C, D, H, W) -> output of the same, each dimension larger by its two pads

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ReplicationPad3d(1)(torch.zeros(1, 1, 2, 3, 4)).shape
        torch.Size([1, 1, 4, 5, 6])
    """

    dimensions, mode = 3, "replicate"


class _CircularPadNd(_PadNd):
    mode = "circular"

    def forward(self, input):
        """Pad the input.

        Raises:
            ValueError: if it has not one or two dimensions more than are padded.
        """
        d = self.dimensions
        if input.dim() not in (d + 1, d + 2):
            raise ValueError(f"expected {d + 1}D or {d + 2}D input (got {input.dim()}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPadNd):
    """Let the last dimension begin again where it ends.

    Args:
        padding: (left, right), or one number for both; not more than the dimension's size.

    Shape:
        input (N, C, W) or (C, W) -> output (N, C, left + W + right) or (C, left + W + right)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.CircularPad1d(2)(torch.tensor([[0.0, 1.0, 2.0]]))
        tensor([[1., 2., 0., 1., 2., 0., 1.]])
    """

    dimensions = 1


class CircularPad2d(_CircularPadNd):
    """Let a picture begin again where it ends, in both directions.

    Args:
        padding: (left, right, top, bottom), or one number for all; not more than the dimensions' sizes.

    Shape:
        input (N, C, H, W) or (C, H, W) -> output of the same, with top + H + bottom rows, left + W + right columns

    Example:
        >>> import edutorch as torch
        >>> torch.nn.CircularPad2d((1, 0, 0, 1))(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
        tensor([[[2., 1., 2.],
                 [4., 3., 4.],
                 [2., 1., 2.]]])
    """

    dimensions = 2


class CircularPad3d(_CircularPadNd):
    """Let the last three dimensions begin again where they end.

    Args:
        padding: (left, right, top, bottom, front, back), or one number for all; not more than the dimensions' sizes.

    Shape:
        input (N, C, D, H, W) or (C, D, H, W) -> output of the same, each dimension larger by its two pads

    Example:
        >>> import edutorch as torch
        >>> torch.nn.CircularPad3d(1)(torch.zeros(1, 1, 2, 3, 4)).shape
        torch.Size([1, 1, 4, 5, 6])
    """

    dimensions = 3
