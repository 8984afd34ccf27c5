"""Random changes of color."""

from __future__ import annotations

import numbers

import edutorch as torch
from edutorch import nn

from . import functional as F
from .arguments import chance, uniform

__all__ = ["ColorJitter", "Grayscale", "RandomGrayscale"]


class ColorJitter(nn.Module):
    """Change brightness, contrast, saturation and hue by random amounts, in a random order.

    Args:
        brightness, contrast, saturation: (least, most) factor; or one number x for (1 - x, 1 + x).
        hue: (least, most) part of the circle of colors, between -0.5 and 0.5; or one number x for (-x, x).

    Example:
        >>> from edutorch.vision import transforms
        >>> transforms.ColorJitter(brightness=0.5)
        ColorJitter(brightness=(0.5, 1.5), contrast=None, saturation=None, hue=None)
    """

    def __init__(self, brightness=0, contrast=0, saturation=0, hue=0):
        super().__init__()
        self.brightness = _factors(brightness, "brightness")
        self.contrast = _factors(contrast, "contrast")
        self.saturation = _factors(saturation, "saturation")
        self.hue = _range(hue, "hue", 0, -0.5, (-0.5, 0.5))

    @staticmethod
    def get_params(brightness, contrast, saturation, hue):
        """Draw (order, brightness, contrast, saturation, hue); a range of None gives None."""
        order = torch.randperm(4)
        return order, *(pair if pair is None else uniform(*pair) for pair in (brightness, contrast, saturation, hue))

    def forward(self, img):
        """Return the picture in changed colors."""
        order, *amounts = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        changes = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
        for i in order.tolist():
            if amounts[i] is not None:
                img = changes[i](img, amounts[i])
        return img

    def __repr__(self):
        return (
            f"{type(self).__name__}(brightness={self.brightness}, contrast={self.contrast}, "
            f"saturation={self.saturation}, hue={self.hue})"
        )


def _factors(value, name):
    return _range(value, name, 1, 0.0, (0, float("inf")))


def _range(value, name, center, floor, bounds):
    """Return (least, most) of a range given as itself or as a distance from `center`; None if it changes nothing."""
    if isinstance(value, numbers.Number):
        if value < 0:  # pyright: ignore[reportOperatorIssue]
            raise ValueError(f"If {name} is a single number, it must be non negative.")
        low, high = center - float(value), center + float(value)  # pyright: ignore[reportArgumentType]
        low = max(low, floor) if center else low
    elif isinstance(value, (tuple, list)) and len(value) == 2:
        low, high = float(value[0]), float(value[1])
    else:
        raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
    if not bounds[0] <= low <= high <= bounds[1]:
        raise ValueError(f"{name} values should be between {bounds}, but got {[low, high]}.")
    return None if low == high == center else (low, high)


class Grayscale(nn.Module):
    """Make a picture gray.

    Args:
        num_output_channels: 1, or 3 equal ones.
    """

    def __init__(self, num_output_channels=1):
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img):
        """Return the picture in gray."""
        return F.rgb_to_grayscale(img, num_output_channels=self.num_output_channels)

    def __repr__(self):
        return f"{type(self).__name__}(num_output_channels={self.num_output_channels})"


class RandomGrayscale(nn.Module):
    """Make a picture gray, or leave it as it is; it keeps its number of channels.

    Args:
        p: the probability of gray.
    """

    def __init__(self, p=0.1):
        super().__init__()
        self.p = p

    def forward(self, img):
        """Return the picture, gray or not."""
        channels = F.get_dimensions(img)[0]
        return F.rgb_to_grayscale(img, num_output_channels=channels) if chance(self.p) else img

    def __repr__(self):
        return f"{type(self).__name__}(p={self.p})"
