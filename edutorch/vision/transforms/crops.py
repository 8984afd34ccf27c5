"""Cutting out a part at random."""

from __future__ import annotations

from edutorch import nn

from . import functional as F
from .arguments import below, check_part, draw_sides, size_pair
from .functional.images import InterpolationMode, interpolation_mode

__all__ = ["RandomCrop", "RandomResizedCrop"]


class RandomCrop(nn.Module):
    """Cut a part of a given size out of a picture, anywhere.

    Args:
        size: (height, width), or one number for both.
        padding: a margin that is put around the picture first, as for `Pad`.
        pad_if_needed: put a margin around a picture that is too small.
        fill, padding_mode: of the margin, as for `Pad`.

    Example:
        >>> from edutorch.vision import transforms
        >>> transforms.RandomCrop(32, padding=4)(torch.zeros(3, 32, 32)).shape
        torch.Size([3, 32, 32])
    """

    def __init__(self, size, padding=None, pad_if_needed=False, fill=0, padding_mode="constant"):
        super().__init__()
        self.size = tuple(size_pair(size))
        self.padding, self.pad_if_needed = padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode

    @staticmethod
    def get_params(img, output_size):
        """Draw (top, left, height, width).

        Raises:
            ValueError: if the picture is too small.
        """
        _, h, w = F.get_dimensions(img)
        height, width = output_size
        if h < height or w < width:
            raise ValueError(f"Required crop size {(height, width)} is larger than input image size {(h, w)}")
        if (h, w) == (height, width):
            return 0, 0, h, w
        return below(h - height + 1), below(w - width + 1), height, width

    def forward(self, img):
        """Return a part of the picture."""
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        if self.pad_if_needed:
            _, h, w = F.get_dimensions(img)
            for margins in ([self.size[1] - w, 0], [0, self.size[0] - h]):
                if max(margins) > 0:
                    img = F.pad(img, margins, self.fill, self.padding_mode)
        return F.crop(img, *self.get_params(img, self.size))

    def __repr__(self):
        return f"{type(self).__name__}(size={self.size}, padding={self.padding})"


class RandomResizedCrop(nn.Module):
    """Cut a part of random area and shape out of a picture, and resize it to a given size.

    The training transform of "Going Deeper with Convolutions" (Szegedy et al., 2015), used for ImageNet since.

    Args:
        size: (height, width) of the result, or one number for both.
        scale: the range of the part's area, as a share of the picture's.
        ratio: the range of its width over its height.
        interpolation, antialias: as for `Resize`.
    """

    def __init__(
        self,
        size,
        scale=(0.08, 1.0),
        ratio=(3.0 / 4.0, 4.0 / 3.0),
        interpolation=InterpolationMode.BILINEAR,
        antialias=True,
    ):
        super().__init__()
        self.size = size_pair(size)
        check_part(scale, ratio)
        self.interpolation = interpolation_mode(interpolation)
        self.antialias = antialias
        self.scale, self.ratio = scale, ratio

    @staticmethod
    def get_params(img, scale, ratio):
        """Draw (top, left, height, width): ten times what may not fit, then the largest part in the middle."""
        _, h, w = F.get_dimensions(img)
        for _ in range(10):
            width, height = draw_sides(h * w, scale, ratio)
            if 0 < width <= w and 0 < height <= h:
                return below(h - height + 1), below(w - width + 1), height, width
        height, width = h, w
        if w / h < min(ratio):
            height = round(w / min(ratio))
        elif w / h > max(ratio):
            width = round(h * max(ratio))
        return (h - height) // 2, (w - width) // 2, height, width

    def forward(self, img):
        """Return a part of the picture, in the size asked for."""
        part = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(img, *part, self.size, self.interpolation, antialias=self.antialias)

    def __repr__(self):
        scale, ratio = (tuple(round(value, 4) for value in pair) for pair in (self.scale, self.ratio))
        return (
            f"{type(self).__name__}(size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )
