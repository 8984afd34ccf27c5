"""Windows that slide over an array, all at once as a view; and their sum back into an array.

Convolution and folding stand on them. Arrays are (N, C, *size), windows are (N, C, *kernel, *places): for each offset
in the kernel, what lies there at each place. The kernel's offsets come first: so memory runs on along the places.
"""

from __future__ import annotations

from itertools import product


def padded(xp, array, padding):
    """Return an array with zeros around it: `padding` of them before and after, along each of the last dimensions."""
    if not any(padding):
        return array
    around = [n + 2 * p for n, p in zip(array.shape[2:], padding, strict=True)]
    out = xp.zeros((*array.shape[:2], *around), array.dtype)
    out[_inner(array.shape[2:], padding)] = array
    return out


def unpadded(xp, array, padding):
    """Return what `padded` surrounded by zeros."""
    if not any(padding):
        return array
    inside = [n - 2 * p for n, p in zip(array.shape[2:], padding, strict=True)]
    return xp.ascontiguousarray(array[_inner(inside, padding)])


def _inner(size, padding):
    return (..., *[slice(p, p + n) for n, p in zip(size, padding, strict=True)])


def reaches(kernel, dilation):
    """Return over how many elements a window stretches, along each dimension."""
    return [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]


def places(size, kernel, stride, dilation):
    """Return how many places there are for a window, along each dimension."""
    return [(n - reach) // s + 1 for n, reach, s in zip(size, reaches(kernel, dilation), stride, strict=True)]


def windows(xp, array, kernel, stride, dilation):
    """Look at an array (N, C, *size) as windows (N, C, *kernel, *places): a view, in which elements appear often."""
    steps = array.strides[2:]
    return xp.lib.stride_tricks.as_strided(
        array,
        (*array.shape[:2], *kernel, *places(array.shape[2:], kernel, stride, dilation)),
        (
            *array.strides[:2],
            *[step * d for step, d in zip(steps, dilation, strict=True)],
            *[step * s for step, s in zip(steps, stride, strict=True)],
        ),
    )


def add_windows(xp, parts, size, stride, dilation):
    """Add windows (N, C, *kernel, *places) up to an array (N, C, *size), each where `windows` would have taken it."""
    n = len(size)
    kernel, counts = parts.shape[2 : 2 + n], parts.shape[2 + n :]
    out = xp.zeros((*parts.shape[:2], *size), parts.dtype)
    for offset in product(*map(range, kernel)):
        out[at(offset, counts, stride, dilation)] += parts[(slice(None), slice(None), *offset)]
    return out


def at(offset, counts, stride, dilation):
    """Return the index of the elements that all the windows see at one offset of the kernel."""
    steps = zip(offset, counts, stride, dilation, strict=True)
    return (..., *[slice(k * d, k * d + s * (count - 1) + 1, s) for k, count, s, d in steps])
