"""`Variable`, which a tensor had to be wrapped in before PyTorch 0.4 to be differentiated. Old guides still do so."""

from __future__ import annotations

import warnings

from ..errors import type_name
from ..tensor import Tensor, wrap

__all__ = ["Variable"]


class VariableMeta(type):
    """The type of `Variable`: every tensor is one."""

    def __instancecheck__(cls, value):
        return isinstance(value, Tensor)


class Variable(metaclass=VariableMeta):
    """Return a tensor of the same memory, without history. New code says `torch.tensor(…, requires_grad=True)`.

    Args:
        data: a tensor. requires_grad: whether gradients flow to it. volatile: has no effect any more.
    """

    def __new__(cls, data=None, requires_grad=False, volatile=False):
        if data is None:
            data = Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type_name(data)}")
        if volatile and requires_grad:
            raise ValueError("Variable can't be volatile and require_grad at the same time!")
        if volatile:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.", stacklevel=2
            )
        same = wrap(data.detach().array)  # of Tensor's own type, also if the data is a Parameter
        return same.requires_grad_() if requires_grad else same
