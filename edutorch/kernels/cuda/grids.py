"""How work is spread over threads, and how arrays are brought into the order in which kernels read them."""

from __future__ import annotations

from ... import dtypes
from ...backends import XP

LARGEST = 2**31  # kernels that count in 32 bits, and the first dimension of a grid, end here

_THREADS, _EACH = 256, 4  # of a block that works element by element, and elements of each of its threads


def threads_along(n, most=512):
    """Return how many threads of a block share a row of n numbers: a power of two, with some four numbers each.

    Small blocks leave room for others beside them, so that some compute while others wait for memory.
    """
    return min(max(32, 1 << (max(n - 1, 0) // 4).bit_length()), most)


def elementwise(n):
    """Return the grid and the block for n numbers, each of which is computed by itself."""
    return (max(1, min(-(-n // (_THREADS * _EACH)), LARGEST - 1)),), (_THREADS,)


def in_order(array):
    """Return an array whose numbers lie in memory row by row: itself, if it is one."""
    return array if array.flags.c_contiguous else XP[type(array)].ascontiguousarray(array)


def pointer(array):
    """Return what a kernel gets for an array that may be missing: None becomes a null pointer."""
    return None if array is None else in_order(array)


def wide(dtype):
    """Return the dtype in which a kernel adds numbers of a dtype up: `wide<T>` in `common.cuh`."""
    return dtypes.FLOAT64 if dtype == dtypes.FLOAT64 else dtypes.FLOAT32
