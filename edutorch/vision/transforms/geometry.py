"""Resizing, cutting out the middle or the corners, padding, and mirror images."""

from __future__ import annotations

import numbers
from collections.abc import Sequence

from edutorch import nn

from . import functional as F
from .arguments import chance, size_pair
from .functional.geometry import check_padding
from .functional.images import InterpolationMode, interpolation_mode

__all__ = ["CenterCrop", "FiveCrop", "Pad", "RandomHorizontalFlip", "RandomVerticalFlip", "Resize", "TenCrop"]


class Resize(nn.Module):
    """Make a picture larger or smaller.

    Args:
        size: (height, width); or one number for the shorter side, the other side in proportion.
        interpolation: how pixels between pixels are computed.
        max_size: for one number: the longer side becomes no longer than this.
        antialias: average what is made smaller; Pillow always does.

    Example:
        >>> from edutorch.vision import transforms
        >>> transforms.Resize((8, 8))(torch.zeros(1, 28, 28)).shape
        torch.Size([1, 8, 8])
    """

    def __init__(self, size, interpolation=InterpolationMode.BILINEAR, max_size=None, antialias=True):
        super().__init__()
        if not isinstance(size, (int, Sequence)):
            raise TypeError(f"Size should be int or sequence. Got {type(size)}")
        if isinstance(size, Sequence) and len(size) not in (1, 2):
            raise ValueError("If size is a sequence, it should have 1 or 2 values")
        self.size, self.max_size = size, max_size
        self.interpolation = interpolation_mode(interpolation)
        self.antialias = antialias

    def forward(self, img):
        """Return the picture in its new size."""
        return F.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def __repr__(self):
        return (
            f"{type(self).__name__}(size={self.size}, interpolation={self.interpolation.value}, "
            f"max_size={self.max_size}, antialias={self.antialias})"
        )


class CenterCrop(nn.Module):
    """Cut the middle out; a picture that is too small is padded with zeros first.

    Args:
        size: (height, width), or one number for both.
    """

    def __init__(self, size):
        super().__init__()
        self.size = size_pair(size)

    def forward(self, img):
        """Return the middle of the picture."""
        return F.center_crop(img, self.size)

    def __repr__(self):
        return f"{type(self).__name__}(size={self.size})"


class Pad(nn.Module):
    """Put a margin around a picture.

    Args:
        padding: one number for all sides, (left and right, top and bottom), or (left, top, right, bottom).
        fill: the margin's value; for Pillow's images, one for each channel too.
        padding_mode: "constant", "edge", "reflect" or "symmetric".
    """

    def __init__(self, padding, fill=0, padding_mode="constant"):
        super().__init__()
        if not isinstance(padding, (numbers.Number, tuple, list)):
            raise TypeError("Got inappropriate padding arg")
        if not isinstance(fill, (numbers.Number, tuple, list)):
            raise TypeError("Got inappropriate fill arg")
        if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
            raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
        check_padding(padding, padding_mode)
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def forward(self, img):
        """Return the picture with its margin."""
        return F.pad(img, self.padding, self.fill, self.padding_mode)

    def __repr__(self):
        return f"{type(self).__name__}(padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode})"


class FiveCrop(nn.Module):
    """Return the four corners and the middle of a picture, as a tuple.

    Args:
        size: (height, width), or one number for both.
    """

    def __init__(self, size):
        super().__init__()
        self.size = size_pair(size)

    def forward(self, img):
        """Return the five parts."""
        return F.five_crop(img, self.size)

    def __repr__(self):
        return f"{type(self).__name__}(size={self.size})"


class TenCrop(nn.Module):
    """Return the four corners and the middle of a picture and of its mirror image, as a tuple.

    Args:
        size: (height, width), or one number for both.
        vertical_flip: turn top and bottom around instead of left and right.
    """

    def __init__(self, size, vertical_flip=False):
        super().__init__()
        self.size, self.vertical_flip = size_pair(size), vertical_flip

    def forward(self, img):
        """Return the ten parts."""
        return F.ten_crop(img, self.size, self.vertical_flip)

    def __repr__(self):
        return f"{type(self).__name__}(size={self.size}, vertical_flip={self.vertical_flip})"


class _RandomFlip(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def __repr__(self):
        return f"{type(self).__name__}(p={self.p})"


class RandomHorizontalFlip(_RandomFlip):
    """Mirror left and right, or leave the picture as it is.

    Args:
        p: the probability of mirroring.
    """

    def forward(self, img):
        """Return the picture or its mirror image."""
        return F.hflip(img) if chance(self.p) else img


class RandomVerticalFlip(_RandomFlip):
    """Turn top and bottom around, or leave the picture as it is.

    Args:
        p: the probability of turning.
    """

    def forward(self, img):
        """Return the picture, upside down or not."""
        return F.vflip(img) if chance(self.p) else img
