"""How results lie in memory: NumPy and PyTorch do not always agree on the order of the dimensions."""

from __future__ import annotations


def row_by_row(array):
    """Return an array contiguous in memory: NumPy lets a result inherit its inputs' layout where PyTorch does not."""
    return array if array.flags.c_contiguous else array.copy()


def shares_memory(out, array):
    """Whether an array is a view of the array it was made from, not a copy."""
    return out.base is array or (array.base is not None and out.base is array.base)
