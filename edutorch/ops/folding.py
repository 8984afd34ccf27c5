"""Unfold and fold: the windows of pictures as the columns of a matrix ("im2col"), and columns added up to pictures.

Each is the other's gradient.
"""

from __future__ import annotations

import math

from ..errors import dimension_out_of_range, not_implemented
from ..op import Array, op
from .int_lists import int_list
from .sliding import add_windows, padded, places, unpadded, windows

__all__ = ["fold", "unfold"]


@op(name="im2col", cast=None, method=False, node="Im2ColBackward0")
def im2col(xp, input: Array, kernel_size, dilation, padding, stride):
    """Write each window of a picture as a column.

    Shape:    input (N, C, H, W) or (C, H, W) -> out (N, C kH kW, L) or (C kH kW, L), L the number of windows
    Math:     y[c kH kW + k, p] = x[c, stride p + dilation k - padding]
    Gradient: dL/dx = col2im(g)
    """
    _need_pictures(input, kernel_size, dilation, padding, stride)
    pictures = input if input.ndim == 4 else input[None]
    seen = windows(xp, padded(xp, pictures, padding), kernel_size, stride, dilation)  # (N, C, kH, kW, rows, columns)
    channels = pictures.shape[1] * math.prod(kernel_size)
    columns = seen.reshape(len(pictures), channels, math.prod(seen.shape[-2:]))
    return columns if input.ndim == 4 else columns[0]


im2col.grad(
    input=lambda g, shape, kernel_size, dilation, padding, stride: col2im.both(
        g, shape[-2:], kernel_size, dilation, padding, stride
    )
)


@op(name="col2im", cast=None, method=False, node="Col2ImBackward0")
def col2im(xp, input: Array, output_size, kernel_size, dilation, padding, stride):
    """Put each column back as a window of a picture; where windows overlap, they add up.

    Shape:    input (N, C kH kW, L) or (C kH kW, L) -> out (N, C, *output_size) or (C, *output_size)
    Math:     y[c, q] = the sum over k, p with stride p + dilation k - padding = q of x[c kH kW + k, p]
    Gradient: dL/dx = im2col(g)
    """
    _need_sensible(kernel_size, dilation, padding, stride)
    around = [n + 2 * p for n, p in zip(output_size, padding, strict=True)]
    counts = places(around, kernel_size, stride, dilation)
    _need_columns(input, counts, output_size, kernel_size, dilation, padding, stride)
    samples = 1 if input.ndim == 2 else len(input)
    channels = input.shape[-2] // math.prod(kernel_size)
    parts = input.reshape(samples, channels, *kernel_size, *counts)
    pictures = unpadded(xp, add_windows(xp, parts, around, stride, dilation), padding)
    return pictures if input.ndim == 3 else pictures[0]


col2im.grad(
    input=lambda g, kernel_size, dilation, padding, stride: im2col.both(g, kernel_size, dilation, padding, stride)
)


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """Write each window of pictures as a column ("im2col").

    Args:
        kernel_size, dilation, padding, stride: of the windows: a number, or a pair for height and width.

    Shape: input (N, C, H, W) or (C, H, W) -> out (N, C kH kW, L) or (C kH kW, L), L the number of windows

    Example:
        >>> import edutorch as torch
        >>> torch.nn.functional.unfold(torch.arange(6.0).view(1, 1, 2, 3), 2)
        tensor([[[0., 1.],
                 [1., 2.],
                 [3., 4.],
                 [4., 5.]]])
    """
    pairs = _pairs("im2col", 2, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    return im2col(input, **pairs)


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Put columns back as windows of pictures ("col2im"); where windows overlap, they add up.

    Args:
        output_size: of the pictures. kernel_size, dilation, padding, stride: of the windows, as for `unfold`.

    Shape: input (N, C kH kW, L) or (C kH kW, L) -> out (N, C, *output_size) or (C, *output_size)

    Example:
        >>> import edutorch as torch
        >>> columns = torch.nn.functional.unfold(torch.ones(1, 1, 2, 3), 2)
        >>> torch.nn.functional.fold(columns, (2, 3), 2)
        tensor([[[[1., 2., 1.],
                  [1., 2., 1.]]]])
    """
    pairs = _pairs(
        "col2im",
        2,
        output_size=output_size,
        kernel_size=kernel_size,
        dilation=dilation,
        padding=padding,
        stride=stride,
    )
    return col2im(input, **pairs)


def _pairs(name, position, **given):
    """Return each number as a pair.

    Raises:
        TypeError, RuntimeError: for what is no number and no pair.
    """
    pairs = {}
    for i, (parameter, value) in enumerate(given.items()):
        value = value if isinstance(value, (tuple, list)) else (value, value)
        pair = pairs[parameter] = int_list(name, parameter, position + i, value)
        if len(pair) != 2:
            raise RuntimeError(f"It is expected {parameter} equals to 2, but got size {len(pair)}")
    return pairs


def _need_sensible(kernel_size, dilation, padding, stride):
    """Raise PyTorch's error for windows that cannot be."""
    for what, short, pair, least in (
        ("kernel size", "kernel", kernel_size, 1),
        ("dilation", "dilation", dilation, 1),
        ("padding", "pad", padding, 0),
        ("stride", "stride", stride, 1),
    ):
        if min(pair) < least:
            wanted = "greater than zero" if least else "non-negative"
            raise RuntimeError(f"{what} should be {wanted}, but got {short}_height: {pair[0]} {short}_width: {pair[1]}")


def _need_pictures(input, kernel_size, dilation, padding, stride):
    """Raise PyTorch's error for what has no windows."""
    _need_sensible(kernel_size, dilation, padding, stride)
    if input.ndim < 3:
        raise dimension_out_of_range(input.ndim, input.ndim)
    if input.ndim > 4 or 0 in input.shape[input.ndim == 4 :]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
            f"but got: {list(input.shape)}"
        )
    size = input.shape[-2:]
    counts = places([n + 2 * p for n, p in zip(size, padding, strict=True)], kernel_size, stride, dilation)
    if min(counts) < 1:
        raise RuntimeError(
            f"Given input with spatial size {size}, kernel_size={kernel_size}, dilation={dilation}, padding={padding}, "
            f"calculated shape of the array of sliding blocks as {tuple(counts)}, but its components must be at least "
            "one."
        )
    if input.dtype.kind in "iu":
        raise not_implemented("im2col_out_cpu", input)


def _need_columns(input, counts, output_size, kernel_size, dilation, padding, stride):
    """Raise PyTorch's error for columns that do not make such pictures."""
    if input.ndim not in (2, 3) or 0 in input.shape[input.ndim == 3 :]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(input.shape)}"
        )
    rows, columns = input.shape[-2:]
    if rows % math.prod(kernel_size):
        raise RuntimeError(
            f"Expected size of input's dimension {input.ndim - 2} to be divisible by the product of kernel_size, but "
            f"got input.size({input.ndim - 2})={rows} and kernel_size={kernel_size}."
        )
    if columns != math.prod(counts):
        raise RuntimeError(
            f"Given output_size={output_size}, kernel_size={kernel_size}, dilation={dilation}, padding={padding}, "
            f"stride={stride}, expected size of input's dimension {input.ndim - 1} to match the calculated number of "
            f"sliding blocks {counts[0]} * {counts[1]} = {math.prod(counts)}, but got "
            f"input.size({input.ndim - 1})={columns}."
        )
    if input.dtype.kind in "iu":
        raise not_implemented("col2im_out_cpu", input)
