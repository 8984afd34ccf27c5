"""Attention with several heads, each of which looks at the same things in a way of its own."""

from __future__ import annotations

import math
import warnings

from ... import dtypes
from ...errors import type_name
from ...ops.create import zeros
from ...ops.join import cat
from ...ops.linear import linear
from ...ops.padding import constant_pad_nd
from ...ops.softmax import softmax
from ...tensor import Tensor
from .attention import scaled_dot_product_attention
from .dropout import dropout

__all__ = ["multi_head_attention_forward"]


def multi_head_attention_forward(
    query,
    key,
    value,
    embed_dim_to_check,
    num_heads,
    in_proj_weight,
    in_proj_bias,
    bias_k,
    bias_v,
    add_zero_attn,
    dropout_p,
    out_proj_weight,
    out_proj_bias,
    training=True,
    key_padding_mask=None,
    need_weights=True,
    attn_mask=None,
    use_separate_proj_weight=False,
    q_proj_weight=None,
    k_proj_weight=None,
    v_proj_weight=None,
    static_k=None,
    static_v=None,
    average_attn_weights=True,
    is_causal=False,
):
    """Project queries, keys and values, let each head attend with its part of the features, and join what they found.

    This is what `nn.MultiheadAttention` calls; see there for the arguments.

    Shape: query (L, N, E), key and value (S, N, *) -> (L, N, E) and weights (N, L, S); N may be left out everywhere

    Args:
        embed_dim_to_check: E. in_proj_weight, in_proj_bias: of the three projections, stacked.
        use_separate_proj_weight: take `q_proj_weight`, `k_proj_weight`, `v_proj_weight` instead.
        static_k, static_v: (N * num_heads, S, E / num_heads), keys and values that are ready.

    Returns:
        the output and the weights, which are None without `need_weights`.

    Raises:
        AssertionError, RuntimeError: for shapes that do not fit.
    """
    given = (query, key, value)
    batched = _need_dimensions(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = (t.unsqueeze(1) for t in given)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    length, n, size = query.shape
    head_size = size // num_heads

    key_padding_mask = canonical_mask(key_padding_mask, "key_padding_mask", attn_mask, "attn_mask", query.dtype)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    is_causal = is_causal and key_padding_mask is None and not need_weights
    if is_causal:
        attn_mask = None  # attention hides later keys itself
    attn_mask = canonical_mask(attn_mask, "attn_mask", None, "", query.dtype)
    _need_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)

    # (L, N, E) -> (N, L, E): a sample's places are multiplied by the weights together
    along = (query.transpose(0, 1), key.transpose(0, 1), value.transpose(0, 1))
    if use_separate_proj_weight:
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
        for name, weight in zip("qkv", weights, strict=True):
            _need(weight is not None, f"use_separate_proj_weight is True but {name}_proj_weight is None")
        biases = (None,) * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
        q, k, v = (linear(*each) for each in zip(along, weights, biases, strict=True))
    else:
        _need(in_proj_weight is not None, "use_separate_proj_weight is False but in_proj_weight is None")
        q, k, v = _project_together(given, along, in_proj_weight, in_proj_bias)

    mask = None if attn_mask is None else _for_heads(attn_mask, n, num_heads, length, key.size(0))
    longer = 0  # how many keys are added to those given
    if bias_k is None or bias_v is None:
        _need(bias_k is None, "bias_k is set but bias_v is None")
        _need(bias_v is None, "bias_v is set but bias_k is None")
    else:
        _need(static_k is None, "bias cannot be added to static key.")
        _need(static_v is None, "bias cannot be added to static value.")
        k, v = cat([k, bias_k.expand(n, 1, -1)], 1), cat([v, bias_v.expand(n, 1, -1)], 1)
        longer += 1

    def heads(t):  # (N, L, E) -> (N, heads, L, E / heads)
        return t.view(n, -1, num_heads, head_size).transpose(1, 2)

    q = heads(q)
    k = heads(k) if static_k is None else _of_heads(static_k, "static_k", n, num_heads, head_size)
    v = heads(v) if static_v is None else _of_heads(static_v, "static_v", n, num_heads, head_size)
    if add_zero_attn:
        nothing = zeros((n, num_heads, 1, head_size), dtype=k.dtype, device=k.device)
        k, v = cat([k, nothing], 2), cat([v, nothing], 2)
        longer += 1
    if longer:
        mask = None if mask is None else constant_pad_nd(mask, (0, longer))
        key_padding_mask = None if key_padding_mask is None else constant_pad_nd(key_padding_mask, (0, longer))
    if key_padding_mask is not None:
        for i, wanted in enumerate((n, k.size(2))):
            found = key_padding_mask.shape[i]
            _need(found == wanted, f"Expected key_padded_mask.shape[{i}] to be {wanted}, but got {found}")
        padding = key_padding_mask.view(n, 1, 1, -1)
        mask = padding if mask is None else mask + padding

    weights = None
    dropout_p = dropout_p if training else 0.0
    if need_weights:
        scores = (q * math.sqrt(1.0 / head_size)) @ k.mT
        weights = softmax(scores if mask is None else scores + mask, -1)
        if dropout_p > 0.0:
            weights = dropout(weights, dropout_p)
        found = weights @ v
        weights = weights.view(n, num_heads, length, -1)
        weights = weights.mean(dim=1) if average_attn_weights else weights
    else:
        found = scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)

    found = found.permute(2, 0, 1, 3).reshape(length * n, size)  # the heads' findings, side by side
    out = linear(found, out_proj_weight, out_proj_bias).view(length, n, -1)
    if batched:
        return out, weights
    return out.squeeze(1), None if weights is None else weights.squeeze(0)


