"""Attention: looking things up, softly.

A dictionary finds the one key that equals the query, and returns its value. Attention compares the query with every
key, turns the scores into weights that sum to one, and returns the values' weighted mean: the more a key agrees with
the query, the more its value counts. As nothing is cut off, everything has a gradient: what to ask for (queries), what
to be found by (keys) and what to say (values) can all be learned.

A. Vaswani et al., Attention Is All You Need, NeurIPS 2017, arXiv:1706.03762.

The weights, L times S of them for every head, are by far the largest thing here, and they are not kept. One number for
each query, the logarithm of its sum of exponentials, is enough to compute them again in the backward pass.
T. Dao et al., FlashAttention, NeurIPS 2022, arXiv:2205.14135.
"""

from __future__ import annotations

import math

from .. import dtypes
from ..autograd import grad
from ..op import Array, Index, op
from ..tensor import Tensor
from .dropout import keep_and_scale
from .softmax import logsumexp, softmax

__all__ = []


def _node(query, key, value, attn_mask, kept):
    if fits_flash(query, key, value, attn_mask, kept is not None):
        return "ScaledDotProductFlashAttentionForCpuBackward0"
    return "MmBackward0" if query.ndim == 2 else "UnsafeViewBackward0"


@op(name="scaled_dot_product_attention", node=_node, cast="same", method=False, out=False, extras=("logs",))
def attention(
    xp,
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array | None = None,
    kept: Index | None = None,
    is_causal=False,
    scale=1.0,
    keep_scale=1.0,
):
    """Return the mean of the values, weighted by how well their keys agree with the query.

    Shape:    query (*, L, E), key (*, S, E), value (*, S, V), attn_mask and kept (*, L, S) -> out (*, L, V)
    Math:     y = P v,  P = softmax(s q k^T + mask) along the keys,  s usually 1 / sqrt(E);
              with dropout, P is multiplied by its mask of 0 and 1 / (1 - p) after the softmax
    Gradient: dL/dv = P^T g,  dL/dP = g v^T,  dL/dmask = dX = P (dL/dP - sum_j P_j dL/dP_j),
              dL/dq = s dX k,  dL/dk = s dX^T q
    """
    if not dtypes.is_floating(query.dtype):
        raise RuntimeError(f"expected scalar type Float but found {dtypes.of(query).legacy}")
    scores = scores_of(xp, query, key, attn_mask, is_causal, scale)
    logs = logsumexp.both(scores, -1, True)
    logs[logs == -math.inf] = math.inf  # a query that may look nowhere: e^(x - inf) makes all its weights 0
    weights = xp.exp(scores - logs)
    return thinned(weights, kept, keep_scale) @ value, logs


def scores_of(xp, query, key, attn_mask, is_causal, scale):
    """Compare each query with each key; -inf where it may not look."""
    scores = (query * scale) @ key.mT
    if attn_mask is not None:
        scores = scores + attn_mask
    if is_causal:
        scores[..., ~xp.tri(*scores.shape[-2:], dtype=bool)] = -math.inf
    return scores


def thinned(weights, kept, keep_scale):
    """Apply dropout's mask, if there is one."""
    return weights if kept is None else keep_and_scale.both(weights, kept, keep_scale)


@attention.backward
def attention_gradients(xp, g, query, key, value, attn_mask, kept, out, logs, is_causal, scale, keep_scale, needs):
    if type(g) is Tensor:  # the gradient will have a gradient: the plain steps have all of them
        given = [t if t is None else t.view(t.shape) for t in (query, key, value, attn_mask)]
        y = in_plain_steps(*given, kept, is_causal, scale, keep_scale)
        wanted = [t for t, need in zip(given, needs, strict=False) if need]
        found = iter(grad(y, wanted, g, create_graph=True))
        return tuple(next(found) if need else None for need in needs)
    weights = xp.exp(scores_of(xp, query, key, attn_mask, is_causal, scale) - logs)
    to_scores = thinned(g @ value.mT, kept, keep_scale)
    to_scores -= (g * out).sum(axis=-1, keepdims=True)  # sum_j P_j dL/dP_j = sum_j P_j (g v_j) = g y
    to_scores *= weights
    return (
        (to_scores @ key) * scale if needs[0] else None,
        to_scores.mT @ (query * scale) if needs[1] else None,
        thinned(weights, kept, keep_scale).mT @ g if needs[2] else None,
        to_scores if needs[3] else None,
        None,
    )


def in_plain_steps(query, key, value, attn_mask=None, kept=None, is_causal=False, scale=1.0, keep_scale=1.0):
    """Compute attention in plain operators: what the one above must equal, and its second gradient."""
    scores = (query * scale) @ key.mT
    if attn_mask is not None:
        scores = scores + attn_mask
    if is_causal:
        scores = scores.masked_fill(later(scores), -math.inf)
    blind = (scores == -math.inf).all(-1, keepdim=True)  # these may look nowhere, and get zeros
    weights = softmax(scores.masked_fill(blind, 0.0), -1).masked_fill(blind, 0.0)
    return thinned(weights, kept, keep_scale) @ value


def later(scores):
    """Return the mask of the keys that come after their query."""
    return scores.new_ones(scores.shape[-2:]).tril() == 0


def fits_flash(query, key, value, attn_mask, dropout_p):
    """Whether PyTorch takes its fused kernel, not single steps: the graph's node is named after it, and masks may meet.

    It wants four dimensions and nothing to broadcast, no dropout and no gradient for the mask.
    """
    return (
        query.ndim == key.ndim == value.ndim == 4
        and query.shape[:2] == key.shape[:2] == value.shape[:2]
        and query.shape[-1] == key.shape[-1] == value.shape[-1]
        and bool(query.array.size and key.array.size)
        and not dropout_p
        and (attn_mask is None or (attn_mask.ndim in (2, 4) and not attn_mask.requires_grad))
    )
