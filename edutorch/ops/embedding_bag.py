"""Bags of embeddings: the rows of each bag of words, summed, averaged, or the greatest of each column."""

from __future__ import annotations

from .. import dtypes
from ..backends import XP
from ..op import Array, Index, op
from .accumulate import add_rows
from .embedding import add_to_rows, embedding
from .layout import take_slices
from .scan import collect_at


@op(cast=None, method=False, out=False, node="EmbeddingBagBackward0")
def sum_bags(xp, weight: Array, factors: Array | None, indices: Index, bags: Index, count, scale_grad_by_freq):
    """Sum the rows of each bag, each times its factor.

    Shape:    weight (V, D), factors, indices, bags (n,) -> out (count, D)
    Math:     y[b] = the sum of factors[i] W[indices[i]] over all i with bags[i] = b
    Gradient: dL/dW[k] = the sum of factors[i] g[bags[i]] over all i with indices[i] = k;
              dL/dfactors[i] = g[bags[i]] . W[indices[i]]
    """
    rows = take_slices(weight, indices)
    if rows.dtype in dtypes.HALVES:  # sums in float32, rounded once
        rows = rows.astype(dtypes.FLOAT32)
    if factors is not None:
        rows *= factors[:, None]
    return add_rows(xp, count, bags, rows).astype(weight.dtype)


def _weight_gradient(g, shape, factors, indices, bags, scale_grad_by_freq):
    rows = embedding.both(g, bags)
    rows = rows if factors is None else rows * factors[:, None]
    return add_to_rows.both(rows, indices, shape[0], -1, scale_grad_by_freq)


sum_bags.grad(
    weight=_weight_gradient,
    factors=lambda g, weight, indices, bags: (embedding.both(g, bags) * embedding.both(weight, indices)).sum(axis=1),
)


@op(cast=None, method=False, out=False, extras=("winner",), node="EmbeddingBagBackward0")
def max_bags(xp, weight: Array, indices: Index, bags: Index, count):
    """Take the greatest number of each column among the rows of each bag; 0 for an empty bag.

    Shape:    weight (V, D), indices, bags (n,), the bags in order -> out (count, D)
    Math:     y[b, d] = max of W[indices[i], d] over all i with bags[i] = b
    Gradient: dL/dW[k, d] = the sum of g[b, d] over all bags b whose greatest (the first of them) is in row k
    """
    rows = take_slices(weight, indices)
    out = xp.full((count, weight.shape[1]), -xp.inf, weight.dtype)
    xp.maximum.at(out, bags, rows)
    first = xp.full(out.shape, len(indices))  # which of the indices: past the last one, for bags that are empty
    xp.minimum.at(first, bags, xp.where(rows == out[bags], xp.arange(len(indices))[:, None], len(indices)))
    no_row = xp.full(1, len(weight))
    return xp.where(first < len(indices), out, 0), xp.concatenate((indices, no_row))[first]


def _to_winners(g, shape, winner):
    return collect_at(g, (shape[0] + 1, shape[1]), winner, 0)[: shape[0]]


max_bags.grad(weight=_to_winners)


def bags_of(offsets, length):
    """Return the bag of each of `length` indices, for bags that begin at these offsets."""
    xp = XP[type(offsets)]
    return xp.searchsorted(offsets, xp.arange(length), side="right") - 1
