"""How the losses of many samples become one number: their mean, their sum, or not at all."""

from __future__ import annotations

import math

from ..summation import add_up
from ..tensor import Tensor

_BY_NUMBER = ("none", "mean", "sum")  # as the losses in the torch namespace take it


def named(reduction):
    """Return a reduction's name; the torch namespace counts them.

    Raises:
        ValueError: if there is no such reduction.
    """
    name = _BY_NUMBER[reduction] if reduction in (0, 1, 2) else reduction
    if name not in _BY_NUMBER:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return name


def reduced(values, reduction):
    """Return the mean or the sum of values, arrays or Tensors, or the values themselves (`"none"`).

    Raises:
        ValueError: for any other reduction.
    """
    reduction = named(reduction)
    if reduction == "none":
        return values
    if isinstance(values, Tensor):
        return values.mean() if reduction == "mean" else values.sum()
    total = add_up(values)
    return total / values.dtype.type(values.size) if reduction == "mean" else total


def share(shape, reduction):
    """Return what each of the values counts in the result: 1/n in a mean of n."""
    return 1.0 / max(math.prod(shape), 1) if named(reduction) == "mean" else 1.0
