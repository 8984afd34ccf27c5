"""Attention in blocks that fit the cache: a few samples, and a few queries of each, at a time.

The plain text makes several arrays of all the weights. Here each block of weights is made, used and forgotten before
the next. Two things more are saved: causal queries are not compared with keys that come after their whole block; and
where no score is large, e^x needs no shift, and what a query may not see is set to zero afterwards. The quickest
exponential is for such scores only: it is slow where its result is very near zero.

The forward pass cuts the queries, as a softmax goes over all keys. The backward pass cuts the keys: then the gradients
of keys and values are done with their block. What is subtracted from all the scores of a query goes into the product
that makes them, as one more feature of the query, which every key has as 1. Only where a mask shifts scores far away,
it has to be subtracted after the mask, or the digits of the scores are lost between two large numbers.
"""

from __future__ import annotations

import math

import numpy as np

from ...ops.attention import attention, attention_gradients
from ...ops.dropout import keep_and_scale
from .exponential import quickest

BLOCK = 2**16  # weights in a block: with as many of their gradients, half a MB
FEW_ROWS = 32  # queries (or keys) in a causal block, and the fewest in any
HARMLESS = 30.0  # scores up to which e^x is far from overflow, and the sum of many far from zero
NORMAL = 80.0  # exponents up to which neither e^x nor e^-x leaves the normal numbers
FAR = 64.0  # logarithms up to which a score keeps its digits when one is subtracted


