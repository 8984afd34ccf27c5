"""Sums over the first dimensions on the device, halves in float32: one launch, or two for tall matrices."""

from __future__ import annotations

import numpy as np

from ... import dtypes
from ...backends import XP
from .grids import LARGEST, wide
from .source import FLOATS, HALVES, Source, ctype

_source = Source("sums.cu", add_rows=[*[f"{t}, {t}" for t in FLOATS], *[f"{t}, float" for t in HALVES],
                                      *[f"float, {t}" for t in HALVES]])  # fmt: skip

_COLUMNS, _LINES = 32, 8  # of a block
_EACH = 16  # rows that a thread should add at least, before more blocks share a column
_BLOCKS = 1024  # some for each of the multiprocessors of a large GPU


def add_rows(matrix):
    """Add up the rows of a matrix whose elements lie row by row; NotImplemented for what is better done otherwise."""
    rows, n = matrix.shape
    if not dtypes.is_floating(matrix.dtype) or n < _COLUMNS or not rows or n >= LARGEST:
        return NotImplemented
    xp, across = XP[type(matrix)], -(-n // _COLUMNS)
    parts = max(1, min(rows // (_LINES * _EACH), _BLOCKS // across))
    sums = xp.empty((1, n), matrix.dtype)
    if parts > 1:
        matrix = _launch(xp, matrix, xp.empty((parts, n), wide(matrix.dtype)), across)
    return _launch(xp, matrix, sums, across)[0]


def _launch(xp, matrix, sums, across):
    rows, n = matrix.shape
    kernel = _source.kernel(xp, f"add_rows<{ctype(matrix.dtype)}, {ctype(sums.dtype)}>")
    kernel((across, len(sums)), (_COLUMNS, _LINES), (matrix, sums, np.int64(rows), np.int64(n)))
    return sums
