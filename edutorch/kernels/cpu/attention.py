"""Attention in blocks that fit the cache: a few samples, and a few queries of each, at a time.

The plain text makes several arrays of all the weights. Here each block of weights is made, used and forgotten before
the next. Two things more are saved: causal queries are not compared with keys that come after their whole block, and
where no score can be large, e^x needs no shift.
"""

from __future__ import annotations

import math

import numpy as np

from ...ops.attention import attention, attention_gradients
from ...ops.dropout import keep_and_scale

BLOCK = 2**16  # weights in a block: with as many of their gradients, half a MB
FEW_ROWS = 32  # queries in a causal block, and the fewest in any
HARMLESS = 30.0  # scores up to which e^x is far from overflow, and the sum of many far from zero
LOWEST = -1e30  # stands for a peak of -inf, and -inf - LOWEST is -inf, where -inf - -inf is nan


class Blocks:
    """The blocks of one attention, and what all of them share.

    Attributes:
        samples: how many samples, along the first axis, a block takes. rows: how many queries.
    """

    def __init__(self, query, key, attn_mask, kept, is_causal, keep_scale):
        self.queries, self.keys = query.shape[-2], key.shape[-2]
        lead = query.shape[:-2]
        across = self.keys * math.prod(lead[1:])  # weights of one query in each head
        rows = min(self.queries, FEW_ROWS) if is_causal else self.queries
        self.rows = min(rows, max(BLOCK // across, FEW_ROWS))
        self.samples = max(BLOCK // (across * self.rows), 1)
        self.count = lead[0]
        shape = (*lead, self.queries, self.keys)
        self.attn_mask = None if attn_mask is None else np.broadcast_to(attn_mask, shape)
        self.kept, self.keep_scale, self.is_causal = kept, keep_scale, is_causal
        self.hidden = np.triu(np.full((self.rows, self.rows), -np.inf, query.dtype), 1) if is_causal else None

    def of_samples(self):
        """Go through the samples: slices."""
        return [slice(i, i + self.samples) for i in range(0, self.count, self.samples)]

    def of_queries(self):
        """Go through the queries, and the keys that these may see: slices."""
        for i in range(0, self.queries, self.rows):
            end = min(i + self.rows, self.queries)
            yield slice(i, end), slice(min(end, self.keys) if self.is_causal else self.keys)

    def hide(self, scores, samples, rows, keys):
        """Add the mask, and put -inf where a query comes before a key, in place."""
        if self.attn_mask is not None:
            scores += self.attn_mask[samples, ..., rows, keys]
        if self.hidden is not None and rows.start < keys.stop:
            scores[..., rows.start :] += self.hidden[: rows.stop - rows.start, : keys.stop - rows.start]

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
    query, ones = query * query.dtype.type(scale), np.ones(key.shape[-2], query.dtype)
    # |q k| <= |q| |k|, so this bounds all scores; it is nan where something is
    greatest = np.vecdot(query, query).max() * np.vecdot(key, key).max()
    shift = attn_mask is not None or not greatest <= HARMLESS**2
    for samples in blocks.of_samples():
        against = turned(key[samples])
        for rows, keys in blocks.of_queries():
            scores = query[samples, ..., rows, :] @ against[..., keys]
            blocks.hide(scores, samples, rows, keys)
            if shift:
                peak = scores.max(axis=-1, keepdims=True)
                peak[peak == -math.inf] = 0
                scores -= peak
            powers = np.exp(scores, out=scores)
            sums = (powers @ ones[keys])[..., None]
            log = np.log(sums)
            if shift:
                log += peak
                log[sums == 0], sums[sums == 0] = math.inf, 1  # a query that may look nowhere
            y = out[samples, ..., rows, :]
            np.matmul(blocks.thin(powers, samples, rows, keys), value[samples, ..., keys, :], out=y)
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
    peak = weights.max(axis=-1, keepdims=True, initial=LOWEST)
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
    blocks = Blocks(query, key, attn_mask, kept, is_causal, keep_scale)
    to_query = made_like(query, query.shape[-1])
    to_key, to_value = (made_like(a, a.shape[-1], np.zeros) for a in (key, value))
    mean = np.vecdot(g, out)[..., None]
    query = query * query.dtype.type(scale)
    for samples in blocks.of_samples():
        keys_turned, values_turned = turned(key[samples]), turned(value[samples])
        for rows, keys in blocks.of_queries():
            q, arrived = query[samples, ..., rows, :], g[samples, ..., rows, :]
            weights = q @ keys_turned[..., keys]
            blocks.hide(weights, samples, rows, keys)
            weights -= logs[samples, ..., rows, :]
            np.exp(weights, out=weights)
            if needs[0] or needs[1]:
                to_scores = blocks.thin(arrived @ values_turned[..., keys], samples, rows, keys)
                to_scores -= mean[samples, ..., rows, :]
                to_scores *= weights
                np.matmul(to_scores, key[samples, ..., keys, :], out=to_query[samples, ..., rows, :])
                to_key[samples, ..., keys, :] += to_scores.mT @ q
            to_value[samples, ..., keys, :] += blocks.thin(weights, samples, rows, keys).mT @ arrived
    to_query *= query.dtype.type(scale)
    return (
        to_query if needs[0] else None,
        to_key if needs[1] else None,
        to_value if needs[2] else None,
        None,
        None,
    )
