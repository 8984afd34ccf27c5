"""Batch normalization, and what it shares with instance normalization: running moments."""

from __future__ import annotations

from ...errors import with_remedy
from ...ops.create import empty
from ...ops.from_data import tensor
from .. import functional as F
from .. import init
from ..parameter import Parameter, UninitializedBuffer, UninitializedParameter
from .lazy import LazyModuleMixin
from .module import Module

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d"]


class _NormBase(Module):
    """A normalization of channels, with scales, shifts and running moments, each of which it may lack."""

    _version = 2
    dimensions: tuple[int, ...]  # how many an input may have

    def __init__(
        self,
        num_features,
        eps=1e-5,
        momentum=0.1,
        affine=True,
        track_running_stats=True,
        device=None,
        dtype=None,
        *,
        bias=True,
    ):
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            value = Parameter(empty(num_features, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, value)
        for name in ("running_mean", "running_var"):
            value = empty(num_features, device=device, dtype=dtype) if track_running_stats else None
            self.register_buffer(name, value)
        self.register_buffer("num_batches_tracked", tensor(0, device=device) if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self):
        """Forget the running moments: mean 0, variance 1, no batches."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self):
        """Set scales to 1, shifts to 0, and forget the running moments."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input_dim(self, input):
        if input.dim() not in self.dimensions:
            wanted = " or ".join(f"{n}D" for n in self.dimensions)
            raise ValueError(
                with_remedy(
                    f"expected {wanted} input (got {input.dim()}D input)",
                    f"The input's shape is {tuple(input.shape)}: (N, C, ...), with the channels second.",
                )
            )

    def extra_repr(self):
        """Say the settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *args):
        """Load; a state of the first version has counted no batches."""
        key = prefix + "num_batches_tracked"
        if (local_metadata.get("version") or 0) < 2 and self.track_running_stats and key not in state_dict:
            counted = self.num_batches_tracked
            state_dict[key] = tensor(0) if counted is None else counted
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)


class _BatchNorm(_NormBase):
    def forward(self, input):
        """Normalize by the batch's moments in training or without running ones, by the running ones otherwise."""
        self._check_input_dim(input)
        share = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:  # the plain average of all batches so far
                share = 1.0 / float(self.num_batches_tracked)
        own = self.training or self.running_mean is None
        running = not self.training or self.track_running_stats
        return F.batch_norm(
            input,
            self.running_mean if running else None,
            self.running_var if running else None,
            self.weight,
            self.bias,
            own,
            share,
            self.eps,
        )


class BatchNorm1d(_BatchNorm):
    """Give each channel mean 0 and variance 1 over the batch, then scale and shift it.

    In eval mode the running moments take the place of the batch's.

    Args:
        num_features: the number of channels, C.
        eps: added to the variance.
        momentum: how far the running moments move to the batch's each time; None for the average of all batches.
        affine: whether to scale and shift. bias: whether to shift.
        track_running_stats: whether to keep running moments.

    Shape:
        input (N, C) or (N, C, L) -> output of the same shape

    Attributes:
        weight, bias: (C,), 1 and 0 at the start.
        running_mean, running_var: (C,), 0 and 1 at the start. num_batches_tracked: how many batches they have seen.

    Example:
        >>> import edutorch as torch
        >>> torch.nn.BatchNorm1d(1)(torch.tensor([[3.0], [5.0]]))
        tensor([[-1.0000],
                [ 1.0000]], grad_fn=<NativeBatchNormBackward0>)
    """

    dimensions = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Give each channel mean 0 and variance 1 over the batch and all places, then scale and shift it.

    Args and attributes: see `BatchNorm1d`.

    Shape:
        input (N, C, H, W) -> output (N, C, H, W)
    """

    dimensions = (4,)


class BatchNorm3d(_BatchNorm):
    """Give each channel mean 0 and variance 1 over the batch and all places, then scale and shift it.

    Args and attributes: see `BatchNorm1d`.

    Shape:
        input (N, C, D, H, W) -> output (N, C, D, H, W)
    """

    dimensions = (5,)


class _LazyNormBase(LazyModuleMixin, _NormBase):
    """A normalization that takes its number of channels from the first input."""

    def __init__(
        self,
        eps=1e-5,
        momentum=0.1,
        affine=True,
        track_running_stats=True,
        device=None,
        dtype=None,
        *,
        bias=True,
    ):
        super().__init__(0, eps, momentum, False, False, device, dtype)
        self.affine, self.track_running_stats = affine, track_running_stats
        if affine:
            self.weight = UninitializedParameter(device=device, dtype=dtype)
            if bias:
                self.bias = UninitializedParameter(device=device, dtype=dtype)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            self.running_var = UninitializedBuffer(device=device, dtype=dtype)
            self.num_batches_tracked = tensor(0, device=device)

    def reset_parameters(self):
        """Set initial values, as soon as the shapes are known."""
        if self.num_features and not self.has_uninitialized_params():
            super().reset_parameters()

    def initialize_parameters(self, input):
        """Take the number of channels from an input."""
        if self.has_uninitialized_params():
            self.num_features = self._channels(input)
            for t in (self.weight, self.bias, self.running_mean, self.running_var):
                if t is not None:
                    t.materialize((self.num_features,))
            self.reset_parameters()

    def _channels(self, input):
        return input.shape[1]


class LazyBatchNorm1d(_LazyNormBase, _BatchNorm):
    """A `BatchNorm1d` that takes its number of channels from the first input."""

    cls_to_become = BatchNorm1d
    dimensions = BatchNorm1d.dimensions


class LazyBatchNorm2d(_LazyNormBase, _BatchNorm):
    """A `BatchNorm2d` that takes its number of channels from the first input."""

    cls_to_become = BatchNorm2d
    dimensions = BatchNorm2d.dimensions


class LazyBatchNorm3d(_LazyNormBase, _BatchNorm):
    """A `BatchNorm3d` that takes its number of channels from the first input."""

    cls_to_become = BatchNorm3d
    dimensions = BatchNorm3d.dimensions
