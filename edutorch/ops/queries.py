"""Questions about tensors and dtypes with a plain answer: no tensor comes back, and nothing is recorded."""

from __future__ import annotations

from .. import dtypes
from ..tensor import Tensor, first_checked, method

__all__ = ["can_cast", "is_complex", "is_floating_point", "is_nonzero", "is_same_size", "is_signed", "layout",
           "result_type", "strided"]  # fmt: skip

is_floating_point = first_checked(Tensor.is_floating_point)
is_complex = first_checked(Tensor.is_complex)
is_signed = first_checked(Tensor.is_signed)


@method
def is_nonzero(input):
    """Return whether the single element of a tensor is not zero.

    Raises:
        RuntimeError: if there is not exactly one element.
    """
    return bool(input)


@method
def is_same_size(input, other):
    """Return whether two tensors have the same shape."""
    return input.array.shape == other.array.shape


def result_type(tensor1, tensor2):
    """Return the dtype in which two operands meet: tensors or Python numbers.

    Example:
        >>> import edutorch as torch
        >>> torch.result_type(torch.tensor([1, 2]), 1.0)
        torch.float32
    """
    operands = [t.array if isinstance(t, Tensor) else t for t in (tensor1, tensor2)]
    return dtypes.of_numpy(dtypes.common(operands))


def can_cast(from_, to):
    """Return whether a result of one dtype may be written into a tensor of another: no float into integers, for one."""
    return dtypes.category(from_.numpy) <= dtypes.category(to.numpy)


class layout:
    """How the elements of a tensor lie in memory. Here there is one way: `torch.strided`."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"torch.{self.name}"


strided = layout("strided")
Tensor.layout = property(lambda self: strided, doc="How the elements lie in memory: always `torch.strided`.")  # type: ignore[assignment]
