"""Memory formats: in which order the elements of a tensor lie in memory.

Values and shapes are the same in each; only the strides differ. Images (N, C, H, W) lie plane by plane in
`contiguous_format`, and pixel by pixel, each with all its channels, in `channels_last`.
"""

from __future__ import annotations

import numpy as np

__all__ = ["channels_last", "channels_last_3d", "contiguous_format", "memory_format", "preserve_format"]


class memory_format:
    """The order of the elements in memory: `order` names the dimensions, the slowest first; None is their own order."""

    def __init__(self, name, order=None):
        self.name, self.order = name, order

    def __repr__(self):
        return f"torch.{self.name}"

    def order_for(self, shape):
        """Return the order of the dimensions for tensors of this shape.

        Raises:
            RuntimeError: if the format is for tensors with another number of dimensions.
        """
        if self.order is None:
            return tuple(range(len(shape)))
        if len(shape) != len(self.order):
            raise RuntimeError(f"required rank {len(self.order)} tensor to use {self.name} format")
        return self.order


contiguous_format, preserve_format = memory_format("contiguous_format"), memory_format("preserve_format")
channels_last = memory_format("channels_last", (0, 2, 3, 1))
channels_last_3d = memory_format("channels_last_3d", (0, 2, 3, 4, 1))


def lies_in(array, format):
    """Whether an array's elements lie in a format, without gaps."""
    if format.order is None:
        return array.flags.c_contiguous
    return array.ndim == len(format.order) and array.transpose(format.order).flags.c_contiguous


def format_of(array):
    """Return the format that an array lies in; `contiguous_format` for arrays in none."""
    own = not array.flags.c_contiguous
    return next((f for f in (channels_last, channels_last_3d) if own and lies_in(array, f)), contiguous_format)


def laid_out(array, format):
    """Copy an array into a format."""
    if format.order is None:
        return array.copy()
    order = format.order_for(array.shape)
    return array.transpose(order).copy().transpose(np.argsort(order).tolist())


def made_in_order(make, shape, order):
    """Return the array of a shape whose memory `make(shape)` makes in an order of the dimensions."""
    return make(tuple(shape[d] for d in order)).transpose(np.argsort(order).tolist())
