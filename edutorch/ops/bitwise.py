"""Logic on truth values, and bits of integers."""

from __future__ import annotations

from ..errors import not_implemented
from ..op import Array, Operand, op
from ..op.operators import operator_form
from ..tensor import Tensor, method
from .dialect import speak

__all__ = [
    "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "logical_and", "logical_not", "logical_or", "logical_xor",
]  # fmt: skip


@op(inplace=True)
def logical_and(xp, input: Array, other: Array):
    """Tell where both operands are true, that is, not zero.

    Shape:    input (*), other (*), broadcast -> out (*), boolean
    Math:     y = [a != 0 and b != 0]
    """
    return xp.logical_and(input, other)


@op(inplace=True)
def logical_or(xp, input: Array, other: Array):
    """Tell where at least one operand is true, that is, not zero.

    Shape:    input (*), other (*), broadcast -> out (*), boolean
    Math:     y = [a != 0 or b != 0]
    """
    return xp.logical_or(input, other)


@op(inplace=True)
def logical_xor(xp, input: Array, other: Array):
    """Tell where exactly one operand is true, that is, not zero.

    Shape:    input (*), other (*), broadcast -> out (*), boolean
    Math:     y = [a != 0] != [b != 0]
    """
    return xp.logical_xor(input, other)


@op(inplace=True)
def logical_not(xp, input: Array):
    """Tell where the input is false, that is, zero.

    Shape:    input (*) -> out (*), boolean
    Math:     y = [x = 0]
    """
    return xp.logical_not(input)


def refuse(input, kernel, booleans=False):
    """Raise for a dtype that has no bits to work on: floats, and for shifts also booleans.

    Raises:
        NotImplementedError: as the name says.
    """
    if input.dtype.kind == "f" or (booleans and input.dtype.kind == "b"):
        raise not_implemented(kernel, input)


@op(inplace=True, numbers=True)
def bitwise_and(input: Array, other: Operand):
    """Return the bits that both integers have; for booleans, logical and.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = a & b

    Raises:
        NotImplementedError: for floats.
    """
    refuse(input, "bitwise_and_cpu")
    return input & other


@op(inplace=True, numbers=True)
def bitwise_or(input: Array, other: Operand):
    """Return the bits that at least one integer has; for booleans, logical or.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = a | b

    Raises:
        NotImplementedError: for floats.
    """
    refuse(input, "bitwise_or_cpu")
    return input | other


@op(inplace=True, numbers=True)
def bitwise_xor(input: Array, other: Operand):
    """Return the bits that exactly one integer has; for booleans, logical exclusive or.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = a ^ b

    Raises:
        NotImplementedError: for floats.
    """
    refuse(input, "bitwise_xor_cpu")
    return input ^ other


@op(inplace=True)
def bitwise_not(input: Array):
    """Flip every bit; for booleans, logical not.

    Shape:    input (*) -> out (*)
    Math:     y = -x - 1

    Raises:
        NotImplementedError: for floats.
    """
    refuse(input, "bitwise_not_cpu")
    return ~input


@op(inplace=True, numbers=True)
def bitwise_left_shift(input: Array, other: Operand):
    """Shift the bits of integers to the left.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = a 2^b

    Raises:
        NotImplementedError: for floats and booleans.
    """
    refuse(input, "lshift_cpu", booleans=True)
    return input << other


@op(inplace=True, numbers=True)
def bitwise_right_shift(input: Array, other: Operand):
    """Shift the bits of integers to the right, keeping the sign.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = floor(a / 2^b)

    Raises:
        NotImplementedError: for floats and booleans.
    """
    refuse(input, "rshift_cpu", booleans=True)
    return input >> other


@method
def __invert__(self):
    if self.is_floating_point():
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return bitwise_not(self)


def _reflected(function):
    """Return the method for a number on the left, which becomes a tensor."""

    def form(self, other):
        return function(other, self) if isinstance(other, (int, float)) else NotImplemented

    return form


Tensor.__and__, Tensor.__rand__, Tensor.__iand__ = (
    operator_form(bitwise_and),
    operator_form(bitwise_and),
    Tensor.bitwise_and_,
)
Tensor.__or__, Tensor.__ror__, Tensor.__ior__ = (
    operator_form(bitwise_or),
    operator_form(bitwise_or),
    Tensor.bitwise_or_,
)
Tensor.__xor__, Tensor.__rxor__, Tensor.__ixor__ = (
    operator_form(bitwise_xor),
    operator_form(bitwise_xor),
    Tensor.bitwise_xor_,
)
Tensor.__lshift__, Tensor.__ilshift__ = operator_form(bitwise_left_shift), Tensor.bitwise_left_shift_
Tensor.__rshift__, Tensor.__irshift__ = operator_form(bitwise_right_shift), Tensor.bitwise_right_shift_
Tensor.__rlshift__, Tensor.__rrshift__ = _reflected(bitwise_left_shift), _reflected(bitwise_right_shift)
speak(logical_and=logical_and, logical_or=logical_or, logical_not=logical_not)
