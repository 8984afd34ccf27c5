"""Which values occur, how often, and where they belong: `unique`, `isin`, `searchsorted`, `bincount`, `histc`."""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..backends import XP
from ..errors import not_a_tensor
from ..op.forms import result_type
from ..tensor import Tensor, method, wrap
from .axes import axis_of
from .extrema import fill
from .ranges import linspace

__all__ = [
    "bincount",
    "bucketize",
    "histc",
    "histogram",
    "isin",
    "searchsorted",
    "unique",
    "unique_consecutive",
]


# ---------------------------------------------------------------- distinct values


def _numbers(array):
    """Return an array that NumPy can sort: bfloat16 as float32, which holds the same numbers."""
    return array.astype(dtypes.FLOAT32) if array.dtype == dtypes.BFLOAT16 else array


def _selected(results, wanted):
    """Return the tensors that were asked for: one alone, several as a tuple."""
    tensors = [wrap(r) for r, keep in zip(results, (True, *wanted), strict=True) if keep]
    return tuple(tensors) if any(wanted) else tensors[0]


@method
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """Return the distinct elements in ascending order, or the distinct slices along `dim`.

    Shape: input (*) -> out (k,); inverse (*), the place of each element in `out`; counts (k,)

    Args:
        sorted: they are in order in any case. return_inverse, return_counts: return these too, in a tuple.

    Example:
        >>> import edutorch as torch
        >>> torch.unique(torch.tensor([3, 1, 2, 1]), return_counts=True)
        (tensor([1, 2, 3]), tensor([2, 1, 1]))
    """
    array = _along("unique", input, dim)
    xp = XP[type(array)]
    found, inverse, counts = xp.unique(array, return_inverse=True, return_counts=True, axis=dim, equal_nan=False)
    shape = array.shape if dim is None else (array.shape[dim],)
    results = found.astype(input.array.dtype, copy=False), inverse.reshape(shape), counts
    return _selected(results, (return_inverse, return_counts))


def _along(name, input, dim):
    if not isinstance(input, Tensor):
        raise not_a_tensor(name, "input", 1, input)
    array = _numbers(input.array)
    if dim is not None:
        axis = axis_of(array.ndim, dim)
        if 0 in array.shape[:axis] + array.shape[axis + 1 :]:
            raise RuntimeError(f"There are 0 sized dimensions, and they aren't selected, so {name} cannot be applied")
    return array


@method
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """Return the elements without immediate repetitions, or the slices along `dim`.

    Shape: input (*) -> out (k,); inverse (*), the place of each element in `out`; counts (k,)

    Args:
        return_inverse, return_counts: return these too, in a tuple.
    """
    array = _along("unique_consecutive", input, dim)
    xp = XP[type(array)]
    slices = array.reshape(-1) if dim is None else xp.moveaxis(array, dim, 0)
    starts = xp.ones(len(slices), bool)
    starts[1:] = (slices[1:] != slices[:-1]).reshape(max(len(slices) - 1, 0), -1).any(axis=1)
    inverse = xp.cumsum(starts) - 1
    found = slices[starts] if dim is None else xp.moveaxis(slices[starts], 0, dim)
    shape = array.shape if dim is None else inverse.shape
    results = found.astype(input.array.dtype), inverse.reshape(shape), xp.bincount(inverse)
    return _selected(results, (return_inverse, return_counts))


def isin(elements, test_elements, *, assume_unique=False, invert=False, out=None):
    """Return which elements occur in `test_elements`.

    Shape: elements (*), test_elements any -> out (*), bool

    Args:
        invert: return which do not occur.
    """
    xp = next(XP[type(t.array)] for t in (elements, test_elements) if isinstance(t, Tensor))
    arrays = [t.array if isinstance(t, Tensor) else xp.asarray(t) for t in (elements, test_elements)]
    for array in arrays:
        if array.dtype == dtypes.BOOL:
            raise RuntimeError("Unsupported input type encountered for isin(): Bool")
    found = wrap(xp.asarray(xp.isin(*map(_numbers, arrays), assume_unique=assume_unique, invert=invert)))
    return found if out is None else out.copy_(found)


# ---------------------------------------------------------------- places in an ordered sequence


def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None, out=None):
    """Return where each value would have to be inserted to keep a sequence in order.

    Shape: sorted_sequence (n,), or rows (*, n); input (*), or a number -> out, of input's shape

    Args:
        right: insert behind equal elements, not before them. side: "right" or "left", the same by another name.
        out_int32: return int32, not int64. sorter: the positions that put the sequence into order.

    Example:
        >>> import edutorch as torch
        >>> torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([3, 6]))
        tensor([1, 3])
    """
    _check_side(right, side)
    edges, xp = sorted_sequence.array, XP[type(sorted_sequence.array)]
    values = input.array if isinstance(input, Tensor) else xp.asarray(input)
    if edges.ndim != 1:
        _check_rows(edges, values)
    if sorter is not None:
        edges = xp.take_along_axis(edges, sorter.array, axis=-1)
    side = "right" if right or side == "right" else "left"
    if edges.ndim == 1:
        places = xp.asarray(xp.searchsorted(_numbers(edges), _numbers(values), side))
    else:
        rows = zip(_rows(edges), _rows(values), strict=True)
        places = xp.stack([xp.searchsorted(row, some, side) for row, some in rows]).reshape(values.shape)
    found = wrap(places.astype(np.int32 if out_int32 else np.int64))
    return found if out is None else out.copy_(found)


