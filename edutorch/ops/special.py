"""Special functions that NumPy lacks: the error function, its inverse, and the logarithm of the gamma function.

- `erf` in float64, and `erfc`: W. J. Cody, Rational Chebyshev approximations for the error function, Mathematics of
  Computation 23 (1969), 631-637.
- `erfinv`: starts from M. Giles, Approximating the erfinv function, GPU Computing Gems 2 (2010), and polishes.
- `lgamma`, `digamma`, `polygamma`: Stirling's series and its derivatives (Abramowitz and Stegun, 6.1.40, 6.3.18 and
  6.4.11), at an argument that was raised above 10 by the recurrence.
"""

from __future__ import annotations

import functools
import math

from ..op import Array, op
from ..op.forms import inplace_form
from ..tensor import Tensor

__all__ = ["digamma", "erf", "erfc", "erfinv", "lgamma", "polygamma"]

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


def horner(coefficients, x):
    """Evaluate a polynomial, highest power first."""
    total = x * coefficients[0]
    for c in coefficients[1:-1]:
        total += c
        total *= x
    total += coefficients[-1]
    return total


def in_double(function):
    """Make a function of float64 arrays work on any floating dtype: these are rare, and rounding errors pile up."""

    @functools.wraps(function)
    def compute(xp, input, *args):
        return xp.asarray(function(xp, xp.asarray(input, "float64"), *args)).astype(input.dtype)

    return compute


# ---------------------------------------------------------------- the error function

# -ln(1 - erf x) / x on [0, 4], so that erf x = 1 - e^(-x p(x)): fitted by weighted least squares at Chebyshev points;
# the relative error of erf is below 4e-9.
EXPONENT = (-9.25625756e-06, 1.17641195e-04, -6.32836552e-04, 1.66702684e-03, -1.60395362e-04, -1.91530643e-02,
            1.02777831e-01, 6.36619382e-01, 1.12837917e00)  # fmt: skip

# Cody's coefficients, highest power first: erf on [0, 0.47], erfc e^(x^2) on [0.47, 4] and on [4, inf).
SMALL = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2,
     8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
LARGE = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
     1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3),
)  # fmt: skip


def ratio(coefficients, x):
    """Evaluate a quotient of two polynomials."""
    over, under = coefficients
    return horner(over, x) / horner(under, x)


def erf_small(x):
    """Return erf for |x| <= 0.47, in float64."""
    return x * ratio(SMALL, x * x)


def erfc_large(xp, x):
    """Return erfc for x >= 0.47, in float64."""
    square = 1 / (x * x)
    tail = (1 / math.sqrt(math.pi) - square * ratio(LARGE, square)) / x
    # x^2 as (x + r)(x - r) + r^2 with a short r: rounding x^2 itself would be magnified by the exponential.
    r = xp.trunc(x * 16) / 16
    return xp.exp(-r * r) * xp.exp(-(x - r) * (x + r)) * xp.where(x <= 4, ratio(MIDDLE, x), tail)


@op(inplace=True, cast="float")
def erf(xp, input: Array):
    """Return the error function: how much of a normal distribution lies within x sqrt(2) deviations of its mean.

    Shape:    input (*) -> out (*)
    Math:     y = 2 / sqrt(pi) * integral of e^(-t^2) from 0 to x
    Gradient: dL/dx = g 2 / sqrt(pi) e^(-x^2)
    """
    x = xp.absolute(input)
    if input.dtype.itemsize == 8:
        value = xp.where(x <= 0.46875, erf_small(xp.minimum(x, 1)), 1 - erfc_large(xp, xp.clip(x, 0.4, 6)))
    else:
        x = xp.minimum(x, input.dtype.type(4))
        value = -xp.expm1(-x * horner(EXPONENT, x))
    return xp.copysign(value, input)


erf.grad(input=lambda g, input, xp: g * (TWO_OVER_ROOT_PI * xp.exp(-(input * input))))


@op(inplace=True, cast="float")
@in_double
def erfc(xp, input: Array):
    """Return 1 - erf(x), exact also where that is tiny.

    Shape:    input (*) -> out (*)
    Math:     y = 2 / sqrt(pi) * integral of e^(-t^2) from x to infinity
    Gradient: dL/dx = -g 2 / sqrt(pi) e^(-x^2)
    """
    x = xp.absolute(input)
    tail = erfc_large(xp, xp.clip(x, 0.4, 30))
    return xp.where(x <= 0.46875, 1 - erf_small(xp.clip(input, -1, 1)), xp.where(input < 0, 2 - tail, tail))


erfc.grad(input=lambda g, input, xp: g * (-TWO_OVER_ROOT_PI * xp.exp(-(input * input))))

# Giles' polynomials in w - 2.5 for w < 5, and in sqrt(w) - 3 beyond, where w = -ln(1 - x^2).
CENTRE = (2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
          -0.00417768164, 0.246640727, 1.50140941)  # fmt: skip
TAIL = (-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
        1.00167406, 2.83297682)  # fmt: skip


