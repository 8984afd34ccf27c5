"""Poisson numbers: how often something happens in an hour, if it happens `rate` times an hour on average.

Below a rate of 10: waiting times between events are exponential, so count how many fit into the hour. In terms of
uniform numbers, multiply them until the product is below e^-rate.

From 10 on that takes too many numbers, and Hörmann's transformed rejection (PTRS) [1] is used: a formula turns one
uniform number into a candidate, spread a little wider than wanted; a second one decides whether it is kept.

[1] W. Hörmann, "The transformed rejection method for generating Poisson random variables", Insurance: Mathematics
    and Economics 12 (1993), 39-45.
"""

from __future__ import annotations

import math


def poisson(uniform, rate):
    """Draw one Poisson number.

    Args:
        uniform: a function that draws a double in [0, 1). rate: the mean, not negative.
    """
    if rate == 0:
        return 0
    return _by_products(uniform, math.exp(-rate)) if rate < 10 else _by_rejection(uniform, rate)


def _by_products(uniform, limit):
    count, product = 0, uniform()
    while product > limit:
        count += 1
        product *= uniform()
    return count


def _by_rejection(uniform, rate):
    # The constants are the paper's fits, for all rates from 10 on.
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    surely = 0.9277 - 3.6224 / (b - 2)  # in the middle, a second number up to this one keeps any candidate
    while True:
        u = uniform() - 0.5
        v = uniform()
        distance = 0.5 - abs(u)  # from the ends, where candidates run away
        k = math.floor((2 * a / distance + b) * u + rate + 0.43) if distance else -1
        if distance >= 0.07 and v <= surely:
            return k
        if k < 0 or (distance < 0.013 and v > distance):
            continue
        wanted = k * math.log(rate) - rate - math.lgamma(k + 1)  # the logarithm of the chance of k
        if math.log(v * inverse_alpha / (a / (distance * distance) + b)) <= wanted:
            return k
