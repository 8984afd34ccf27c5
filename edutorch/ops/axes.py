"""Dimension numbers as PyTorch reads them: negative ones count from the end, and a 0-d tensor has a dimension 0."""

from __future__ import annotations

from ..errors import dimension_out_of_range


def axis_of(ndim, dim):
    """Return a dimension number that is not negative.

    Raises:
        IndexError: PyTorch's, if a tensor of `ndim` dimensions has no such dimension.
    """
    reach = ndim or 1
    if not -reach <= dim < reach:
        raise dimension_out_of_range(ndim, dim)
    return dim % reach
