"""Sums, products and powers, element by element, and Python's operators for them."""

from __future__ import annotations

import math

from ..backends import on_host
from ..errors import bool_subtraction, not_implemented, with_remedy
from ..op import Array, Operand, op
from ..op.forms import alias, inplace_form
from ..op.operators import operator_form
from ..tensor import Tensor
from .dialect import speak

__all__ = [
    "add", "addcdiv", "addcmul", "float_power", "hypot", "lerp", "mul", "multiply", "pow", "reciprocal", "rsub",
    "square", "sub", "subtract",
]  # fmt: skip


ONE = 1  # the default of `alpha`, told by identity: `True` and `1.0` equal it, but must be checked


def scaled(array, alpha, other):
    """Return `alpha` times the second operand, which may be a number; the first, an array, says which `alpha` is legal.

    Raises:
        RuntimeError: for a fractional `alpha` with integers, or a boolean one with numbers.
    """
    kind = array.dtype.kind
    if isinstance(alpha, bool) and kind != "b":
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float) and kind != "f":
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    return other & bool(alpha) if kind == "b" else alpha * other


@op(inplace=True, numbers=True, typed_numbers=True)
def add(input: Array, other: Operand, *, alpha=ONE):
    """Add, `alpha` times the second operand.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = a + alpha b
    Gradient: dL/da = g,  dL/db = alpha g

    Raises:
        RuntimeError: for a fractional `alpha` with integers.
    """
    return input + (other if alpha is ONE else scaled(input, alpha, other))


add.grad(input=lambda g: g, other=lambda g, alpha: g if alpha == 1 else g * alpha)


@op(inplace=True, numbers=True, typed_numbers=True)
def sub(input: Array, other: Operand, *, alpha=ONE):
    """Subtract, `alpha` times the second operand.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = a - alpha b
    Gradient: dL/da = g,  dL/db = -alpha g

    Raises:
        RuntimeError: if an operand is boolean: use `^` or `~`.
    """
    return input - (other if alpha is ONE else scaled(input, alpha, other))


sub.grad(input=lambda g: g, other=lambda g, alpha: -g if alpha == 1 else g * -alpha)


@op(
    method=False,
    out=False,
    typed_numbers=True,
    node=lambda other: f"RsubBackward{int(not isinstance(other, Tensor))}",
)
def rsub(input: Array, other: Operand, *, alpha=ONE):
    """Subtract the other way round: what `1 - x` does.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = b - alpha a
    Gradient: dL/da = -alpha g,  dL/db = g

    Raises:
        RuntimeError: if an operand is boolean: use `^` or `~`.
    """
    return other - (input if alpha is ONE else scaled(input, alpha, input))


rsub.grad(input=lambda g, alpha: -g if alpha == 1 else g * -alpha, other=lambda g: g)


def refuse_bool(input, other):
    """Raise PyTorch's error for a difference of booleans.

    Raises:
        RuntimeError: as the name says.
    """
    booleans = [v.array.dtype.kind == "b" if isinstance(v, Tensor) else isinstance(v, bool) for v in (input, other)]
    if any(booleans):
        raise bool_subtraction(all(booleans))


sub.op.refuse = rsub.op.refuse = refuse_bool


@op(inplace=True, numbers=True, typed_numbers=True)
def mul(input: Array, other: Operand):
    """Multiply.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = a b
    Gradient: dL/da = g b,  dL/db = g a
    """
    return input * other


mul.grad(input=lambda g, other: g * other, other=lambda g, input: g * input)


@op(inplace=True, cast="float")
def reciprocal(input: Array):
    """Divide one by each element.

    Shape:    input (*) -> out (*)
    Math:     y = 1 / x
    Gradient: dL/dx = -g y^2
    """
    return 1 / input


reciprocal.grad(input=lambda g, out: -g * (out * out))


