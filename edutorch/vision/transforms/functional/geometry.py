"""Where pixels go: resizing, cutting out, padding, flipping."""

from __future__ import annotations

import numbers
import warnings

import numpy as np

import edutorch as torch
from edutorch.nn import functional as F

from .images import (
    InterpolationMode,
    as_batch,
    get_dimensions,
    interpolation_mode,
    is_tensor,
    pillow,
    pillow_image,
    pillow_number,
)

__all__ = ["center_crop", "crop", "five_crop", "hflip", "pad", "resize", "resized_crop", "ten_crop", "vflip"]


def resize(img, size, interpolation=InterpolationMode.BILINEAR, max_size=None, antialias=True):
    """Make a picture larger or smaller.

    Args:
        size: (height, width); or one number for the shorter side, the other side in proportion.
        interpolation: how pixels between pixels are computed.
        max_size: for one number: the longer side becomes no longer than this.
        antialias: average what is made smaller; Pillow always does, with all modes but NEAREST.

    Raises:
        TypeError, ValueError: for sizes that make no sense.

    Example:
        >>> from edutorch.vision.transforms.functional import resize
        >>> resize(torch.zeros(3, 40, 60), 20).shape
        torch.Size([3, 20, 30])
    """
    mode = interpolation_mode(interpolation)
    if isinstance(size, (list, tuple)):
        if len(size) not in (1, 2):
            raise ValueError(
                f"Size must be an int or a 1 or 2 element tuple/list, not a {len(size)} element tuple/list"
            )
        if max_size is not None and len(size) != 1:
            raise ValueError(
                "max_size should only be passed if size specifies the length of the smaller edge, i.e. size should be "
                "an int or a sequence of length 1 in torchscript mode."
            )
    _, height, width = get_dimensions(img)
    new = _new_size(height, width, [size] if isinstance(size, int) else [*size], max_size)
    if new == [height, width]:
        return img
    if not is_tensor(img):
        if antialias is False:
            warnings.warn(
                "Anti-alias option is always applied for PIL Image input. Argument antialias is ignored.", stacklevel=2
            )
        return img.resize((new[1], new[0]), pillow_number(mode))
    smooth = mode in (InterpolationMode.BILINEAR, InterpolationMode.BICUBIC)
    batch, back = as_batch(img, torch.float32, torch.float64)
    resized = F.interpolate(
        batch,
        size=new,
        mode=mode.value,
        align_corners=False if smooth else None,
        antialias=bool(antialias) and smooth,
    )
    if mode is InterpolationMode.BICUBIC and img.dtype is torch.uint8:
        resized = resized.clamp(0, 255)  # a cubic overshoots at edges
    return back(resized)


def _new_size(height, width, size, max_size):
    """Return [height, width] for a size of one or two numbers."""
    if len(size) == 2:
        return size
    short, long = sorted((height, width))
    new_short, new_long = size[0], int(size[0] * long / short)
    if max_size is not None:
        if max_size <= new_short:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested size for the smaller edge "
                f"size = {size}"
            )
        if new_long > max_size:
            new_short, new_long = int(max_size * new_short / new_long), max_size
    return [new_long, new_short] if width <= height else [new_short, new_long]


