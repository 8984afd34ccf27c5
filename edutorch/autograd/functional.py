"""Derivatives of functions: Jacobians, Hessians, and their products with vectors."""

from __future__ import annotations

import numpy as np

from ..backends import XP
from ..modes import enable_grad
from ..tensor import Tensor, wrap
from .backward import grad

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def _as_tuple(value, what, function):
    several = isinstance(value, (tuple, list))
    values = tuple(value) if several else (value,)
    for i, v in enumerate(values):
        if not isinstance(v, Tensor):
            where = f"the value at index {i} in the " if several else "the given "
            raise TypeError(
                f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but {where}{what} "
                f"has type {type(v)}."
            )
    return several, values


def _fresh(inputs, create_graph):
    """Return the inputs as the starting points of a graph: joined to the caller's if that must be differentiable."""
    return tuple(x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_() for x in inputs)


def _vectors(v, like, what):
    """Return the vectors of a product, or ones for a single one-element tensor.

    Raises:
        RuntimeError: if a vector is missing or of another shape.
    """
    if v is None:
        if len(like) != 1 or like[0].array.size != 1:
            raise RuntimeError(f"The vector v can only be None if {what}")
        return (wrap(np.ones_like(like[0].array)),)
    v = tuple(v) if isinstance(v, (tuple, list)) else (v,)
    if len(v) != len(like):
        raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(v)}.")
    for i, (a, b) in enumerate(zip(v, like, strict=True)):
        if a.array.shape != b.array.shape:
            raise RuntimeError(f"Entry {i} in v has invalid size: should be {b.shape} but got {a.shape}.")
    return v


def _gradients(outputs, inputs, seeds, create_graph, strict=False):
    """Return one gradient per input, zeros where an input does not matter.

    Raises:
        RuntimeError: in strict mode, where an input does not matter.
    """
    pairs = [(y, g) for y, g in zip(outputs, seeds, strict=True) if y.requires_grad]
    found = [None] * len(inputs)
    if pairs:
        found = grad([y for y, _ in pairs], inputs, [g for _, g in pairs], True, create_graph, allow_unused=True)
    if strict and any(d is None for d in found):
        i = next(i for i, d in enumerate(found) if d is None)
        raise RuntimeError(
            f"The output of the user-provided function is independent of input {i}. This is not allowed in strict mode."
        )
    return tuple(wrap(np.zeros_like(x.array)) if d is None else d for d, x in zip(found, inputs, strict=True))


def _detached(values, create_graph):
    return values if create_graph else tuple(v.detach() for v in values)


def _unpack(several, values):
    return tuple(values) if several else values[0]


@enable_grad()
def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """Compute the product of a vector with the Jacobian, v^T J: what one backward pass does.

    Returns:
        (outputs, product): the function's outputs, and one tensor per input.
    """
    many_in, inputs = _as_tuple(inputs, "inputs", "vjp")
    inputs = _fresh(inputs, create_graph)
    many_out, outputs = _as_tuple(func(*inputs), "outputs of the user-provided function", "vjp")
    v = _vectors(v, outputs, "the user-provided function returns a single Tensor with a single element.")
    product = _gradients(outputs, inputs, v, create_graph, strict)
    return _unpack(many_out, _detached(outputs, create_graph)), _unpack(many_in, _detached(product, create_graph))


@enable_grad()
def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """Compute the product of the Jacobian with a vector, J v: the derivative in one direction.

    Reverse mode gives u -> u^T J, which is linear in u; differentiating that by u along v gives J v. Two backward
    passes make one forward derivative.

    Returns:
        (outputs, product): the function's outputs, and one tensor per output.
    """
    _, inputs = _as_tuple(inputs, "inputs", "jvp")
    inputs = _fresh(inputs, create_graph)
    v = _vectors(v, inputs, "the input to the user-provided function is a single Tensor with a single element.")
    many_out, outputs = _as_tuple(func(*inputs), "outputs of the user-provided function", "jvp")
    u = tuple(wrap(np.zeros_like(y.array)).requires_grad_() for y in outputs)
    transposed = _gradients(outputs, inputs, u, True, strict)
    product = _gradients(transposed, u, v, create_graph)
    return _unpack(many_out, _detached(outputs, create_graph)), _unpack(many_out, _detached(product, create_graph))


