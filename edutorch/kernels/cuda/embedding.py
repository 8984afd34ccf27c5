"""The gradient of an embedding's table, in two launches: indices are sorted in chunks, and each row adds up its own."""

from __future__ import annotations

import numpy as np

from ... import dtypes
from ...ops.embedding import add_to_rows
from .grids import LARGEST, in_order
from .source import FLOATS, Source, ctype

_source = Source("embedding.cu", sort_chunks=("long long", "int"), add_rows=FLOATS)
_CHUNK, _CHUNKS, _LANES, _WARP = 1024, 256, 8, 32  # as in embedding.cu
_ENOUGH = 2048  # blocks that keep a GPU busy


def fits(rows, n, count):
    """Whether n rows can be added up to `count` of them: a thread looks in each chunk, a block adds up each row."""
    return n <= _CHUNK * _CHUNKS and count < LARGEST and dtypes.is_floating(rows.dtype)


def sum_rows(xp, rows, indices, count, skipped=-1, wrap=False):
    """Add rows up by their indices, in the order in which they stand.

    Shape: rows (n, columns), indices of n elements -> (count, columns)

    Args:
        skipped: the index of rows that are left out. wrap: whether negative indices count from the end.
    """
    n, columns = indices.size, rows.shape[-1]
    if not (n and count and columns):
        return xp.zeros((count, columns), rows.dtype)
    keys, total = xp.empty(n, np.uint64), xp.empty((count, columns), rows.dtype)
    sort = _source.kernel(xp, f"sort_chunks<{ctype(indices.dtype)}>")
    to_add = np.int64(count if wrap else 0)
    sort((-(-n // _CHUNK),), (_CHUNK // 2,), (in_order(indices), keys, np.int64(n), to_add))

    in_warps = -(-columns // _WARP)
    across = min(max(_ENOUGH // count, 1), in_warps)  # a small table's rows are shared by several blocks
    span = -(-in_warps // across) * _WARP
    add = _source.kernel(xp, f"add_rows<{ctype(rows.dtype)}>")
    sizes = (np.int64(n), np.int64(columns), np.int64(span), np.int64(skipped))
    add((count, -(-columns // span)), (_WARP, _LANES), (in_order(rows), keys, total, *sizes))
    return total


@add_to_rows.kernel("cuda", halves=True)
def add_to_rows_kernel(xp, input, indices, count, padding_idx, scale_grad_by_freq):
    """Add the rows up."""
    if scale_grad_by_freq or not fits(input, indices.size, count):
        return NotImplemented
    return sum_rows(xp, input, indices, count, padding_idx)
