"""Adding values at positions where positions repeat: the gradient of every kind of gathering.

`total[positions] += values` is wrong where a position comes twice, because NumPy reads all of `total` first.
`add.at` is right; it is fast for single elements and slow for rows. Rows are sorted by position instead. Long runs of
equal positions are summed in one sweep (`add.reduceat`); of short ones, the first of each are added all at once, then
the second of each, and so on.
"""

from __future__ import annotations

from math import prod

from .. import dtypes
from ..backends import on_host


def add_at(xp, shape, indices, values):
    """Return zeros of a shape with `values` added at `indices`: a tuple of integer arrays, masks, full slices."""
    if values.dtype in dtypes.HALVES:  # sums in float32, rounded once
        return add_at(xp, shape, indices, values.astype(dtypes.FLOAT32)).astype(values.dtype)
    first = indices[0]
    if len(indices) == 1 and first.dtype.kind == "b":
        total = xp.zeros(shape, values.dtype)
        total[first] = values  # a mask names each element once
        return total
    if len(indices) == 1:
        rows = values.reshape(first.size, prod(shape[1:]))
        return add_rows(xp, shape[0], first.reshape(-1), rows).reshape(shape)
    return _add_at_several(xp, shape, indices, values)


def _add_at_several(xp, shape, indices, values):
    """Add at positions along several dimensions, or along others than the first."""
    indices = [i for index in indices for i in (index.nonzero() if _is_mask(index) else (index,))]
    axes = [axis for axis, index in enumerate(indices) if type(index) is not slice]
    arrays = [indices[axis] for axis in axes]
    if any(a.shape != arrays[0].shape for a in arrays):
        arrays = xp.broadcast_arrays(*arrays)
    # Positions along all indexed dimensions become one number, counted over those dimensions alone.
    positions = 0
    for axis, index in zip(axes, arrays, strict=True):
        positions = positions * shape[axis] + index % max(shape[axis], 1)
    # The gathered dimensions, one block among those of the values, and the indexed ones go to the front.
    block, together = arrays[0].ndim, axes[-1] - axes[0] == len(axes) - 1
    start = axes[0] if together else 0
    gathered = range(start, start + block)
    values = values.transpose([*gathered, *(k for k in range(values.ndim) if k not in gathered)])
    order = [*axes, *(axis for axis in range(len(shape)) if axis not in axes)]
    front = [shape[axis] for axis in order]
    rows = values.reshape(positions.size, prod(front[len(axes) :]))
    total = add_rows(xp, prod(front[: len(axes)]), positions.reshape(-1), rows).reshape(front)
    back = [order.index(axis) for axis in range(len(shape))]
    return total if back == list(range(len(shape))) else total.transpose(back)


def _is_mask(index):
    return type(index) is not slice and index.dtype.kind == "b"


def add_rows(xp, count, positions, rows):
    """Return a matrix of `count` rows: zeros, with each of `rows` added at its position."""
    total = xp.zeros((count, rows.shape[1]), rows.dtype)
    if not on_host(rows):
        _add_on_device(xp, total, positions, rows)
    elif rows.shape[1] == 1:
        xp.add.at(total.reshape(-1), positions, rows.reshape(-1))
    elif len(positions):
        positions = positions % count  # negative ones count from the end
        order = positions.argsort(kind="stable")
        ordered = positions[order]
        while len(order):
            first = xp.concatenate(([True], ordered[1:] != ordered[:-1]))  # where a run of equal positions begins
            targets = ordered[first]
            if len(order) > 4 * len(targets):
                total[targets] += xp.add.reduceat(rows[order], first.nonzero()[0], axis=0)
                break
            total[targets] += rows[order[first]]
            order, ordered = order[~first], ordered[~first]
    return total


def _add_on_device(xp, total, positions, rows):
    """Add rows at positions with one kernel, whose threads add one after the other where they meet."""
    if rows.dtype.kind == "f" or rows.dtype.itemsize > 2:
        xp.add.at(total, positions, rows)
    else:  # there is no such kernel for booleans and small integers
        wide = total.astype(dtypes.INT64)
        xp.add.at(wide, positions, rows.astype(dtypes.INT64))
        total[...] = wide.astype(rows.dtype)
