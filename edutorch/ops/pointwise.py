"""Arithmetic, element by element."""

from __future__ import annotations

from ..op import Array, Operand, op


@op(inplace=True)
def add(input: Array, other: Operand, *, alpha=1):
    """Add, `alpha` times the second operand.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = a + alpha b
    Gradient: dL/da = g,  dL/db = alpha g
    """
    return input + other if alpha == 1 else input + alpha * other


add.grad(input=lambda g: g, other=lambda g, alpha: g if alpha == 1 else g * alpha)


@op(inplace=True)
def mul(input: Array, other: Operand):
    """Multiply.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = a b
    Gradient: dL/da = g b,  dL/db = g a
    """
    return input * other


mul.grad(input=lambda g, other: g * other, other=lambda g, input: g * input)


@op(inplace=True, cast="float")
def exp(xp, input: Array):
    """Raise e to the power of each element.

    Shape:    input (*) -> out (*)
    Math:     y = e^x
    Gradient: dL/dx = g y
    """
    return xp.exp(input)


exp.grad(input=lambda g, out: g * out)
