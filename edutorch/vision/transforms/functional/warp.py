"""Turning, shifting, stretching and slanting pictures: each new pixel looks up where it came from.

The map from the old places to the new is x -> scale · A (x - centre) + centre + shift, where A turns and slants. A new
pixel needs the inverse, which is simple because A's determinant is 1.
"""

from __future__ import annotations

import math
import numbers

import edutorch as torch
from edutorch.nn import functional as F

from .geometry import fill_for
from .images import (
    InterpolationMode,
    as_batch,
    float_dtype,
    get_dimensions,
    interpolation_mode,
    is_tensor,
    pillow,
    pillow_image,
    pillow_number,
)

__all__ = ["affine", "rotate"]


def rotate(img, angle, interpolation=InterpolationMode.NEAREST, expand=False, center=None, fill=None):
    """Turn a picture.

    Args:
        angle: in degrees, against the clock.
        interpolation: NEAREST or BILINEAR; for Pillow's images BICUBIC too.
        expand: make the result large enough for the whole turned picture (about its own middle).
        center: (x, y) of the pixel to turn about, from the upper left corner; by default the middle.
        fill: the value outside, or one for each channel; 0 by default.

    Raises:
        TypeError, ValueError: for arguments that are none of these.
    """
    mode = interpolation_mode(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    _check_center(center)
    if not is_tensor(img):
        value = fill_for(pillow_image(img), fill)
        return img.rotate(angle, pillow_number(mode), expand, center, fillcolor=value)
    _, height, width = get_dimensions(img)
    matrix = inverse_matrix(_from_the_middle(center, width, height), -angle, (0.0, 0.0), 1.0, (0.0, 0.0))
    size = _turned_size(matrix, width, height) if expand else (width, height)
    return _look_up(img, matrix, size, mode.value, fill)


def affine(
    img, angle, translate, scale, shear, interpolation=InterpolationMode.NEAREST, fill=None, center=None
):  # fmt: skip
    """Turn, shift, stretch and slant a picture; the result has its size.

    Args:
        angle: in degrees, with the clock.
        translate: (right, down), in pixels.
        scale: the factor of both sides.
        shear: degrees to slant along x, or along (x, y).
        interpolation, fill: as for `rotate`.
        center: (x, y) of the pixel that stays where it is but for the shift; by default the middle.

    Raises:
        TypeError, ValueError: for arguments that are none of these.
    """
    mode = interpolation_mode(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    if not isinstance(translate, (list, tuple)):
        raise TypeError("Argument translate should be a sequence")
    if len(translate) != 2:
        raise ValueError("Argument translate should be a sequence of length 2")
    if scale <= 0.0:
        raise ValueError("Argument scale should be positive")
    if not isinstance(shear, (numbers.Number, list, tuple)):
        raise TypeError("Shear should be either a single value or a sequence of two values")
    shear = [shear, 0.0] if isinstance(shear, numbers.Number) else [*shear]
    shear = shear * 2 if len(shear) == 1 else shear
    if len(shear) != 2:
        raise ValueError(f"Shear should be a sequence containing two values. Got {shear}")
    _check_center(center)
    _, height, width = get_dimensions(img)
    if is_tensor(img):
        matrix = inverse_matrix(_from_the_middle(center, width, height), angle, translate, scale, shear)
        return _look_up(img, matrix, (width, height), mode.value, fill)
    matrix = inverse_matrix(center or (width * 0.5, height * 0.5), angle, translate, scale, shear)
    value = fill_for(img, fill)
    return img.transform(
        img.size, pillow("Image").Transform.AFFINE, matrix, pillow_number(mode), fillcolor=value
    )  # fmt: skip


def _check_center(center):
    if center is not None and not isinstance(center, (list, tuple)):
        raise TypeError("Argument center should be a sequence")


def _from_the_middle(center, width, height):
    """Return a place counted from the picture's middle, as tensors are looked up."""
    return (0.0, 0.0) if center is None else (center[0] - width * 0.5, center[1] - height * 0.5)


def inverse_matrix(center, angle, translate, scale, shear):
    """Return [a, b, c, d, e, f]: a new pixel (x, y) comes from (a x + b y + c, d x + e y + f).

    Args:
        angle, shear: in degrees.
    """
    turn, slant_x, slant_y = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    # A = rotation by `turn` · [[1, 0], [tan(slant_y), 1]]^-1 · [[1, -tan(slant_x)], [0, 1]]
    along, across = math.cos(turn - slant_y) / math.cos(slant_y), math.sin(turn - slant_y) / math.cos(slant_y)
    xx, yx = along, across
    xy = -math.cos(turn - slant_y) * math.tan(slant_x) / math.cos(slant_y) - math.sin(turn)
    yy = -math.sin(turn - slant_y) * math.tan(slant_x) / math.cos(slant_y) + math.cos(turn)
    a, b, d, e = yy / scale, -xy / scale, -yx / scale, xx / scale
    (cx, cy), (tx, ty) = center, translate
    c = a * (-cx - tx) + b * (-cy - ty) + cx
    f = d * (-cx - tx) + e * (-cy - ty) + cy
    return [a, b, c, d, e, f]


def _turned_size(matrix, width, height):
    """Return (width, height) of the rectangle around a picture's corners after a turn."""
    x, y = 0.5 * width, 0.5 * height
    corners = torch.tensor([[-x, -y, 1.0], [-x, y, 1.0], [x, y, 1.0], [x, -y, 1.0]])
    turned = corners @ torch.tensor(matrix).view(2, 3).T
    middle = torch.tensor([x, y])
    steps = 1e-4  # what is less than that beyond a pixel's edge is a rounding error
    least = ((turned.amin(dim=0) + middle) / steps).trunc() * steps
    most = ((turned.amax(dim=0) + middle) / steps).trunc() * steps
    size = most.ceil() - least.floor()
    return int(size[0]), int(size[1])


def _look_up(img, matrix, size, mode, fill):
    """Return the picture of a size (width, height) whose pixels come from where the matrix says."""
    channels = get_dimensions(img)[0]
    if isinstance(fill, (list, tuple)) and len(fill) > 1 and len(fill) != channels:
        raise ValueError(
            "The number of elements in 'fill' cannot broadcast to match the number of channels of the image "
            f"({len(fill)} != {channels})"
        )
    if mode not in ("nearest", "bilinear"):
        raise ValueError(f"Interpolation mode '{mode}' is unsupported with Tensor input")
    dtype = float_dtype(img)
    batch, back = as_batch(img, dtype)
    grid = _places(matrix, batch.shape[-1], batch.shape[-2], size, dtype).expand(len(batch), -1, -1, -1)
    if fill is None:
        return back(F.grid_sample(batch, grid, mode=mode, padding_mode="zeros", align_corners=False))
    inside = torch.ones_like(batch[:, :1])  # carried along as one more channel, it says how much is from inside
    looked_up = F.grid_sample(
        torch.cat([batch, inside], dim=1), grid, mode=mode, padding_mode="zeros", align_corners=False
    )  # fmt: skip
    found, inside = looked_up[:, :-1], looked_up[:, -1:]
    outside = torch.tensor(fill if isinstance(fill, (list, tuple)) else [fill], dtype=dtype).view(1, -1, 1, 1)
    if mode == "nearest":
        return back(torch.where(inside < 0.5, outside, found))
    return back(found * inside + (1.0 - inside) * outside)


def _places(matrix, width, height, size, dtype):
    """Return where each new pixel comes from, in the units of `grid_sample`: (1, new height, new width, 2)."""
    new_width, new_height = size
    x = torch.linspace(-new_width * 0.5 + 0.5, new_width * 0.5 - 0.5, new_width).to(dtype)
    y = torch.linspace(-new_height * 0.5 + 0.5, new_height * 0.5 - 0.5, new_height).to(dtype)
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    pixels = torch.stack([columns, rows, torch.ones_like(rows)], dim=-1).view(1, -1, 3)
    half = torch.tensor([0.5 * width, 0.5 * height], dtype=dtype)
    to_old = torch.tensor(matrix, dtype=dtype).view(1, 2, 3).transpose(1, 2) / half
    return pixels.bmm(to_old).view(1, new_height, new_width, 2)
