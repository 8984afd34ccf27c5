"""Lighter, stronger, grayer, another hue: what is done to the values of pixels where they are."""

from __future__ import annotations

import numpy as np

import edutorch as torch

from .convert import convert_image_dtype, image_of, max_value
from .images import check_channels, float_dtype, is_pillow, is_tensor, pillow, pillow_image

__all__ = [
    "adjust_brightness",
    "adjust_contrast",
    "adjust_gamma",
    "adjust_hue",
    "adjust_saturation",
    "rgb_to_grayscale",
    "to_grayscale",
]


def rgb_to_grayscale(img, num_output_channels=1):
    """Return how bright a picture's pixels are, with the weights of ITU-R BT.601.

    Math: y = 0.299 R + 0.587 G + 0.114 B

    Args:
        num_output_channels: 1, or 3 equal ones.

    Raises:
        TypeError, ValueError: for another number of channels.
    """
    if not is_tensor(img):
        pillow_image(img)
        if num_output_channels not in (1, 3):
            raise ValueError("num_output_channels should be either 1 or 3")
        gray = img.convert("L")
        return gray if num_output_channels == 1 else pillow("Image").merge("RGB", (gray, gray, gray))
    if img.dim() < 3:
        raise TypeError(f"Input image tensor should have at least 3 dimensions, but found {img.dim()}")
    check_channels(img)
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    if img.shape[-3] == 3:
        red, green, blue = img.unbind(dim=-3)
        gray = (0.2989 * red + 0.587 * green + 0.114 * blue).to(img.dtype).unsqueeze(-3)
    else:
        gray = img.clone()
    return gray.expand(img.shape) if num_output_channels == 3 else gray


def to_grayscale(img, num_output_channels=1):
    """Do what `rgb_to_grayscale` does, for Pillow's images only."""
    if not is_pillow(img):
        raise TypeError("Input should be PIL Image")
    return rgb_to_grayscale(img, num_output_channels)


def _blend(img, other, ratio):
    """Return ratio · img + (1 - ratio) · other, kept between black and white."""
    return (ratio * img + (1.0 - ratio) * other).clamp(0, max_value(img.dtype)).to(img.dtype)


def _check_factor(name, factor):
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")


def adjust_brightness(img, brightness_factor):
    """Make a picture lighter or darker: 0 is black, 1 the picture itself, 2 twice as bright.

    Raises:
        ValueError: for a negative factor.
    """
    if not is_tensor(img):
        return pillow("ImageEnhance").Brightness(pillow_image(img)).enhance(brightness_factor)
    _check_factor("brightness_factor", brightness_factor)
    check_channels(img)
    return _blend(img, torch.zeros_like(img), float(brightness_factor))


def adjust_contrast(img, contrast_factor):
    """Move pixels away from the mean gray (a factor above 1), or towards it (below 1); 0 is all gray.

    Raises:
        ValueError: for a negative factor.
    """
    if not is_tensor(img):
        return pillow("ImageEnhance").Contrast(pillow_image(img)).enhance(contrast_factor)
    _check_factor("contrast_factor", contrast_factor)
    check_channels(img, (3, 1))
    gray = rgb_to_grayscale(img) if img.dim() > 2 and img.shape[-3] == 3 else img
    mean = gray.to(float_dtype(img)).mean(dim=(-3, -2, -1), keepdim=True)
    return _blend(img, mean, float(contrast_factor))


def adjust_saturation(img, saturation_factor):
    """Make colors stronger (a factor above 1) or grayer (below 1); 0 is black and white.

    Raises:
        ValueError: for a negative factor.
    """
    if not is_tensor(img):
        return pillow("ImageEnhance").Color(pillow_image(img)).enhance(saturation_factor)
    _check_factor("saturation_factor", saturation_factor)
    check_channels(img)
    if img.dim() == 2 or img.shape[-3] == 1:
        return img
    return _blend(img, rgb_to_grayscale(img), float(saturation_factor))


def adjust_gamma(img, gamma, gain=1):
    """Bend the scale from black to white.

    Math: y = gain · x^gamma, with x from 0 to 1

    Args:
        gamma: above 1 makes shadows darker, below 1 lighter.

    Raises:
        ValueError: if `gamma` is negative.
    """
    tensor = is_tensor(img)
    if tensor:
        check_channels(img)
    else:
        pillow_image(img)
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    if not tensor:
        table = [int((255 + 1 - 1e-3) * gain * (value / 255.0) ** gamma) for value in range(256)]
        return img.convert("RGB").point(table * 3).convert(img.mode)
    floats = img if img.is_floating_point() else convert_image_dtype(img, torch.float32)
    return convert_image_dtype((gain * floats.pow(gamma)).clamp(0, 1), img.dtype)


def adjust_hue(img, hue_factor):
    """Turn the circle of colors.

    Args:
        hue_factor: the part of the circle, from -0.5 to 0.5; both ends give the opposite colors.

    Raises:
        ValueError: for another factor.
    """
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    if not is_tensor(img):
        if pillow_image(img).mode in ("L", "1", "I", "F"):
            return img
        hue, saturation, value = img.convert("HSV").split()
        turned = np.asarray(hue) + np.uint8(int(hue_factor * 255) % 256)  # bytes wrap around, as the circle does
        return pillow("Image").merge("HSV", (image_of(turned, "L"), saturation, value)).convert(img.mode)
    check_channels(img)
    if img.dim() == 2 or img.shape[-3] == 1:
        return img
    hue, saturation, value = _to_hsv(*convert_image_dtype(img, torch.float32).unbind(dim=-3))
    return convert_image_dtype(_from_hsv((hue + hue_factor) % 1.0, saturation, value), img.dtype)


def _to_hsv(red, green, blue):
    """Return hue, saturation and value, each from 0 to 1 (A. R. Smith, "Color gamut transform pairs", 1978)."""
    most, least = (torch.stack([red, green, blue]).amax(dim=0), torch.stack([red, green, blue]).amin(dim=0))
    gray, spread = most == least, most - least
    saturation = spread / torch.where(gray, torch.ones_like(most), most)
    divisor = torch.where(gray, torch.ones_like(most), spread)
    # how far each color is below the strongest
    to_red, to_green, to_blue = ((most - part) / divisor for part in (red, green, blue))
    sixths = torch.where(
        most == red, to_blue - to_green, torch.where(most == green, 2.0 + to_red - to_blue, 4.0 + to_green - to_red)
    )
    return torch.fmod(sixths / 6.0 + 1.0, 1.0), saturation, most


def _from_hsv(hue, saturation, value):
    """Return red, green and blue along a new third dimension from the end."""
    sixth = torch.floor(hue * 6.0)
    rest = hue * 6.0 - sixth
    low = (value * (1.0 - saturation)).clamp(0.0, 1.0)
    falling = (value * (1.0 - saturation * rest)).clamp(0.0, 1.0)
    rising = (value * (1.0 - saturation * (1.0 - rest))).clamp(0.0, 1.0)
    parts = (
        (value, falling, low, low, rising, value),
        (rising, value, value, falling, low, low),
        (low, low, rising, value, value, falling),
    )
    sixth = (sixth.to(torch.int64) % 6).unsqueeze(0)
    return torch.stack([torch.stack(part).gather(0, sixth).squeeze(0) for part in parts], dim=-3)
