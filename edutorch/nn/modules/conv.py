"""Convolutions, and transposed ones. In one, two and three dimensions they differ in name and number of sizes only."""

from __future__ import annotations

import math

from ...ops.create import empty
from .. import functional as F
from .. import init
from ..parameter import Parameter, UninitializedParameter
from .lazy import LazyModuleMixin
from .module import Module

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
]


def _sizes(value, n):
    """Return a number as `n` of them, a sequence as a tuple."""
    return tuple(value) if hasattr(value, "__iter__") else (value,) * n


class _ConvNd(Module):
    """What convolutions and transposed convolutions share: their parameters, how they start, and how they print.

    Attributes:
        dimensions: 1 for sequences, 2 for pictures, 3 for volumes.
        transposed: which of the two it is.
    """

    dimensions: int
    transposed: bool
    in_channels: int
    out_channels: int

    def __init__(
        self, in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, groups, bias,
        padding_mode, device, dtype,
    ):  # fmt: skip
        super().__init__()
        n = self.dimensions
        _refuse(in_channels, out_channels, stride, padding, groups, padding_mode)
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride, self.dilation = (_sizes(v, n) for v in (kernel_size, stride, dilation))
        self.padding = padding if isinstance(padding, str) else _sizes(padding, n)
        self.output_padding, self.padding_mode = _sizes(output_padding, n), padding_mode
        self._reversed_padding_repeated_twice = self._pads()
        self.weight = Parameter(empty(*self._weight_shape(), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _weight_shape(self):
        shape = (self.out_channels, self.in_channels // self.groups)
        if self.transposed:
            shape = (self.in_channels, self.out_channels // self.groups)
        return (*shape, *self.kernel_size)

    def _pads(self):
        """Return the padding as `F.pad` takes it: before and after, from the last dimension to the first."""
        if self.padding == "valid":
            return [0, 0] * self.dimensions
        if self.padding == "same":
            totals = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            return [n for total in reversed(totals) for n in (total // 2, total - total // 2)]
        return tuple(n for n in reversed(self.padding) for _ in range(2))

    def reset_parameters(self):
        """Draw new initial values, uniform in ±1/sqrt(the number of inputs that an output sees)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            seen = math.prod(self.weight.shape[1:])
            if seen:
                init.uniform_(self.bias, -1 / math.sqrt(seen), 1 / math.sqrt(seen))

    def extra_repr(self):
        """Say the sizes, and what is not as usual."""
        n = len(self.stride)
        said = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        if self.padding != (0,) * len(self.padding):
            said.append(f"padding={self.padding}")
        if self.dilation != (1,) * n:
            said.append(f"dilation={self.dilation}")
        if self.output_padding != (0,) * n:
            said.append(f"output_padding={self.output_padding}")
        if self.groups != 1:
            said.append(f"groups={self.groups}")
        if self.bias is None:
            said.append("bias=False")
        if self.padding_mode != "zeros":
            said.append(f"padding_mode={self.padding_mode}")
        return ", ".join(said)


def _refuse(in_channels, out_channels, stride, padding, groups, padding_mode):
    """Raise PyTorch's error for arguments that do not fit together."""
    if groups <= 0:
        raise ValueError("groups must be a positive integer")
    if in_channels % groups:
        raise ValueError("in_channels must be divisible by groups")
    if out_channels % groups:
        raise ValueError("out_channels must be divisible by groups")
    names, modes = {"same", "valid"}, {"zeros", "reflect", "replicate", "circular"}
    if isinstance(padding, str):
        if padding not in names:
            raise ValueError(f"Invalid padding string {padding!r}, should be one of {names}")
        if padding == "same" and any(s != 1 for s in _sizes(stride, 1)):
            raise ValueError("padding='same' is not supported for strided convolutions")
    if padding_mode not in modes:
        raise ValueError(f"padding_mode must be one of {modes}, but got padding_mode='{padding_mode}'")


class _Conv(_ConvNd):
    """A convolution."""

    transposed = False

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True,
        padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias, padding_mode,
            device, dtype,
        )  # fmt: skip

    def forward(self, input):
        """Slide the filters over the input."""
        padding, convolve = self.padding, getattr(F, f"conv{self.dimensions}d")
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode), 0
        return convolve(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """Slide filters along sequences; what each of them finds is an output channel.

    Args:
        As for `Conv2d`, with single sizes.

    Shape:
        input (N, in_channels, L) or (in_channels, L) -> output (N, out_channels, L') or (out_channels, L')

    Attributes:
        weight: (out_channels, in_channels / groups, kernel_size). bias: (out_channels,).

    Example:
        >>> import edutorch as torch
        >>> torch.nn.Conv1d(16, 33, 3, stride=2)(torch.randn(20, 16, 50)).size()
        torch.Size([20, 33, 24])
    """

    dimensions = 1


class Conv2d(_Conv):
    """Slide filters over pictures; what each of them finds is an output channel.

    Args:
        in_channels, out_channels: the channels of the input; the number of filters.
        kernel_size: of the filters' window. stride: how far it moves at a time.
        padding: rows and columns added on each side; "same" for an output of the input's size, "valid" for none.
        dilation: how far apart the elements are that a window sees.
        groups: into how many parts channels and filters are split; each filter sees the channels of its own part.
        bias: whether to add a number to each output channel.
        padding_mode: what is added: "zeros", or the picture's own values: "reflect", "replicate", "circular".

        kernel_size, stride, padding and dilation may be pairs, for height and width.

    Shape:
        input (N, in_channels, H, W) or (in_channels, H, W) -> output (N, out_channels, H', W') or
        (out_channels, H', W'), where H' = (H + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1

    Attributes:
        weight: (out_channels, in_channels / groups, *kernel_size), uniform in ±1/sqrt(in_channels / groups · the
            window's size) at the start.
        bias: (out_channels,), likewise; None without bias.

    Example:
        >>> import edutorch as torch
        >>> torch.nn.Conv2d(3, 6, kernel_size=5)(torch.randn(4, 3, 32, 32)).size()
        torch.Size([4, 6, 28, 28])
    """

    dimensions = 2


class Conv3d(_Conv):
    """Slide filters through volumes or films; what each of them finds is an output channel.

    Args:
        As for `Conv2d`, with three sizes: depth (or time), height and width.

    Shape:
        input (N, in_channels, D, H, W) or without N -> output (N, out_channels, D', H', W') or without N

    Attributes:
        weight: (out_channels, in_channels / groups, *kernel_size). bias: (out_channels,).

    Example:
        >>> import edutorch as torch
        >>> torch.nn.Conv3d(3, 6, (3, 5, 2))(torch.randn(2, 3, 5, 10, 10)).size()
        torch.Size([2, 6, 3, 6, 9])
    """

    dimensions = 3


class _ConvTransposeNd(_ConvNd):
    """A transposed convolution."""

    transposed = True

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True,
        dilation=1, padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input, output_size=None):
        """Spread the input by the filters.

        Args:
            output_size: which of the sizes to make that a convolution takes to the input's.
        """
        spread = getattr(F, f"conv_transpose{self.dimensions}d")
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        return spread(input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation)

    def _extra(self, input, output_size):
        """Return the output padding that makes an output of this size.

        Raises:
            ValueError: if there is none.
        """
        n, wanted = self.dimensions, list(output_size)
        ours = input.dim() - n  # dimensions that are no sizes of the picture: channels, and samples if there are any
        if len(wanted) == n + ours:
            wanted = wanted[ours:]
        if len(wanted) != n:
            raise ValueError(
                f"ConvTranspose{n}D: for {input.dim()}D input, output_size must have {n} or {n + ours} elements (got "
                f"{len(wanted)})"
            )
        least = [
            (size - 1) * s - 2 * p + d * (k - 1) + 1
            for size, s, p, d, k in zip(
                input.shape[ours:], self.stride, self.padding, self.dilation, self.kernel_size, strict=True
            )
        ]
        most = [low + s - 1 for low, s in zip(least, self.stride, strict=True)]
        if any(not low <= size <= high for low, size, high in zip(least, wanted, most, strict=True)):
            raise ValueError(
                f"requested an output size of {output_size}, but valid sizes range from {least} to {most} (for an "
                f"input of {input.shape[ours:]})"
            )
        return [size - low for size, low in zip(wanted, least, strict=True)]


class ConvTranspose1d(_ConvTransposeNd):
    """Spread each element of sequences by filters: `Conv1d` with its arrows turned round.

    Args:
        As for `ConvTranspose2d`, with single sizes.

    Shape:
        input (N, in_channels, L) or (in_channels, L) -> output (N, out_channels, L') or (out_channels, L')

    Attributes:
        weight: (in_channels, out_channels / groups, kernel_size). bias: (out_channels,).

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ConvTranspose1d(16, 33, 3, stride=2)(torch.randn(20, 16, 50)).size()
        torch.Size([20, 33, 101])
    """

    dimensions = 1


class ConvTranspose2d(_ConvTransposeNd):
    """Spread each pixel of pictures by filters: `Conv2d` with its arrows turned round. It makes pictures larger.

    Args:
        in_channels, out_channels: the channels of the input and of the output.
        kernel_size, stride, dilation, groups: of the convolution that leads from the output back to the input.
        padding: of that convolution: as much is cut off the output on each side.
        output_padding: rows and columns to add below and on the right: several sizes have the same convolved size.
        bias: whether to add a number to each output channel.

    Shape:
        input (N, in_channels, H, W) or (in_channels, H, W) -> output (N, out_channels, H', W') or (out_channels,
        H', W'), where H' = (H - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1

    Attributes:
        weight: (in_channels, out_channels / groups, *kernel_size), uniform in ±1/sqrt(out_channels / groups · the
            window's size) at the start.
        bias: (out_channels,), likewise; None without bias.

    Example:
        >>> import edutorch as torch
        >>> up = torch.nn.ConvTranspose2d(16, 8, kernel_size=2, stride=2)
        >>> up(torch.randn(1, 16, 12, 12)).size()
        torch.Size([1, 8, 24, 24])
    """

    dimensions = 2


class ConvTranspose3d(_ConvTransposeNd):
    """Spread each element of volumes by filters: `Conv3d` with its arrows turned round.

    Args:
        As for `ConvTranspose2d`, with three sizes.

    Shape:
        input (N, in_channels, D, H, W) or without N -> output (N, out_channels, D', H', W') or without N

    Attributes:
        weight: (in_channels, out_channels / groups, *kernel_size). bias: (out_channels,).

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ConvTranspose3d(16, 3, 2, stride=2)(torch.randn(2, 16, 4, 5, 6)).size()
        torch.Size([2, 3, 8, 10, 12])
    """

    dimensions = 3


class _Lazy(LazyModuleMixin):
    """A convolution whose `in_channels` are the channels of the first input it is called on.

    Args:
        Those of the layer it becomes, without `in_channels`.
    """

    def __init__(self, out_channels, kernel_size, *args, bias=True, device=None, dtype=None, **kwargs):
        super().__init__(0, 0, kernel_size, *args, bias=False, device=device, dtype=dtype, **kwargs)
        self.out_channels = out_channels
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self):
        """Draw new initial values, once there are parameters."""
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()

    def initialize_parameters(self, input):
        """Take the number of channels from the input."""
        if not self.has_uninitialized_params():
            return
        n = self.dimensions
        if input.ndim not in (n + 1, n + 2):
            raise RuntimeError(
                f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {type(self).__name__}, but got input of "
                f"size: {input.shape}"
            )
        self.in_channels = input.shape[-n - 1]
        if self.in_channels % self.groups:
            raise ValueError("in_channels must be divisible by groups")
        self.weight.materialize(self._weight_shape())
        if self.bias is not None:
            self.bias.materialize((self.out_channels,))
        self.reset_parameters()


class LazyConv1d(_Lazy, Conv1d):
    """A `Conv1d` that learns its `in_channels` from the first input.

    Args:
        Those of `Conv1d`, without `in_channels`.
    """

    cls_to_become = Conv1d


class LazyConv2d(_Lazy, Conv2d):
    """A `Conv2d` that learns its `in_channels` from the first input.

    Args:
        Those of `Conv2d`, without `in_channels`.

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.LazyConv2d(6, kernel_size=5)
        >>> layer(torch.randn(4, 3, 32, 32)).size()
        torch.Size([4, 6, 28, 28])
        >>> layer
        Conv2d(3, 6, kernel_size=(5, 5), stride=(1, 1))
    """

    cls_to_become = Conv2d


class LazyConv3d(_Lazy, Conv3d):
    """A `Conv3d` that learns its `in_channels` from the first input.

    Args:
        Those of `Conv3d`, without `in_channels`.
    """

    cls_to_become = Conv3d


class LazyConvTranspose1d(_Lazy, ConvTranspose1d):
    """A `ConvTranspose1d` that learns its `in_channels` from the first input.

    Args:
        Those of `ConvTranspose1d`, without `in_channels`.
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_Lazy, ConvTranspose2d):
    """A `ConvTranspose2d` that learns its `in_channels` from the first input.

    Args:
        Those of `ConvTranspose2d`, without `in_channels`.
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_Lazy, ConvTranspose3d):
    """A `ConvTranspose3d` that learns its `in_channels` from the first input.

    Args:
        Those of `ConvTranspose3d`, without `in_channels`.
    """

    cls_to_become = ConvTranspose3d
