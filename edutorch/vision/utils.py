"""Many pictures as one, and pictures as files."""

from __future__ import annotations

import math

import edutorch as torch
from edutorch import Tensor

from .transforms.functional import to_pil_image

__all__ = ["make_grid", "save_image"]


@torch.no_grad()
def make_grid(tensor, nrow=8, padding=2, normalize=False, value_range=None, scale_each=False, pad_value=0.0):
    """Put pictures side by side, in rows.

    Shape: (N, C, H, W), (C, H, W), (H, W) or a list of pictures -> (C, rows, columns), with 3 channels for 1

    Args:
        nrow: how many are in a row.
        padding: how many pixels are between them, and around.
        normalize: stretch the values to 0 to 1: from the smallest to the largest, or from
        value_range: (least, most).
        scale_each: find the smallest and the largest for each picture by itself.
        pad_value: what is between.

    Raises:
        TypeError: for anything but tensors.

    Example:
        >>> from edutorch.vision.utils import make_grid
        >>> make_grid(torch.zeros(5, 1, 8, 8), nrow=3).shape
        torch.Size([3, 22, 32])
    """
    if isinstance(tensor, list):
        for picture in tensor:
            if not isinstance(picture, Tensor):
                raise TypeError(f"tensor or list of tensors expected, got a list containing {type(picture)}")
        tensor = torch.stack(tensor, dim=0)
    if not isinstance(tensor, Tensor):
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
    while tensor.dim() < 4:
        tensor = tensor.unsqueeze(0)
    if tensor.shape[1] == 1:
        tensor = torch.cat([tensor, tensor, tensor], dim=1)
    if normalize:
        if value_range is not None and not isinstance(value_range, tuple):
            raise TypeError("value_range has to be a tuple (min, max) if specified. min and max are numbers")
        tensor = tensor.clone()
        for part in tensor if scale_each else [tensor]:
            low, high = value_range or (float(part.min()), float(part.max()))
            part.clamp_(min=low, max=high).sub_(low).div_(max(high - low, 1e-5))
    count, channels, height, width = tensor.shape
    if count == 1:
        return tensor.squeeze(0)
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    height, width = height + padding, width + padding
    grid = tensor.new_full((channels, height * rows + padding, width * columns + padding), pad_value)
    for i in range(count):
        top, left = i // columns * height + padding, i % columns * width + padding
        grid[:, top : top + height - padding, left : left + width - padding] = tensor[i]
    return grid


@torch.no_grad()
def save_image(tensor, fp, format=None, **kwargs):
    """Write pictures to a file, side by side.

    Args:
        tensor: values from 0 to 1, as for `make_grid`.
        fp: the file, whose name's end says its kind.
        format: its kind, where the name does not say it.
        kwargs: for `make_grid`.
    """
    grid = make_grid(tensor, **kwargs)
    to_pil_image(grid.mul(255).add_(0.5).clamp_(0, 255).to(torch.uint8)).save(fp, format=format)