def _rows(array):
    return _numbers(array).reshape(-1, array.shape[-1])


def _check_side(right, side):
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if right and side == "left":
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
        )


def _check_rows(edges, values):
    if values.ndim == 0:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, "
            f"but we got boundaries tensor dim({edges.ndim}) and input value's dim(0) numel(1)"
        )
    if edges.shape[:-1] != values.shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of "
            "boundaries tensor and input value tensor must match, but we got boundaries tensor "
            f"{list(edges.shape)} and input value tensor {list(values.shape)}"
        )


def bucketize(input, boundaries, *, out_int32=False, right=False, out=None):
    """Return in which bucket each value falls, counted from 0, given the boundaries between the buckets.

    Shape: input (*), or a number; boundaries (n,) -> out, of input's shape

    Args:
        right: a value that equals a boundary falls into the bucket behind it, not before it.
    """
    if not isinstance(boundaries, Tensor):
        raise not_a_tensor("bucketize", "boundaries", 2, boundaries)
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right, out=out)


# ---------------------------------------------------------------- counting


@method
def bincount(input, weights=None, minlength=0):
    """Count how often each of 0, 1, 2 ... occurs; or add up the weights of its occurrences.

    Shape: input (n,), weights (n,) -> out (the greatest element + 1,), at least minlength

    Example:
        >>> import edutorch as torch
        >>> torch.bincount(torch.tensor([1, 2, 1]))
        tensor([0, 2, 1])
    """
    array = input.array
    xp = XP[type(array)]
    if array.dtype.kind not in "iu":
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{input.dtype.legacy}'")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if array.ndim != 1 or (array.size and array.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return wrap(xp.bincount(array, minlength=minlength).astype(np.int64))
    if weights.shape != input.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    totals = xp.bincount(array, weights.array.astype(np.float64), minlength)
    return wrap(totals.astype(np.float32) if weights.array.dtype == dtypes.FLOAT32 else totals)


def _bins(name, array, low, high):
    """Return the limits of a histogram: those given, or the data's."""
    if low > high:
        raise RuntimeError(f"{name}: max must be larger than min")
    if low == high and array.size:
        low, high = float(array.min()), float(array.max())
    if low == high:
        low, high = low - 1, high + 1
    if not np.isfinite(high - low):
        raise RuntimeError(f"{name}: range of [{low:g}, {high:g}] is not finite")
    return low, high


def _check_histogram(input, bins):
    if not input.is_floating_point():
        raise NotImplementedError(f"\"histogram_cpu\" not implemented for '{input.dtype.legacy}'")
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")


@method
def histc(input, bins=100, min=0, max=0, *, out=None):
    """Count the elements in `bins` intervals of equal width; elements outside are left out.

    Shape: input (*) -> out (bins,), of input's dtype

    Args:
        min, max: the limits; both 0 for the smallest and the greatest element.
    """
    _check_histogram(input, bins)
    array = _numbers(input.array).reshape(-1)
    xp = XP[type(array)]
    low, high = map(array.dtype.type, _bins("torch.histc", array, min, max))
    inside = array[(array >= low) & (array <= high)]
    places = ((inside - low) * array.dtype.type(bins) / (high - low)).astype(np.int64)
    counts = xp.bincount(xp.minimum(places, bins - 1), minlength=bins)  # the last interval has both its ends
    made = wrap(counts.astype(input.array.dtype))
    return made if out is None else out.copy_(made)


_Histogram = result_type("histogram", ("hist", "bin_edges"))


@method
def histogram(input, bins, *, range=None, weight=None, density=False, out=None):
    """Count the elements in intervals; return the counts and the edges of the intervals.

    Shape: input (*) -> hist (bins,), bin_edges (bins + 1,)

    Args:
        bins: how many, of equal width; or a tensor of edges. range: (low, high); by default the data's.
        weight: count each element as this much. density: divide so that the area under the histogram is 1.
    """
    array = input.array.reshape(-1)
    xp = XP[type(array)]
    if isinstance(bins, Tensor):
        edges = bins.array
    else:
        _check_histogram(input, bins)
        low, high = _bins("torch.histogram()", array, *(range or (0.0, 0.0)))
        edges = linspace(low, high, bins + 1, dtype=input.dtype, device=input.device).array
    hist, _ = xp.histogram(array, edges, weights=None if weight is None else weight.array.reshape(-1), density=density)
    return fill(_Histogram(wrap(hist.astype(input.array.dtype)), wrap(edges.copy())), out)
