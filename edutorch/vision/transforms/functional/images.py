"""What counts as a picture: a tensor (…, C, H, W) or (H, W), or an image of Pillow's, which is imported when needed."""

from __future__ import annotations

import importlib
import sys
from enum import Enum

import edutorch as torch
from edutorch import Tensor

__all__ = ["InterpolationMode", "get_dimensions", "get_image_num_channels", "get_image_size"]


class InterpolationMode(Enum):
    """How a pixel between pixels is computed. BOX, HAMMING and LANCZOS are for Pillow's images only."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


_PILLOW_NUMBERS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5, "nearest-exact": 0}


def interpolation_mode(value):
    """Return a mode given as itself or as Pillow's number for it.

    Raises:
        TypeError: if it is neither.
    """
    if isinstance(value, InterpolationMode):
        return value
    if not isinstance(value, int):
        raise TypeError(
            "Argument interpolation should be a InterpolationMode or a corresponding Pillow integer constant"
        )
    return InterpolationMode(next(name for name, number in _PILLOW_NUMBERS.items() if number == value))


def pillow_number(mode):
    """Return Pillow's number for a mode."""
    return _PILLOW_NUMBERS[mode.value]


def pillow(module):
    """Return one of Pillow's modules, such as "Image".

    Raises:
        ModuleNotFoundError: if Pillow is not installed.
    """
    try:
        return importlib.import_module(f"PIL.{module}")
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "Images need Pillow, which is not installed: pip install pillow", name="PIL"
        ) from None


def is_pillow(img):
    """Whether something is an image of Pillow's. Where Pillow is not imported, nothing is."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(img, module.Image)


def pillow_image(img):
    """Return an image of Pillow's as it is.

    Raises:
        TypeError: if it is something else.
    """
    if not is_pillow(img):
        raise TypeError(f"img should be PIL Image. Got {type(img)}")
    return img


def is_tensor(img):
    """Whether a picture is a tensor.

    Raises:
        TypeError: for a tensor with too few dimensions.
    """
    if not isinstance(img, Tensor):
        return False
    if img.dim() < 2:
        raise TypeError("Tensor is not a torch image.")
    return True


def get_dimensions(img):
    """Return [channels, height, width] of a picture."""
    if is_tensor(img):
        return [1 if img.dim() == 2 else img.shape[-3], img.shape[-2], img.shape[-1]]
    if not is_pillow(img):
        raise TypeError(f"Unexpected type {type(img)}")
    width, height = img.size
    return [len(img.getbands()), height, width]


def get_image_size(img):
    """Return [width, height] of a picture."""
    return get_dimensions(img)[:0:-1]


def get_image_num_channels(img):
    """Return how many channels a picture has."""
    return get_dimensions(img)[0]


def check_channels(img, permitted=(1, 3)):
    """Refuse a tensor with another number of channels.

    Raises:
        TypeError: naming what there is and what would do.
    """
    channels = get_dimensions(img)[0]
    if channels not in permitted:
        raise TypeError(f"Input image tensor permitted channel values are {[*permitted]}, but found {channels}")


def as_batch(img, *dtypes):
    """Return a tensor as a batch (N, C, H, W) of floats, and the way back: a function for the result.

    Args:
        dtypes: what need not be converted; others become the first of them, and are rounded on the way back.
    """
    alone, dtype = img.dim() < 4, img.dtype
    batch = img.unsqueeze(0) if alone else img
    if dtype not in dtypes:
        batch = batch.to(dtypes[0])

    def back(result):
        result = result.squeeze(0) if alone else result
        if dtype in dtypes:
            return result
        return (result if dtype.is_floating_point else result.round()).to(dtype)

    return batch, back


def float_dtype(img):
    """Return the type to compute with: the picture's own, or float32 for whole numbers."""
    return img.dtype if img.is_floating_point() else torch.float32
