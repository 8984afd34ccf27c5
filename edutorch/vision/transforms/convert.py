"""Between Pillow's images and tensors, and from one range of values to another."""

from __future__ import annotations

from edutorch import nn

from . import functional as F

__all__ = ["ConvertImageDtype", "Normalize", "PILToTensor", "ToPILImage", "ToTensor"]


class ToTensor:
    """Turn an image, or an array (H, W) or (H, W, C), into a tensor (C, H, W); bytes become floats from 0 to 1.

    Example:
        >>> import numpy as np
        >>> from edutorch.vision import transforms
        >>> transforms.ToTensor()(np.full((28, 28), 255, np.uint8)).mean()
        tensor(1.)
    """

    def __call__(self, pic):
        return F.to_tensor(pic)

    def __repr__(self):
        return f"{type(self).__name__}()"


class PILToTensor:
    """Turn an image of Pillow's into a tensor (C, H, W), its values as they are."""

    def __call__(self, pic):
        return F.pil_to_tensor(pic)

    def __repr__(self):
        return f"{type(self).__name__}()"


class ToPILImage:
    """Turn a tensor (C, H, W) or an array (H, W, C) into an image of Pillow's.

    Args:
        mode: Pillow's name for what the channels are; by default from their number.
    """

    def __init__(self, mode=None):
        self.mode = mode

    def __call__(self, pic):
        return F.to_pil_image(pic, self.mode)

    def __repr__(self):
        return f"{type(self).__name__}({'' if self.mode is None else f'mode={self.mode}'})"


class ConvertImageDtype(nn.Module):
    """Convert a tensor, and scale its values: white stays white.

    Args:
        dtype: what to convert to.
    """

    def __init__(self, dtype):
        super().__init__()
        self.dtype = dtype

    def forward(self, image):
        """Return the picture in that type."""
        return F.convert_image_dtype(image, self.dtype)


class Normalize(nn.Module):
    """Subtract each channel's mean, and divide by its standard deviation.

    Args:
        mean, std: a number for each channel.
        inplace: write to the tensor itself.

    Example:
        >>> from edutorch.vision import transforms
        >>> transforms.Normalize([0.5], [0.25])(torch.tensor([[[0.0, 1.0]]]))
        tensor([[[-2.,  2.]]])
    """

    def __init__(self, mean, std, inplace=False):
        super().__init__()
        self.mean, self.std, self.inplace = mean, std, inplace

    def forward(self, tensor):
        """Return the picture, its channels normalized."""
        return F.normalize(tensor, self.mean, self.std, self.inplace)

    def __repr__(self):
        return f"{type(self).__name__}(mean={self.mean}, std={self.std})"
