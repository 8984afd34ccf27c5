"""A tensor as PyTorch prints it, to the letter.

One number format serves the whole tensor, chosen from its values by `_choose_format`: as few characters as
show every element to the same precision, so that columns line up. The rest is layout: `_nested` writes the
brackets, breaking lines at the line width and leaving out the middle of what is too large to read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from types import SimpleNamespace

import numpy as np

from . import dtypes

_PROFILES = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}

_options = SimpleNamespace(**_PROFILES["default"], sci_mode=None)


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None):
    """Choose how tensors are printed. What is None stays as it is, except `sci_mode`.

    Args:
        precision: digits after the point (4 at first).
        threshold: print tensors of more elements than this in summary (1000).
        edgeitems: how many elements a summary shows at each end of a dimension (3).
        linewidth: break lines after this many characters (80).
        profile: "default", "short" (2 digits, 2 edge items) or "full" (no summary), set before the others.
        sci_mode: True for powers of ten always, False for never, None to decide by the values.

    Example:
        >>> import edutorch as torch
        >>> torch.set_printoptions(precision=2)
        >>> torch.tensor([1.12345])
        tensor([1.12])
        >>> torch.set_printoptions(profile="default")
    """
    chosen = {} if profile is None else dict(_PROFILES.get(profile, {}))
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    chosen.update((name, value) for name, value in given.items() if value is not None)
    for name, value in chosen.items():
        setattr(_options, name, value)
    _options.sci_mode = sci_mode


def get_printoptions():
    """Return the options for printing, as a dictionary that `set_printoptions(**options)` accepts."""
    return dict(vars(_options))


def format_tensor(array: np.ndarray, *, device: str | None = None, suffixes: Iterable[str] = ()) -> str:
    """Write an array as PyTorch prints the tensor that holds it.

    Args:
        array: the elements.
        device: where the tensor lives, if that is not the CPU.
        suffixes: what to add behind the dtype, such as `requires_grad=True`.

    Example:
        >>> print(format_tensor(np.array([[1.0, 2.5], [3.0, 4.0]]), suffixes=["requires_grad=True"]))
        tensor([[1.0000, 2.5000],
                [3.0000, 4.0000]], dtype=torch.float64, requires_grad=True)
    """
    dtype, default = dtypes.of(array), dtypes.get_default_dtype()
    notes = [] if device is None else [f"device='{device}'"]
    # A reader takes [1.5] for the default dtype, [1] for int64 and [True] for bool. Nothing tells what [] is.
    evident = (default, dtypes.int64, dtypes.bool) if array.size else (default,)
    if (array.ndim != 1) if array.size == 0 else not _options.edgeitems:
        notes.append(f"size={array.shape}")
    if dtype not in evident:
        notes.append(f"dtype={dtype}")
    return _append("tensor(" + _contents(array, len("tensor(")), [*notes, *suffixes], len("tensor("))


def _append(text: str, notes: list[str], indent: int) -> str:
    """Add the notes behind the text, each on a new line if it would pass the line width."""
    width = len(text) - text.rfind("\n") + 1  # PyTorch counts two characters too many here
    for note in notes:
        if width + len(note) + 2 > _options.linewidth:
            text += ",\n" + " " * indent + note
            width = indent + len(note)
        else:
            text += ", " + note
            width += len(note) + 2
    return text + ")"


# ---- layout ----------------------------------------------------------------------------------------------


def _contents(array: np.ndarray, indent: int) -> str:
    if array.size == 0:
        return "[]"
    summary = array.size > _options.threshold
    shown = _edges(array) if summary else array
    return _nested(array, indent, summary, *_choose_format(shown.ravel()))


def _edges(array: np.ndarray) -> np.ndarray:
    """What a summary shows: the first and the last few along each dimension."""
    edge = _options.edgeitems
    for axis, size in enumerate(array.shape):
        if size > 2 * edge:
            array = array.take([*range(edge), *range(size - edge, size)], axis)
    return array


def _nested(array: np.ndarray, indent: int, summary: bool, write: Callable[..., str], width: int) -> str:
    """Write the elements in brackets, dimension by dimension."""
    if array.ndim == 0:
        return write(array.item()).rjust(width)

    edge = _options.edgeitems
    shorten = summary and len(array) > 2 * edge
    if array.ndim > 1:
        rows = [*array[:edge], ..., *array[len(array) - edge :]] if shorten else array
        texts = ["..." if row is ... else _nested(row, indent + 1, summary, write, width) for row in rows]
        return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(texts) + "]"

    if summary and not edge:
        items = ["..."]
    elif shorten:
        first, last = array[:edge].tolist(), array[-edge:].tolist()
        items = [write(x).rjust(width) for x in first] + [" ..."] + [write(x).rjust(width) for x in last]
    else:
        items = [write(x).rjust(width) for x in array.tolist()]
    per_line = max(1, (_options.linewidth - indent) // (width + len(", ")))
    lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


# ---- numbers ---------------------------------------------------------------------------------------------


def _choose_format(values: np.ndarray) -> tuple[Callable[..., str], int]:
    """Return the function that writes one element, and the width of the column.

    Floats are written with a fixed number of digits, or as powers of ten when the largest is over 1e8, the
    smallest under 1e-4, or one over a thousand times the other; if all are whole, as `3.` without digits.
    Zeros, infinities and nan have no say in this.
    """
    if not dtypes.is_floating(values.dtype):
        return str, max(map(len, map(str, values.tolist())), default=1)

    values = values.astype(np.float64)
    deciding = values[np.isfinite(values) & (values != 0)]
    if deciding.size == 0:
        return _whole, 1
    magnitude = np.abs(deciding)
    smallest, largest = float(magnitude.min()), float(magnitude.max())
    scientific = _options.sci_mode
    if scientific is None:
        scientific = largest / smallest > 1000.0 or largest > 1.0e8 or smallest < 1.0e-4

    if scientific:
        write = f"{{:.{_options.precision}e}}".format
    elif np.all(deciding == np.ceil(deciding)):
        write = _whole
    else:
        write = f"{{:.{_options.precision}f}}".format
    return write, max(map(len, map(write, deciding.tolist())))


def _whole(value: float) -> str:
    return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
