"""Overwriting a tensor: `zero_`, `fill_`, `fill_diagonal_`, `copy_`, and `torch.fill`, which leaves its input alone."""

from __future__ import annotations

from ..errors import not_a_tensor
from ..op import Array, Operand, op
from ..op.forms import inplace_form
from ..tensor import Tensor, method
from .convert import cast_array

__all__ = ["fill", "fill_", "zero_"]


@op(cast=None, inplace=True, method=False, out=False)
def zero(xp, input: Array):
    """Return zeros of the same shape and dtype; users call it as `x.zero_()`.

    Shape:    input (*) -> out (*)
    Math:     y = 0
    Gradient: dL/dx = 0
    """
    return xp.zeros(input.shape, input.dtype)


zero.grad(input=lambda g, xp: xp.zeros_like(g))
zero_ = Tensor.zero_


def filled(xp, input: Array, value: Operand):
    """Return a tensor like the input in which every element is `value`, a number or a 0-d tensor.

    Shape:    input (*), value () -> out (*)
    Math:     y = v
    Gradient: dL/dx = 0,  dL/dv = sum g

    Raises:
        RuntimeError: if `value` has dimensions.
    """
    if not (isinstance(value, (bool, int, float)) or hasattr(value, "dtype")):
        raise not_a_tensor("fill_", "value", 1, value)
    if getattr(value, "ndim", 0):
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.\n"
            "To copy a whole tensor, use x.copy_(value)."
        )
    result = xp.empty_like(input)
    result[...] = value if type(value) in (bool, int, float) else cast_array(value, input.dtype)
    return result


# PyTorch tells `fill` and `fill_` apart in the graph, and a number from a tensor.
fill = op(filled, name="fill", cast=None, method=False, out=False,
          node=lambda value: f"FillBackward{1 if isinstance(value, Tensor) else 0}")  # fmt: skip
fill_in_place = op(filled, name="fill", cast=None, method=False, out=False, inplace=True,
                   node=lambda value: f"FillBackward{3 if isinstance(value, Tensor) else 2}")  # fmt: skip

for _form in (fill, fill_in_place):
    _form.grad(input=lambda g, xp: xp.zeros_like(g), value=lambda g: g)
fill_ = Tensor.fill_


@op(cast=None, name="copy_", node="torch::autograd::CopyBackwards", method=False, out=False)
def copy(xp, input: Array, other: Operand, non_blocking=False):
    """Return the values of `other`, in the shape and dtype of the input; users call it as `x.copy_(other)`.

    Shape:    input (*), other (*), broadcast to input's -> out (*)
    Math:     y = b
    Gradient: dL/dx = 0,  dL/db = g

    Raises:
        TypeError: if `other` is neither a tensor nor a number.
        RuntimeError: if its shape does not broadcast to the input's.
    """
    if isinstance(other, (bool, int, float)):
        other = xp.asarray(other)
    elif not isinstance(other, xp.ndarray):
        raise not_a_tensor("copy_", "other", 1, other)
    if other.dtype != input.dtype:
        other = cast_array(other, input.dtype)
    return (
        other if other.shape == input.shape else xp.broadcast_to(other, xp.broadcast_shapes(input.shape, other.shape))
    )


copy.grad(input=lambda g, xp: xp.zeros_like(g), other=lambda g: g)
_copy = inplace_form(copy, "copy_")


@method
def copy_(self, src, non_blocking=False):
    """Overwrite with the values of another tensor, which may have another dtype and lie on another device.

    Args:
        src: a tensor whose shape broadcasts to this one's, or a number. non_blocking: accepted.
    """
    if isinstance(src, Tensor) and type(src.array) is not type(self.array):
        src = src.to(self.device)
    return _copy(self, src, non_blocking)


@method
def fill_diagonal_(self, fill_value, wrap=False):
    """Write a number onto the main diagonal, in place: the elements whose indices are all equal.

    Args:
        wrap: begin the diagonal anew below the last column of a tall matrix, after a row that is left out.

    Raises:
        RuntimeError: for fewer than two dimensions, or more than two of unequal length.

    Example:
        >>> import edutorch as torch
        >>> torch.zeros(2, 3).fill_diagonal_(7)
        tensor([[7., 0., 0.],
                [0., 7., 0.]])
    """
    shape = self.array.shape
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len({*shape}) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    step, start = sum(self.stride()), self.storage_offset()
    self.as_strided((min(shape),), (step,), start).fill_(fill_value)
    if wrap and len(shape) == 2 and shape[0] > shape[1] + 1:
        period = shape[1] + 1
        rest = -(-self.array.size // period) - shape[1]
        self.as_strided((rest,), (step,), start + self.stride(0) * period).fill_(fill_value)
    return self
