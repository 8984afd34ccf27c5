"""Greatest, smallest and middle elements: `max`, `min`, `argmax`, `median`, `mode` and their relatives.

With a dimension, these return two tensors, values and positions. The gradient of a value goes to the one
element at its position; without a dimension, it is shared among all elements that have this value.
"""

from __future__ import annotations

import functools

from .. import dtypes
from ..errors import not_a_tensor, with_remedy
from ..op import Array, op
from ..tensor import Tensor, method
from .axes import axes_of, axis_of
from .compare import maximum, minimum
from .reduce import refuse_empty, restored, share_evenly
from .scan import collect_at, so_far

__all__ = ["aminmax", "argmax", "argmin", "max", "median", "min", "mode", "nanmedian"]


def _collect(g, shape, indices, dim, keepdim):
    """Bring the gradient of selected values back to where they were selected."""
    return collect_at(restored(g, dim, keepdim, shape), shape, restored(indices, dim, keepdim, shape), dim)


def numpy_names(function):
    """Let a function be called with NumPy's names too: `axis` for `dim`, `keepdims` for `keepdim`."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        for numpy_name, name in (("axis", "dim"), ("keepdims", "keepdim")):
            if numpy_name in kwargs:
                kwargs[name] = kwargs.pop(numpy_name)
        return function(*args, **kwargs)

    return call


# ---------------------------------------------------------------- greatest and smallest


@op(name="max", node="MaxBackward1", method=False)
def _max_all(input: Array):
    """Return the greatest of all elements; NaN if there is one.

    Shape:    input (*) -> out ()
    Math:     y = max_i x_i
    Gradient: dL/dx_i = g / k where x_i = y, of which there are k
    """
    refuse_empty("max", input.shape, None)
    return input.max()


@op(name="min", node="MinBackward1", method=False)
def _min_all(input: Array):
    """Return the smallest of all elements; NaN if there is one.

    Shape:    input (*) -> out ()
    Math:     y = min_i x_i
    Gradient: dL/dx_i = g / k where x_i = y, of which there are k
    """
    refuse_empty("min", input.shape, None)
    return input.min()


_max_all.grad(input=lambda xp, g, input, out, shape: share_evenly(xp, g, input, out, None, False, shape))
_min_all.grad(input=lambda xp, g, input, out, shape: share_evenly(xp, g, input, out, None, False, shape))


@op(name="max", outputs=("values", "indices"), method=False)
def _max_along(input: Array, dim, keepdim=False):
    """Return the greatest elements along `dim`, and the position of the first of each; NaN if there is one.

    Shape:    input (n, m) -> values and indices (m,) for dim = 0, (1, m) with keepdim
    Math:     y_j = max_i x_ij
    Gradient: dL/dx_ij = g_j at the position of the maximum, 0 elsewhere
    """
    axis = axis_of(input.ndim, dim)
    refuse_empty("max", input.shape, dim)
    return input.max(axis=axis, keepdims=keepdim), input.argmax(axis=axis, keepdims=keepdim)


@op(name="min", outputs=("values", "indices"), method=False)
def _min_along(input: Array, dim, keepdim=False):
    """Return the smallest elements along `dim`, and the position of the first of each; NaN if there is one.

    Shape:    input (n, m) -> values and indices (m,) for dim = 0, (1, m) with keepdim
    Math:     y_j = min_i x_ij
    Gradient: dL/dx_ij = g_j at the position of the minimum, 0 elsewhere
    """
    axis = axis_of(input.ndim, dim)
    refuse_empty("min", input.shape, dim)
    return input.min(axis=axis, keepdims=keepdim), input.argmin(axis=axis, keepdims=keepdim)


_max_along.grad(input=lambda g, shape, indices, dim, keepdim: _collect(g, shape, indices, dim, keepdim))
_min_along.grad(input=lambda g, shape, indices, dim, keepdim: _collect(g, shape, indices, dim, keepdim))


def _dispatch(name, of_all, along, of_two, input, dim, keepdim, other, out):
    if not isinstance(input, Tensor):
        raise not_a_tensor(name, "input", 1, input)
    if other is not None or isinstance(dim, Tensor):
        return of_two(input, dim if other is None else other, out=out)
    if dim is None:
        return of_all(input, out=out)
    if not isinstance(dim, int):
        raise TypeError(
            with_remedy(
                f"{name}() received an invalid combination of arguments - got (Tensor, "
                f"{type(dim).__name__}), but expected one of:",
                f"(Tensor), (Tensor, int dim) or (Tensor, Tensor). Over several dimensions: a{name}.",
            )
        )
    return fill(along(input, dim, keepdim), out)


def fill(result, out):
    """Write a result of several tensors into those given as `out=`."""
    if out is None:
        return result
    for target, made in zip(out, result, strict=True):
        target.array = made.array.astype(target.array.dtype)
    return type(result)(*out)


@method
@numpy_names
def max(input, dim=None, keepdim=False, *, other=None, out=None):
    """Return the greatest element of all; or those along `dim` and their positions; or the greater of two.

    Shape:    input (n, m) -> () for all; values and indices (m,) for dim = 0; or the broadcast shape
    Math:     y_j = max_i x_ij
    Gradient: to the element at the position; over all, shared among those that equal the maximum

    Example:
        >>> import edutorch as torch
        >>> torch.max(torch.tensor([[1, 5], [7, 2]]), dim=1)
        torch.return_types.max(
        values=tensor([5, 7]),
        indices=tensor([1, 0]))
    """
    return _dispatch("max", _max_all, _max_along, maximum, input, dim, keepdim, other, out)


@method
@numpy_names
def min(input, dim=None, keepdim=False, *, other=None, out=None):
    """Return the smallest element of all; or those along `dim` and their positions; or the smaller of two.

    Shape:    input (n, m) -> () for all; values and indices (m,) for dim = 0; or the broadcast shape
    Math:     y_j = min_i x_ij
    Gradient: to the element at the position; over all, shared among those that equal the minimum
    """
    return _dispatch("min", _min_all, _min_along, minimum, input, dim, keepdim, other, out)


@op(outputs=("min", "max"))
def aminmax(input: Array, *, dim=None, keepdim=False):
    """Return the smallest and the greatest element at once, of all or along `dim`.

    Shape:    input (n, m) -> min and max () for all, (m,) for dim = 0
    Math:     (min_i x_ij, max_i x_ij)
    Gradient: shared among the elements that equal the minimum, or the maximum
    """
    if not input.size:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    axis = None if dim is None else axis_of(input.ndim, dim)
    return input.min(axis=axis, keepdims=keepdim), input.max(axis=axis, keepdims=keepdim)


aminmax.grad(
    input=lambda xp, g, input, min, max, dim, keepdim, shape: (
        share_evenly(xp, g[0], input, min, dim, keepdim, shape)
        + share_evenly(xp, g[1], input, max, dim, keepdim, shape)
    )
)


def _position(name, input, dim, keepdim):
    if input.dtype == dtypes.BOOL:
        raise RuntimeError(f"{name}(): does not support bool input")
    if not input.size and dim is None:
        raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
    refuse_empty(name, input.shape, dim)
    return getattr(input, name)(axis=axes_of(input.ndim, dim), keepdims=keepdim)


@op()
def argmax(input: Array, dim=None, keepdim=False):
    """Return the position of the greatest element, of all (counted in reading order) or along `dim`.

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0; int64
    Math:     y_j = the first i with x_ij = max_k x_kj
    Gradient: none
    """
    return _position("argmax", input, dim, keepdim)


@op()
def argmin(input: Array, dim=None, keepdim=False):
    """Return the position of the smallest element, of all (counted in reading order) or along `dim`.

    Shape:    input (n, m) -> out () for all, (m,) for dim = 0; int64
    Math:     y_j = the first i with x_ij = min_k x_kj
    Gradient: none
    """
    return _position("argmin", input, dim, keepdim)


# ---------------------------------------------------------------- the middle


def at_rank(xp, array, rank, axis):
    """Return the element of a rank (0 is the smallest) along an axis, and its position, both with that axis kept.

    Partitioning is several times faster than sorting. Among equal elements, the position is that of a stable sort.
    """
    values = xp.partition(array, rank, axis=axis).take([rank], axis=axis)
    if (values != values).any():  # NaN equals nothing: sort
        where = xp.argsort(array, axis=axis, kind="stable").take([rank], axis=axis)
        return values, where
    equal = array == values
    which = rank - (array < values).sum(axis=axis, keepdims=True)  # 0: the first of the equal ones
    if which.any():
        equal = equal.cumsum(axis=axis) == which + 1
    return values, equal.argmax(axis=axis, keepdims=True)


def _middle(xp, input, axis, skip_nan):
    """Return the lower medians along an axis, and their positions, both with that axis kept."""
    nans = (input != input).sum(axis=axis, keepdims=True)
    n = input.shape[axis]
    if not nans.any():
        return at_rank(xp, input, (n - 1) // 2, axis)
    order = xp.argsort(input, axis=axis, kind="stable")  # NaN comes last
    place = (n - nans - 1).clip(0) // 2 if skip_nan else xp.where(nans > 0, n - nans, (n - 1) // 2)
    where = xp.take_along_axis(order, place, axis)
    return xp.take_along_axis(input, where, axis), where


def _median_along(xp, input, dim, keepdim, skip_nan):
    _refuse_bool("median", input)
    refuse_empty("median", input.shape, dim)
    axis = axis_of(input.ndim, dim)
    if not input.ndim:
        return input.copy(), xp.zeros((), dtypes.INT64)
    values, where = _middle(xp, input, axis, skip_nan)
    return (values, where) if keepdim else (values.squeeze(axis), where.squeeze(axis))


def _median_all(xp, input, skip_nan):
    if not input.size:
        return xp.full((), float("nan"), input.dtype)
    _refuse_bool("median", input)
    return _middle(xp, input.reshape(-1), 0, skip_nan)[0].reshape(())


def _refuse_bool(name, input):
    if input.dtype == dtypes.BOOL:
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for 'Bool'")


@op(name="median", node="MedianBackward0", method=False)
def _median_of_all(xp, input: Array):
    """Return the median of all elements, the lower one of two; NaN if there is one.

    Shape:    input (*) -> out ()
    Math:     y = the element in the middle, in order of size
    Gradient: dL/dx_i = g / k where x_i = y, of which there are k
    """
    return _median_all(xp, input, skip_nan=False)


@op(name="median", node="MedianBackward1", outputs=("values", "indices"), method=False)
def _medians(xp, input: Array, dim, keepdim=False):
    """Return the medians along `dim`, the lower one of two, and their positions; NaN if there is one.

    Shape:    input (n, m) -> values and indices (m,) for dim = 0, (1, m) with keepdim
    Math:     y_j = the x_ij in the middle, in order of size
    Gradient: dL/dx_ij = g_j at the position of the median, 0 elsewhere
    """
    return _median_along(xp, input, dim, keepdim, skip_nan=False)


@op(name="nanmedian", node="NanmedianBackward0", method=False)
def _nanmedian_of_all(xp, input: Array):
    """Return the median of all elements that are not NaN, the lower one of two.

    Shape:    input (*) -> out ()
    Math:     y = the element in the middle, in order of size
    Gradient: dL/dx_i = g / k where x_i = y, of which there are k
    """
    return _median_all(xp, input, skip_nan=True)


@op(name="nanmedian", node="NanmedianBackward1", outputs=("values", "indices"), method=False)
def _nanmedians(xp, input: Array, dim, keepdim=False):
    """Return the medians along `dim` of what is not NaN, the lower one of two, and their positions.

    Shape:    input (n, m) -> values and indices (m,) for dim = 0, (1, m) with keepdim
    Math:     y_j = the x_ij in the middle, in order of size
    Gradient: dL/dx_ij = g_j at the position of the median, 0 elsewhere
    """
    return _median_along(xp, input, dim, keepdim, skip_nan=True)


for _of_all in (_median_of_all, _nanmedian_of_all):
    _of_all.grad(input=lambda xp, g, input, out, shape: share_evenly(xp, g, input, out, None, False, shape))
for _along in (_medians, _nanmedians):
    _along.grad(input=lambda g, shape, indices, dim, keepdim: _collect(g, shape, indices, dim, keepdim))


@method
@numpy_names
def median(input, dim=None, keepdim=False, *, out=None):
    """Return the median of all elements, or those along `dim` and their positions; the lower one of two.

    Shape:    input (n, m) -> () for all; values and indices (m,) for dim = 0
    Math:     y_j = the x_ij in the middle, in order of size; NaN if there is one
    Gradient: to the element at the position; over all, shared among those that equal the median
    """
    return _median_of_all(input) if dim is None else fill(_medians(input, dim, keepdim), out)


@method
@numpy_names
def nanmedian(input, dim=None, keepdim=False, *, out=None):
    """Return the median of what is not NaN, of all or along `dim` with positions; the lower one of two.

    Shape:    input (n, m) -> () for all; values and indices (m,) for dim = 0
    Math:     y_j = the x_ij in the middle, in order of size
    Gradient: to the element at the position; over all, shared among those that equal the median
    """
    return _nanmedian_of_all(input) if dim is None else fill(_nanmedians(input, dim, keepdim), out)


@op(outputs=("values", "indices"))
def mode(xp, input: Array, dim=-1, keepdim=False):
    """Return the most frequent element along `dim` (the smallest of several), and its last position.

    Shape:    input (n, m) -> values and indices (m,) for dim = 0, (1, m) with keepdim
    Math:     y_j = the number that most x_ij equal
    Gradient: dL/dx_ij = g_j at the position returned, 0 elsewhere
    """
    axis = axis_of(input.ndim, dim)
    refuse_empty("mode", input.shape, dim)
    if not input.ndim:
        return input.copy(), xp.zeros((), dtypes.INT64)
    order = xp.argsort(input, axis=axis, kind="stable")
    ordered = xp.take_along_axis(input, order, axis).swapaxes(axis, -1)
    starts = xp.ones(ordered.shape, bool)  # where a run of equal elements begins
    starts[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    positions = xp.arange(ordered.shape[-1])
    run = positions - so_far(xp.maximum, xp.where(starts, positions, 0), -1)  # how far into its run
    last = run.argmax(axis=-1, keepdims=True).swapaxes(axis, -1)  # the end of the first longest run
    where = xp.take_along_axis(order, last, axis)
    values = xp.take_along_axis(input, where, axis)
    return (values, where) if keepdim else (values.squeeze(axis), where.squeeze(axis))


mode.grad(input=lambda g, shape, indices, dim, keepdim: _collect(g, shape, indices, dim, keepdim))
