"""Arguments that several transforms take, and the numbers they draw."""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Sequence

import edutorch as torch
from edutorch import Tensor


def size_pair(size, refusal="Please provide only two dimensions (h, w) for size."):
    """Return (height, width) of a size given as one number, a sequence of one, or of two.

    Raises:
        ValueError: for a longer sequence.
    """
    if isinstance(size, numbers.Number):
        return int(size), int(size)  # pyright: ignore[reportArgumentType]
    if len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError(refusal)
    return size


def check_sequence(value, name, lengths=(2,)):
    """Refuse what is no sequence of one of some lengths.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    wanted = f"{name} should be a sequence of length {' or '.join(map(str, lengths))}."
    if not isinstance(value, Sequence):
        raise TypeError(wanted)
    if len(value) not in lengths:
        raise ValueError(wanted)


def angle_range(value, name, lengths=(2,)):
    """Return [least, most] degrees of a range given as itself, or as one number for both directions.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    if isinstance(value, numbers.Number):
        if value < 0:  # pyright: ignore[reportOperatorIssue]
            raise ValueError(f"If {name} is a single number, it must be positive.")
        value = [-value, value]
    else:
        check_sequence(value, name, lengths)
    return [float(degrees) for degrees in value]


def fill_value(value):
    """Return what to fill with.

    Raises:
        TypeError: if it is neither a number nor a sequence.
    """
    if not isinstance(value, (Sequence, numbers.Number, type(None))):
        raise TypeError("Fill should be either a sequence or a number.")
    return 0 if value is None else value


def fill_for_channels(fill, img, channels):
    """Return the value to fill a tensor's channels with, as floats; for Pillow's images as it is."""
    if not isinstance(img, Tensor):
        return fill
    return [float(fill)] * channels if isinstance(fill, (int, float)) else [float(value) for value in fill]


def check_part(scale, ratio):
    """Refuse ranges of areas and of aspect ratios that are no sequences, and warn of some turned around.

    Raises:
        TypeError: naming the argument.
    """
    for name, value in (("Scale", scale), ("Ratio", ratio)):
        if not isinstance(value, Sequence):
            raise TypeError(f"{name} should be a sequence")
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=4)


def chance(p):
    """Say yes with probability `p`."""
    return bool(torch.rand(1) < p)


def uniform(low, high):
    """Draw a number between two others."""
    return torch.empty(1).uniform_(low, high).item()


def below(n):
    """Draw a whole number from 0 to n - 1."""
    return int(torch.randint(0, n, size=(1,)).item())


def draw_sides(area, scale, ratio):
    """Draw two sides of a rectangle: its area uniformly, the first side over the second on a logarithmic scale."""
    target = area * uniform(*scale)
    aspect = torch.exp(torch.empty(1).uniform_(*torch.log(torch.tensor(ratio)).tolist())).item()
    return round(math.sqrt(target * aspect)), round(math.sqrt(target / aspect))