@op(inplace=True, node=lambda exponent: f"PowBackward{int(isinstance(exponent, Tensor))}", numbers=True)
def pow(xp, input: Array, exponent: Operand):
    """Raise to a power.

    Shape:    input (*), exponent (*), broadcast -> out (*)
    Math:     y = x^p
    Gradient: dL/dx = g p x^(p-1), zero where p = 0,  dL/dp = g y ln x, zero where x = 0 and p >= 0

    Raises:
        RuntimeError: for an integer tensor with a negative integer exponent, whose result would not be an integer.
        NotImplementedError: for two boolean tensors.
    """
    if isinstance(exponent, xp.ndarray):
        return integer_power(xp, input, exponent) if input.dtype.kind in "iub" else input**exponent
    if input.dtype.kind == "b":
        return input | (not exponent)
    if exponent == 3:
        return input * input * input  # a hundred times quicker than NumPy's general power
    if exponent == -0.5:
        return 1 / xp.sqrt(input)
    if input.dtype.kind in "iu" and exponent < 0:
        raise RuntimeError(
            with_remedy("Integers to negative integer powers are not allowed.", "Use floats: x ** -1.0 is one.")
        )
    return input**exponent


def integer_power(xp, input, exponent):
    """Raise integers to tensors of powers; of the negative ones only ±1 has any that is not zero."""
    if input.dtype.kind == "b":
        raise not_implemented("pow", input)
    if input.dtype.kind == "u" or (on_host(input) and not (exponent < 0).any()):
        return input**exponent
    of_one = xp.where((exponent & 1) == 0, 1, input)
    negative = xp.where(abs(input) == 1, of_one, 0)
    return xp.where(exponent < 0, negative, input ** xp.maximum(exponent, 0)).astype(input.dtype)


def base_gradient(g, input, exponent, xp):
    if not hasattr(exponent, "ndim"):
        if exponent == 0:
            return xp.zeros_like(g)
        return g * (2 * input) if exponent == 2 else g * (exponent * pow.both(input, exponent - 1))
    return xp.where(exponent == 0, xp.zeros_like(g), g * (exponent * pow.both(input, exponent - 1)))


def exponent_gradient(g, input, exponent, out, xp):
    slope = g * (out * xp.log(input))
    return xp.where((input == 0) & (exponent >= 0), xp.zeros_like(slope), slope)


pow.grad(input=base_gradient, exponent=exponent_gradient)


@op(name="pow", method=False, out=False, node="PowBackward2")
def power_of_number(xp, exponent: Array, base: Operand):
    """Raise a number to tensors of powers: what `2 ** x` does.

    Shape:    exponent (*) -> out (*)
    Math:     y = b^p
    Gradient: dL/dp = g y ln b, zero where b = 0 and p >= 0
    """
    if exponent.dtype.kind in "iub":
        return integer_power(xp, xp.full_like(exponent, base), exponent)
    return base**exponent


def power_gradient(g, exponent, base, out, xp):
    if base == 0:
        return xp.where(exponent >= 0, xp.zeros_like(g), g * (out * -math.inf))
    return g * (out * (math.log(base) if base > 0 else math.nan))


power_of_number.grad(exponent=power_gradient)
pow.op.number_other_way = power_of_number
pow.op.wraps = False


def square(input, *, out=None):
    """Multiply each element by itself: `pow(input, 2)`."""
    return pow(input, 2, out=out)


def float_power(input, exponent, *, out=None):
    """Raise to a power in double precision: `pow` of the operands as float64."""
    input, exponent = [v.double() if isinstance(v, Tensor) else float(v) for v in (input, exponent)]
    return pow(input, exponent, out=out)


# ---------------------------------------------------------------- several steps at once


@op(inplace=True, node=lambda weight: f"LerpBackward{int(isinstance(weight, Tensor))}")
def lerp(xp, input: Array, end: Array, weight: Operand):
    """Go the fraction `weight` of the way from one tensor to another (linear interpolation).

    Shape:    input (*), end (*), weight (*), broadcast -> out (*)
    Math:     y = a + w (b - a)
    Gradient: dL/da = g (1 - w),  dL/db = g w,  dL/dw = g (b - a)

    Raises:
        NotImplementedError: for integers. RuntimeError: for operands of different dtypes.
    """
    if input.dtype.kind != "f":
        raise no_lerp(input, isinstance(weight, xp.ndarray))
    way = end - input
    # From the nearer end: exact at w = 0 and at w = 1.
    if isinstance(weight, xp.ndarray):
        return xp.where(abs(weight) < 0.5, input + weight * way, end - way * (1 - weight))
    if abs(weight) < 0.5:
        way *= weight
        return input + way
    way *= 1 - weight
    return end - way


lerp.grad(
    input=lambda g, weight: g * (1 - weight),
    end=lambda g, weight: g * weight,
    weight=lambda g, input, end: g * (end - input),
)


