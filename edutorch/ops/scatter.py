"""Writing at positions: `scatter`, `index_add`, `index_put` and their relatives.

Each is a copy with some elements replaced, or added to. In the backward pass what was replaced gets no gradient, and
what was written gets the gradient of the place it went to.
"""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..errors import not_a_tensor, not_a_tensor_in_list, not_implemented, with_remedy
from ..op import Array, Index, Operand, op
from ..op.forms import inplace_form
from ..tensor import Tensor, method
from .accumulate import add_at
from .assignment import clear_at, put_at
from .axes import axis_of
from .gather import along, check_along, check_numbers, gather, index_select, slices_at, take
from .indexing import check_range, gather_at, place
from .masks import number_for

__all__ = [
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_put_",
    "put",
    "scatter",
    "scatter_add",
    "scatter_reduce",
]


# ---------------------------------------------------------------- along one dimension


def _scatter_name(src, reduce):
    if reduce is not None:
        return "NotImplemented"
    return "ScatterBackward0" if isinstance(src, Tensor) else "ScatterBackward1"


@op(cast=None, inplace=True, node=_scatter_name)
def scatter(xp, input: Array, dim, index: Index, src: Operand = None, *, value=None, reduce=None):
    """Write elements to the places that `index` names along `dim`. Where a place is named twice, one of them wins.

    Shape:    input (n, m), index (i, j), src (i, j) or a number -> out (n, m)
    Math:     y = x, but for y[index[i, j], j] = src[i, j], for dim = 0
    Gradient: dL/dx = g, 0 where it was overwritten;  dL/dsrc[i, j] = g[index[i, j], j]
    Raises:   RuntimeError if the index names a place that the dimension has not
    """
    src = value if src is None else src
    dim = _check_scatter(input, dim, index, src)
    if reduce not in (None, "add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    out = input.copy()
    if index.size:
        target, where, written = out if out.ndim else out.reshape(1), along(index, dim), _part(src, index)
        if reduce == "add":
            xp.add.at(target, where, written)
        elif reduce == "multiply":
            xp.multiply.at(target, where, written)
        else:
            target[where] = written
    return out


def _to_kept(g, dim, index, reduce):
    """Return the gradient of a scatter's input: nothing flows to what was overwritten."""
    _refuse_reduce(reduce)
    return clear_at.both(g, along(index, dim)) if g.ndim else g * 0


def _to_written(g, shape, dim, index, reduce=None):
    """Return the gradient of a scattered source: that of the place each element went to, 0 for those left over."""
    _refuse_reduce(reduce)
    part = gather.both(g, dim, index)
    if tuple(part.shape) == shape:
        return part
    if not shape or not len(index.shape):
        return part.reshape(shape)
    return place.both(part, shape, tuple(slice(n) for n in index.shape))


def _refuse_reduce(reduce):
    if reduce is not None:
        raise RuntimeError(with_remedy(
            "derivative for aten::scatter is not implemented",
            "For sums and products: scatter_reduce has gradients."))  # fmt: skip


scatter.grad(input=_to_kept, src=_to_written)


def _check_scatter(input, dim, index, src):
    """Raise PyTorch's errors for `scatter`; returns the dimension, not negative."""
    dim = check_along("scatter", input.shape, dim, index, source="self")
    is_array = hasattr(src, "dtype")
    if is_array and src.dtype != input.dtype:
        raise RuntimeError(with_remedy(
            "scatter(): Expected self.dtype to be equal to src.dtype",
            f"They are {dtypes.of(input)} and {dtypes.of(src)}."))  # fmt: skip
    if index.size and is_array and max(src.ndim, 1) != max(index.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    pairs = zip(index.shape, input.shape)  # noqa: B905 (a 0-d tensor meets a vector)
    fits = all(n <= m or axis == dim for axis, (n, m) in enumerate(pairs))
    fits_src = not is_array or all(n <= m for n, m in zip(index.shape, src.shape))  # noqa: B905
    if index.size and not (fits and fits_src):
        raise RuntimeError(with_remedy(
            f"Expected index {list(index.shape)} to be no larger than self {list(input.shape)} apart from "
            f"dimension {dim}" + (f" and to be no larger size than src {list(src.shape)}" if is_array else ""),
            "The index names one place for each element that is written."))  # fmt: skip
    return dim


def _part(src, index):
    """Return the part of a source that the index covers."""
    if not hasattr(src, "dtype") or src.shape == index.shape:
        return src
    return src[tuple(slice(n) for n in index.shape)] if src.ndim and index.ndim else src.reshape(index.shape)


@op(cast=None, inplace=True)
def scatter_add(xp, input: Array, dim, index: Index, src: Array):
    """Add elements to the places that `index` names along `dim`.

    Shape:    input (n, m), index (i, j), src (i, j) -> out (n, m)
    Math:     y = x, and y[index[i, j], j] += src[i, j] for each (i, j), for dim = 0
    Gradient: dL/dx = g;  dL/dsrc[i, j] = g[index[i, j], j]
    Raises:   RuntimeError if the index names a place that the dimension has not
    """
    dim = _check_scatter(input, dim, index, src)
    if not index.size:
        return input.copy()
    return input + add_at(xp, input.shape or (1,), along(index, dim), _part(src, index)).reshape(input.shape)


scatter_add.grad(input=lambda g: g, src=lambda g, shape, dim, index: _to_written(g, shape, dim, index))


_REDUCTIONS = {"sum": ("add", 0), "prod": ("multiply", 1), "mean": ("add", 0),
               "amax": ("maximum", -np.inf), "amin": ("minimum", np.inf)}  # fmt: skip


@op(cast=None, inplace=True)
def scatter_reduce(xp, input: Array, dim, index: Index, src: Array, reduce, *, include_self=True):
    """Combine the elements sent to each place by a sum, a product, a mean, or the greatest or smallest of them.

    Shape:    input (n, m), index (i, j), src (i, j) -> out (n, m)
    Math:     y[k, j] = reduce(x[k, j], all src[i, j] with index[i, j] = k), for dim = 0; without `include_self`, x
              counts only where nothing was sent
    Gradient: as of the reduction; the greatest and smallest share theirs equally
    """
    dim = _check_scatter(input, dim, index, src)
    if reduce not in _REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if not index.size:
        return input.copy()
    if input.dtype.kind == "b" and reduce == "mean":
        raise not_implemented("scatter_gather_tensor_cpu_reduce_mean", input)
    wide = np.float32 if input.dtype in dtypes.HALVES else input.dtype
    out, where = input.astype(wide).reshape(input.shape or (1,)), along(index, dim)
    ufunc, neutral = _REDUCTIONS[reduce]
    if not include_self:
        out[where] = neutral if dtypes.is_floating(input.dtype) else _nearest(neutral, input.dtype)
    getattr(xp, ufunc).at(out, where, _part(src, index))
    if reduce == "mean":
        count = xp.full(out.shape, int(include_self), out.dtype)
        xp.add.at(count, where, 1)
        count = xp.maximum(count, 1)
        out = out / count if dtypes.is_floating(out.dtype) else out // count
    return out.reshape(input.shape).astype(input.dtype)


def _nearest(neutral, numpy_dtype):
    """Return the integer (or boolean) of a dtype that is nearest to a number, which may be infinite."""
    if numpy_dtype.kind == "b":
        return neutral > 0
    limits = np.iinfo(numpy_dtype)
    return int(min(max(neutral, limits.min), limits.max))


@scatter_reduce.op.backward
def _scatter_reduce_gradients(g, xp, out, input, dim, index, src, reduce, include_self):
    """Return the gradients of input and source; `at` looks up, for each element of the source, the place it went to."""

    def at(values):
        return gather.both(values, dim, index)

    def sent(values):
        return scatter_add.both(xp.zeros_like(input), dim, index, values)

    covered = src[tuple(slice(n) for n in index.shape)] if len(index.shape) and len(src.shape) else src
    to_input, to_src = g, None
    if reduce == "mean":
        count = sent(xp.ones_like(covered)) + int(include_self)
        to_input = g / xp.where(count == 0, 1, count)
    elif reduce in ("amax", "amin"):
        chosen, chosen_src = (input == out).astype(g.dtype), (covered == at(out)).astype(g.dtype)
        shared = g / xp.maximum(chosen + sent(chosen_src), xp.ones_like(g))
        to_input, to_src = chosen * shared, chosen_src * at(shared)
    elif reduce == "prod":
        to_input, to_src = _product_gradients(g, xp, out, input, dim, index, covered, include_self, at, sent)
    to_src = at(to_input) if to_src is None else to_src
    if not include_self:
        to_input = _to_kept(to_input, dim, index, None)
    if tuple(to_src.shape) != tuple(src.shape):
        to_src = place.both(to_src, tuple(src.shape), tuple(slice(n) for n in index.shape))
    return to_input, None, to_src


def _product_gradients(g, xp, out, input, dim, index, src, include_self, at, sent):
    """Divide the product by each factor; a lone zero has the product of the others as its slope instead."""
    without_zeros = xp.where(input == 0, 1, input)
    others = scatter_reduce.both(without_zeros, dim, index, src, "prod", include_self=include_self)
    lone = (src == 0) & (at(sent((src == 0).astype(g.dtype))) == 1)
    beside = scatter_reduce.both(input, dim, index, xp.where(lone, 1, src), "prod", include_self=include_self)
    to_src = xp.where(lone, at(g * beside), at(g * out) / xp.where(src == 0, 1, src))
    return g * others / without_zeros, to_src


# ---------------------------------------------------------------- whole slices


def _check_slices(name, input, dim, index, kind, wrap=False):
    """Raise PyTorch's errors for positions of slices; returns the dimension, not negative."""
    dim = axis_of(input.ndim, dim)
    check_range(index, dim, input.shape[dim] if input.ndim else 1, kind, wrap, name)
    return dim


@op(cast=None, inplace=True)
def index_add(xp, input: Array, dim, index: Index, source: Array, *, alpha=1):
    """Add slices, `alpha` times, to the places that `index` names along `dim`.

    Shape:    input (n, *), index (k), source (k, *) -> out (n, *), for dim = 0
    Math:     y = x, and y[index[i]] += alpha source[i] for each i
    Gradient: dL/dx = g;  dL/dsource[i] = alpha g[index[i]]
    """
    where = axis_of(input.ndim, dim)
    if index.ndim > 1:
        raise IndexError(f"index_add_(): Index is supposed to be a vector, but got dim: {index.ndim} with type: "
                         f"{dtypes.of(index).legacy} and size: {list(index.shape)}")  # fmt: skip
    if index.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"index_add_(): Expected dtype int32/int64 for index but got: {dtypes.of(index).legacy}")
    if source.dtype != input.dtype:
        raise RuntimeError(f"index_add_(): self ({dtypes.of(input).legacy}) and source ({dtypes.of(source).legacy}) "
                           "must have the same scalar type")  # fmt: skip
    if source.ndim and index.size != source.shape[where]:
        raise RuntimeError(f"index_add_(): Number of indices ({index.size}) should be equal to source.size(dim): "
                           f"({source.shape[where]}), for dim: {where}")  # fmt: skip
    if (
        source.ndim
        and source.shape[:where] + source.shape[where + 1 :] != input.shape[:where] + input.shape[where + 1 :]
    ):
        raise RuntimeError("source tensor shape must match self tensor shape, excluding the specified dimension. Got "
                           f"self.shape = {list(input.shape)} source.shape = {list(source.shape)}")  # fmt: skip
    _check_slices("", input, dim, index, RuntimeError)
    if not input.ndim:
        return input + alpha * source.reshape(())
    added = source if alpha == 1 else (source * alpha).astype(source.dtype)
    return input + add_at(xp, input.shape, slices_at(input.ndim, dim, index), added)


index_add.grad(
    input=lambda g: g,
    source=lambda g, shape, dim, index, alpha: index_select.both(g, dim, index).reshape(shape) * alpha,
)


@op(cast=None, inplace=True)
def index_copy(input: Array, dim, index: Index, source: Array):
    """Write slices to the places that `index` names along `dim`.

    Shape:    input (n, *), index (k), source (k, *) -> out (n, *), for dim = 0
    Math:     y = x, but for y[index[i]] = source[i]
    Gradient: dL/dx = g, 0 where it was overwritten;  dL/dsource[i] = g[index[i]]
    """
    where = axis_of(input.ndim, dim)
    if index.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {index.ndim})")
    if source.ndim != input.ndim and source.ndim and input.ndim:
        raise IndexError("index_copy_(): When source and destination are not scalars, their dimensionality must match. "
                         f"Source dimensionality ({source.ndim}), "
                         f"destination dimensionality ({input.ndim})")  # fmt: skip
    if index.dtype != np.int64:
        raise RuntimeError(f"index_copy_(): Expected a long tensor for index, but got {dtypes.of(index).legacy}")
    if source.dtype != input.dtype:
        raise RuntimeError("index_copy_(): self and source expected to have the same dtype, but got (self) "
                           f"{dtypes.of(input).legacy} and (source) {dtypes.of(source).legacy}")  # fmt: skip
    slices = [s.shape[:where] + s.shape[where + 1 :] for s in (input, source)]
    if slices[0] != slices[1]:
        words = [" ".join(map(str, s)) for s in slices]
        raise RuntimeError("index_copy_(): Source/destination tensor must have same slice shapes. Destination slice "
                           f"shape: {words[0]} at dimension {where} and source slice shape: {words[1]} at dimension "
                           f"{where}.")  # fmt: skip
    if source.ndim and index.size != source.shape[where]:
        raise IndexError(f"index_copy_(): Number of indices ({index.size}) should be equal to source.size(dim) "
                         f"({source.shape[where]})")  # fmt: skip
    _check_slices("index_copy_(): ", input, dim, index, IndexError)
    if not input.ndim:
        return source.reshape(()).copy()
    out = input.copy()
    out[slices_at(input.ndim, dim, index)] = source
    return out


