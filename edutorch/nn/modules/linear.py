"""Layers that multiply by a matrix."""

from __future__ import annotations

import math

from ...ops.create import empty
from .. import functional as F
from .. import init
from ..parameter import Parameter
from .module import Module

__all__ = ["Identity", "Linear"]


class Identity(Module):
    """Return the input as it is; any arguments are accepted and ignored."""

    def __init__(self, *args, **kwargs):
        super().__init__()

    def forward(self, input):
        """Return the input."""
        return input


class Linear(Module):
    """Apply an affine map to the last dimension: y = x W^T + b.

    Args:
        in_features, out_features: the sizes of an input and an output vector.
        bias: whether to add b.

    Shape:
        input (*, in_features) -> output (*, out_features)

    Attributes:
        weight: (out_features, in_features), uniform in ±1/sqrt(in_features) at the start.
        bias: (out_features,), likewise; None without bias.

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.Linear(20, 30)
        >>> layer(torch.randn(128, 20)).size()
        torch.Size([128, 30])
    """

    def __init__(self, in_features, out_features, bias=True, device=None, dtype=None):
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        """Draw new initial values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input):
        """Compute x W^T + b."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self):
        """Say the sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
