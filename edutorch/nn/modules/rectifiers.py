"""Rectifiers as layers: a line through zero, bent at one point or two."""

from __future__ import annotations

import warnings

from ...ops.create import empty
from .. import functional as F
from .. import init
from ..parameter import Parameter
from .module import Module

__all__ = [
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "Softshrink",
    "Threshold",
]


class _InPlace(Module):
    """An activation that may write its result into the input."""

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace

    def extra_repr(self):
        """Say whether it works in place."""
        return "inplace=True" if self.inplace else ""

    def _said(self, *settings):
        """Return the settings, and whether it works in place, for `extra_repr`."""
        return ", ".join([*settings, *(["inplace=True"] if self.inplace else [])])


class ReLU(_InPlace):
    """Replace negative numbers by zero: y = max(x, 0).

    Args:
        inplace: write the result into the input.

    Shape:
        input (*) -> output (*)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ReLU()(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    def forward(self, input):
        """Compute max(x, 0)."""
        return F.relu(input, self.inplace)


class RReLU(_InPlace):
    """Keep what is positive; multiply the rest by random slopes in training, by their mean otherwise.

    Args:
        lower, upper: between which the slopes are drawn. inplace: write the result into the input.

    Shape:
        input (*) -> output (*)
    """

    def __init__(self, lower=1.0 / 8, upper=1.0 / 3, inplace=False):
        super().__init__(inplace)
        self.lower, self.upper = lower, upper

    def forward(self, input):
        """Compute x where x > 0, else s x."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self):
        """Say the range of slopes."""
        return self._said(f"lower={self.lower}", f"upper={self.upper}")


class Hardtanh(_InPlace):
    """Clamp to [min_val, max_val].

    Args:
        inplace: write the result into the input. min_value, max_value: older names of the limits.

    Shape:
        input (*) -> output (*)
    """

    def __init__(self, min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None):
        super().__init__(inplace)
        if min_value is not None:
            _renamed("min_value", "min_val")
            min_val = min_value
        if max_value is not None:
            _renamed("max_value", "max_val")
            max_val = max_value
        self.min_val, self.max_val = min_val, max_val
        if not max_val > min_val:
            raise AssertionError(f"max_val ({max_val}) must be greater than min_val ({min_val})")

    def forward(self, input):
        """Compute min(max(x, min_val), max_val)."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self):
        """Say the limits."""
        return self._said(f"min_val={self.min_val}", f"max_val={self.max_val}")


def _renamed(old, new):
    warnings.warn(f"keyword argument `{old}` is deprecated and renamed to `{new}`", FutureWarning, stacklevel=3)


class ReLU6(Hardtanh):
    """Clamp to [0, 6].

    Args:
        inplace: write the result into the input.

    Shape:
        input (*) -> output (*)
    """

    def __init__(self, inplace=False):
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self):
        """Say whether it works in place."""
        return self._said()


class Hardsigmoid(_InPlace):
    """Approximate the sigmoid by straight lines: y = x / 6 + 1/2, clamped to [0, 1].

    Args:
        inplace: write the result into the input.

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute the hard sigmoid."""
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self):
        """Say nothing, as PyTorch does."""
        return ""


class Hardswish(_InPlace):
    """Multiply by the hard sigmoid: y = x clamp(x / 6 + 1/2, 0, 1).

    Args:
        inplace: write the result into the input.

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute x times its hard sigmoid."""
        return F.hardswish(input, self.inplace)

    def extra_repr(self):
        """Say nothing, as PyTorch does."""
        return ""


class LeakyReLU(_InPlace):
    """Keep what is positive, and multiply the rest by a small slope.

    Args:
        negative_slope: the slope. inplace: write the result into the input.

    Shape:
        input (*) -> output (*)
    """

    def __init__(self, negative_slope=1e-2, inplace=False):
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input):
        """Compute x where x > 0, else s x."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self):
        """Say the slope."""
        return self._said(f"negative_slope={self.negative_slope}")


class PReLU(Module):
    """Keep what is positive, and multiply the rest by a slope that is learned.

    Args:
        num_parameters: 1, or the number of channels. init: the slope at the start.

    Shape:
        input (*), or (N, num_parameters, *) -> output of the same shape

    Attributes:
        weight: (num_parameters,), the slopes.
    """

    def __init__(self, num_parameters=1, init=0.25, device=None, dtype=None):
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self):
        """Set the slopes to their initial value."""
        init.constant_(self.weight, self.init)

    def forward(self, input):
        """Compute x where x > 0, else w x."""
        return F.prelu(input, self.weight)

    def extra_repr(self):
        """Say the number of slopes."""
        return f"num_parameters={self.num_parameters}"


class Threshold(_InPlace):
    """Keep what is above a threshold, and replace the rest by a value.

    Args:
        threshold, value: the two numbers. inplace: write the result into the input.

    Shape:
        input (*) -> output (*)
    """

    def __init__(self, threshold, value, inplace=False):
        super().__init__(inplace)
        self.threshold, self.value = threshold, value

    def forward(self, input):
        """Compute x where x > threshold, else the value."""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self):
        """Say threshold and value."""
        return self._said(f"threshold={self.threshold}", f"value={self.value}")


class _Shrink(Module):
    def __init__(self, lambd=0.5):
        super().__init__()
        self.lambd = lambd

    def extra_repr(self):
        """Say lambda."""
        return str(self.lambd)


class Hardshrink(_Shrink):
    """Replace what lies in [-lambd, lambd] by zero.

    Args:
        lambd: the limit.

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute x where |x| > lambd, else 0."""
        return F.hardshrink(input, self.lambd)


class Softshrink(_Shrink):
    """Move everything towards zero by lambd, and what would cross zero to zero.

    Args:
        lambd: the distance, not negative.

    Shape:
        input (*) -> output (*)
    """

    def forward(self, input):
        """Compute sign(x) max(|x| - lambd, 0)."""
        return F.softshrink(input, self.lambd)
