"""Activations: the nonlinear steps between layers. Those made of straight lines are in `rectifiers.py`."""

from __future__ import annotations

from .. import functional as F
from .attention import MultiheadAttention
from .module import Module
from .rectifiers import (
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    PReLU,
    ReLU,
    ReLU6,
    RReLU,
    Softshrink,
    Threshold,
    _InPlace,
)

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "MultiheadAttention",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]

# ---------------------------------------------------------------- smooth ones


class _WithAlpha(_InPlace):
    def __init__(self, alpha=1.0, inplace=False):
        super().__init__(inplace)
        self.alpha = alpha

    def extra_repr(self):
        """Say alpha."""
        return self._said(f"alpha={self.alpha}")


class ELU(_WithAlpha):
    """Keep what is positive; the rest runs out to -alpha: y = alpha (e^x - 1).

    Args:
        alpha: where it runs out to. inplace: write the result into the input.

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute x where x > 0, else alpha (e^x - 1)."""
        return F.elu(input, self.alpha, self.inplace)


class CELU(_WithAlpha):
    """Keep what is positive; the rest runs out to -alpha, with slope 1 at zero: y = alpha (e^(x / alpha) - 1).

    Args:
        alpha: where it runs out to. inplace: write the result into the input.

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute x where x > 0, else alpha (e^(x / alpha) - 1)."""
        return F.celu(input, self.alpha, self.inplace)


class SELU(_InPlace):
    """Apply a scaled ELU, through which numbers of mean 0 and variance 1 keep both.

    Args:
        inplace: write the result into the input.

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute the scaled ELU."""
        return F.selu(input, self.inplace)


class GELU(Module):
    """Multiply by the chance that a normal number is smaller: y = x P(Z <= x).

    Args:
        approximate: "none", or "tanh" for a formula that is quicker to compute.

    Shape:
        input (*) -> output (*)
    """

    def __init__(self, approximate="none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, input):
        """Compute x Phi(x)."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self):
        """Say the approximation."""
        return f"approximate={self.approximate!r}"


class SiLU(_InPlace):
    """Multiply by the sigmoid of itself, also called swish: y = x / (1 + e^-x).

    Args:
        inplace: write the result into the input.

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute x times its sigmoid."""
        return F.silu(input, self.inplace)


class Mish(_InPlace):
    """Multiply by the hyperbolic tangent of the softplus: y = x tanh(ln(1 + e^x)).

    Args:
        inplace: write the result into the input.

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute x tanh(softplus(x))."""
        return F.mish(input, self.inplace)


class Sigmoid(Module):
    """Squash numbers into (0, 1): y = 1 / (1 + e^-x).

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute the sigmoid."""
        return F.sigmoid(input)


class Tanh(Module):
    """Squash numbers into (-1, 1): the hyperbolic tangent.

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute the hyperbolic tangent."""
        return F.tanh(input)


class Softplus(Module):
    """Bend ReLU's corner round: y = ln(1 + e^(beta x)) / beta.

    Args:
        beta: the larger, the sharper the corner. threshold: where beta x is above it, y = x.

    Shape:
        input (*) -> output (*)
    """

    def __init__(self, beta=1.0, threshold=20.0):
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input):
        """Compute the softplus."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self):
        """Say beta and threshold."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Softsign(Module):
    """Squash numbers into (-1, 1), more slowly than the hyperbolic tangent: y = x / (1 + |x|).

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute x / (1 + |x|)."""
        return F.softsign(input)


class Tanhshrink(Module):
    """Subtract the hyperbolic tangent: y = x - tanh(x).

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute x - tanh(x)."""
        return F.tanhshrink(input)


class LogSigmoid(Module):
    """Take the logarithm of the sigmoid: y = -ln(1 + e^-x).

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute the logarithm of the sigmoid."""
        return F.logsigmoid(input)


class GLU(Module):
    """Let the second half of a dimension be the gates of the first: y = a sigmoid(b).

    Args:
        dim: the dimension that is halved.

    Shape:
        input (*, 2 n, *) -> output (*, n, *)
    """

    def __init__(self, dim=-1):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        """Compute a sigmoid(b)."""
        return F.glu(input, self.dim)

    def extra_repr(self):
        """Say the dimension."""
        return f"dim={self.dim}"


# ---------------------------------------------------------------- into probabilities


class _AlongDim(Module):
    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def extra_repr(self):
        """Say the dimension."""
        return f"dim={self.dim}"


class Softmin(_AlongDim):
    """Take the softmax of -x: the smallest score gets the largest weight.

    Args:
        dim: along which the weights sum to one.

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute softmax(-x)."""
        return F.softmin(input, self.dim, _stacklevel=5)


class Softmax(_AlongDim):
    """Turn scores into positive weights that sum to one along a dimension.

    Args:
        dim: along which the weights sum to one.

    Shape:
        input (*) -> output (*)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.Softmax(dim=1)(torch.zeros(1, 4))
        tensor([[0.2500, 0.2500, 0.2500, 0.2500]])
    """

    def forward(self, input):
        """Compute the softmax."""
        return F.softmax(input, self.dim, _stacklevel=5)


class LogSoftmax(_AlongDim):
    """Take the logarithm of the softmax.

    Args:
        dim: along which the weights sum to one.

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute the logarithm of the softmax."""
        return F.log_softmax(input, self.dim, _stacklevel=5)


class Softmax2d(Module):
    """Take the softmax over the channels at each place of a picture.

    Shape:
        input (N, C, H, W) or (C, H, W) -> output of the same shape
    """

    def forward(self, input):
        """Compute the softmax over the channels."""
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return F.softmax(input, -3, _stacklevel=5)
