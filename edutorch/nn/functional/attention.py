"""Attention as functions."""

from __future__ import annotations

import math

from ... import dtypes
from ...errors import C_NAMES, cannot_broadcast, dimension_out_of_range, not_a_tensor
from ...op.forms import over
from ...ops.attention import attention, fits_flash
from ...ops.create import zeros
from ...ops.dropout import draw, scale_of
from ...ops.matmul import mismatch
from ...tensor import Tensor, wrap

__all__ = ["scaled_dot_product_attention"]


@over(attention)
def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False
):
    """Return the mean of the values, weighted by how well their keys agree with the query: softmax(q k^T / sqrt(E)) v.

    Shape: query (*, L, E), key (*, S, E), value (*, S, V), attn_mask (L, S) or (*, L, S) -> (*, L, V)

    Args:
        attn_mask: booleans, True where a query may look; or floats that are added to the scores.
        dropout_p: the probability that a weight is replaced by zero. There is no `training` here: give 0 in use.
        is_causal: whether the i-th query sees the first i keys only.
        scale: what the scores are multiplied by, 1 / sqrt(E) by default.
        enable_gqa: whether several heads of the query share one of the keys and values (grouped queries).

    Raises:
        RuntimeError: for shapes or dtypes that do not fit.

    Example:
        >>> import edutorch as torch
        >>> query, key = torch.tensor([[0.0, 9.0]]), torch.tensor([[9.0, 0.0], [0.0, 9.0]])
        >>> torch.nn.functional.scaled_dot_product_attention(query, key, torch.tensor([[1.0], [2.0]]))
        tensor([[2.]])
    """
    for position, (name, given) in enumerate((("query", query), ("key", key), ("value", value)), 1):
        if not isinstance(given, Tensor):
            raise not_a_tensor("scaled_dot_product_attention", name, position, given)
    _check_tensors(query, key, value, attn_mask)
    if enable_gqa:
        key, value = _for_all_heads(query, key), _for_all_heads(query, value)
    if attn_mask is not None and is_causal and not fits_flash(query, key, value, attn_mask, dropout_p):
        raise RuntimeError("_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
    shape = _scores_shape(query, key, value)
    if attn_mask is not None:
        if attn_mask.ndim < 2 and fits_flash(query, key, value, None, dropout_p):  # PyTorch's fused kernel asks for two
            raise dimension_out_of_range(attn_mask.ndim, -2)
        attn_mask = _added_to_scores(attn_mask, query, shape)
    kept, keep_scale = _draw(query, shape, dropout_p)
    scale = 1 / math.sqrt(query.shape[-1] or 1) if scale is None else scale
    return attention(query, key, value, attn_mask, kept, is_causal, scale, keep_scale)


def _check_tensors(query, key, value, attn_mask):
    if not query.dtype == key.dtype == value.dtype:
        q, k, v = (C_NAMES.get(t.dtype.name, t.dtype.name) for t in (query, key, value))
        raise RuntimeError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {q} key.dtype: {k} and "
            f"value.dtype: {v} instead."
        )
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise RuntimeError(
            f"Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: {query.ndim} "
            f"key.dim: {key.ndim} and value.dim: {value.ndim} instead."
        )
    if attn_mask is not None and attn_mask.dtype not in (dtypes.bool, dtypes.float32, query.dtype):
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
            f"{C_NAMES.get(attn_mask.dtype.name, attn_mask.dtype.name)} and  query.dtype: "
            f"{C_NAMES.get(query.dtype.name, query.dtype.name)} instead."
        )


def _for_all_heads(query, t):
    """Repeat the heads of the keys or values so that each head of the query has its own."""
    heads, shared = query.size(-3), t.size(-3)
    if not shared or heads % shared:
        raise RuntimeError(
            "Number of heads in key and value must divide the number of heads in \n"
            f"query; there are {shared} and {heads}."
        )
    return t.repeat_interleave(heads // shared, -3)


def _scores_shape(query, key, value):
    """Return the shape of the scores.

    Raises:
        RuntimeError: if the shapes do not fit.
    """
    q, k, v = query.shape, key.shape, value.shape
    scores = (*_broadcast(q[:-2], k[:-2]), q[-2], k[-2])
    if q[-1] != k[-1]:
        raise mismatch(q, (*k[:-2], k[-1], k[-2]))
    _broadcast(scores[:-2], v[:-2])
    if k[-2] != v[-2]:
        raise mismatch(scores, v)
    return scores


def _broadcast(a, b):
    """Return the shape that two broadcast to."""
    if a == b:
        return a
    n = max(len(a), len(b))
    pairs = list(zip((1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b, strict=True))
    if any(x != y and 1 not in (x, y) for x, y in pairs):
        raise cannot_broadcast([a, b])
    return tuple(y if x == 1 else x for x, y in pairs)


def _added_to_scores(attn_mask, query, shape):
    """Return a mask as floats to be added to the scores: of booleans, -inf where a query may not look."""
    broadcast = _broadcast(shape, attn_mask.shape)
    if broadcast != shape:
        raise RuntimeError(f"output with shape {list(shape)} doesn't match the broadcast shape {list(broadcast)}")
    if attn_mask.dtype is dtypes.bool:
        return zeros(attn_mask.shape, dtype=query.dtype, device=query.device).masked_fill(~attn_mask, -math.inf)
    return attn_mask.to(query.dtype)


def _draw(query, shape, p):
    """Draw which weights are kept, in PyTorch's order; return them and what they are multiplied by."""
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p:g}")
    if not p:
        return None, 1.0
    if p == 1:
        return zeros(shape, dtype=dtypes.bool, device=query.device), 0.0
    return wrap(draw(query, shape, p)), scale_of(query, p)