def _project_together(given, along, weight, bias):
    """Return queries, keys and values of one stacked projection, in one product for those that are the same tensor."""
    query, key, value = given
    size = query.shape[-1]
    if query is key and key is value:
        return linear(along[0], weight, bias).chunk(3, -1)
    if key is value:
        of_query, of_both = weight.split([size, 2 * size])
        b_query, b_both = (None, None) if bias is None else bias.split([size, 2 * size])
        return linear(along[0], of_query, b_query), *linear(along[1], of_both, b_both).chunk(2, -1)
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    return tuple(linear(*each) for each in zip(along, weight.chunk(3), biases, strict=True))


def _for_heads(attn_mask, n, heads, length, keys):
    """Return a mask (L, S) or (N heads, L, S) with four dimensions: samples, heads, queries, keys."""
    sizes = (length, keys) if attn_mask.ndim == 2 else (n * heads, length, keys)
    if attn_mask.shape != sizes:
        raise RuntimeError(f"The shape of the {len(sizes)}D attn_mask is {attn_mask.shape}, but should be {sizes}.")
    return attn_mask.view(1, 1, length, keys) if attn_mask.ndim == 2 else attn_mask.view(n, heads, length, keys)


def _of_heads(static, name, n, heads, head_size):
    """Return static keys or values with four dimensions."""
    for i, wanted in ((0, n * heads), (2, head_size)):
        _need(static.size(i) == wanted, f"expecting {name}.size({i}) of {wanted}, but got {static.size(i)}")
    return static.view(n, heads, -1, head_size)


# ---------------------------------------------------------------- masks


def canonical_mask(mask, name, other, other_name, dtype):
    """Return a mask as floats to be added to the scores: of booleans, -inf where it is True.

    Args:
        other, other_name: another mask, which should be of the same kind.

    Raises:
        AssertionError: for a mask of integers.
    """
    other_dtype = None if other is None else _dtype_of(other)
    if mask is None:
        return None
    is_float = mask.is_floating_point()
    _need(is_float or mask.dtype is dtypes.bool, f"only bool and floating types of {name} are supported")
    if other_dtype is not None and mask.dtype is not other_dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both instead.",
            stacklevel=3,
        )
    return mask if is_float else zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill(mask, -math.inf)


def _dtype_of(mask):
    if not isinstance(mask, Tensor):
        raise RuntimeError(f"input to _none_or_dtype() must be None or torch.Tensor\nIt is a {type_name(mask)}.")
    return mask.dtype


# ---------------------------------------------------------------- what must fit


def _need(condition, message):
    if not condition:
        raise AssertionError(message)


def _need_dimensions(query, key, value, key_padding_mask, attn_mask, heads):
    """Raise unless the numbers of dimensions fit; return whether there is a batch."""
    ndim = query.dim()
    _need(ndim in (2, 3), f"query should be unbatched 2D or batched 3D tensor but received {ndim}-D query tensor")
    kind = "batched (3-D)" if ndim == 3 else "unbatched (2-D)"
    _need(
        key.dim() == ndim and value.dim() == ndim,
        f"For {kind} `query`, expected `key` and `value` to be {ndim}-D but found {key.dim()}-D and {value.dim()}-D "
        "tensors respectively",
    )
    if key_padding_mask is not None:
        _need(
            key_padding_mask.dim() == ndim - 1,
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {ndim - 1}-D but found "
            f"{key_padding_mask.dim()}-D tensor instead",
        )
    if attn_mask is not None:
        _need(
            attn_mask.dim() in (2, 3),
            f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D tensor "
            "instead",
        )
        if ndim == 2 and attn_mask.dim() == 3:
            wanted = (heads, query.shape[0], key.shape[0])
            _need(attn_mask.shape == wanted, f"Expected `attn_mask` shape to be {wanted} but got {attn_mask.shape}")
    return ndim == 3


def _need_sizes(query, key, value, size, heads, separate):
    found = query.shape[-1]
    _need(found == size, f"was expecting embedding dimension of {size}, but got {found}")
    _need(found % heads == 0, f"embed_dim {found} not divisible by num_heads {heads}")
    if separate:
        k, v = key.shape[:2], value.shape[:2]
        _need(k == v, f"key's sequence and batch dims {k} do not match value's {v}")
    else:
        _need(key.shape == value.shape, f"key shape {key.shape} does not match value shape {value.shape}")