class Blocks:
    """The blocks of one attention, and what all of them share.

    Attributes:
        samples: how many samples, along the first axis, a block takes. rows: how many queries, or keys.
        power, unit: see `quickest`; scores are multiplied by the unit.
    """

    def __init__(self, query, key, attn_mask, kept, is_causal, keep_scale, cut_keys=False):
        self.queries, self.keys = query.shape[-2], key.shape[-2]
        lead = query.shape[:-2]
        cut, across = (self.keys, self.queries) if cut_keys else (self.queries, self.keys)
        across *= math.prod(lead[1:])  # weights of one query (or key) in each head
        rows = min(cut, FEW_ROWS) if is_causal else cut
        self.rows = min(rows, max(BLOCK // across, FEW_ROWS))
        self.samples = max(BLOCK // (across * self.rows), 1)
        self.count = lead[0]
        shape = (*lead, self.queries, self.keys)
        self.attn_mask = None if attn_mask is None else np.broadcast_to(attn_mask, shape)
        self.kept, self.keep_scale, self.is_causal = kept, keep_scale, is_causal
        self.power, self.unit = quickest(query.dtype)
        if is_causal:
            self.seen = np.tri(self.rows, dtype=query.dtype)
            self.hidden = np.where(self.seen, query.dtype.type(0), query.dtype.type(-math.inf))

    def of_samples(self):
        """Go through the samples: slices."""
        return [slice(i, i + self.samples) for i in range(0, self.count, self.samples)]

    def of_queries(self):
        """Go through the queries, and the keys that these may see: slices."""
        for i in range(0, self.queries, self.rows):
            end = min(i + self.rows, self.queries)
            yield slice(i, end), slice(0, min(end, self.keys) if self.is_causal else self.keys)

    def of_keys(self):
        """Go through the keys, and the queries that may see these: slices, the queries' first."""
        for i in range(0, self.keys, self.rows):
            start = min(i, self.queries) if self.is_causal else 0
            yield slice(start, self.queries), slice(i, min(i + self.rows, self.keys))

    def corner(self, scores, rows, keys):
        """Return the part of a causal block where some keys come after some queries, and as much of a square mask."""
        start = max(rows.start, keys.start)
        part = scores[..., start - rows.start :, start - keys.start :][..., : self.rows, : self.rows]
        return part, (slice(part.shape[-2]), slice(part.shape[-1]))

    def raise_to(self, scores, samples, rows, keys, limit, shift, logs=None):
        """Turn a block's scores into powers, in place, 0 where a query may not see a key.

        Args:
            limit: how far from zero scores may be for the quickest way. shift: whether larger ones may be shifted.
            logs: what is to be subtracted from each query's scores after the mask, or None for nothing.

        Returns:
            By how much each query's scores were shifted, or None for nothing.
        """
        limit *= self.unit
        if self.attn_mask is None and scores.min(initial=0) >= -limit and scores.max(initial=0) <= limit:
            self.power(scores, out=scores)
            if self.is_causal:
                part, same = self.corner(scores, rows, keys)
                part *= self.seen[same]
            return None
        scores *= scores.dtype.type(1 / self.unit)
        if self.attn_mask is not None:
            scores += self.attn_mask[samples, ..., rows, keys]
        if self.is_causal:
            part, same = self.corner(scores, rows, keys)
            part += self.hidden[same]
        if logs is not None:
            scores -= logs[samples, ..., rows, :]
        peak = None
        if shift:
            peak = scores.max(axis=-1, keepdims=True)
            peak[peak == -math.inf] = 0
            scores -= peak
        np.exp(scores, out=scores)
        return peak

    def thin(self, weights, samples, rows, keys):
        """Apply dropout's mask to a block's weights."""
        if self.kept is None:
            return weights
        return keep_and_scale.both(weights, self.kept[samples, ..., rows, keys], self.keep_scale)


def usual(query, key, value):
    """Whether there are samples, and nothing is broadcast."""
    return (
        query.ndim > 2
        and query.shape[:-2] == key.shape[:-2] == value.shape[:-2]
        and query.size
        and key.size
        and value.size
        and query.dtype.kind == "f"
    )


def made_like(array, size, make=np.empty):
    """Make an array that lies in memory as another does, with `size` as last size.

    Where heads were split by a transpose, they are also merged by one, which then needs no copy.
    """
    shape = (*array.shape[:-1], size)
    if array.ndim > 3 and array.strides[-3] < array.strides[-2]:
        return make((*shape[:-3], shape[-2], shape[-3], size), array.dtype).swapaxes(-2, -3)
    return make(shape, array.dtype)


def turned(array):
    """Return a copy with the last two axes swapped, which BLAS multiplies by sooner."""
    return np.ascontiguousarray(array.mT)


def turned_with_ones(array, factor):
    """Return the product with a number, turned, and one row of ones below."""
    *lead, n, size = array.shape
    out = np.empty((*lead, size + 1, n), array.dtype)
    np.multiply(array.mT, array.dtype.type(factor), out=out[..., :-1, :])
    out[..., -1, :] = 1
    return out


def with_feature(array, feature):
    """Return the array with one column more."""
    out = np.empty((*array.shape[:-1], array.shape[-1] + 1), array.dtype)
    out[..., :-1], out[..., -1] = array, feature
    return out


@attention.kernel("cpu")
def attention_kernel(xp, query, key, value, attn_mask, kept, is_causal, scale, keep_scale):
    """Compute attention."""
    if not usual(query, key, value):
        return attention.op.forward(xp, query, key, value, attn_mask, kept, is_causal, scale, keep_scale)
    if query.shape[-2] == 1 and kept is None and not is_causal:
        return of_one_query(query, key, value, attn_mask, scale)
    blocks = Blocks(query, key, attn_mask, kept, is_causal, keep_scale)
    out = made_like(query, value.shape[-1])
    logs = np.empty((*query.shape[:-1], 1), query.dtype)
    query, ones = query * query.dtype.type(scale * blocks.unit), np.ones(key.shape[-2], query.dtype)
    for samples in blocks.of_samples():
        against = turned(key[samples])
        for rows, keys in blocks.of_queries():
            scores = query[samples, ..., rows, :] @ against[..., keys]
            peak = blocks.raise_to(scores, samples, rows, keys, HARMLESS, shift=True)
            sums = (scores @ ones[keys])[..., None]
            log = np.log(sums)
            if peak is not None:
                log += peak
                log[sums == 0], sums[sums == 0] = math.inf, 1  # a query that may look nowhere
            y = out[samples, ..., rows, :]
            np.matmul(blocks.thin(scores, samples, rows, keys), value[samples, ..., keys, :], out=y)
            y /= sums
            logs[samples, ..., rows, :] = log
    return out, logs


def of_one_query(query, key, value, attn_mask, scale):
    """Compute attention where each head has a single query, as when a text is written token by token.

    The keys are used once: a copy of them, turned, would take longer than the product.
    """
    weights = (query * query.dtype.type(scale)) @ key.mT
    if attn_mask is not None:
        weights += attn_mask
    # The peak is no lower than the lowest number, even of a query that may look nowhere: -inf - -inf would be nan.
    peak = weights.max(axis=-1, keepdims=True, initial=np.finfo(weights.dtype).min)
    weights -= peak
    np.exp(weights, out=weights)
    sums = weights.sum(axis=-1, keepdims=True)
    np.maximum(sums, 1, out=sums)  # the peak alone adds 1; only a query that may look nowhere has 0
    out = np.matmul(weights, value, out=made_like(query, value.shape[-1]))
    out /= sums
    return out, np.log(sums) + peak


@attention.backward_kernel("cpu")
def attention_gradients_kernel(
    xp, g, query, key, value, attn_mask, kept, out, logs, is_causal, scale, keep_scale, needs
):
    """Compute the gradients of attention."""
    if not usual(query, key, value) or needs[3]:
        return attention_gradients(
            xp, g, query, key, value, attn_mask, kept, out, logs, is_causal, scale, keep_scale, needs
        )
    blocks = Blocks(query, key, attn_mask, kept, is_causal, keep_scale, cut_keys=True)
    to_query, to_key, to_value = (made_like(a, a.shape[-1]) for a in (query, key, value))
    scale, unit = query.dtype.type(scale), query.dtype.type(blocks.unit)
    mean = np.vecdot(g, out)
    far = attn_mask is not None and np.abs(logs, where=np.isfinite(logs), out=np.zeros_like(logs)).max() > FAR
    for samples in blocks.of_samples():
        compared = with_feature(query[samples] * scale, 0 if far else logs[samples, ..., 0] * -unit)
        arrived = with_feature(g[samples], -mean[samples] if kept is None else 0)
        keys_turned, values_turned = turned_with_ones(key[samples], unit), turned_with_ones(value[samples], 1)
        along_query = np.zeros(query[samples].shape, query.dtype)
        for rows, keys in blocks.of_keys():
            weights = compared[..., rows, :] @ keys_turned[..., keys]
            blocks.raise_to(weights, samples, rows, keys, NORMAL, shift=False, logs=logs if far else None)
            if needs[0] or needs[1]:
                to_scores = arrived[..., rows, :] @ values_turned[..., keys]
                if kept is not None:
                    to_scores = blocks.thin(to_scores, samples, rows, keys)
                    to_scores -= mean[samples, ..., rows, None]
                to_scores *= weights
                along_query[..., rows, :] += to_scores @ key[samples, ..., keys, :]
                np.matmul(to_scores.mT, compared[..., rows, :-1], out=to_key[samples, ..., keys, :])
            thinned = blocks.thin(weights, samples, rows, keys)
            np.matmul(thinned.mT, g[samples, ..., rows, :], out=to_value[samples, ..., keys, :])
        np.multiply(along_query, scale, out=to_query[samples])
    return (
        to_query if needs[0] else None,
        to_key if needs[1] else None,
        to_value if needs[2] else None,
        None,
        None,
    )