def crop(img, top, left, height, width):
    """Cut a rectangle out; where it reaches beyond the picture, there are zeros.

    Args:
        top, left: its first row and column.
    """
    if not is_tensor(img):
        return pillow_image(img).crop((left, top, left + width, top + height))
    _, h, w = get_dimensions(img)
    bottom, right = top + height, left + width
    part = img[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if left >= 0 and top >= 0 and right <= w and bottom <= h:
        return part
    before = [max(min(0, right) - left, 0), max(min(0, bottom) - top, 0)]
    after = [max(right - max(w, left), 0), max(bottom - max(h, top), 0)]
    return pad(part, before + after)


def center_crop(img, output_size):
    """Cut the middle out; a picture that is too small is padded with zeros first.

    Args:
        output_size: (height, width), or one number for both.
    """
    height, width = two_sizes(output_size)
    _, h, w = get_dimensions(img)
    if width > w or height > h:
        more_h, more_w = max(height - h, 0), max(width - w, 0)
        img = pad(img, [more_w // 2, more_h // 2, (more_w + 1) // 2, (more_h + 1) // 2])
        _, h, w = get_dimensions(img)
    if (height, width) == (h, w):
        return img
    return crop(img, round((h - height) / 2.0), round((w - width) / 2.0), height, width)


def two_sizes(size):
    """Return (height, width) of a size given as one number, a sequence of one, or of two."""
    if isinstance(size, numbers.Number):
        return int(size), int(size)  # pyright: ignore[reportArgumentType]
    if len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError("Please provide only two dimensions (h, w) for size.")
    return tuple(size)


def resized_crop(img, top, left, height, width, size, interpolation=InterpolationMode.BILINEAR, antialias=True):
    """Cut a rectangle out, and resize it."""
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def hflip(img):
    """Mirror left and right."""
    return img.flip(-1) if is_tensor(img) else pillow_image(img).transpose(pillow("Image").Transpose.FLIP_LEFT_RIGHT)


def vflip(img):
    """Turn top and bottom around."""
    return img.flip(-2) if is_tensor(img) else pillow_image(img).transpose(pillow("Image").Transpose.FLIP_TOP_BOTTOM)


def five_crop(img, size):
    """Return the four corners and the middle of a picture.

    Raises:
        ValueError: if the picture is smaller than that.
    """
    height, width = two_sizes(size)
    _, h, w = get_dimensions(img)
    if width > w or height > h:
        raise ValueError(f"Requested crop size {(height, width)} is bigger than input size {(h, w)}")
    corners = [(top, left) for top in (0, h - height) for left in (0, w - width)]
    return *(crop(img, *corner, height, width) for corner in corners), center_crop(img, [height, width])


def ten_crop(img, size, vertical_flip=False):
    """Return the five crops of a picture, and of its mirror image.

    Args:
        vertical_flip: turn top and bottom around instead of left and right.
    """
    size = two_sizes(size)
    return five_crop(img, size) + five_crop(vflip(img) if vertical_flip else hflip(img), size)


_TENSOR_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "symmetric": "symmetric"}


def pad(img, padding, fill=0, padding_mode="constant"):
    """Put a margin around a picture.

    Args:
        padding: one number for all sides, (left and right, top and bottom), or (left, top, right, bottom).
        fill: the margin's value; for Pillow's images, one for each channel too.
        padding_mode: "constant", "edge" (the last pixel again), "reflect" (a mirror on the last pixel), "symmetric"
            (a mirror beside it).

    Raises:
        TypeError, ValueError: for arguments that are none of these.
    """
    tensor = is_tensor(img)
    if not tensor:
        pillow_image(img)
    if not isinstance(padding, (int, tuple, list)):
        raise TypeError("Got inappropriate padding arg")
    fill = 0 if fill is None else fill
    if not isinstance(fill, (int, float) if tensor else (numbers.Number, tuple, list)):
        raise TypeError("Got inappropriate fill arg")
    if not isinstance(padding_mode, str):
        raise TypeError("Got inappropriate padding_mode arg")
    check_padding(padding, padding_mode)
    margins = [padding] if isinstance(padding, int) else [*padding]
    left, top, right, bottom = margins * (4 // len(margins))
    if not tensor:
        return _pad_image(img, (left, top, right, bottom), fill, padding_mode)
    if padding_mode == "symmetric":
        return _pad_symmetric(img, left, top, right, bottom)
    sides, mode = [left, right, top, bottom], _TENSOR_MODES[padding_mode]
    batch, alone = (img.unsqueeze(0), True) if img.dim() < 4 else (img, False)
    if mode == "constant":
        padded = F.pad(batch, sides, value=float(fill))  # pyright: ignore[reportArgumentType]
    elif img.dtype in (torch.float32, torch.float64):
        padded = F.pad(batch, sides, mode=mode)
    else:
        padded = F.pad(batch.to(torch.float32), sides, mode=mode).to(img.dtype)
    return padded.squeeze(0) if alone else padded


def check_padding(padding, padding_mode):
    """Refuse a margin of another number of sides, and a mode that there is not.

    Raises:
        ValueError: naming what would do.
    """
    if not isinstance(padding, numbers.Number) and len(padding) not in (1, 2, 4):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(padding)} element tuple")
    if padding_mode not in _TENSOR_MODES:
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")


def _pad_symmetric(img, left, top, right, bottom):
    """Pad with a mirror that stands beside the last pixel, by looking rows and columns up; less than 0 cuts off."""
    if img.dim() not in (3, 4):
        raise RuntimeError("Symmetric padding of N-D tensors are not supported yet")
    rows, columns = (
        torch.tensor(
            [*range(before - 1, -1, -1), *range(max(-before, 0), n - max(-after, 0)), *range(-1, -after - 1, -1)]
        )
        for n, before, after in ((img.shape[-2], top, bottom), (img.shape[-1], left, right))
    )
    return img[..., rows[:, None], columns[None, :]]


def _pad_image(img, margins, fill, padding_mode):
    """Pad an image of Pillow's."""
    if padding_mode == "constant":
        padded = pillow("ImageOps").expand(img, border=margins, fill=fill_for(img, fill))
    else:
        left, top, right, bottom = margins
        if min(margins) < 0:
            box = (max(-left, 0), max(-top, 0), img.width - max(-right, 0), img.height - max(-bottom, 0))
            img = img.crop(box)
            left, top, right, bottom = (max(margin, 0) for margin in margins)
        array = np.asarray(img)
        sides = [(top, bottom), (left, right), (0, 0)][: array.ndim]
        padded = pillow("Image").fromarray(np.pad(array, sides, mode=padding_mode))
    if img.mode == "P":
        padded.putpalette(img.getpalette())
    return padded


def fill_for(img, fill):
    """Return a value, or one for each channel, in the form that Pillow wants for an image.

    Raises:
        ValueError: if there are not as many values as channels.
    """
    channels = len(img.getbands())
    values = [*fill] if isinstance(fill, (list, tuple)) else [0 if fill is None else fill]
    if len(values) == 1:
        values *= channels
    if len(values) != channels:
        raise ValueError(
            "The number of elements in 'fill' does not match the number of channels of the image "
            f"({len(values)} != {channels})"
        )
    if img.mode != "F":
        values = [int(value) for value in values]
    return tuple(values) if channels > 1 else values[0]
