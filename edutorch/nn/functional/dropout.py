"""Dropout as functions. With `inplace=True` the result is written into the input."""

from __future__ import annotations

import warnings

from ...errors import not_a_tensor
from ...op.forms import over
from ...ops import dropout as ops
from ...tensor import Tensor

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]


@over(ops.keep_and_scale)
def dropout(input, p=0.5, training=True, inplace=False):
    """Replace each number by zero with probability `p`, and multiply the others by 1 / (1 - p).

    Shape: input (*) -> (*)

    Args:
        training: whether to do so; otherwise the input itself is returned.

    Raises:
        ValueError: if `p` is no probability.
    """
    return _drop("dropout", ops.dropout_ if inplace else ops.dropout, input, p, training)


def alpha_dropout(input, p=0.5, training=False, inplace=False):
    """Replace numbers by SELU's lowest value with probability `p`, then restore mean 0 and variance 1.

    Shape: input (*) -> (*)
    """
    return _drop("alpha_dropout", ops.alpha_dropout_ if inplace else ops.alpha_dropout, input, p, training)


def dropout1d(input, p=0.5, training=True, inplace=False):
    """Replace whole channels by zero with probability `p`, and multiply the others by 1 / (1 - p).

    Shape: input (N, C, L) or (C, L) -> the same
    """
    _need_probability(p)
    ndim = input.dim()
    if ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {ndim}D input. Note that dropout1d exists to provide "
            "channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch "
            "dimension (i.e. 2D or 3D inputs)."
        )
    return _drop_features("dropout1d", input, p, training, inplace, batched=ndim == 3)


def dropout2d(input, p=0.5, training=True, inplace=False):
    """Replace whole channels by zero with probability `p`, and multiply the others by 1 / (1 - p).

    J. Tompson et al., Efficient Object Localization Using Convolutional Networks, CVPR 2015, arXiv:1411.4280.

    Shape: input (N, C, H, W) -> the same; (N, C, L), too, with a warning
    """
    _need_probability(p)
    ndim = input.dim()
    if ndim not in (3, 4):
        _warn_of_dimensions("dropout2d", ndim, 2)
    if ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            "- input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a "
            "future release to interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain "
            "the 1D channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return _drop_features("dropout2d", input, p, training, inplace, batched=True)


def dropout3d(input, p=0.5, training=True, inplace=False):
    """Replace whole channels by zero with probability `p`, and multiply the others by 1 / (1 - p).

    Shape: input (N, C, D, H, W) or (C, D, H, W) -> the same
    """
    _need_probability(p)
    ndim = input.dim()
    if ndim not in (4, 5):
        _warn_of_dimensions("dropout3d", ndim, 3)
    return _drop_features("dropout3d", input, p, training, inplace, batched=ndim == 5)


def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """Replace whole channels by SELU's lowest value with probability `p`, as `alpha_dropout` does numbers.

    Shape: input (N, C, *) -> (N, C, *)
    """
    function = ops.feature_alpha_dropout_ if inplace else ops.feature_alpha_dropout
    return _drop("feature_alpha_dropout", function, input, p, training)


def _need_probability(p):
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _drop(name, function, input, p, training):
    _need_probability(p)
    if not isinstance(input, Tensor):
        raise not_a_tensor(name, "input", 1, input)
    return function(input, p, training) if training and p else input


def _drop_features(name, input, p, training, inplace, batched):
    function = ops.feature_dropout_ if inplace else ops.feature_dropout
    if batched:
        return _drop(name, function, input, p, training)
    return _drop(name, function, input.unsqueeze(0), p, training).squeeze(0)


def _warn_of_dimensions(name, ndim, spatial):
    warnings.warn(
        f"{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error in a future "
        f"release. To retain the behavior and silence this warning, please use dropout instead. Note that {name} exists"
        f" to provide channel-wise dropout on inputs with {spatial} spatial dimensions, a channel dimension, and an "
        f"optional batch dimension (i.e. {spatial + 1}D or {spatial + 2}D inputs).",
        stacklevel=3,
    )
