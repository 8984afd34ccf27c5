"""Instance normalization: each channel of each sample for itself."""

from __future__ import annotations

import warnings

from .. import functional as F
from .batchnorm import _LazyNormBase, _NormBase

__all__ = [
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
]


class _InstanceNorm(_NormBase):
    def __init__(
        self,
        num_features,
        eps=1e-5,
        momentum=0.1,
        affine=False,
        track_running_stats=False,
        device=None,
        dtype=None,
        *,
        bias=True,
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input):
        """Normalize by the input's own moments in training or without running ones, by the running ones otherwise."""
        self._check_input_dim(input)
        batched = input.dim() == self.dimensions[-1]
        channels = 1 if batched else 0
        if input.size(channels) != self.num_features:
            self._refuse_channels(input.size(channels), channels)
        out = F.instance_norm(
            input if batched else input.unsqueeze(0),
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return out if batched else out.squeeze(0)

    def _refuse_channels(self, got, dim):
        if self.affine:
            raise ValueError(
                f"expected input's size at dim={dim} to match num_features ({self.num_features}), but got: {got}."
            )
        warnings.warn(
            f"input's size at dim={dim} does not match num_features. You can silence this warning by not passing in "
            "num_features, which is not used because affine=False",
            stacklevel=2,
        )


class InstanceNorm1d(_InstanceNorm):
    """Give each channel of each sample mean 0 and variance 1; scale and shift it, if `affine`.

    Args:
        num_features: the number of channels, C.
        eps: added to the variance.
        momentum: how far the running moments move to the input's each time.
        affine: whether to scale and shift. bias: whether to shift.
        track_running_stats: whether to keep running moments, and use them in eval mode.

    Shape:
        input (N, C, L) or (C, L) -> output of the same shape
    """

    dimensions = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Give each channel of each picture mean 0 and variance 1; scale and shift it, if `affine`.

    Args: see `InstanceNorm1d`.

    Shape:
        input (N, C, H, W) or (C, H, W) -> output of the same shape
    """

    dimensions = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Give each channel of each volume mean 0 and variance 1; scale and shift it, if `affine`.

    Args: see `InstanceNorm1d`.

    Shape:
        input (N, C, D, H, W) or (C, D, H, W) -> output of the same shape
    """

    dimensions = (4, 5)


class _LazyInstanceNorm(_LazyNormBase, _InstanceNorm):
    def _channels(self, input):
        return input.shape[1 if input.dim() == self.dimensions[-1] else 0]


class LazyInstanceNorm1d(_LazyInstanceNorm):
    """An `InstanceNorm1d` that takes its number of channels from the first input."""

    cls_to_become = InstanceNorm1d
    dimensions = InstanceNorm1d.dimensions


class LazyInstanceNorm2d(_LazyInstanceNorm):
    """An `InstanceNorm2d` that takes its number of channels from the first input."""

    cls_to_become = InstanceNorm2d
    dimensions = InstanceNorm2d.dimensions


class LazyInstanceNorm3d(_LazyInstanceNorm):
    """An `InstanceNorm3d` that takes its number of channels from the first input."""

    cls_to_become = InstanceNorm3d
    dimensions = InstanceNorm3d.dimensions
