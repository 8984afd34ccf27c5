"""Weighted sums along single dimensions: what averaging into any number of windows and resizing a picture share.

Along one dimension, each element of the result is a weighted sum of a few elements of the input: a matrix with few
entries in each row. `Taps` holds such a matrix; its transpose, which the gradient needs, is of the same kind.
"""

from __future__ import annotations

import functools

import numpy as np

from ..op import Array, op


class Taps:
    """A matrix of (out, size) with at most `count` entries in each row, as the columns and the weights of these.

    Attributes:
        columns, weights: (out, count); without weights, one element is picked for each row.
        size: how long the dimension is that it is applied to.
    """

    def __init__(self, columns, weights, size):
        self.columns, self.weights, self.size = columns, weights, size

    @functools.cached_property
    def transposed(self):
        """The transposed matrix, with as many entries in each row as its fullest one needs."""
        weights = np.ones(self.columns.shape) if self.weights is None else self.weights
        used = weights.reshape(-1) != 0
        rows = np.repeat(np.arange(len(self.columns)), self.columns.shape[1])[used]
        columns, weights = self.columns.reshape(-1)[used], weights.reshape(-1)[used]
        order = columns.argsort(kind="stable")
        rows, columns, weights = rows[order], columns[order], weights[order]
        many = np.bincount(columns, minlength=self.size)
        place = np.arange(len(columns)) - np.repeat(many.cumsum() - many, many)  # among the entries of its column
        shape = (self.size, many.max(initial=0))
        turned_columns, turned_weights = np.zeros(shape, "int64"), np.zeros(shape, weights.dtype)
        turned_columns[columns, place], turned_weights[columns, place] = rows, weights
        return Taps(turned_columns, turned_weights, len(self.columns))


@op(method=False, out=False, node=lambda label: label)
def weigh(xp, input: Array, taps, label):
    """Multiply by a matrix with few entries along each of several dimensions.

    Shape:    input (*, n, m), taps ((-2, (k, n) matrix A), (-1, (l, m) matrix B)) -> out (*, k, l)
    Math:     y = A x B^T, or along fewer or more dimensions
    Gradient: dL/dx = A^T g B
    """
    for axis, matrix in taps:
        columns = xp.asarray(matrix.columns)
        if matrix.weights is None:
            input = input.take(columns[:, 0], axis)
            continue
        weights = xp.asarray(matrix.weights, input.dtype).reshape(*matrix.weights.shape, *[1] * (-1 - axis))
        if not columns.size:  # no element of the input, or none of the result
            total = xp.zeros((*input.shape[:axis], len(columns), *input.shape[input.ndim + axis + 1 :]), input.dtype)
        else:
            total = input.take(columns[:, 0], axis) * weights[:, 0]
        for k in range(1, columns.shape[1]):
            part = input.take(columns[:, k], axis)
            part *= weights[:, k]
            total += part
        input = total
    return input


def _gradient(g, taps, label):
    return weigh.both(g, [(axis, matrix.transposed) for axis, matrix in reversed(taps)], label)


weigh.grad(input=_gradient)
