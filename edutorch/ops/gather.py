"""Choosing elements by masks and positions: `where`, `gather`, `scatter` and their relatives."""

from __future__ import annotations

from ..errors import with_remedy
from ..op import Array, Index, Operand, op
from ..tensor import Tensor, method, wrap
from .dialect import speak

__all__ = ["where"]


@op(name="where", method=False, out=True)
def choose(xp, condition: Index, input: Operand, other: Operand):
    """Take elements from `input` where the condition holds, from `other` elsewhere.

    Shape:    condition (*), input (*), other (*), broadcast -> out (*)
    Math:     y = a if c else b
    Gradient: dL/da = g where c, else 0;  dL/db = 0 where c, else g
    """
    return xp.where(condition, input, other)


choose.grad(
    input=lambda g, xp, condition: xp.where(condition, g, 0),
    other=lambda g, xp, condition: xp.where(condition, 0, g),
)


def where(condition, input=None, other=None, *, out=None):
    """Choose elements by a condition, or, with a condition alone, return the positions where it holds.

    Args:
        condition: a tensor of booleans.
        input, other: tensors or numbers; where the condition holds, and where it does not.

    Example:
        >>> import edutorch as torch
        >>> torch.where(torch.tensor([True, False]), torch.tensor([1, 2]), 0)
        tensor([1, 0])
    """
    return choose(condition, input, other)


@method
def _where(self, condition, y):
    return where(condition, self, y)


speak(where=where)
