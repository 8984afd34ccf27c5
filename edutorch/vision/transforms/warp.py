"""Turning, shifting, stretching and slanting at random."""

from __future__ import annotations

from edutorch import nn

from . import functional as F
from .arguments import angle_range, check_sequence, fill_for_channels, fill_value, uniform
from .functional.images import InterpolationMode, interpolation_mode

__all__ = ["RandomAffine", "RandomRotation"]


class RandomRotation(nn.Module):
    """Turn a picture by a random angle.

    Args:
        degrees: (least, most), against the clock; or one number for both directions.
        interpolation: NEAREST or BILINEAR; for Pillow's images BICUBIC too.
        expand: make the result large enough for the whole turned picture.
        center: (x, y) of the pixel to turn about; by default the middle.
        fill: the value outside, or one for each channel.

    Example:
        >>> from edutorch.vision import transforms
        >>> transforms.RandomRotation(10)
        RandomRotation(degrees=[-10.0, 10.0], interpolation=nearest, expand=False, fill=0)
    """

    def __init__(self, degrees, interpolation=InterpolationMode.NEAREST, expand=False, center=None, fill=0):
        super().__init__()
        self.interpolation = interpolation_mode(interpolation)
        self.degrees = angle_range(degrees, "degrees")
        if center is not None:
            check_sequence(center, "center")
        self.center, self.expand, self.fill = center, expand, fill_value(fill)

    @staticmethod
    def get_params(degrees):
        """Draw the angle."""
        return uniform(*degrees)

    def forward(self, img):
        """Return the picture, turned."""
        fill = fill_for_channels(self.fill, img, F.get_dimensions(img)[0])
        return F.rotate(img, self.get_params(self.degrees), self.interpolation, self.expand, self.center, fill)

    def __repr__(self):
        center = "" if self.center is None else f", center={self.center}"
        return (
            f"{type(self).__name__}(degrees={self.degrees}, interpolation={self.interpolation.value}, "
            f"expand={self.expand}{center}, fill={self.fill})"
        )


class RandomAffine(nn.Module):
    """Turn, shift, stretch and slant a picture at random.

    Args:
        degrees: (least, most), with the clock; or one number for both directions.
        translate: (a, b): shift by up to a times the width, and b times the height, in either direction.
        scale: (least, most) factor.
        shear: degrees to slant along x, one number or (least, most); or (least x, most x, least y, most y).
        interpolation, fill, center: as for `RandomRotation`.
    """

    def __init__(
        self,
        degrees,
        translate=None,
        scale=None,
        shear=None,
        interpolation=InterpolationMode.NEAREST,
        fill=0,
        center=None,
    ):
        super().__init__()
        self.interpolation = interpolation_mode(interpolation)
        self.degrees = angle_range(degrees, "degrees")
        if translate is not None:
            check_sequence(translate, "translate")
            if not all(0.0 <= share <= 1.0 for share in translate):
                raise ValueError("translation values should be between 0 and 1")
        if scale is not None:
            check_sequence(scale, "scale")
            if min(scale) <= 0:
                raise ValueError("scale values should be positive")
        self.translate, self.scale = translate, scale
        self.shear = None if shear is None else angle_range(shear, "shear", (2, 4))
        self.fill = fill_value(fill)
        if center is not None:
            check_sequence(center, "center")
        self.center = center

    @staticmethod
    def get_params(degrees, translate, scale_ranges, shears, img_size):
        """Draw (angle, (right, down), factor, (slant along x, along y)); `img_size` is (width, height)."""
        angle, shift, scale, shear = uniform(*degrees), (0, 0), 1.0, (0.0, 0.0)
        if translate is not None:
            most = [float(share * n) for share, n in zip(translate, img_size, strict=True)]
            shift = tuple(round(uniform(-m, m)) for m in most)
        if scale_ranges is not None:
            scale = uniform(*scale_ranges)
        if shears is not None:
            shear = uniform(*shears[:2]), uniform(*shears[2:]) if len(shears) == 4 else 0.0
        return angle, shift, scale, shear

    def forward(self, img):
        """Return the picture, moved."""
        channels, height, width = F.get_dimensions(img)
        fill = fill_for_channels(self.fill, img, channels)
        drawn = self.get_params(self.degrees, self.translate, self.scale, self.shear, [width, height])
        return F.affine(img, *drawn, interpolation=self.interpolation, fill=fill, center=self.center)

    def __repr__(self):
        given = [f"{name}={value}" for name in ("translate", "scale", "shear") if (value := getattr(self, name))]
        if self.interpolation is not InterpolationMode.NEAREST:
            given.append(f"interpolation={self.interpolation.value}")
        given += [f"fill={self.fill}"] * (self.fill != 0) + [f"center={self.center}"] * (self.center is not None)
        return f"{type(self).__name__}({', '.join([f'degrees={self.degrees}', *given])})"