def _scalar(func, inputs, function):
    many, outputs = _as_tuple(func(*inputs), "outputs of the user-provided function", function)
    if many:
        raise RuntimeError(f"The function given to {function} should return a single Tensor")
    if outputs[0].array.size != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {function} should contain a single element")
    return outputs[0]


@enable_grad()
def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """Compute the product of a vector with the Hessian of a scalar function, v^T H.

    Returns:
        (output, product): the function's value, and one tensor per input.
    """
    many_in, inputs = _as_tuple(inputs, "inputs", "vhp")
    inputs = _fresh(inputs, create_graph)
    v = _vectors(v, inputs, "the input to the user-provided function is a single Tensor with a single element.")
    y = _scalar(func, inputs, "vhp")
    slopes = _gradients((y,), inputs, (wrap(np.ones_like(y.array)),), True, strict)
    product = _gradients(slopes, inputs, v, create_graph, strict)
    return _detached((y,), create_graph)[0], _unpack(many_in, _detached(product, create_graph))


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """Compute the product of the Hessian of a scalar function with a vector, H v.

    The Hessian is symmetric, so this is `vhp`, one backward pass cheaper than two nested `jvp`.

    Returns:
        (output, product): the function's value, and one tensor per input.
    """
    return vhp(func, inputs, v, create_graph, strict)


@enable_grad()
def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"):
    """Compute the Jacobian of a function: one backward pass for each element of the outputs.

    Shape: for an output of shape (*o) and an input of shape (*i), a tensor of shape (*o, *i); nested tuples,
        outputs first, where there are several.

    Args:
        vectorize, strategy: accepted; rows are computed one by one in reverse mode.

    Example:
        >>> import edutorch as torch
        >>> torch.autograd.functional.jacobian(lambda x: x**2, torch.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """
    many_in, inputs = _as_tuple(inputs, "inputs", "jacobian")
    inputs = _fresh(inputs, create_graph)
    many_out, outputs = _as_tuple(func(*inputs), "outputs of the user-provided function", "jacobian")
    result = []
    for y in outputs:
        rows = [[] for _ in inputs]
        for k in range(y.array.size):
            unit = np.zeros(y.array.size, y.array.dtype)
            unit[k] = 1
            for row, d in zip(
                rows,
                _gradients((y,), inputs, (wrap(unit.reshape(y.array.shape)),), create_graph, strict),
                strict=True,
            ):
                row.append(d)
        blocks = tuple(_stacked(row, y, x) for row, x in zip(rows, inputs, strict=True))
        result.append(_unpack(many_in, _detached(blocks, create_graph)))
    return tuple(result) if many_out else result[0]


def _stacked(rows, y, x):
    shape = (*y.array.shape, *x.array.shape)
    if not rows:
        return wrap(np.zeros(shape, x.array.dtype))
    return XP[Tensor].stack(rows).reshape(shape)


def hessian(func, inputs, create_graph=False, strict=False, vectorize=False, outer_jacobian_strategy="reverse-mode"):
    """Compute the Hessian of a scalar function: the Jacobian of its gradient.

    Shape: for inputs of shapes (*i) and (*j), a tensor of shape (*i, *j).

    Example:
        >>> import edutorch as torch
        >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    many, inputs = _as_tuple(inputs, "inputs", "hessian")

    def slope(*xs):
        y = _scalar(func, xs, "hessian")
        return _gradients((y,), xs, (wrap(np.ones_like(y.array)),), True, strict)

    blocks = jacobian(slope, tuple(inputs), create_graph, strict)
    return blocks if many else blocks[0][0]
