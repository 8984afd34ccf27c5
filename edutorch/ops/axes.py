"""Dimension numbers as in PyTorch: negative ones count from the end; a 0-d tensor has one, number 0."""

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


def axes_of(ndim, dim):
    """Return the axes that a reduction runs over, as NumPy takes them: None for all, one, or a tuple.

    Raises:
        IndexError: PyTorch's, for a dimension that is not there.
        RuntimeError: if one is named twice.
    """
    if dim is None:
        return None
    if isinstance(dim, (list, tuple)):
        axes = tuple([axis_of(ndim, d) for d in dim])
        if len(set(axes)) < len(axes):
            twice = next(d for i, d in enumerate(axes) if d in axes[:i])
            raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    else:
        axes = axis_of(ndim, dim)
    return None if ndim == 0 or axes == () else axes
