"""GELU in blocks that fit the cache, with few passes over them: a rational function in place of the error function.

Any Phi(x) between 0 and 1 is 1 / (1 + e^-a), with a = ln(Phi(x) / Phi(-x)). For the normal distribution a is nearly
x (1.6 + 0.07 x^2), and a rational function of x^2 makes it exact. So y = x / (1 + e^-a). The backward pass has Phi(x)
for one division, y / x, if the output is still there as it was.
"""

from __future__ import annotations

import numpy as np

from ...ops.gates import CUBIC, ONE_OVER_ROOT_2PI, ROOT_2_OVER_PI, gelu, gelu_gradients
from .exponential import quickest

BLOCK = 2**15
LARGE = 1e10  # sum of squares up to which no power of x overflows

# a / x as a quotient of polynomials of x^2, highest power first. Fitted by weighted least squares for |x| <= 6.5: the
# error of x Phi(x) is below 1.2e-7, with rounding 6e-7, half of PyTorch's own. Beyond, a stays large enough.
ABOVE = (0.00010957177864253903, 0.010402069870610367, 0.19157159542877045, 1.5957734152654455)
BELOW = (0.0031580058089751787, 0.07452113180769548, 1.0)
ABOVE_TANH = (2 * ROOT_2_OVER_PI * CUBIC, 2 * ROOT_2_OVER_PI)  # here a is given, and a / x a polynomial


def constants(*numbers):
    """Return 0-d arrays: a Python number costs 0.3 µs each time."""
    return [np.asarray(number, np.float32) for number in numbers]


HALF, ONE, DENSITY = constants(0.5, 1, ONE_OVER_ROOT_2PI)
SLOPE = constants(6 * CUBIC * ROOT_2_OVER_PI, 2 * ROOT_2_OVER_PI)  # a' of approximate="tanh"


def quick(input):
    """Return the elements in a row, or None if they are no float32 numbers, or one of them is far out or nan."""
    if input.dtype != np.float32:
        return None
    row = np.ascontiguousarray(input).reshape(-1)
    return row if row.dot(row) < LARGE else None


def polynomial(square, coefficients, out):
    """Evaluate a polynomial by Horner's rule, in place."""
    first, second, *rest = coefficients
    np.multiply(square, first, out=out)
    out += second
    for c in rest:
        out *= square
        out += c


@gelu.kernel("cpu")
def gelu_kernel(xp, input, *, approximate):
    """Compute x Phi(x)."""
    row = quick(input)
    if row is None or approximate not in ("none", "tanh"):
        return gelu.op.forward(xp, input, approximate=approximate)
    power, unit = quickest(row.dtype)
    above, below = (ABOVE, BELOW) if approximate == "none" else (ABOVE_TANH, ())
    above, below = constants(*(-unit * c for c in above)), constants(*below)
    out, rooms = np.empty_like(row), np.empty((2, min(BLOCK, row.size)), np.float32)
    for i in range(0, row.size, BLOCK):
        x, y = row[i : i + BLOCK], out[i : i + BLOCK]
        square, divisor = rooms[:, : x.size]
        np.multiply(x, x, out=square)
        polynomial(square, above, y)
        if below:
            polynomial(square, below, divisor)
            y /= divisor
        y *= x
        power(y, out=y)
        y += ONE
        np.divide(x, y, out=y)
    return out.reshape(input.shape)


@gelu.backward_kernel("cpu")
def gelu_gradients_kernel(xp, g, input, approximate, intact):
    """Compute g (Phi(x) + x phi(x))."""
    row = quick(input)
    if row is None:
        return gelu_gradients(xp, g, input, approximate, intact)
    if intact is None:
        intact = gelu_kernel(xp, input, approximate=approximate)
    arrived, passed = np.ascontiguousarray(g).reshape(-1), np.ascontiguousarray(intact).reshape(-1)
    density = normal_density if approximate == "none" else tanh_density
    out, room = np.empty_like(row), np.empty(min(BLOCK, row.size), np.float32)
    for i in range(0, row.size, BLOCK):
        x, d = row[i : i + BLOCK], out[i : i + BLOCK]
        below = room[: x.size]
        np.multiply(x, x, out=d)
        none_near_zero = d.min() > 0
        density(x, d, below)
        d *= x
        np.divide(passed[i : i + BLOCK], x, out=below)
        if not none_near_zero:
            below[x * x == 0] = HALF  # not 0 / 0
        d += below
        d *= arrived[i : i + BLOCK]
    return (out.reshape(input.shape),)


def normal_density(x, d, room):
    """Compute phi(x) in place, where d holds x^2."""
    power, unit = quickest(x.dtype)
    d *= constants(-unit / 2)[0]
    power(d, out=d)
    d *= DENSITY


def tanh_density(x, d, room):
    """Compute the slope of 1 / (1 + e^-a), which is a' e^-|a| / (1 + e^-|a|)^2, in place, where d holds x^2."""
    power, unit = quickest(x.dtype)
    polynomial(d, constants(*(unit * c for c in ABOVE_TANH)), room)
    room *= x
    np.abs(room, out=room)
    power(np.negative(room, out=room), out=room)
    d *= SLOPE[0]
    d += SLOPE[1]
    d *= room
    room += ONE
    d /= room
    d /= room
