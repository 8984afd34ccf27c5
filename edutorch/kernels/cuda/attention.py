"""Attention: by cuDNN in one call, where it can; else its steps, with the products by `gemm`.

cuDNN's attention is FlashAttention: the weights never reach memory. It takes halves, heads of up to 128 features, the
causal mask, and no other; dropout and masks go by steps. Both ways keep the same number for each query, the logarithm
of its sum of exponentials.

By steps, what is between two products takes one launch. The scores of halves are float32: products of halves are exact
in it, and the softmax begins with a difference. The weights are rounded to halves again, as what they are multiplied by
is.
"""

from __future__ import annotations

import numpy as np

from ... import dtypes
from ...backends import cudnn as switches
from ...ops.attention import attention
from . import cudnn
from .gemm import gemm, readable, suits
from .grids import in_order, threads_along, wide
from .source import FULL, HALVES, Source, ctype

_instances = [*(f"{t}, {t}" for t in FULL), *(f"float, {t}" for t in HALVES)]  # of scores, of what is multiplied
_source = Source("attention.cu", forward=_instances, backward=_instances)

_FEATURES = 128  # of a head, that cuDNN takes on every GPU it knows attention for
_OLDEST = 80  # the compute capability from which on it knows attention: GPUs from 2020 on


@attention.kernel("cuda", halves=True)
def attention_kernel(xp, query, key, value, attn_mask, kept, is_causal, scale, keep_scale):
    """Compute attention."""
    if not suits(query, key, value, empty=False):
        return NotImplemented
    if attn_mask is None and kept is None and _flash_suits(xp, query, key, value):
        q, k, v = (_readable(xp, x) for x in (query, key, value))
        out = _like(xp, q, v.shape[3])
        logs = xp.empty((*q.shape[:3], 1), dtypes.FLOAT32)
        if cudnn.run(flash, (q, k, v), (out, logs), scale=float(scale), causal=bool(is_causal)):
            return out, logs
    scores = _scores(xp, query, key, attn_mask, scale)
    weights, logs = xp.empty(scores.shape, value.dtype), xp.empty((*scores.shape[:-1], 1), scores.dtype)
    _by_rows(xp, "forward", (scores,), kept, (weights, logs), is_causal, keep_scale)
    return gemm(weights, value), logs


@attention.backward_kernel("cuda", halves=True)
def attention_gradients_kernel(
    xp, g, query, key, value, attn_mask, kept, out, logs, is_causal, scale, keep_scale, needs
):
    """Compute the gradients of attention."""
    if not suits(query, key, value, g, empty=False):
        return NotImplemented
    if attn_mask is None and kept is None and _flash_suits(xp, query, key, value, g, out):
        operands = [_readable(xp, x) for x in (query, key, value, out, g)]
        found = [_like(xp, x, x.shape[3]) for x in operands[:3]]
        parameters = {"scale": float(scale), "causal": bool(is_causal), "repeats": switches.deterministic}
        if cudnn.run(flash_gradients, (*operands, logs), found, **parameters):
            return (*[x if need else None for x, need in zip(found, needs, strict=False)], None, None)
    query, key, g = readable(query), readable(key), readable(g)
    scores, to_weights = _scores(xp, query, key, attn_mask, scale), _product(xp, g, value.mT)
    weights, to_scores = (xp.empty(scores.shape, query.dtype) for _ in range(2))
    _by_rows(xp, "backward", (scores, logs, to_weights), kept, (weights, to_scores), is_causal, keep_scale)
    return (
        gemm(to_scores, key, alpha=float(scale)) if needs[0] else None,
        gemm(to_scores.mT, query, alpha=float(scale)) if needs[1] else None,
        gemm(weights.mT, g) if needs[2] else None,
        to_scores if needs[3] else None,
        None,
    )


# ---------------------------------------------------------------- by steps


def _product(xp, a, b, alpha=1.0):
    """Return a product of halves in float32, and of others in their own dtype."""
    lead = xp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return gemm(a, b, xp.empty((*lead, a.shape[-2], b.shape[-1]), wide(a.dtype)), alpha=alpha)


def _scores(xp, query, key, attn_mask, scale):
    scores = _product(xp, query, key.mT, float(scale))
    return scores if attn_mask is None else scores + attn_mask


def _by_rows(xp, name, read, kept, written, is_causal, keep_scale):
    """Run one of our own kernels, of which the scores are the first that it reads."""
    scores = read[0]
    queries, keys = scores.shape[-2:]
    kept = None if kept is None else in_order(xp.broadcast_to(kept, scores.shape))
    kernel = _source.kernel(xp, f"{name}<{ctype(scores.dtype)}, {ctype(written[0].dtype)}>")
    numbers = np.int32(queries), np.int32(keys), np.bool_(is_causal), scores.dtype.type(keep_scale)
    kernel((scores.size // keys,), (threads_along(keys),), (*read, kept, *written, *numbers))


# ---------------------------------------------------------------- cuDNN


def flash(graph, tensors, scale, causal):
    """Describe attention, and the logarithm of each query's sum of exponentials."""
    q, k, v = tensors
    return graph.sdpa(q=q, k=k, v=v, attn_scale=scale, generate_stats=True, **_mask(causal))


def flash_gradients(graph, tensors, scale, causal, repeats):
    """Describe the gradients of attention; unless told not to, it adds up in any order, so runs differ."""
    q, k, v, o, slope, stats = tensors
    return graph.sdpa_backward(
        q=q,
        k=k,
        v=v,
        o=o,
        dO=slope,
        stats=stats,
        attn_scale=scale,
        use_deterministic_algorithm=repeats,
        **_mask(causal),
    )


def _mask(causal):
    return {"diagonal_band_right_bound": 0} if causal else {}  # no key further right than the query's own place


def _flash_suits(xp, *arrays):
    query, key, value, *_ = arrays
    features = query.shape[-1], value.shape[-1]
    return (
        query.dtype in dtypes.HALVES
        and query.ndim == key.ndim == value.ndim == 4
        and query.shape[:2] == key.shape[:2] == value.shape[:2]
        and max(features) <= _FEATURES
        and not any(n % 8 for n in features)
        and cudnn.usable(*arrays)
        and int(xp.cuda.Device().compute_capability) >= _OLDEST
    )


def _readable(xp, array):
    """Return an array as cuDNN reads it, in pieces of 16 bytes: itself, also where heads were split by a transpose."""
    fine = array.strides[3] == array.itemsize and not any(s % 16 for s in array.strides[:3]) and not array.data.ptr % 16
    return array if fine and min(array.strides) > 0 else xp.ascontiguousarray(array)


def _like(xp, array, features):
    """Return a new array in which the heads lie as in another: where that was split, the result is merged as it is."""
    n, heads, length, _ = array.shape
    if array.strides[1] < array.strides[2]:
        return xp.empty((n, length, heads, features), array.dtype).swapaxes(1, 2)
    return xp.empty((n, heads, length, features), array.dtype)
