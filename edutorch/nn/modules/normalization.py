"""Normalization within a sample."""

from __future__ import annotations

from ...ops.create import empty
from .. import functional as F
from .. import init
from ..parameter import Parameter
from .module import Module

__all__ = ["GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


class _Affine(Module):
    """A normalization that scales by `weight`, and shifts by `bias`, where it has them."""

    def _add_parameters(self, shape, weight, bias, device, dtype):
        for name, wanted in (("weight", weight), ("bias", bias)):
            value = Parameter(empty(shape, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, value)
        self.reset_parameters()

    def reset_parameters(self):
        """Set scales to 1 and shifts to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self._parameters.get("bias") is not None:
            init.zeros_(self.bias)


class LocalResponseNorm(Module):
    """Let neighbouring channels compete: y = x / (k + alpha mean x^2)^beta, with the mean over `size` channels.

    Args:
        size: the number of channels around each. alpha, beta, k: the constants of the formula.

    Shape:
        input (N, C, *) -> output (N, C, *)
    """

    def __init__(self, size, alpha=1e-4, beta=0.75, k=1.0):
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input):
        """Normalize over neighbouring channels."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self):
        """Say the constants."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class LayerNorm(_Affine):
    """Give each sample's features mean 0 and variance 1, then scale and shift each feature.

    Args:
        normalized_shape: the sizes of the last dimensions, over which the mean is taken.
        eps: added to the variance. elementwise_affine: whether to scale and shift. bias: whether to shift.

    Shape:
        input (*, normalized_shape) -> output (*, normalized_shape)

    Attributes:
        weight: (normalized_shape), 1 at the start. bias: (normalized_shape), 0 at the start.

    Example:
        >>> import edutorch as torch
        >>> torch.nn.LayerNorm(2)(torch.tensor([[3.0, 5.0]]))
        tensor([[-1.0000,  1.0000]], grad_fn=<NativeLayerNormBackward0>)
    """

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, device=None, dtype=None):
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        affine = elementwise_affine
        self._add_parameters(self.normalized_shape, affine, affine and bias, device, dtype)

    def forward(self, input):
        """Normalize over the last dimensions."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self):
        """Say the shape and the settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class GroupNorm(_Affine):
    """Give each group of a sample's channels mean 0 and variance 1, then scale and shift each channel.

    Args:
        num_groups: into how many groups the channels are divided. num_channels: their number.
        eps: added to the variance. affine: whether to scale and shift. bias: whether to shift.

    Shape:
        input (N, num_channels, *) -> output (N, num_channels, *)

    Attributes:
        weight: (num_channels,), 1 at the start. bias: (num_channels,), 0 at the start.
    """

    def __init__(self, num_groups, num_channels, eps=1e-5, affine=True, device=None, dtype=None, *, bias=True):
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self._add_parameters((num_channels,), affine, affine and bias, device, dtype)

    def forward(self, input):
        """Normalize groups of channels."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self):
        """Say the sizes and the settings."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(_Affine):
    """Divide each sample's features by the root of their mean square, then scale each feature.

    Args:
        normalized_shape: the sizes of the last dimensions, over which the mean is taken.
        eps: added to the mean square; by default the smallest number that changes 1 when it is added.
        elementwise_affine: whether to scale.

    Shape:
        input (*, normalized_shape) -> output (*, normalized_shape)

    Attributes:
        weight: (normalized_shape), 1 at the start.
    """

    def __init__(self, normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None):
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        weight = Parameter(empty(self.normalized_shape, device=device, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", weight)
        self.reset_parameters()

    def forward(self, input):
        """Normalize over the last dimensions."""
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self):
        """Say the shape and the settings."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
