"""All parameters as one vector, and back."""

from __future__ import annotations

from ...errors import type_name
from ...ops.join import cat
from ...tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters):
    """Return one vector of all parameters' elements; gradients flow through it."""
    return cat([p.view(-1) for p in _on_one_device(parameters)])


def vector_to_parameters(vec, parameters):
    """Let the parameters be slices of a vector: the opposite of `parameters_to_vector`. The memory is shared.

    Raises:
        TypeError: if `vec` is no tensor.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type_name(vec)}")
    start = 0
    for p in _on_one_device(parameters):
        p.data = vec[start : start + p.numel()].view(p.shape).data
        start += p.numel()


def _on_one_device(parameters):
    parameters = list(parameters)
    if len({p.get_device() for p in parameters}) > 1:
        raise TypeError("Found two parameters on different devices, this is currently not supported.")
    return parameters
