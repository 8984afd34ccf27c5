"""Right answers to the tasks of chapter 1, written differently, and mistakes in other words."""

import math
from itertools import accumulate
from operator import mul


def strides_by_products(shape):
    return tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))


def strides_by_recursion(shape):
    if not shape:
        return ()
    rest = strides_by_recursion(shape[1:])
    return (shape[1] * rest[0] if rest else 1, *rest)


def strides_accumulated(shape):
    steps = accumulate(shape[:0:-1], mul, initial=1)
    return tuple(reversed(list(steps))) if shape else ()


def strides_from_the_left(shape):
    strides = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        strides[i] = strides[i + 1] * shape[i + 1]
    return tuple(strides)


def column_major_in_other_words(shape):
    return tuple(math.prod(shape[:i]) for i in range(len(shape)))


RIGHT = {
    "strides_of": [strides_by_products, strides_by_recursion, strides_accumulated, strides_from_the_left],
}

REWORDED = {
    "strides_of": {"column_major": [column_major_in_other_words]},
}