def no_lerp(array, by_tensor):
    return not_implemented(f"lerp_kernel_{'tensor' if by_tensor else 'scalar'}", array)


def refuse_for_lerp(input, end, weight):
    """Raise PyTorch's errors for operands that `lerp` does not mix.

    Raises:
        NotImplementedError: for integers. RuntimeError: for different dtypes.
    """
    for name, v in (("end", end), ("weight", weight)):
        weak = name == "weight" and not getattr(v, "ndim", 0)
        if not weak and v.dtype is not input.dtype:
            names = [t.dtype.legacy.lower() for t in (input, v)]
            raise RuntimeError(f"expected dtype {names[0]} for `{name}` but got dtype {names[1]}")
    if not input.is_floating_point():
        raise not_implemented(f"lerp_kernel_{'tensor' if isinstance(weight, Tensor) else 'scalar'}", input.array)


lerp.op.refuse = refuse_for_lerp


@op(inplace=True)
def addcmul(input: Array, tensor1: Array, tensor2: Array, *, value=1):
    """Add a product: `value` times `tensor1` times `tensor2`.

    Shape:    input (*), tensor1 (*), tensor2 (*), broadcast -> out (*)
    Math:     y = x + v a b
    Gradient: dL/dx = g,  dL/da = g v b,  dL/db = g v a

    Raises:
        NotImplementedError: for booleans.
    """
    if input.dtype.kind == "b":
        raise not_implemented("addcmul_cpu_out", input)
    value = int(value) if input.dtype.kind in "iu" else value
    return input + (tensor1 if value == 1 else value * tensor1) * tensor2


addcmul.grad(
    input=lambda g: g,
    tensor1=lambda g, tensor2, value: g * (tensor2 * value),
    tensor2=lambda g, tensor1, value: g * (tensor1 * value),
)


@op(inplace=True)
def addcdiv(input: Array, tensor1: Array, tensor2: Array, *, value=1):
    """Add a quotient: `value` times `tensor1` over `tensor2`.

    Shape:    input (*), tensor1 (*), tensor2 (*), broadcast -> out (*)
    Math:     y = x + v a / b
    Gradient: dL/dx = g,  dL/da = g v / b,  dL/db = -g v a / b^2

    Raises:
        RuntimeError: for integers.
    """
    if input.dtype.kind != "f":
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a "
            "true division of tensor1 and tensor2. Use input + value * torch.trunc(tensor1 / tensor2) for integers, or "
            "convert the operands to a floating dtype."
        )
    return input + value * tensor1 / tensor2


addcdiv.grad(
    input=lambda g: g,
    tensor1=lambda g, tensor2, value: g * value / tensor2,
    tensor2=lambda g, tensor1, tensor2, value: -g * (value * tensor1 / (tensor2 * tensor2)),
)


@op(inplace=True)
def hypot(xp, input: Array, other: Array):
    """Return the length of the hypotenuse, without overflow on the way.

    Shape:    input (*), other (*), broadcast -> out (*)
    Math:     y = sqrt(a^2 + b^2)
    Gradient: dL/da = g a / y,  dL/db = g b / y

    Raises:
        NotImplementedError: for integers.
    """
    if input.dtype.kind != "f":
        raise not_implemented("hypot_cpu", input)
    return xp.hypot(input, other)


hypot.grad(input=lambda g, input, out: g * (input / out), other=lambda g, other, out: g * (other / out))

# ---------------------------------------------------------------- other names, and Python's operators

subtract, multiply = alias(sub, "subtract"), alias(mul, "multiply")
for _function in (square, float_power):
    setattr(Tensor, _function.__name__, _function)
    setattr(Tensor, _function.__name__ + "_", inplace_form(_function, _function.__name__ + "_"))

Tensor.__add__, Tensor.__radd__ = operator_form(add, arrays=True), operator_form(add)
Tensor.__sub__, Tensor.__rsub__ = operator_form(sub, arrays=True), operator_form(rsub)
Tensor.__mul__, Tensor.__rmul__ = operator_form(mul, arrays=True), operator_form(mul)
Tensor.__pow__, Tensor.__rpow__ = operator_form(pow, arrays=True), operator_form(power_of_number)
Tensor.__iadd__, Tensor.__isub__, Tensor.__imul__, Tensor.__ipow__ = (
    Tensor.add_,
    Tensor.sub_,
    Tensor.mul_,
    Tensor.pow_,
)
speak(square=square, power=pow, hypot=hypot)
