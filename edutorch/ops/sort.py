"""Order: `sort`, `argsort`, `topk`, `kthvalue`.

All are stable: equal elements keep their order, also descending. (PyTorch leaves it open unless asked.) NaN counts as
greater than any number. The gradient of a sorted element goes to the place it came from.
"""

from __future__ import annotations

from .. import dtypes
from ..errors import with_remedy
from ..op import Array, op
from ..tensor import method
from .axes import axis_of
from .extrema import at_rank, fill
from .reduce import restored
from .scan import collect_at

__all__ = ["argsort", "kthvalue", "msort", "sort", "topk"]


def order_of(xp, array, axis, descending):
    """Return the positions that put an array in order along an axis."""
    if not descending:
        return xp.argsort(array, axis=axis, kind="stable")
    # Sort the mirrored array, and mirror the result: ties then keep their order.
    backward = xp.argsort(xp.flip(array, axis), axis=axis, kind="stable")
    return array.shape[axis] - 1 - xp.ascontiguousarray(xp.flip(backward, axis))


def _sort_name(stable):
    return "SortBackward0" if stable is None else "SortBackward1"


@op(name="sort", node=_sort_name, outputs=("values", "indices"), method=False)
def _sort(xp, input: Array, dim=-1, descending=False, *, stable=None):
    """Put the elements along `dim` into order.

    Shape:    input (n, m) -> values (n, m), indices (n, m)
    Math:     y_k = x_(i_k), so that y_0 <= y_1 <= ...
    Gradient: dL/dx_(i_k) = g_k
    """
    axis = axis_of(input.ndim, dim)
    if not input.ndim:
        return input.copy(), xp.zeros((), dtypes.INT64)
    order = order_of(xp, input, axis, descending)
    return xp.take_along_axis(input, order, axis), order


_sort.grad(input=lambda g, shape, indices, dim: collect_at(g, shape, indices, dim))


@method
def sort(input, dim=-1, descending=False, *, stable=None, out=None):
    """Put the elements along `dim` into order; return them, and the positions they come from.

    Shape:    input (n, m) -> values (n, m), indices (n, m)
    Math:     y_k = x_(i_k), so that y_0 <= y_1 <= ...
    Gradient: dL/dx_(i_k) = g_k

    Args:
        descending: the greatest first. stable: equal elements keep their order; here they always do.

    Example:
        >>> import edutorch as torch
        >>> torch.sort(torch.tensor([3, 1, 2]))
        torch.return_types.sort(
        values=tensor([1, 2, 3]),
        indices=tensor([1, 2, 0]))
    """
    return fill(_sort(input, dim, descending, stable=stable), out)


@method
def argsort(input, dim=-1, descending=False, *, stable=False, out=None):
    """Return the positions that put the elements along `dim` into order.

    Shape: input (n, m) -> out (n, m), int64
    """
    indices = _sort(input.detach(), dim, descending).indices
    return indices if out is None else out.copy_(indices)


@method
def msort(input, *, out=None):
    """Put the elements along the first dimension into order.

    Shape: input (n, m) -> out (n, m)
    """
    values = _sort(input, 0).values
    return values if out is None else out.copy_(values)


@op(name="topk", outputs=("values", "indices"), method=False)
def _topk(xp, input: Array, k, dim=-1, largest=True, sorted=True):
    """Return the `k` greatest elements along `dim`, in order, and their positions.

    Shape:    input (n, m) -> values (k, m), indices (k, m) for dim = 0
    Math:     the first k of the sorted elements
    Gradient: dL/dx_(i_k) = g_k, 0 for the others
    """
    if input.dtype == dtypes.BOOL:
        raise RuntimeError("topk does not support bool dtypes on CPU")
    axis = axis_of(input.ndim, dim)
    size = input.shape[axis] if input.ndim else 1
    if not 0 <= k <= size:
        raise RuntimeError(
            with_remedy("selected index k out of range", f"Dimension {axis} has {size} elements, and k is {k}.")
        )
    if not input.ndim:
        return input.copy(), xp.zeros((), dtypes.INT64)
    rows = input.swapaxes(axis, -1)
    where = _without_sorting(xp, rows, k, largest) if 0 < k < size else None
    if where is None:
        where = order_of(xp, rows, -1, largest)[..., :k]
    where = xp.ascontiguousarray(where.swapaxes(axis, -1))
    return xp.take_along_axis(input, where, axis), where


def _without_sorting(xp, rows, k, largest):
    """Return the positions of the k greatest of each row; None if ties or NaN leave open which these are."""
    n = rows.shape[-1]
    place = n - k if largest else k - 1
    edge = xp.partition(rows, place)[..., place : place + 1]
    chosen = rows >= edge if largest else rows <= edge
    if (chosen.sum(axis=-1) != k).any() or (rows != rows).any():
        return None
    where = xp.nonzero(chosen)[-1].reshape(*rows.shape[:-1], k)
    order = order_of(xp, xp.take_along_axis(rows, where, -1), -1, largest)
    return xp.take_along_axis(where, order, -1)


_topk.grad(input=lambda g, shape, indices, dim: collect_at(g, shape, indices, dim))


@method
def topk(input, k, dim=-1, largest=True, sorted=True, *, out=None):
    """Return the `k` greatest elements along `dim` in descending order, and their positions.

    Shape:    input (n, m) -> values (k, m), indices (k, m) for dim = 0
    Math:     the first k of the sorted elements
    Gradient: dL/dx_(i_k) = g_k, 0 for the others

    Args:
        largest: False for the smallest, in ascending order. sorted: they are in order in any case.

    Raises:
        RuntimeError: if there are fewer than `k` elements.
    """
    return fill(_topk(input, k, dim, largest, sorted), out)


@op(name="kthvalue", outputs=("values", "indices"), method=False)
def _kthvalue(xp, input: Array, k, dim=-1, keepdim=False):
    """Return the `k`-th smallest element along `dim`, counted from 1, and its position.

    Shape:    input (n, m) -> values and indices (m,) for dim = 0, (1, m) with keepdim
    Math:     y_j = the x_ij that has k - 1 before it in order of size
    Gradient: dL/dx_ij = g_j at the position, 0 elsewhere
    """
    if input.dtype == dtypes.BOOL:
        raise NotImplementedError("\"kthvalue_cpu\" not implemented for 'Bool'")
    axis = axis_of(input.ndim, dim)
    if not 1 <= k <= (input.shape[axis] if input.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {axis}")
    if not input.ndim:
        return input.copy(), xp.zeros((), dtypes.INT64)
    values, where = at_rank(xp, input, k - 1, axis)
    return (values, where) if keepdim else (values.squeeze(axis), where.squeeze(axis))


def _kthvalue_gradient(g, shape, indices, dim, keepdim):
    return collect_at(restored(g, dim, keepdim, shape), shape, restored(indices, dim, keepdim, shape), dim)


_kthvalue.grad(input=_kthvalue_gradient)


@method
def kthvalue(input, k, dim=-1, keepdim=False, *, out=None):
    """Return the `k`-th smallest element along `dim`, counted from 1, and its position.

    Shape:    input (n, m) -> values and indices (m,) for dim = 0, (1, m) with keepdim
    Math:     y_j = the x_ij that has k - 1 before it in order of size
    Gradient: dL/dx_ij = g_j at the position, 0 elsewhere

    Raises:
        RuntimeError: if there are fewer than `k` elements.
    """
    return fill(_kthvalue(input, k, dim, keepdim), out)
