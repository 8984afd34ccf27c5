"""Gradients by finite differences: what every gradient formula can be checked against."""

from __future__ import annotations

from ..modes import no_grad
from ..tensor import Tensor, wrap


def numerical_gradient(function, *inputs, grad=None, eps=1e-6):
    """Return the gradients of a function with respect to its floating-point inputs, by central differences.

    Args:
        function: takes the inputs, returns a tensor.
        inputs: tensors, moved one element at a time; anything else is handed on. Use float64: of float32 numbers the
            differences keep only three digits.
        grad: weights of the output's elements, as in `y.backward(grad)`; ones if it is left out.
        eps: the step.

    Returns:
        A tuple: for each input its gradient, or None for what has none. With a single input, that one gradient.

    Math: dL/dx_i ≈ (L(x + eps e_i) - L(x - eps e_i)) / (2 eps),  L = sum(grad * f(x))

    Example:
        >>> import edutorch as torch
        >>> numerical_gradient(lambda x: x**2, torch.tensor([1.0, 3.0], dtype=torch.float64))
        tensor([2.0000, 6.0000], dtype=torch.float64)
    """
    moved = [wrap(x.array.copy()) if _is_floating(x) else x for x in inputs]

    def loss():
        with no_grad():
            y = function(*moved).array
        return float((y if grad is None else y * grad.array).sum())

    gradients = []
    for x in moved:
        if not _is_floating(x):
            gradients.append(None)
            continue
        slope, cells = x.array.copy(), x.array.reshape(-1)
        for i in range(cells.size):
            kept = cells[i]
            cells[i] = kept + eps
            above = loss()
            cells[i] = kept - eps
            below = loss()
            cells[i] = kept
            slope.reshape(-1)[i] = (above - below) / (2 * eps)
        gradients.append(wrap(slope))
    return gradients[0] if len(inputs) == 1 else tuple(gradients)


def _is_floating(x):
    return isinstance(x, Tensor) and x.is_floating_point()
