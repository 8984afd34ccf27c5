"""What pictures go through before they are shown to a model that was trained on ImageNet."""

from __future__ import annotations

import edutorch as torch
from edutorch import Tensor, nn

from . import functional as F
from .functional.images import InterpolationMode

__all__ = ["ImageClassification"]


class ImageClassification(nn.Module):
    """Resize, cut the middle out, turn into floats and normalize: `weights.transforms()` makes one.

    Args:
        crop_size: the sides of the result. resize_size: the shorter side before.
        mean, std: of ImageNet's channels.
        interpolation, antialias: as for `Resize`.
    """

    def __init__(
        self,
        *,
        crop_size,
        resize_size=256,
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        interpolation=InterpolationMode.BILINEAR,
        antialias=True,
    ):
        super().__init__()
        self.crop_size, self.resize_size = [crop_size], [resize_size]
        self.mean, self.std = [*mean], [*std]
        self.interpolation, self.antialias = interpolation, antialias

    def forward(self, img):
        """Return the picture as the model wants it."""
        img = F.resize(img, self.resize_size, self.interpolation, antialias=self.antialias)
        img = F.center_crop(img, self.crop_size)
        img = img if isinstance(img, Tensor) else F.pil_to_tensor(img)
        return F.normalize(F.convert_image_dtype(img, torch.float32), self.mean, self.std)

    def __repr__(self):
        names = ("crop_size", "resize_size", "mean", "std", "interpolation")
        return f"{type(self).__name__}(" + "".join(f"\n    {name}={getattr(self, name)}" for name in names) + "\n)"
