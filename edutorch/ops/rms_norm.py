"""Root-mean-square normalization: layer norm without the mean, as today's language models use it.

B. Zhang and R. Sennrich, Root Mean Square Layer Normalization, NeurIPS 2019, arXiv:1910.07467.
"""

from __future__ import annotations

from ..errors import need_floats
from ..op import Array, op
from .dialect import dialect
from .layer_norm import last_axes

__all__ = []


def one_over_rms(xp, input, axes, eps):
    """Return one over the root of the mean square, along axes that are kept with size 1."""
    return 1 / xp.sqrt((input * input).mean(axis=axes, keepdims=True) + eps)


@op(extras=("scale",), method=False, out=False, node="MulBackward0")
def rms_norm(xp, input: Array, normalized_shape, weight: Array | None = None, eps=1e-5):
    """Divide by the root of the mean square over the last dimensions, then scale each feature.

    Shape:    input (*, normalized_shape), weight (normalized_shape) -> out (*, normalized_shape)
    Math:     y = w x / rms,  rms = sqrt(mean x^2 + eps)
    Gradient: with n = x / rms and h = g w:  dL/dx = (h - n mean(h n)) / rms,  dL/dw = sum g n
    """
    need_floats(input, "rms_norm")
    scale = one_over_rms(xp, input, last_axes(normalized_shape), eps)
    out = input * scale
    if weight is not None:
        out *= weight
    return out, scale


@rms_norm.backward
def rms_norm_gradients(xp, g, input, weight, scale, normalized_shape, eps, needs):
    axes = last_axes(normalized_shape)
    if xp is dialect:  # the gradient is to be differentiated: with its history, then
        scale = one_over_rms(xp, input, axes, eps)
    normal = input * scale
    scaled = g if weight is None else g * weight
    to_input = scale * (scaled - normal * (scaled * normal).mean(axis=axes, keepdims=True)) if needs[0] else None
    return to_input, g * normal if needs[1] else None
