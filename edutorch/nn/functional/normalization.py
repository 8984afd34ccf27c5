"""Normalizations as functions."""

from __future__ import annotations

import math

from ... import dtypes
from ...errors import not_a_tensor
from ...op.forms import over
from ...ops.batch_norm import batch_norm as _batch_norm
from ...ops.group_norm import group_norm as _group_norm
from ...ops.int_lists import int_list
from ...ops.layer_norm import layer_norm as _layer_norm
from ...ops.layer_norm import need_normalized_shape
from ...ops.padding import constant_pad_nd
from ...ops.rms_norm import rms_norm as _rms_norm
from ...ops.standardize import refuse_mixed
from ...tensor import Tensor

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "rms_norm"]


@over(_batch_norm)
def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """Standardize each channel over the batch, then scale and shift it.

    Shape: input (N, C, *), the other tensors (C,) -> (N, C, *)

    Args:
        running_mean, running_var: the moments to normalize by, unless `training`; in training they are moved, in place,
            towards those of the batch, by the fraction `momentum`.
        training: whether to normalize by the batch's own moments.

    Raises:
        ValueError: in training, if a channel has a single value.
    """
    _need_tensor("batch_norm", input)
    if training:
        _need_several(input.size(), "Expected more than 1 value per channel when training")
        if eps <= 0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    return _normalize_channels(input, running_mean, running_var, weight, bias, training, momentum, eps)


def _normalize_channels(input, running_mean, running_var, weight, bias, training, momentum, eps):
    channels = input.size(1)
    if training and (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    for name, value in (("running_mean", running_mean), ("running_var", running_var)):
        if value is None and not training:
            raise RuntimeError(f"{name} must be defined in evaluation mode")
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for name, value in given.items():
        if value is not None and value.numel() != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {value.numel()}")
    if refuse_mixed(input, running_mean, running_var, weight, bias):
        wide = _batch_norm(input.float(), weight, bias, running_mean, running_var, training, momentum, eps)
        return wide.to(input.dtype)
    return _batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


def instance_norm(
    input,
    running_mean=None,
    running_var=None,
    weight=None,
    bias=None,
    use_input_stats=True,
    momentum=0.1,
    eps=1e-5,
):
    """Standardize each channel of each sample, then scale and shift it.

    It is the batch norm of one sample with N C channels.

    Shape: input (N, C, *), the other tensors (C,) -> (N, C, *)

    Args:
        use_input_stats: whether to normalize by the input's own moments, not the running ones.
    """
    _need_tensor("instance_norm", input)
    size = input.size()
    if use_input_stats:
        _need_several((1, 1, *size[2:]), "Expected more than 1 spatial element when training", size)
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if running_mean is None and not use_input_stats:
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    n, c = size[:2]
    running = [None if r is None else r.detach().repeat(n) for r in (running_mean, running_var)]
    weight, bias = (None if p is None else p.repeat(n) for p in (weight, bias))
    samples = input.reshape(1, n * c, *size[2:])
    out = _normalize_channels(samples, *running, weight, bias, use_input_stats, momentum, eps)
    if use_input_stats:
        for own, repeated in zip((running_mean, running_var), running, strict=True):
            if own is not None and repeated is not None:
                own.detach().copy_(repeated.reshape(n, c).mean(0))
    return out.view(size)


@over(_layer_norm)
def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Standardize over the last dimensions, then scale and shift each feature.

    Shape: input (*, normalized_shape), weight and bias (normalized_shape) -> (*, normalized_shape)

    Raises:
        RuntimeError: if the shapes do not end in `normalized_shape`.
    """
    _need_tensor("layer_norm", input)
    normalized_shape = int_list("layer_norm", "normalized_shape", 2, normalized_shape)
    for position, (name, value) in enumerate((("weight", weight), ("bias", bias)), 3):
        if value is not None and not isinstance(value, Tensor):
            raise not_a_tensor("layer_norm", name, position, value)
    need_normalized_shape("layer_norm", input, normalized_shape, weight=weight, bias=bias)
    if refuse_mixed(input, weight, bias):
        return _layer_norm(input.float(), normalized_shape, weight, bias, eps).to(input.dtype)
    return _layer_norm(input, normalized_shape, weight, bias, eps)


@over(_rms_norm)
def rms_norm(input, normalized_shape, weight=None, eps=None):
    """Divide by the root of the mean square over the last dimensions, then scale each feature.

    Shape: input (*, normalized_shape), weight (normalized_shape) -> (*, normalized_shape)

    Args:
        eps: added to the mean square; by default the smallest number that changes 1 when it is added.

    Raises:
        RuntimeError: if the shapes do not end in `normalized_shape`.
    """
    _need_tensor("rms_norm", input)
    normalized_shape = int_list("rms_norm", "normalized_shape", 2, normalized_shape)
    need_normalized_shape("rms_norm", input, normalized_shape, weight=weight)
    if eps is None:
        eps = dtypes.finfo(dtypes.float64 if input.dtype is dtypes.float64 else dtypes.float32).eps
    if weight is not None and weight.dtype is not input.dtype:
        return (_rms_norm(input.float(), normalized_shape, None, eps) * weight).to(input.dtype)
    return _rms_norm(input, normalized_shape, weight, eps)


@over(_group_norm)
def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """Standardize groups of channels, each sample for itself, then scale and shift each channel.

    Shape: input (N, C, *), weight and bias (C,) -> (N, C, *)

    Raises:
        RuntimeError: if the number of channels is not a multiple of `num_groups`.
    """
    _need_tensor("group_norm", input)
    size = input.size()
    if len(size) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {len(size)}")
    n, c = size[:2]
    _need_several((n * c // num_groups, num_groups, *size[2:]), "Expected more than 1 value per channel when training",
                  list(size))  # fmt: skip
    if num_groups < 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if c % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(size)} and num_groups={num_groups}"
        )
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != (c,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of "
                f"shape {list(value.shape)} and input of shape {list(size)}"
            )
    if refuse_mixed(input, weight, bias):
        return _group_norm(input.float(), num_groups, weight, bias, eps).to(input.dtype)
    return _group_norm(input, num_groups, weight, bias, eps)


def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """Let neighbouring channels compete: divide by a power of the mean square of the channels around.

    Math: y = x / (k + alpha mean x^2)^beta, with the mean over `size` channels; those beyond the ends count as 0
    Source: A. Krizhevsky, I. Sutskever and G. E. Hinton, ImageNet Classification with Deep Convolutional Neural
        Networks, NIPS 2012
    Shape: input (N, C, *) -> (N, C, *)
    """
    _need_tensor("local_response_norm", input)
    dim = input.dim()
    if dim < 3:
        raise ValueError(f"Expected 3D or higher dimensionality                          input (got {dim} dimensions)")
    if not input.numel():
        return input
    pads = (0, 0) * (dim - 2) + (size // 2, (size - 1) // 2)
    around = constant_pad_nd(input * input, pads, 0).unfold(1, size, 1).mean(-1)
    return input / (around * alpha + k).pow(beta)


def _need_tensor(name, input):
    if not isinstance(input, Tensor):
        raise not_a_tensor(name, "input", 1, input)


def _need_several(shape, sentence, shown=None):
    """Raise if each channel has one value only, which minus its mean is always 0."""
    if shape[0] * math.prod(shape[2:]) == 1:
        raise ValueError(f"{sentence}, got input size {shape if shown is None else shown}")
