"""From Pillow's images to tensors and back, and from one range of values to another."""

from __future__ import annotations

import sys

import numpy as np

import edutorch as torch
from edutorch import Tensor

from .images import get_image_num_channels, is_pillow, is_tensor, pillow

__all__ = ["convert_image_dtype", "normalize", "pil_to_tensor", "to_pil_image", "to_tensor"]

_LITTLE = sys.byteorder == "little"
_SIXTEEN_BITS = "I;16" if _LITTLE else "I;16B"
_WIDE_MODES = {"I": np.int32, _SIXTEEN_BITS: np.int16, "F": np.float32}


def to_tensor(pic):
    """Turn an image, or an array (H, W) or (H, W, C), into a tensor (C, H, W); bytes become floats from 0 to 1.

    Args:
        pic: an image of Pillow's or a NumPy array.

    Raises:
        TypeError: for anything else. ValueError: for an array with another number of dimensions.

    Example:
        >>> import numpy as np
        >>> from edutorch.vision.transforms.functional import to_tensor
        >>> to_tensor(np.array([[0, 51], [102, 255]], np.uint8))
        tensor([[[0.0000, 0.2000],
                 [0.4000, 1.0000]]])
    """
    if is_pillow(pic):
        array = np.array(pic, _WIDE_MODES.get(pic.mode, np.uint8), copy=True)
        if pic.mode == "1":
            array *= 255
        array = array.reshape(pic.size[1], pic.size[0], get_image_num_channels(pic))
    elif not isinstance(pic, np.ndarray):
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    elif pic.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
    else:
        array = pic[:, :, None] if pic.ndim == 2 else pic
    img = torch.from_numpy(array.transpose(2, 0, 1)).contiguous()
    return img.to(torch.get_default_dtype()).div(255) if img.dtype is torch.uint8 else img


def pil_to_tensor(pic):
    """Turn an image of Pillow's into a tensor (C, H, W), its values as they are.

    Raises:
        TypeError: for anything else.
    """
    if not is_pillow(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    array = np.array(pic, copy=True).reshape(pic.size[1], pic.size[0], get_image_num_channels(pic))
    return torch.from_numpy(array).permute(2, 0, 1)


def max_value(dtype):
    """Return the value that stands for white: 1 for floats, the largest number for others."""
    return 1 if dtype.is_floating_point or dtype is torch.bool else torch.iinfo(dtype).max


def convert_image_dtype(image, dtype=torch.float32):
    """Convert a tensor, and scale its values: white stays white.

    Args:
        dtype: 0 to 1 for floats, 0 to the largest number for others.

    Raises:
        RuntimeError: from floats to whole numbers that are too large for them.

    Example:
        >>> from edutorch.vision.transforms.functional import convert_image_dtype
        >>> convert_image_dtype(torch.tensor([[0, 51, 255]], dtype=torch.uint8))
        tensor([[0.0000, 0.2000, 1.0000]])
    """
    if not isinstance(image, Tensor):
        raise TypeError("Input img should be Tensor Image")
    old = image.dtype
    if old is dtype:
        return image
    if image.is_floating_point():
        if dtype.is_floating_point:
            return image.to(dtype)
        if (old is torch.float32 and dtype in (torch.int32, torch.int64)) or (
            old is torch.float64 and dtype is torch.int64
        ):
            raise RuntimeError(f"The cast from {old} to {dtype} cannot be performed safely.")
        # each whole number gets an equal share of 0 to 1, and 1 itself stays below the next
        return image.mul(max_value(dtype) + 1.0 - 1e-3).to(dtype)
    if dtype.is_floating_point:
        return image.to(dtype) / float(max_value(old))
    before, after = max_value(old) + 1, max_value(dtype) + 1
    if before > after:
        return torch.div(image, before // after, rounding_mode="floor").to(dtype)
    return image.to(dtype) * (after // before)


_MODES = {2: ("LA",), 3: ("RGB", "YCbCr", "HSV"), 4: ("RGBA", "CMYK", "RGBX")}
_GRAY_MODES = {"uint8": "L", "int16": _SIXTEEN_BITS, "int32": "I", "float32": "F"}


def to_pil_image(pic, mode=None):
    """Turn a tensor (C, H, W) or an array (H, W, C) into an image of Pillow's.

    Args:
        pic: floats from 0 to 1, or whole numbers as they are; one to four channels.
        mode: Pillow's name for what the channels are; by default from their number: L, LA, RGB, RGBA.

    Raises:
        TypeError, ValueError: for what cannot be an image, or not one of that mode.
    """
    if isinstance(pic, Tensor):
        array = (pic.permute(1, 2, 0) if pic.dim() == 3 else pic).numpy(force=True)
    elif isinstance(pic, np.ndarray):
        array = pic
    else:
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if array.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
    array = array[:, :, None] if array.ndim == 2 else array
    channels = array.shape[2]
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    if np.issubdtype(array.dtype, np.floating) and mode != "F":
        array = (array * 255).astype(np.uint8)
    if channels == 1:
        array, fitting = array[:, :, 0], _GRAY_MODES.get(array.dtype.name)
        if mode is not None and mode != fitting:
            raise ValueError(f"Incorrect mode ({mode}) supplied for input type {array.dtype}. Should be {fitting}")
        mode = fitting
    else:
        permitted = _MODES[channels]
        if mode is not None and mode not in permitted:
            raise ValueError(f"Only modes {[*permitted]} are supported for {channels}D inputs")
        mode = (mode or permitted[0]) if array.dtype == np.uint8 else None
    if mode is None:
        raise TypeError(f"Input type {array.dtype} is not supported")
    return image_of(array, mode)


def image_of(array, mode):
    """Return an image of Pillow's with an array's values."""
    raw = np.ascontiguousarray(array)
    return pillow("Image").frombytes(mode, (array.shape[1], array.shape[0]), raw.tobytes())


def normalize(tensor, mean, std, inplace=False):
    """Subtract each channel's mean, and divide by its standard deviation.

    Shape: (…, C, H, W), mean and std (C,) -> (…, C, H, W)
    Math:  y_c = (x_c - mean_c) / std_c

    Args:
        inplace: write to the tensor itself.

    Raises:
        TypeError: if it holds no floats. ValueError: for too few dimensions, or a `std` of 0.
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    is_tensor(tensor)
    if not tensor.is_floating_point():
        raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
    if tensor.dim() < 3:
        raise ValueError(
            f"Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = {tensor.size()}"
        )
    mean, std = (torch.as_tensor(value, dtype=tensor.dtype, device=tensor.device) for value in (mean, std))
    if (std == 0).any():
        raise ValueError(f"std evaluated to zero after conversion to {tensor.dtype}, leading to division by zero.")
    mean, std = (value.view(-1, 1, 1) if value.dim() == 1 else value for value in (mean, std))
    target = tensor if inplace else tensor.clone()
    return target.sub_(mean).div_(std)
