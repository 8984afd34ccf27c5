"""What functions made of operators demand of their arguments: that they are tensors, that no gradient flows to them."""

from __future__ import annotations

from ..errors import not_a_tensor
from ..tensor import Tensor


def need_tensors(function, **given):
    """Raise PyTorch's error unless a function's first arguments, in order and by name, are tensors."""
    for i, (name, value) in enumerate(given.items()):
        if not isinstance(value, Tensor):
            raise not_a_tensor(function, name, i + 1, value)


def refuse_gradient(function, **given):
    """Raise PyTorch's error if a gradient is asked for an argument that has none."""
    for name, value in given.items():
        if isinstance(value, Tensor) and value.requires_grad:
            raise RuntimeError(
                f"The function '{function}' is not differentiable with respect to argument '{name}'. This input cannot "
                "have requires_grad True."
            )
