"""Writing with square brackets: `x[0] = 1`, `x[:, 1:3] = rows`, `x[mask] = 0`, `x[rows, columns] = values`.

What numbers and slices name is a view, and is written like any view. Positions and masks name elements that are no
view: with a history, the whole tensor is computed anew with these elements replaced.
"""

from __future__ import annotations

from .. import dtypes
from ..autograd.versions import bump
from ..autograd.views import assign, before_write, refuse_overlap
from ..backends import read_only
from ..errors import type_name, with_remedy
from ..modes import is_grad_enabled
from ..op import Array, op
from ..tensor import Tensor, method, wrap
from .accumulate import add_at
from .convert import cast_array
from .create import scalar
from .indexing import (
    basic_index,
    check_positions,
    expect_positions,
    explained,
    gather_at,
    getitem,
    kept,
    split_index,
    step_name,
)

__all__: list[str] = []


@op(cast=None, out=False, method=False, node="IndexPutBackward0")
def put_at(xp, input: Array, values: Array, indices, accumulate=False):
    """Copy a tensor and write (or add) values at positions. `indices` is a tuple of arrays, masks and full slices.

    Shape:    input (*), values, broadcast to the shape of input[indices] -> out (*)
    Math:     y = x, but for y[indices] = v (or y[indices] = x[indices] + the sum of v)
    Gradient: dL/dx = g, 0 where it was overwritten;  dL/dv = g[indices]
    """
    _check_values(input, values)
    if accumulate:
        expect_positions(input, indices)
        return input + add_at(xp, input.shape, indices, xp.broadcast_to(values, input[indices].shape))
    out = input.copy()
    _assign(out, indices, values)
    return out


put_at.grad(
    input=lambda g, indices, accumulate: g if accumulate else clear_at.both(g, indices),
    values=lambda g, indices: gather_at.both(g, indices),
)


@op(cast=None, out=False, method=False, node="IndexPutBackward0")
def clear_at(input: Array, indices):
    """Copy a tensor and write zeros at positions: the gradient of what was overwritten there.

    Shape:    input (*) -> out (*)
    Math:     y = x, but for y[indices] = 0
    Gradient: dL/dx = g, but for 0 at the positions
    """
    out = input.copy()
    out[indices] = 0
    return out


clear_at.grad(input=lambda g, indices: clear_at.both(g, indices))


def _check_values(array, values):
    if values.dtype != array.dtype:
        raise RuntimeError(with_remedy(
            "Index put requires the source and destination dtypes match, got "
            f"{dtypes.of(array).legacy} for the destination and {dtypes.of(values).legacy} for the source.",
            f"Convert the values first: values.to({dtypes.of(array)})."))  # fmt: skip


def _assign(array, indices, values):
    expect_positions(array, indices)
    try:
        array[indices] = values
    except IndexError:
        check_positions(array, indices)
        raise
    except (ValueError, TypeError):
        check_positions(array, indices)
        raise RuntimeError(with_remedy(
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to indexing result of "
            f"shape {list(array[indices].shape)}",
            "Sizes must be equal or 1, aligned from the right.")) from None  # fmt: skip


@method
def __delitem__(self, index):
    """Refuse: a tensor's shape is fixed. To leave elements out, index the ones to keep."""
    raise TypeError("Tensor does not support deleting items")


@method
def __setitem__(self, index, value):
    """Write a number or a tensor into the part of the tensor that an index names."""
    basic, positions = basic_index(index), None
    if basic is None:
        basic, positions = split_index(self, index)
    if not isinstance(value, Tensor):
        if not isinstance(value, (int, float)):
            raise TypeError(f"can't assign a {type_name(value)} to a torch.{self.dtype.legacy}Tensor")
        value = wrap(scalar(value, self.array.dtype))
    elif type(value.array) is not type(self.array):
        value = value.to(self.device)
    if positions is None and basic is not None and _has_no_history(self, value) and _write_part(self, basic, value):
        return
    if positions is None and basic is not None and _takes_all(self.array, basic):
        basic = None
    part = self if basic is None else getitem(self, basic)
    if positions is None:
        part.copy_(_in_shape(value, part.array.shape))
        return
    value = _trimmed(value, 0)
    if is_grad_enabled() and (part.tracked or value.tracked):
        assign(part, put_at, value, kept(part if part.tracked else value, positions))
    else:  # the same, without copying all of the tensor
        before_write(part)
        refuse_overlap(part, value, same=True)
        _check_values(part.array, value.array)
        _assign(part.array, positions, value.array)
        bump(part)


def _has_no_history(tensor, value):
    """Whether a write concerns neither the graph nor a second tensor over the same memory."""
    base, of_value = tensor.base, value if value.base is None else value.base
    if tensor.tracked or value.tracked or tensor.inference:
        return False
    return of_value is not (tensor if base is None else base) and (base is None or not base.tracked)


def _write_part(tensor, index, value):
    """Write straight into the array, unless elements share memory; returns whether it was done."""
    try:
        part = tensor.array[index]
    except IndexError:
        raise explained(tensor.array, index) from None
    if 0 in part.strides or read_only(part):
        return False
    new = value.array
    if new.ndim:
        new = _in_shape(value, part.shape).array
    part[...] = new if new.dtype == part.dtype else cast_array(new, part.dtype)
    bump(tensor)
    return True


def _in_shape(value, shape):
    """Return a value in the shape of the part that it is written to."""
    return value if value.array.shape == shape else _trimmed(value, len(shape)).expand(shape)


def _takes_all(array, index):
    """Whether an index with brackets names the whole tensor: PyTorch then writes to it, not to a view of it."""
    return index == (Ellipsis,) or (len(index) > 1 and step_name(array, index) == "AliasBackward0")


def _trimmed(value, ndim):
    """Drop leading dimensions of size 1 while there are more than `ndim`."""
    shape = value.array.shape
    extra = 0
    while len(shape) - extra > ndim and shape[extra] == 1:
        extra += 1
    return getitem(value, (*[0] * extra, Ellipsis)) if extra else value
