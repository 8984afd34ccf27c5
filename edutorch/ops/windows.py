"""Windows that slide over the last dimensions of a tensor: where they stand, and what they see.

A window is looked at one place at a time: the element in its first corner, the one next to it, and so on. What all
windows together see at one place is a strided slice of the tensor, so a pooling is a short loop over places of whole
slices, and no window is ever copied.
"""

from __future__ import annotations

import functools
import itertools
import math


class Windows:
    """Windows over the last dimensions; each attribute holds one number for each of these dimensions.

    Attributes:
        size: of the tensor. kernel: of a window. stride: from one window to the next. padding: how far the first
        window stands outside. dilation: from one place of a window to the next. count: how many windows there are.
    """

    def __init__(self, size, kernel, stride, padding, dilation, count):
        self.size, self.kernel, self.stride = size, kernel, stride
        self.padding, self.dilation, self.count = padding, dilation, count

    @property
    def axes(self):
        """The axes they slide along, counted from the end."""
        return range(-len(self.size), 0)

    @property
    def inside(self):
        """Whether the first place of every window is an element of the tensor."""
        return not any(self.padding)

    @functools.cached_property
    def looks(self):
        """For each place in a window, the index of the windows that see an element there, and of the elements."""
        along = [[seen_along(self, axis, k) for k in range(self.kernel[axis])] for axis in self.axes]
        return [
            ((..., *[of for of, _ in pairs]), (..., *[at for _, at in pairs])) for pairs in itertools.product(*along)
        ]

    @property
    def apart(self):
        """Whether no element is in two windows."""
        return all(s >= (k - 1) * d + 1 for k, s, d in zip(self.kernel, self.stride, self.dilation, strict=True))


def count_of(size, kernel, stride, padding, dilation, ceil_mode=False):
    """Return how many windows fit along one dimension; with `ceil_mode`, the last may stand out at the end."""
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    count = (room + (stride - 1 if ceil_mode else 0)) // stride + 1
    if ceil_mode and (count - 1) * stride >= size + padding:  # but it must begin inside
        count -= 1
    return count


def seen_along(windows, axis, place):
    """Return which windows see an element at one place along one dimension, and which elements, as two slices."""
    size, stride, count = windows.size[axis], windows.stride[axis], windows.count[axis]
    offset = place * windows.dilation[axis] - windows.padding[axis]
    first = max(-(offset // stride), 0)
    last = min((size - 1 - offset) // stride, count - 1)
    if last < first:
        return slice(0, 0), slice(0, 0)
    start = first * stride + offset
    return slice(first, last + 1), slice(start, start + (last - first) * stride + 1, stride)


def starts(xp, windows, axis):
    """Return where each window begins along one dimension: negative in the padding."""
    return xp.arange(windows.count[axis]) * windows.stride[axis] - windows.padding[axis]


def positions(xp, windows, place):
    """Return the number of the element (in the flattened dimensions) that each window sees at its own given place.

    Args:
        place: (*, count) integers, a place in each window.
    """
    numbers = xp.zeros((), "int64")
    steps = xp.zeros((), "int64")  # for each place, how many elements it lies after the window's beginning
    for axis in windows.axes:
        size, kernel, dilation = windows.size[axis], windows.kernel[axis], windows.dilation[axis]
        numbers = numbers[..., None] * size + starts(xp, windows, axis)
        steps = steps[..., None] * size + xp.arange(kernel) * dilation
    return steps.reshape(-1).take(place) + numbers


def places(windows):
    """Return how many places a window has."""
    return math.prod(windows.kernel)