@op(inplace=True, cast="float")
@in_double
def erfinv(xp, input: Array):
    """Undo `erf`: nan outside of [-1, 1], infinite at -1 and 1.

    Shape:    input (*) -> out (*)
    Math:     erf y = x
    Gradient: dL/dx = g sqrt(pi) / 2 e^(y^2)
    """
    x = xp.absolute(input)
    w = -xp.log((1 - x) * (1 + x))
    y = x * xp.where(w < 5, horner(CENTRE, w - 2.5), horner(TAIL, xp.sqrt(w) - 3))
    for _ in range(4):  # Newton's steps: for erf in the centre, and for the logarithm of erfc in the tail
        slope = TWO_OVER_ROOT_PI * xp.exp(-y * y)
        tail = erfc_large(xp, xp.clip(y, 0.4, 30))
        y = y - xp.where(y <= 0.46875, erf_small(xp.minimum(y, 1)) - x, -tail * xp.log(tail / (1 - x))) / slope
    return xp.copysign(xp.where(x == 1, math.inf, y), input)


erfinv.grad(input=lambda g, out, xp: g * (xp.exp(out * out) / TWO_OVER_ROOT_PI))

# ---------------------------------------------------------------- the gamma function

# B_2, B_4, ... B_16: Bernoulli's numbers.
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
RAISED = 10  # from here on eight terms of the series give all the digits of a double


def raised(x):
    """Return the arguments raised above 10 by steps of one, and the steps: x + k, and whether it had to be taken."""
    steps, top = [], x
    while (low := (top < RAISED) & (top + 1 > top)).any():  # the second condition: not -inf
        steps.append((top, low))
        top = top + low
    return top, steps


@op(inplace=True, cast="float")
@in_double
def lgamma(xp, input: Array):
    """Return the logarithm of the gamma function's absolute value; gamma continues the factorial: Gamma(n) = (n - 1)!.

    Shape:    input (*) -> out (*)
    Math:     y = ln |Gamma(x)|
    Gradient: dL/dx = g digamma(x)
    """
    x = xp.where(input < 0.5, 1 - input, input)
    top, steps = raised(x)
    series = sum(b / (2 * n * (2 * n - 1)) / top ** (2 * n - 1) for n, b in enumerate(BERNOULLI, 1))
    value = (top - 0.5) * xp.log(top) - top + 0.5 * math.log(2 * math.pi) + series
    for x_k, taken in steps:
        value = value - xp.where(taken, xp.log(x_k), 0)
    reflected = xp.log(math.pi / xp.absolute(sin_pi(xp, input))) - value
    value = xp.where(input < 0.5, reflected, value)
    value = xp.where((input == 1) | (input == 2), 0, value)
    return xp.where(xp.isinf(input), math.inf, value)


def sin_pi(xp, x):
    """Return sin(pi x), exactly zero at whole numbers."""
    return xp.sin(math.pi * (x - 2 * xp.rint(x / 2)) * (x != xp.rint(x)))


@op(inplace=True, cast="float")
@in_double
def digamma(xp, input: Array):
    """Return the derivative of `lgamma`; nan at negative whole numbers.

    Shape:    input (*) -> out (*)
    Math:     y = d/dx ln Gamma(x)
    Gradient: dL/dx = g polygamma(1, x)
    """
    x = xp.where(input < 0.5, 1 - input, input)
    top, steps = raised(x)
    value = xp.log(top) - 0.5 / top - sum(b / (2 * n) / top ** (2 * n) for n, b in enumerate(BERNOULLI, 1))
    for x_k, taken in steps:
        value = value - taken / x_k
    part = input - xp.rint(input)
    reflected = value - xp.where(part == 0, math.nan, math.pi / xp.tan(math.pi * part))
    value = xp.where(input < 0.5, reflected, value)
    return xp.where(input == 0, xp.copysign(math.inf, -input), value)


@op(name="polygamma", cast="float", method=False)
@in_double
def derivative_of_digamma(xp, input: Array, n):
    """Return the n-th derivative of `digamma`, n >= 1; users call it as `polygamma(n, x)`.

    Shape:    input (*) -> out (*)
    Math:     y = (-1)^(n+1) n! sum of 1 / (x + k)^(n+1) over k >= 0
    Gradient: dL/dx = g polygamma(n + 1, x)
    """
    top, steps = raised(input)
    value = math.factorial(n - 1) / top**n + math.factorial(n) / 2 / top ** (n + 1)
    for k, b in enumerate(BERNOULLI, 1):
        value = value + b * math.factorial(2 * k + n - 1) / math.factorial(2 * k) / top ** (2 * k + n)
    for x_k, taken in steps:
        value = value + taken * math.factorial(n) / x_k ** (n + 1)
    return (-1) ** (n + 1) * value


lgamma.grad(input=lambda g, input: g * digamma.both(input))
digamma.grad(input=lambda g, input: g * derivative_of_digamma.both(input, 1))
derivative_of_digamma.grad(input=lambda g, input, n: g * derivative_of_digamma.both(input, n + 1))


def polygamma(n, input, *, out=None):
    """Return the n-th derivative of `digamma`.

    Raises:
        RuntimeError: for negative n.
    """
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return digamma(input, out=out) if n == 0 else derivative_of_digamma(input, n, out=out)


def _polygamma_method(self, n):
    """Return the n-th derivative of `digamma` at the tensor's elements."""
    return polygamma(n, self)


Tensor.polygamma = _polygamma_method
Tensor.polygamma_ = inplace_form(_polygamma_method, "polygamma_")
