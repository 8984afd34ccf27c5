"""Adding values at positions where positions repeat: the gradient of every kind of gathering.

`total[positions] += values` is wrong where a position comes twice, because NumPy reads all of `total` first. `add.at`
is right; it is fast for single elements and slow for rows. Rows are sorted by position instead, and each run of equal
positions is summed in one sweep (`add.reduceat`).
"""

from __future__ import annotations

from math import prod

from .. import dtypes


def add_at(xp, shape, indices, values):
    """Return zeros of a shape with `values` added at `indices`: a tuple of integer arrays, masks and full slices."""
    if values.dtype in dtypes.HALVES:  # sums in float32, rounded once
        return add_at(xp, shape, indices, values.astype(dtypes.FLOAT32)).astype(values.dtype)
    total = xp.zeros(shape, values.dtype)
    if len(indices) == 1 and indices[0].dtype.kind == "b":
        total[indices] = values  # a mask names each element once
        return total
    indices = [i for index in indices for i in (index.nonzero() if _is_mask(index) else (index,))]
    axes = [axis for axis, index in enumerate(indices) if type(index) is not slice]
    arrays = xp.broadcast_arrays(*[indices[axis] for axis in axes])
    # Positions along all indexed dimensions become one number, counted over those dimensions alone.
    positions = 0
    for axis, index in zip(axes, arrays, strict=True):
        positions = positions * shape[axis] + xp.where(index < 0, index + shape[axis], index)
    # The block of gathered dimensions goes to the front, of the values as of the total.
    together = axes[-1] - axes[0] == len(axes) - 1
    block, first = arrays[0].ndim, axes[0] if together else 0
    values = xp.moveaxis(values, tuple(range(first, first + block)), tuple(range(block)))
    front = xp.moveaxis(total, axes, tuple(range(len(axes))))
    rest = front.shape[len(axes) :]
    rows = add_rows(xp, prod(shape[axis] for axis in axes), positions.reshape(-1), values.reshape(-1, prod(rest)))
    front[...] = rows.reshape(front.shape)
    return total


def _is_mask(index):
    return type(index) is not slice and index.dtype.kind == "b"


def add_rows(xp, count, positions, rows):
    """Return a matrix of `count` rows: zeros, with each of `rows` added at its position (none negative)."""
    total = xp.zeros((count, rows.shape[1]), rows.dtype)
    if rows.shape[1] == 1:
        xp.add.at(total.reshape(-1), positions, rows.reshape(-1))
        return total
    if not len(positions):
        return total
    order = positions.argsort(kind="stable")
    ordered = positions[order]
    starts = (xp.diff(ordered, prepend=-1) != 0).nonzero()[0]  # where a run of equal positions begins
    if len(starts) == len(positions):
        total[positions] = rows
    else:
        total[ordered[starts]] = xp.add.reduceat(rows[order], starts, axis=0)
    return total
