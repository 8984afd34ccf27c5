"""Arguments that are several whole numbers: sizes, strides, paddings."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from ..tensor import Tensor


def int_list(name, parameter, position, value):
    """Return a sequence of whole numbers as a tuple; `name`, `parameter` and `position` are for the error.

    Raises:
        TypeError: PyTorch's, if it is something else.
    """
    what = f"{name}(): argument '{parameter}'"
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{what} (position {position}) must be tuple of ints, not {type(value).__name__}")
    for i, n in enumerate(value):
        if _is_whole(n):
            continue
        kind = type(n).__name__
        if i:
            raise TypeError(
                f'{what} failed to unpack the object at pos {i + 1} with error "type must be tuple of ints,but got '
                f'{kind}"'
            )
        raise TypeError(
            f"{what} (position {position}) must be tuple of ints, but found element of type {kind} at pos 0"
        )
    return tuple(map(operator.index, value))


def for_each(count, value) -> Any:
    """Return one value as `count` equal ones, and a sequence as a tuple."""
    return tuple(value) if isinstance(value, Iterable) else (value,) * count


def _is_whole(n):
    if isinstance(n, Tensor):
        return not n.array.ndim and n.array.dtype.kind in "iu"
    return not isinstance(n, bool) and hasattr(n, "__index__")
