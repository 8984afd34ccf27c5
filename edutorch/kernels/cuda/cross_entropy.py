"""The cross-entropy of scores: two launches forward, one for the rows and one for their sum, and one backward."""

from __future__ import annotations

import numpy as np

from ... import dtypes
from ...backends import backend_of
from ...ops.class_numbers import OUT_OF_BOUNDS, check_classes
from ...ops.cross_entropy import cross_entropy
from ...ops.reduction import named
from .grids import LARGEST, in_order, pointer, threads_along, wide
from .source import FLOATS, Source, ctype

_instances = [f"{t}, {index}" for t in FLOATS for index in ("long long", "unsigned char")]
_source = Source(
    "cross_entropy.cu",
    forward=_instances,
    backward=_instances,
    reduce=[f"{t}, {average}" for t in FLOATS for average in ("true", "false")],
)


@cross_entropy.kernel("cuda", halves=True)
def cross_entropy_kernel(xp, input, target, weight, ignore_index, reduction, label_smoothing):
    """Compute the loss; in the places of the page's extras stand the rows' peaks and logarithms, and the divisor."""
    check_classes(input, target, weight)
    if not input.size or input.ndim > 2 or not dtypes.is_floating(input.dtype) or input.size >= LARGEST:
        return NotImplemented
    classes, reduction = input.shape[-1], named(reduction)
    rows, sums = input.size // classes, wide(input.dtype)
    peaks, logs = xp.empty(rows, sums), xp.empty(rows, sums)
    losses = counts = out = whole = None
    if reduction == "none":
        out = xp.empty(target.shape if input.ndim > 1 else (), input.dtype)
    else:
        losses, counts = xp.empty(rows, sums), xp.empty(rows, sums)
    kernel = _source.kernel(xp, f"forward<{ctype(input.dtype)}, {ctype(target.dtype)}>")
    arrays = in_order(input), in_order(target), pointer(weight)
    wrong = backend_of(target).assert_place(target, OUT_OF_BOUNDS.format(size=classes))
    written = peaks, logs, pointer(losses), pointer(counts), pointer(out), wrong
    numbers = np.int32(classes), np.int64(ignore_index), sums.type(label_smoothing)
    kernel((rows,), (threads_along(classes),), (*arrays, *written, *numbers))
    if out is None:
        out, whole = xp.empty((), input.dtype), xp.empty((), sums)
        average = str(reduction == "mean").lower()
        kernel = _source.kernel(xp, f"reduce<{ctype(input.dtype)}, {average}>")
        kernel((1,), (threads_along(rows, most=1024),), (losses, counts, out, whole, np.int32(rows)))
    return out, peaks, logs, None, whole, None


@cross_entropy.backward_kernel("cuda", "input", halves=True)
def cross_entropy_gradient_kernel(
    xp, g, input, target, weight, ignore_index, reduction, label_smoothing, powers, sums, at, truth, rest
):
    """Compute the gradient, p - q."""
    if at is not None:  # the forward took the page's way
        return NotImplemented
    classes, peaks, logs, whole = input.shape[-1], powers, sums, truth
    to_input = xp.empty(input.shape, input.dtype)
    kernel = _source.kernel(xp, f"backward<{ctype(input.dtype)}, {ctype(target.dtype)}>")
    arrays = in_order(g), in_order(input), in_order(target), pointer(weight), peaks, logs, pointer(whole), to_input
    numbers = np.int32(classes), np.int64(ignore_index), wide(input.dtype).type(label_smoothing)
    kernel((input.size // classes,), (threads_along(classes),), (*arrays, *numbers))
    return to_input
