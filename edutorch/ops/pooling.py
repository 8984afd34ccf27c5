"""Max pooling: the greatest element of each window, and the way back to it.

For the way back, one small number per window is kept, the winner's place in the window: a byte, where PyTorch keeps
eight for its position in the picture.
"""

from __future__ import annotations

import math

from ..errors import not_implemented
from ..op import Array, Index, op
from ..op.autocast import asks_autocast
from .pooling_checks import max_windows
from .windows import places, positions, seen_along

__all__ = ["max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool3d"]


def _node_name(windows):
    d = len(windows.size)
    return "SqueezeBackward1" if d == 1 else f"MaxPool{d}DWithIndicesBackward0"


def first_greatest(xp, input, windows):
    """Return the greatest element of each window, and its place: the first among equals; nan beats all."""
    if input.dtype.kind == "b":
        raise not_implemented(f"max_pool{len(windows.size)}d", input)
    best, winner = before_the_contest(xp, input, windows)
    for place, (of, at) in enumerate(windows.looks):  # in order, each against the best so far
        value, so_far = input[at], best[of]
        better = (value > so_far) | (value != value)
        best[of] = xp.maximum(so_far, value)
        winner[of] = xp.where(better, winner.dtype.type(place), winner[of])
    return best, winner


def before_the_contest(xp, input, windows):
    """Return the lowest number for each window, and the first place that is not in the padding."""
    shape = (*input.shape[: input.ndim - len(windows.size)], *windows.count)
    lowest = -math.inf if input.dtype.kind == "f" else xp.iinfo(input.dtype).min
    first = xp.zeros((), xp.min_scalar_type(places(windows) - 1))
    for axis in windows.axes:
        kernel, index = windows.kernel[axis], xp.zeros(windows.count[axis], first.dtype)
        for place in reversed(range(kernel)):
            index[seen_along(windows, axis, place)[0]] = place
        first = first[..., None] * first.dtype.type(kernel) + index
    return xp.full(shape, lowest, input.dtype), xp.broadcast_to(first, shape).copy()


@op(name="max_pool", method=False, out=False, extras=("winner",), node=_node_name)
def max_pool(xp, input: Array, windows):
    """Take the greatest element of each window.

    Shape:    input (*, n, m) -> out (*, i, j), for windows over two dimensions
    Math:     y[i, j] = max over the places (p, q) of a window of x[i s + p d - padding, j s + q d - padding]
    Gradient: dL/dx = g of each window, at the place of its greatest element (the first, where several are equal)

    Raises:
        NotImplementedError: for booleans.
    """
    return first_greatest(xp, input, windows)


@op(method=False, out=False, outputs=("values", "indices"), extras=("winner",), node=_node_name)
def max_pool_with_indices(xp, input: Array, windows):
    """Take the greatest element of each window, and its number among the elements of its channel.

    Shape:    input (*, n, m) -> values and indices (*, i, j), for windows over two dimensions
    Math:     y[i, j] = max over the places (p, q) of a window of x[i s + p d - padding, j s + q d - padding]
    Gradient: dL/dx = g of each window, at the place of its greatest element (the first, where several are equal)
    """
    best, winner = max_pool.op.kernels[type(input)](input, windows)
    return (best, positions(xp, windows, winner)), winner


@op(method=False, out=False, node="MaxPool2DBackward0")
def give_to_winners(xp, input: Array, winner: Index, windows):
    """Give each window's number to the element that won there, in a tensor of zeros: the gradient of `max_pool`.

    Shape:    input (*, i, j), winner (*, i, j) -> out (*, n, m), for windows over two dimensions
    Math:     y[k] = the sum of x[i] over all windows i whose winner is element k
    Gradient: dL/dx[i] = g at the winner of window i
    """
    lead = input.shape[: input.ndim - len(windows.size)]
    channels, size = math.prod(lead), math.prod(windows.size)
    target = positions(xp, windows, winner).reshape(channels, math.prod(windows.count))
    target += xp.arange(channels)[:, None] * size
    out = xp.zeros(channels * size, input.dtype)
    if windows.apart:
        out[target.reshape(-1)] = input.reshape(-1)
    else:
        xp.add.at(out, target.reshape(-1), input.reshape(-1))
    return out.reshape(*lead, *windows.size)


@op(method=False, out=False, node="GatherBackward0")
def take_from_winners(xp, input: Array, winner: Index, windows):
    """Take the element that won in each window: the gradient of `give_to_winners`.

    Shape:    input (*, n, m), winner (*, i, j) -> out (*, i, j), for windows over two dimensions
    Math:     y[i] = x at the winner of window i
    Gradient: dL/dx[k] = the sum of g[i] over all windows i whose winner is element k
    """
    lead = input.shape[: input.ndim - len(windows.size)]
    source = positions(xp, windows, winner).reshape(*lead, math.prod(windows.count))
    return xp.take_along_axis(input.reshape(*lead, math.prod(windows.size)), source, -1).reshape(winner.shape)


max_pool.grad(input=lambda g, winner, windows: give_to_winners.both(g, winner, windows))
max_pool_with_indices.grad(input=lambda g, winner, windows: give_to_winners.both(g, winner, windows))
give_to_winners.grad(input=lambda g, winner, windows: take_from_winners.both(g, winner, windows))
take_from_winners.grad(input=lambda g, winner, windows: give_to_winners.both(g, winner, windows))


# ---------------------------------------------------------------- as users call it


def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Take the greatest element of each window along the last dimension.

    Args:
        kernel_size: how many elements a window sees. stride: from one window to the next; `kernel_size` by default.
        padding: how far the first and the last window stand out; what they see there never wins.
        dilation: from one element of a window to the next.
        ceil_mode: allow one more window that begins inside and ends outside.

    Example:
        >>> import edutorch as torch
        >>> torch.max_pool1d(torch.tensor([[1.0, 5.0, 2.0, 3.0]]), 2)
        tensor([[5., 3.]])
    """
    windows = max_windows(1, input, kernel_size, stride, padding, dilation, ceil_mode)
    if not input.is_floating_point():
        raise not_implemented("max_pool1d_impl", input.array)
    return max_pool(input, windows)


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Take the greatest element of each window over the last two dimensions; see `max_pool1d`.

    Example:
        >>> import edutorch as torch
        >>> torch.max_pool2d(torch.tensor([[[1.0, 5.0], [2.0, 3.0]]]), 2)
        tensor([[[5.]]])
    """
    return max_pool(input, max_windows(2, input, kernel_size, stride, padding, dilation, ceil_mode))


@asks_autocast
def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Take the greatest element of each window over the last three dimensions; see `max_pool1d`."""
    return max_pool(input, max_windows(3, input, kernel_size, stride, padding, dilation, ceil_mode))


def max_pool1d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Take the greatest element of each window along the last dimension, and its position there."""
    return tuple(max_pool_with_indices(input, max_windows(1, input, kernel_size, stride, padding, dilation, ceil_mode)))