index_copy.grad(
    input=lambda g, dim, index: clear_at.both(g, slices_at(g.ndim, dim, index)) if g.ndim else g * 0,
    source=lambda g, shape, dim, index: index_select.both(g, dim, index).reshape(shape),
)


@op(cast=None, inplace=True,
    node=lambda value: "IndexFillBackward1" if isinstance(value, Tensor) else "IndexFillBackward0")  # fmt: skip
def index_fill(input: Array, dim, index: Index, value: Operand):
    """Write one value into the slices that `index` names along `dim`.

    Shape:    input (n, *), index (k) -> out (n, *), for dim = 0; value: a number or a 0-d tensor
    Math:     y = x, but for y[index[i]] = v
    Gradient: dL/dx = g, 0 where it was overwritten;  dL/dv = the sum of g over what was written
    """
    if getattr(value, "ndim", 0):
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    if index.dtype != np.int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    _check_slices("", input, dim, index, IndexError, wrap=True)
    out = input.copy()
    out[slices_at(input.ndim, dim, index) if input.ndim else ...] = number_for(value, input.dtype)
    return out


index_fill.grad(
    input=lambda g, dim, index: clear_at.both(g, slices_at(g.ndim, dim, index)) if g.ndim else g * 0,
    value=lambda g, dim, index: gather_at.both(g, slices_at(g.ndim, dim, index)) if g.ndim else g,
)


# ---------------------------------------------------------------- single elements


@method
def index_put(input, indices, values, accumulate=False):
    """Copy a tensor and write `values` at `indices`, as `x[indices] = values` does in place.

    Args:
        indices: a tuple of tensors, one per dimension: positions, or masks.
        values: a tensor that broadcasts to the shape of `input[indices]`.
        accumulate: add to what is there; positions may then repeat.
    """
    if not isinstance(indices, (tuple, list)):
        raise TypeError(
            f"index_put(): argument 'indices' (position 2) must be tuple of Tensors, not {type(indices).__name__}"
        )
    for i, index in enumerate(indices):
        if not isinstance(index, Tensor):
            raise not_a_tensor_in_list(i, index, argument=1)
    if not isinstance(values, Tensor):
        raise not_a_tensor("index_put", "values", 3, values)
    return put_at(input, values, tuple(index.array for index in indices), accumulate)


Tensor.index_put_ = inplace_form(index_put, "index_put_")  # type: ignore[assignment]


def index_put_(input, indices, values, accumulate=False):
    """Write `values` at `indices` in place; returns the tensor."""
    return input.index_put_(indices, values, accumulate)


@op(cast=None, inplace=True)
def put(xp, input: Array, index: Index, source: Array, accumulate=False):
    """Write elements to places given by their number in row-major order.

    Shape:    input (*), index (I), source: as many elements as index -> out (*)
    Math:     y = x, but for y.flatten()[index[i]] = source[i], or += with `accumulate`
    Gradient: dL/dx = g, 0 where it was overwritten;  dL/dsource[i] = g.flatten()[index[i]]
    """
    if source.dtype != input.dtype:
        raise RuntimeError("put_(): self and source expected to have the same dtype, but got self.dtype = "
                           f"{dtypes.of(input).legacy} and source.dtype = {dtypes.of(source).legacy}")  # fmt: skip
    if source.size != index.size:
        raise IndexError("put_(): Expected source and index to have the same number of elements, but got "
                         f"source.numel() = {source.size}, index.numel() = {index.size}")  # fmt: skip
    check_numbers("put_", input, index)
    if accumulate:
        return input + add_at(xp, (input.size,), (index,), source.reshape(index.shape)).reshape(input.shape)
    out = input.copy()
    out.reshape(-1)[index] = source.reshape(index.shape)
    return out


put.grad(
    input=lambda g, index, accumulate: g if accumulate
    else clear_at.both(g.reshape(-1), (getattr(index, "array", index),)).reshape(g.shape),
    source=lambda g, shape, index: take.both(g, index).reshape(shape),
)  # fmt: skip
