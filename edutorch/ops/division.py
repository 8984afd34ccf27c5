"""Division: true, rounded, and what it leaves over."""

from __future__ import annotations

from ..backends import on_host
from ..errors import not_implemented
from ..op import Array, Operand, op
from ..op.forms import NO_DERIVATIVE, alias, inplace_form, no_derivative
from ..op.operators import operator_form
from ..tensor import Tensor, method

__all__ = ["div", "divide", "floor_divide", "fmod", "remainder", "true_divide"]


@op(name="div", cast="float", numbers=True, method=False)
def true_divide(input: Array, other: Operand):
    """Divide; integers give floats.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = a / b
    Gradient: dL/da = g / b,  dL/db = -g a / b^2
    """
    return input / other


true_divide.grad(input=lambda g, other: g / other, other=lambda g, input, other: -g * ((input / other) / other))


@op(name="div", node="DivBackward2", numbers=True, method=False)
def divide_and_round(xp, input: Array, other: Operand, rounding_mode):
    """Divide and round to whole numbers, down ("floor") or towards zero ("trunc"); integers stay integers.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = floor(a / b) or trunc(a / b)
    Gradient: dL/da = 0,  dL/db = 0
    """
    check_integers(input, other, f"div_{rounding_mode}_cpu")
    if rounding_mode == "floor":
        return xp.floor_divide(input, other)
    if input.dtype.kind == "f":
        return xp.trunc(input / other)
    return (input - xp.fmod(input, other)) // other  # exact in integers, as C divides


divide_and_round.grad(input=lambda g, xp: xp.zeros_like(g), other=lambda g, xp: xp.zeros_like(g))


def check_integers(input, divisor, kernel):
    """Raise if integers are divided by zero, or booleans by anything.

    Raises:
        RuntimeError, NotImplementedError: as PyTorch does.
    """
    if input.dtype.kind == "b":
        raise not_implemented(kernel, input)
    if input.dtype.kind not in "iu":
        return
    if divisor == 0 if isinstance(divisor, int) else on_host(input) and (divisor == 0).any():
        raise RuntimeError("ZeroDivisionError\nIntegers have no infinity: divide floats, or mask the zeros first.")


def div(input, other, *, rounding_mode=None, out=None):
    """Divide; with `rounding_mode`, round the quotient down ("floor") or towards zero ("trunc").

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = a / b, floor(a / b) or trunc(a / b)
    Gradient: dL/da = g / b,  dL/db = -g a / b^2; zero when rounded

    Raises:
        RuntimeError: for another rounding mode, or integers rounded after division by zero.
    """
    if rounding_mode is None:
        return true_divide(input, other, out=out)
    if rounding_mode not in ("floor", "trunc"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    return divide_and_round(input, other, rounding_mode, out=out)


div.op = true_divide.op


@op(node=NO_DERIVATIVE, inplace=True, numbers=True)
def floor_divide(xp, input: Array, other: Operand):
    """Divide and round down: what `//` does.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = floor(a / b)
    Gradient: PyTorch has none; use `div(a, b, rounding_mode="floor")`, whose gradient is zero

    Raises:
        RuntimeError: for integers divided by zero.
        NotImplementedError: for booleans.
    """
    check_integers(input, other, "div_floor_cpu")
    return xp.floor_divide(input, other)


floor_divide.grad(input=no_derivative("floor_divide"), other=no_derivative("floor_divide"))


@op(inplace=True, numbers=True, node=lambda other: f"RemainderBackward{int(isinstance(other, Tensor))}")
def remainder(xp, input: Array, other: Operand):
    """Return what division rounded down leaves: it has the divisor's sign. What `%` does.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = a - b floor(a / b)
    Gradient: dL/da = g,  dL/db = -g floor(a / b)

    Raises:
        RuntimeError: for integers divided by zero.
        NotImplementedError: for booleans.
    """
    check_integers(input, other, "remainder_cpu")
    if input.dtype.kind != "f":
        return xp.remainder(input, other)
    left = xp.fmod(input, other)  # NumPy's own remainder gives an exact zero another sign than PyTorch's
    return xp.where((left != 0) & ((left < 0) != (other < 0)), left + other, left)


remainder.grad(input=lambda g: g, other=lambda g, input, other: -g * divide_and_round.both(input, other, "floor"))


@op(inplace=True, node=lambda other: f"FmodBackward{int(isinstance(other, Tensor))}")
def fmod(xp, input: Array, other: Operand):
    """Return what division rounded towards zero leaves: it has the dividend's sign, as in C.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = a - b trunc(a / b)
    Gradient: dL/da = g,  dL/db = -g trunc(a / b)

    Raises:
        RuntimeError: for integers divided by zero.
        NotImplementedError: for booleans.
    """
    check_integers(input, other, "fmod_cpu")
    return xp.fmod(input, other)


fmod.grad(input=lambda g: g, other=lambda g, input, other: -g * divide_and_round.both(input, other, "trunc"))


@op(name="remainder", method=False, out=False, node=NO_DERIVATIVE)
def remainder_of_number(xp, divisor: Array, dividend: Operand):
    """Return what the division of a number leaves: what `2 % x` does.

    Shape:    divisor (*) -> out (*)
    Math:     y = a - b floor(a / b)
    Gradient: PyTorch has none
    """
    return remainder.both(xp.full_like(divisor, dividend), divisor)


remainder_of_number.grad(divisor=no_derivative("remainder"))
remainder.op.number_other_way = remainder_of_number

Tensor.div, Tensor.div_ = div, inplace_form(div, "div_")
Tensor.true_divide, Tensor.true_divide_ = true_divide, inplace_form(true_divide, "true_divide_")
divide = alias(div, "divide")


@method
def __rtruediv__(self, other):
    return self.reciprocal().__mul__(other)


@method
def __rfloordiv__(self, other):
    return floor_divide(other, self) if isinstance(other, (int, float)) else NotImplemented


Tensor.__truediv__, Tensor.__itruediv__ = operator_form(true_divide, arrays=True), Tensor.true_divide_
Tensor.__floordiv__, Tensor.__ifloordiv__ = operator_form(floor_divide, arrays=True), Tensor.floor_divide_
Tensor.__mod__, Tensor.__imod__ = operator_form(remainder, arrays=True), Tensor.remainder_
Tensor.__rmod__ = operator_form(remainder_of_number)
Tensor.__rdiv__ = __rtruediv__
