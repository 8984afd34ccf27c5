"""Blurring, and erasing a part."""

from __future__ import annotations

import edutorch as torch
from edutorch import Tensor
from edutorch.nn import functional as F

from .convert import pil_to_tensor, to_pil_image
from .images import as_batch, float_dtype, is_pillow, is_tensor

__all__ = ["erase", "gaussian_blur"]


def erase(img, i, j, h, w, v, inplace=False):
    """Write something over a rectangle of a tensor.

    Args:
        i, j: its first row and column. h, w: its height and width.
        v: what to write: a tensor that broadcasts to (C, h, w).
        inplace: write to the tensor itself.
    """
    if not is_tensor(img):
        raise TypeError(f"img should be Tensor Image. Got {type(img)}")
    result = img if inplace else img.clone()
    result[..., i : i + h, j : j + w] = v
    return result


def gaussian_blur(img, kernel_size, sigma=None):
    """Replace each pixel by an average around it, weighted with a bell curve; at the border, the picture is mirrored.

    Args:
        kernel_size: how many pixels are averaged, (along x, along y) or one odd number for both.
        sigma: the bell's width in pixels, (along x, along y) or one number; by default 0.15 · kernel_size + 0.35.

    Raises:
        TypeError, ValueError: for sizes that are not odd, and widths that are not positive.
    """
    kernel_size = _kernel_sizes(kernel_size)
    sigma = _widths(sigma, kernel_size)
    if not is_tensor(img):
        if not is_pillow(img):
            raise TypeError(f"img should be PIL Image or Tensor. Got {type(img)}")
        return to_pil_image(gaussian_blur(pil_to_tensor(img), kernel_size, sigma), mode=img.mode)
    dtype = float_dtype(img)
    along_x, along_y = (_bell(n, width, dtype) for n, width in zip(kernel_size, sigma, strict=True))
    batch, back = as_batch(img, dtype)
    channels = batch.shape[-3]
    kernel = (along_y[:, None] @ along_x[None, :]).expand(channels, 1, kernel_size[1], kernel_size[0])
    around = [kernel_size[0] // 2] * 2 + [kernel_size[1] // 2] * 2
    return back(F.conv2d(F.pad(batch, around, mode="reflect"), kernel, groups=channels))


def _bell(size, sigma, dtype):
    half = (size - 1) * 0.5
    x: Tensor = torch.linspace(-half, half, size, dtype=dtype)
    heights = torch.exp(-0.5 * (x / sigma).pow(2))
    return heights / heights.sum()


def _kernel_sizes(kernel_size):
    if not isinstance(kernel_size, (int, list, tuple)):
        raise TypeError(f"kernel_size should be int or a sequence of integers. Got {type(kernel_size)}")
    sizes = [kernel_size] * 2 if isinstance(kernel_size, int) else [*kernel_size]
    if len(sizes) != 2:
        raise ValueError(f"If kernel_size is a sequence its length should be 2. Got {len(sizes)}")
    if any(n % 2 == 0 or n < 0 for n in sizes):
        raise ValueError(f"kernel_size should have odd and positive integers. Got {kernel_size}")
    return sizes


def _widths(sigma, kernel_size):
    if sigma is None:
        return [n * 0.15 + 0.35 for n in kernel_size]
    if not isinstance(sigma, (int, float, list, tuple)):
        raise TypeError(f"sigma should be either float or sequence of floats. Got {type(sigma)}")
    widths = [float(sigma)] if isinstance(sigma, (int, float)) else [*sigma]
    widths = widths * 2 if len(widths) == 1 else widths
    if len(widths) != 2:
        raise ValueError(f"If sigma is a sequence, its length should be 2. Got {len(widths)}")
    if min(widths) <= 0.0:
        raise ValueError(f"sigma should have positive values. Got {sigma}")
    return widths
