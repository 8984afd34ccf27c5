"""Blurring, and erasing a part at random."""

from __future__ import annotations

import numbers
from collections.abc import Sequence

import edutorch as torch
from edutorch import nn

from . import functional as F
from .arguments import below, chance, check_part, draw_sides, size_pair, uniform

__all__ = ["GaussianBlur", "RandomErasing"]


class RandomErasing(nn.Module):
    """Write over a random rectangle of a tensor (Zhong et al., "Random Erasing Data Augmentation", 2017).

    Args:
        p: the probability of erasing.
        scale: the range of the rectangle's area, as a share of the picture's.
        ratio: the range of its height over its width.
        value: what to write: a number, one for each channel, or "random" for normal noise.
        inplace: write to the tensor itself.
    """

    def __init__(self, p=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=0, inplace=False):
        super().__init__()
        if not isinstance(value, (numbers.Number, str, tuple, list)):
            raise TypeError("Argument value should be either a number or str or a sequence")
        if isinstance(value, str) and value != "random":
            raise ValueError("If value is str, it should be 'random'")
        check_part(scale, ratio)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError("Scale should be between 0 and 1")
        if not 0 <= p <= 1:
            raise ValueError("Random erasing probability should be between 0 and 1")
        self.p, self.scale, self.ratio, self.value, self.inplace = p, scale, ratio, value, inplace

    @staticmethod
    def get_params(img, scale, ratio, value=None):
        """Draw (top, left, height, width, what to write); after ten rectangles too large, the picture itself.

        Args:
            value: a list of numbers, or None for normal noise.
        """
        channels, h, w = img.shape[-3:]
        for _ in range(10):
            height, width = draw_sides(h * w, scale, ratio)
            if height < h and width < w:
                if value is None:
                    written = torch.empty([channels, height, width]).normal_()
                else:
                    written = torch.tensor(value)[:, None, None]
                return below(h - height + 1), below(w - width + 1), height, width, written
        return 0, 0, h, w, img

    def forward(self, img):
        """Return the tensor, a part of it erased or not.

        Raises:
            ValueError: if there are not as many values as channels.
        """
        if not chance(self.p):
            return img
        value = None
        if isinstance(self.value, Sequence) and not isinstance(self.value, str):
            value = [float(part) for part in self.value]
        elif not isinstance(self.value, str):
            value = [float(self.value)]
        if value is not None and len(value) not in (1, img.shape[-3]):
            raise ValueError(
                "If value is a sequence, it should have either a single value or "
                f"{img.shape[-3]} (number of input channels)"
            )
        return F.erase(img, *self.get_params(img, self.scale, self.ratio, value), self.inplace)

    def __repr__(self):
        return (
            f"{type(self).__name__}(p={self.p}, scale={self.scale}, ratio={self.ratio}, value={self.value}, "
            f"inplace={self.inplace})"
        )


class GaussianBlur(nn.Module):
    """Blur a picture with a bell curve of random width.

    Args:
        kernel_size: how many pixels are averaged, (along x, along y) or one odd number for both.
        sigma: the range of the bell's width in pixels, or the width.
    """

    def __init__(self, kernel_size, sigma=(0.1, 2.0)):
        super().__init__()
        self.kernel_size = size_pair(kernel_size, "Kernel size should be a tuple/list of two integers")
        if any(n <= 0 or n % 2 == 0 for n in self.kernel_size):
            raise ValueError("Kernel size value should be an odd and positive number.")
        if isinstance(sigma, numbers.Number):
            if sigma <= 0:  # pyright: ignore[reportOperatorIssue]
                raise ValueError("If sigma is a single number, it must be positive.")
            sigma = (sigma, sigma)
        if not isinstance(sigma, Sequence) or len(sigma) != 2:
            raise ValueError("sigma should be a single number or a list/tuple with length 2.")
        if not 0.0 < sigma[0] <= sigma[1]:
            raise ValueError("sigma values should be positive and of the form (min, max).")
        self.sigma = sigma

    @staticmethod
    def get_params(sigma_min, sigma_max):
        """Draw the bell's width."""
        return uniform(sigma_min, sigma_max)

    def forward(self, img):
        """Return the picture, blurred."""
        sigma = self.get_params(*self.sigma)
        return F.gaussian_blur(img, self.kernel_size, [sigma, sigma])

    def __repr__(self):
        return f"{type(self).__name__}(kernel_size={self.kernel_size}, sigma={self.sigma})"
