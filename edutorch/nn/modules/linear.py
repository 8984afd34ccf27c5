"""Layers that multiply by a matrix."""

from __future__ import annotations

import math

from ...ops.create import empty
from .. import functional as F
from .. import init
from ..parameter import Parameter, UninitializedParameter
from .lazy import LazyModuleMixin
from .module import Module

__all__ = ["Bilinear", "Identity", "LazyLinear", "Linear"]


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


class NonDynamicallyQuantizableLinear(Linear):
    """A `Linear` inside another layer; PyTorch's name for it is part of how that layer is printed."""


class LazyLinear(LazyModuleMixin, Linear):
    """A `Linear` whose `in_features` is the last size of the first input it is called on.

    Args:
        out_features: the size of an output vector.
        bias: whether to add b.

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.LazyLinear(30)
        >>> layer(torch.randn(128, 20)).size()
        torch.Size([128, 30])
        >>> layer.weight.size()
        torch.Size([30, 20])
    """

    cls_to_become = Linear

    def __init__(self, out_features, bias=True, device=None, dtype=None):
        super().__init__(0, 0, bias=False, device=device, dtype=dtype)
        self.out_features = out_features
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self):
        """Draw new initial values, once there are parameters."""
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input):
        """Take the number of features from the input."""
        if self.has_uninitialized_params():
            self.in_features = input.shape[-1]
            self.weight.materialize((self.out_features, self.in_features))
            if self.bias is not None:
                self.bias.materialize((self.out_features,))
            self.reset_parameters()
        self.in_features = input.shape[-1]


class Bilinear(Module):
    """Apply a map that is linear in each of two inputs: y_o = x1^T W_o x2 + b_o.

    Args:
        in1_features, in2_features, out_features: the sizes of the two inputs and of the output.
        bias: whether to add b.

    Shape:
        input1 (*, in1_features), input2 (*, in2_features) -> output (*, out_features)

    Attributes:
        weight: (out_features, in1_features, in2_features), uniform in ±1/sqrt(in1_features) at the start.
        bias: (out_features,), likewise; None without bias.

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.Bilinear(20, 30, 40)
        >>> layer(torch.randn(128, 20), torch.randn(128, 30)).size()
        torch.Size([128, 40])
    """

    def __init__(self, in1_features, in2_features, out_features, bias=True, device=None, dtype=None):
        super().__init__()
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight = Parameter(empty(out_features, in1_features, in2_features, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        """Draw new initial values."""
        if self.in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got (in1_features={self.in1_features})")
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1, input2):
        """Compute x1^T W x2 + b."""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self):
        """Say the sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )
