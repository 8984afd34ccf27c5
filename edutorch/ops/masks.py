"""Choosing and writing elements by conditions: `where`, `nonzero`, `masked_select`, `masked_fill`, `masked_scatter`."""

from __future__ import annotations

import builtins

import numpy as np

from .. import dtypes
from ..backends import on_host
from ..errors import C_NAMES, cannot_broadcast, not_a_tensor, with_remedy
from ..op import Array, Index, Operand, op
from ..tensor import Tensor, method, wrap
from .create import scalar
from .dialect import speak
from .indexing import gather_at, place, scatter_at

__all__ = ["argwhere", "masked_fill", "masked_scatter", "masked_select", "nonzero", "where"]


@op(name="where", method=False)
def choose(xp, condition: Index, input: Operand, other: Operand):
    """Take elements from `input` where the condition holds, from `other` elsewhere.

    Shape:    condition (*), input (*), other (*), broadcast -> out (*)
    Math:     y = a if c else b
    Gradient: dL/da = g where c, else 0;  dL/db = 0 where c, else g
    """
    if condition.dtype.kind != "b" and condition.dtype != np.uint8:
        raise RuntimeError(with_remedy(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{dtypes.of(condition).legacy}", "Compare first, as in torch.where(x > 0, x, y)."))  # fmt: skip
    return xp.where(condition, input, other)


choose.grad(
    input=lambda g, xp, condition: xp.where(condition, g, 0),
    other=lambda g, xp, condition: xp.where(condition, 0, g),
)


def where(condition, input=None, other=None, *, out=None):
    """Choose elements by a condition; or, given a condition alone, return the positions where it holds.

    Args:
        condition: a tensor of booleans.
        input, other: tensors or numbers: taken where the condition holds, and where it does not.

    Example:
        >>> import edutorch as torch
        >>> torch.where(torch.tensor([True, False]), torch.tensor([1, 2]), 0)
        tensor([1, 0])
    """
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    for value in (input, other):
        if not isinstance(value, (Tensor, builtins.int, builtins.float)):
            given = ", ".join(type(v).__name__ for v in (condition, input, other) if v is not None)
            raise TypeError(
                f"where() received an invalid combination of arguments - got ({given}), but expected one of:\n"
                " * (Tensor condition)\n * (Tensor condition, Tensor input, Tensor other)\n"
                "where input or other may be a number."
            )
    if not isinstance(input, Tensor) and not isinstance(other, Tensor):
        input = wrap(np.asarray(input, dtypes.common([input, other])))
    return choose(condition, input, other, out=out)


def _where(self, condition, other=None):
    """Keep the elements where the condition holds, and take those of `other` elsewhere."""
    return where(condition, self, other)


_where.__name__ = "where"
method(_where)


@op(cast=None, name="nonzero", method=False)
def positions(xp, input: Array):
    """List the positions of the elements that are not zero.

    Shape:    input (*), d dimensions, n elements not zero -> out (n, d), int64
    Math:     out = the multi-indices i with x[i] != 0, in row-major order
    """
    return xp.argwhere(input)


@method
def nonzero(input, *, out=None, as_tuple=False):
    """List the positions of the elements that are not zero.

    Args:
        as_tuple: return one tensor of positions per dimension, fit for indexing, instead of one matrix.

    Example:
        >>> import edutorch as torch
        >>> torch.nonzero(torch.tensor([[0, 7], [5, 0]]))
        tensor([[0, 1],
                [1, 0]])
    """
    if not as_tuple:
        return positions(input, out=out)
    array = input.array if input.array.ndim else input.array.reshape(1)
    return tuple(wrap(axis) for axis in array.nonzero())


@method
def argwhere(input):
    """List the positions of the elements that are not zero, one a row."""
    return positions(input)


@op(cast=None)
def masked_select(xp, input: Array, mask: Index):
    """List the elements for which the mask is True.

    Shape:    input (*), mask (*), broadcast -> out (number of Trues)
    Math:     y = [x_i for all i with m_i]
    Gradient: dL/dx_i = the element of g that x_i became, or 0
    """
    if mask.dtype.kind != "b":
        raise RuntimeError(with_remedy(
            "masked_select: expected BoolTensor for mask", "Compare first, or use mask.bool()."))  # fmt: skip
    shape = _common_shape(mask, input)
    return xp.broadcast_to(input, shape)[xp.broadcast_to(mask, shape)]


masked_select.grad(input=lambda g, shape, mask: scatter_at.both(g, *_spread_mask(shape, mask)))


def _common_shape(mask, input):
    if mask.shape == input.shape:
        return mask.shape
    try:
        return np.broadcast_shapes(mask.shape, input.shape)
    except ValueError:
        raise cannot_broadcast([mask.shape, input.shape]) from None


def _spread_mask(shape, mask):
    """Return the shape that a mask and an input broadcast to, and the mask in that shape, as an index."""
    mask = getattr(mask, "array", mask)
    shape = np.broadcast_shapes(shape, mask.shape)
    return shape, (np.broadcast_to(mask, shape),)


# ---------------------------------------------------------------- writing under a mask


@op(cast=None, inplace=True,
    node=lambda value: "MaskedFillBackward1" if isinstance(value, Tensor) else "MaskedFillBackward0")  # fmt: skip
def masked_fill(xp, input: Array, mask: Index, value: Operand):
    """Write one value wherever the mask is True.

    Shape:    input (*), mask (*), broadcast -> out (*); value: a number or a 0-d tensor
    Math:     y = v if m else x
    Gradient: dL/dx = 0 where m, else g;  dL/dv = the sum of g where m
    """
    if mask.dtype.kind != "b":
        raise RuntimeError(with_remedy(
            "masked_fill_ only supports boolean masks, but got mask with dtype "
            f"{C_NAMES.get(mask.dtype.name, mask.dtype.name)}",
            "Compare first, or use mask.bool()."))  # fmt: skip
    if not (isinstance(value, (builtins.int, builtins.float)) or hasattr(value, "dtype")):
        raise not_a_tensor("masked_fill", "value", 3, value)
    if getattr(value, "ndim", 0):
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    shape = _common_shape(mask, input)
    out = input.copy() if shape == input.shape else xp.broadcast_to(input, shape).copy()
    xp.copyto(out, number_for(value, input.dtype), where=mask, casting="unsafe")
    return out


masked_fill.grad(
    input=lambda g, xp, mask: xp.where(mask, 0, g),
    value=lambda g, xp, mask: xp.where(mask, g, 0),
)


def number_for(value, numpy_dtype):
    """Return a Python number as NumPy's of a dtype, fractions cut off for integers; an array as it is.

    Raises:
        RuntimeError: PyTorch's, for a number that the dtype cannot hold.
    """
    if not isinstance(value, (builtins.int, builtins.float)):
        return value[()] if on_host(value) else value
    if numpy_dtype in dtypes.HALVES and np.isfinite(value) and not np.isfinite(numpy_dtype.type(value)):
        name = "c10::Half" if numpy_dtype == dtypes.FLOAT16 else "c10::BFloat16"
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    return scalar(value, numpy_dtype)[()]


@op(cast=None, inplace=True)
def masked_scatter(xp, input: Array, mask: Index, source: Array):
    """Write the elements of `source`, one after the other, wherever the mask is True.

    Shape:    input (*), mask (*), broadcast -> out (*); source: at least as many elements as the mask has Trues
    Math:     y[m] = the first elements of the source
    Gradient: dL/dx = 0 where m, else g;  dL/dsource = g[m], then 0
    """
    if mask.dtype.kind != "b":
        raise RuntimeError(with_remedy(
            f"masked_scatter_ only supports boolean masks, but got mask with dtype {dtypes.of(mask).legacy}",
            "Compare first, or use mask.bool()."))  # fmt: skip
    if source.dtype != input.dtype:
        raise RuntimeError("masked_scatter: expected self and source to have same dtypes but got"
                           f"{dtypes.of(input).legacy} and {dtypes.of(source).legacy}")  # fmt: skip
    shape = _common_shape(mask, input)
    out, mask = xp.broadcast_to(input, shape).copy(), xp.broadcast_to(mask, shape)
    count = builtins.int(mask.sum())
    if count > source.size:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    out[mask] = source.reshape(-1)[:count]
    return out


masked_scatter.grad(
    input=lambda g, xp, mask: xp.where(mask, 0, g),
    source=lambda g, shape, mask: _first_elements(g, shape, mask),
)


def _first_elements(g, shape, mask):
    """Return zeros of a shape that begin with the gradients under the mask."""
    written = gather_at.both(g, _spread_mask(tuple(g.shape), mask)[1])
    size = builtins.int(np.prod(shape, dtype=np.int64))
    return place.both(written, (size,), (slice(written.shape[0]),)).reshape(shape)


speak(where=where)
