r"""From even randomness to bell-shaped randomness: the Box-Muller transform [1].

Two independent uniform numbers u1 in (0, 1] and u2 in [0, 1) give two independent standard normal ones:

    r = sqrt(-2 log u1)        the distance from the origin of a point with normal coordinates
    θ = 2π u2                  its direction, where every angle is equally likely
    r cos θ,  r sin θ          its two coordinates

Why: the density of such a point is exp(-(x² + y²) / 2) / 2π. In polar coordinates it does not depend on θ,
and P(distance > r) = exp(-r²/2); solving u1 = exp(-r²/2) for r gives the first line.

PyTorch does this in two ways. Fewer than 16 numbers are computed one pair at a time in double precision
(`pairs`). From 16 on it works in blocks of 16 (`blocks`): eight u1 and eight u2 become eight cosines, then
eight sines. In single precision the blocks use short polynomials for log, sin and cos, in the manner of the
Cephes library [2], with fused multiply-adds. To agree with PyTorch in the last bit it is not enough to be
accurate: the same roundings must happen, so `_log` and `_sincos` below take the same steps in the same order.

[1] G. E. P. Box and M. E. Muller, "A note on the generation of random normal deviates", Ann. Math.
    Statist. 29 (1958), 610-611.
[2] S. L. Moshier, "Methods and Programs for Mathematical Functions", Ellis Horwood, 1989.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

# Arrays this long, and the dozen temporaries they need, stay in a core's second-level cache.
_CHUNK = 2**14

# log(1 + x) = x - x²/2 + x³ P(x), highest coefficient first; log 2 in a short part (exact times an exponent)
# and a remainder.
_LOG = (
    7.0376836292e-2,
    -1.1514610310e-1,
    1.1676998740e-1,
    -1.2420140846e-1,
    1.4249322787e-1,
    -1.6668057665e-1,
    2.0000714765e-1,
    -2.4999993993e-1,
    3.3333331174e-1,
)
_LOG2_SHORT = np.float32(0.693359375)
_LOG2_REST = np.float32(-2.12194440e-4)
_BITS_OF_ROOT_HALF = np.float32(math.sqrt(0.5)).view(np.int32)

# sin x = x + x³ S(x²) and cos x = 1 - x²/2 + x⁴ C(x²) for |x| <= π/4; π/4 in three parts.
_SIN = (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS = (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_QUARTER_PI = (
    np.float32(0.78515625),
    np.float32(2.4187564849853515625e-4),
    np.float32(3.77489497744594108e-8),
)
_FOUR_OVER_PI = np.float32(4 / math.pi)


def fused_multiply_add(a, b, c):
    """`a * b + c`, rounded once to a's dtype, as a processor's fused multiply-add does.

    `b` and `c` must be representable in a's dtype (float32 or float64).
    """
    if not np.any(c):
        return a if b == 1.0 else a * a.dtype.type(b)
    if b == 1.0:
        return a + a.dtype.type(c)
    if a.dtype == np.float32:  # 24-bit factors: their product is exact in double precision
        return (a * np.float64(b) + np.float64(c)).astype(np.float32)
    product, product_error = _two_product(a, np.float64(b))
    total = product + c
    rest = total - product
    total_error = (product - (total - rest)) + (c - rest)  # what `total` lost (Knuth's two-sum)
    return total + (total_error + product_error)


def _two_product(a: np.ndarray, b: np.float64) -> tuple[np.ndarray, np.ndarray]:
    """The rounded product and its rounding error, both exact (Dekker 1971)."""

    def halves(x):
        upper = x * 134217729.0  # 2**27 + 1 splits 53 bits into 26 and 27
        upper = upper - (upper - x)
        return upper, x - upper

    product = a * b
    (a1, a2), (b1, b2) = halves(a), halves(b)
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


def elementwise(function: Callable[[float], float], x: np.ndarray) -> np.ndarray:
    """Apply a function of Python's `math` to each double of `x`.

    Python calls the C library, as PyTorch does; NumPy brings its own vector code, whose last bit may differ.
    """
    return np.fromiter(map(function, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


def pairs(uniform: np.ndarray) -> np.ndarray:
    """Normal numbers in double precision, one pair after the other.

    Shape: uniform (2n,) -> out (2n,)
    Math:  with (u2, u1') the next two uniforms, r = sqrt(-2 log(1 - u1')): out = r cos 2πu2, then r sin 2πu2
    """
    u2, u1 = uniform.reshape(-1, 2).T
    radius = np.sqrt(-2.0 * elementwise(math.log1p, -u1))
    theta = 2.0 * math.pi * u2
    return np.stack((radius * elementwise(math.cos, theta), radius * elementwise(math.sin, theta)), 1).ravel()


def blocks(uniform: np.ndarray) -> np.ndarray:
    """Normal numbers in uniform's precision (float32 or float64), in blocks of 16.

    Shape: uniform (16n,) -> out (16n,)
    Math:  u1 = 1 - block[0:8], u2 = block[8:16]; out block = r cos θ (eight times), then r sin θ
    """
    out = np.empty_like(uniform)
    polar = _polar_single if uniform.dtype == np.float32 else _polar_double
    for start in range(0, uniform.size, 2 * _CHUNK):
        block = slice(start, start + 2 * _CHUNK)
        u1, u2 = np.ascontiguousarray(uniform[block].reshape(-1, 2, 8).swapaxes(0, 1))  # each (n, 8)
        radius, sine, cosine = polar(1 - u1, u2)
        np.stack((radius * cosine, radius * sine), axis=1, out=out[block].reshape(-1, 2, 8))
    return out


def _polar_double(u1: np.ndarray, u2: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    theta = 2.0 * math.pi * u2
    return (
        np.sqrt(-2.0 * elementwise(math.log, u1)),
        elementwise(math.sin, theta),
        elementwise(math.cos, theta),
    )


def _polar_single(u1: np.ndarray, u2: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.sqrt(np.float32(-2) * _log(u1)), *_sincos(np.float32(2 * math.pi) * u2)


def _log(u: np.ndarray) -> np.ndarray:
    """log u of float32 u in (0, 1]: u = 2**e m with m in [sqrt(1/2), sqrt(2)), log u = e log 2 + log m."""
    bits = u.view(np.int32)  # a float's bits from the 23rd up are its exponent
    shift = (bits - _BITS_OF_ROOT_HALF) >> 23
    x = (bits - (shift << 23)).view(np.float32) - np.float32(1)
    exponent = shift.astype(np.float32)

    square = x * x
    y = _polynomial(_LOG, x.astype(np.float64)) * x
    y = _fused(y, square.astype(np.float64), exponent * _LOG2_REST)
    y -= np.float32(0.5) * square
    x += y
    x += exponent * _LOG2_SHORT
    return x


def _sincos(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """sin θ and cos θ of float32 θ in [0, 2π): subtract the nearest multiple of π/2, then two polynomials."""
    octant = ((theta * _FOUR_OVER_PI).astype(np.int32) + 1) & ~1  # 0, 2, 4, 6 or 8 times π/4
    quarters = octant.astype(np.float32)
    x = theta - quarters * _QUARTER_PI[0]  # these two products are exact, the third is not
    x -= quarters * _QUARTER_PI[1]
    x = _fused(quarters, -np.float64(_QUARTER_PI[2]), x)

    square = x * x
    square_double = square.astype(np.float64)
    cosine = _polynomial(_COS, square_double) * square
    cosine = _fused(cosine, square_double, np.float32(-0.5) * square)
    cosine += np.float32(1)
    sine = _polynomial(_SIN, square_double) * square
    sine = _fused(sine, x.astype(np.float64), x)

    # A quarter turn swaps the two; a half turn flips their signs, which are bits 31.
    swap = (octant & 2) != 0
    sine, cosine = np.where(swap, cosine, sine), np.where(swap, sine, cosine)
    sine.view(np.int32)[...] ^= (octant & 4) << 29
    cosine.view(np.int32)[...] ^= ((octant + 2) & 4) << 29
    return sine, cosine


def _polynomial(coefficients, x_double):
    """Horner's scheme in float32, each step one fused multiply-add; x comes as float64."""
    y = np.float32(coefficients[0])
    for coefficient in coefficients[1:]:
        y = _fused(y, x_double, np.float32(coefficient))
    return y


def _fused(a, b_double, c):
    """a * b + c rounded once to float32, where b comes as float64 to spare its conversion."""
    return (a * b_double + c).astype(np.float32)
