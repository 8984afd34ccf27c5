"""Layer normalization: each sample gets mean 0 and deviation 1 over its own features, whatever else is in the batch.

J. L. Ba, J. R. Kiros and G. E. Hinton, Layer Normalization, 2016, arXiv:1607.06450.
"""

from __future__ import annotations

from ..errors import need_floats
from ..op import Array, op
from .standardize import moments, one_over_std, through_standardize, with_history

__all__ = []


@op(extras=("mean", "rstd"), method=False, out=False, node="NativeLayerNormBackward0")
def layer_norm(xp, input: Array, normalized_shape, weight: Array | None = None, bias: Array | None = None, eps=1e-5):
    """Standardize over the last dimensions, then scale and shift each feature.

    Shape:    input (*, normalized_shape), weight and bias (normalized_shape) -> out (*, normalized_shape)
    Math:     y = w (x - mean) / sqrt(variance + eps) + b, with the mean over the last dimensions
    Gradient: with n = (x - mean) / std and h = g w:
              dL/dx = (h - mean h - n mean(h n)) / std,  dL/dw = sum g n,  dL/db = sum g
    """
    need_floats(input, "LayerNormKernelImpl")
    mean, variance = moments(input, last_axes(normalized_shape))
    rstd = one_over_std(xp, variance, eps)
    out = (input - mean) * rstd
    if weight is not None:
        out *= weight
    if bias is not None:
        out += bias
    return out, mean, rstd


@layer_norm.backward
def layer_norm_gradients(xp, g, input, weight, mean, rstd, normalized_shape, eps, needs):
    axes = last_axes(normalized_shape)
    mean, rstd = with_history(xp, input, axes, eps, mean, rstd)
    normal = (input - mean) * rstd
    scaled = g if weight is None else g * weight
    to_input = through_standardize(scaled, normal, rstd, axes) if needs[0] else None
    return to_input, g * normal if needs[1] else None, g if needs[2] else None


def last_axes(normalized_shape):
    """Return the axes that the moments are taken over: the last ones, as many as are normalized."""
    return tuple(range(-len(normalized_shape), 0))


def need_normalized_shape(name, input, normalized_shape, **parameters):
    """Raise PyTorch's errors unless the input ends in the normalized shape, and the parameters have it.

    Raises:
        RuntimeError: as the name says.
    """
    shape, n, sizes = input.shape, len(normalized_shape), tuple(normalized_shape)
    if not n:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    for parameter, value in parameters.items():
        if value is not None and value.shape != sizes:
            raise RuntimeError(
                f"Expected {parameter} to be of same shape as normalized_shape, but got {parameter} of shape "
                f"{list(value.shape)} and normalized_shape = {list(sizes)}"
            )
    if shape[-n:] != sizes:
        star = "*" if name == "rms_norm" else "*, "
        wanted = ", ".join(map(str, sizes))
        raise RuntimeError(
            f"Given normalized_shape={list(sizes)}, expected input with shape [{star}{wanted}], but got input of size"
            f"{list(shape)}"
        )
