"""The gradient of an embedding's table, in two launches: indices are sorted in chunks, and each row adds up its own."""

from __future__ import annotations

import math

import numpy as np

from ... import dtypes
from ...ops.embedding import add_to_rows
from .grids import LARGEST, in_order
from .source import FLOATS, Source, ctype

_source = Source("embedding.cu", sort_chunks=("long long", "int"), add_rows=FLOATS)
_CHUNK, _CHUNKS, _LANES, _WARP = 1024, 256, 8, 32  # as in embedding.cu
_ENOUGH = 2048  # blocks that keep a GPU busy


@add_to_rows.kernel("cuda", halves=True)
def add_to_rows_kernel(xp, input, indices, count, padding_idx, scale_grad_by_freq):
    """Add the rows, in the order in which they stand."""
    columns, n = input.shape[-1], math.prod(indices.shape)
    if scale_grad_by_freq or not dtypes.is_floating(input.dtype) or n > _CHUNK * _CHUNKS or count >= LARGEST:
        return NotImplemented
    if not (n and count and columns):
        return xp.zeros((count, columns), input.dtype)
    keys, total = xp.empty(n, np.uint64), xp.empty((count, columns), input.dtype)
    sort = _source.kernel(xp, f"sort_chunks<{ctype(indices.dtype)}>")
    sort((-(-n // _CHUNK),), (_CHUNK // 2,), (in_order(indices), keys, np.int64(n)))

    in_warps = -(-columns // _WARP)
    across = min(max(_ENOUGH // count, 1), in_warps)  # a small table's rows are shared by several blocks
    span = -(-in_warps // across) * _WARP
    add = _source.kernel(xp, f"add_rows<{ctype(input.dtype)}>")
    sizes = (np.int64(n), np.int64(columns), np.int64(span), np.int64(padding_idx))
    add((count, -(-columns // span)), (_WARP, _LANES), (in_order(input), keys, total, *sizes))
    return total
