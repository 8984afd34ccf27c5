"""Rearranging: channels into pixels and back, and channels among themselves. Nothing is computed."""

from __future__ import annotations

from ..op import Array, op
from .creation import whole_number

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


def _at_least_three(name, input):
    if input.ndim < 3:
        raise RuntimeError(f"{name} expects input to have at least 3 dimensions, but got input with {input.ndim} "
                           "dimension(s)")  # fmt: skip


@op(cast=None, method=False, out=False)
def pixel_shuffle(input: Array, upscale_factor):
    """Turn each group of r^2 channels into one channel of a picture r times as large, r = `upscale_factor`.

    It is how a convolution can enlarge a picture: see Shi et al. 2016, "Real-Time Single Image and Video
    Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network".

    Shape:    input (*, C r^2, H, W) -> out (*, C, H r, W r)
    Math:     y[c, h r + i, w r + j] = x[c r^2 + i r + j, h, w]
    Gradient: dL/dx = pixel_unshuffle(g)
    """
    r = whole_number("pixel_shuffle", "upscale_factor", 2, upscale_factor)
    _at_least_three("pixel_shuffle", input)
    if r <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {r}")
    *lead, channels, height, width = input.shape
    if channels % (r * r):
        raise RuntimeError("pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
                           f"upscale_factor, but input.size(-3)={channels} is not divisible by {r * r}")  # fmt: skip
    apart = input.reshape(*lead, channels // (r * r), r, r, height, width)  # (*, C, i, j, h, w)
    n = len(lead)
    mixed = apart.transpose(*range(n), n, n + 3, n + 1, n + 4, n + 2)  # (*, C, h, i, w, j)
    return mixed.reshape(*lead, channels // (r * r), height * r, width * r)


@op(cast=None, method=False, out=False)
def pixel_unshuffle(input: Array, downscale_factor):
    """Turn each channel into r^2 channels of a picture r times as small: `pixel_shuffle`, undone.

    Shape:    input (*, C, H r, W r) -> out (*, C r^2, H, W), r = `downscale_factor`
    Math:     y[c r^2 + i r + j, h, w] = x[c, h r + i, w r + j]
    Gradient: dL/dx = pixel_shuffle(g)
    """
    r = whole_number("pixel_unshuffle", "downscale_factor", 2, downscale_factor)
    _at_least_three("pixel_unshuffle", input)
    if r <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {r}")
    *lead, channels, height, width = input.shape
    for name, dim, size in (("height", -2, height), ("width", -1, width)):
        if size % r:
            raise RuntimeError(f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but "
                               f"input.size({dim})={size} is not divisible by {r}")  # fmt: skip
    apart = input.reshape(*lead, channels, height // r, r, width // r, r)  # (*, C, h, i, w, j)
    n = len(lead)
    sorted_out = apart.transpose(*range(n), n, n + 2, n + 4, n + 1, n + 3)  # (*, C, i, j, h, w)
    return sorted_out.reshape(*lead, channels * r * r, height // r, width // r)


pixel_shuffle.grad(input=lambda g, upscale_factor: pixel_unshuffle.both(g, upscale_factor))
pixel_unshuffle.grad(input=lambda g, downscale_factor: pixel_shuffle.both(g, downscale_factor))


@op(cast=None, method=False, out=False)
def channel_shuffle(input: Array, groups):
    """Deal the channels of each group out among new groups, as one shuffles two halves of a pack of cards.

    Shape:    input (N, C, *) -> out (N, C, *)
    Math:     y[n, j g + i] = x[n, i C/g + j], for g = `groups`
    Gradient: dL/dx = g shuffled back, with C/g groups
    """
    count = whole_number("channel_shuffle", "groups", 2, groups)
    if input.ndim <= 2:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    batch, channels, *rest = input.shape
    if count <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{count}")
    if channels % count:
        raise RuntimeError("Number of channels must be divisible by groups. Got "
                           f"{channels} channels and {count} groups.")  # fmt: skip
    return input.reshape(batch, count, channels // count, *rest).swapaxes(1, 2).reshape(input.shape)


channel_shuffle.grad(input=lambda g, shape, groups: channel_shuffle.both(g, max(shape[1] // groups, 1)))
