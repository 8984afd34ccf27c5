"""`Parameter`: a tensor that a module counts among the things to be learned."""

from __future__ import annotations

import numpy as np

from ..errors import with_remedy
from ..tensor import Tensor

__all__ = ["Buffer", "Parameter"]


class Parameter(Tensor):
    """A tensor that, assigned to a module's attribute, appears in `module.parameters()`. Requires grad by default.

    Args:
        data: its values; the memory is shared.
        requires_grad: whether gradients flow to it.
    """

    def __new__(cls, data=None, requires_grad=True):
        t = object.__new__(cls)
        t.array = np.empty(0, np.float32) if data is None else data.detach().array
        if requires_grad and not t.is_floating_point():
            raise RuntimeError(
                with_remedy(
                    "Only Tensors of floating point and complex dtype can require gradients",
                    f"This one is {t.dtype}: give requires_grad=False, or convert it with .float().",
                )
            )
        t.tracked = requires_grad
        return t

    def __deepcopy__(self, memo):
        """Copy the values; the copy starts without a gradient."""
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that, assigned to a module's attribute, becomes a buffer: saved and moved with it, but not learned.

    Args:
        persistent: whether it is part of the module's state_dict.
    """

    def __new__(cls, data=None, *, persistent=True):
        t = object.__new__(cls)
        t.array = np.empty(0, np.float32) if data is None else data.array
        t.persistent = persistent
        return t
