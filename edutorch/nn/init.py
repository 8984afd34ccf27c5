"""Initial values for parameters, from PyTorch's random streams: the same seed gives PyTorch's weights."""

from __future__ import annotations

import functools
import math
import warnings

from ..modes import no_grad
from ..ops.create import empty_like
from ..ops.decompositions import qr
from ..ops.masks import where
from ..ops.sampling import randperm

__all__ = [
    "calculate_gain",
    "uniform_",
    "normal_",
    "trunc_normal_",
    "constant_",
    "ones_",
    "zeros_",
    "eye_",
    "dirac_",
    "xavier_uniform_",
    "xavier_normal_",
    "kaiming_uniform_",
    "kaiming_normal_",
    "orthogonal_",
    "sparse_",
    "uniform",
    "normal",
    "constant",
    "eye",
    "dirac",
    "xavier_uniform",
    "xavier_normal",
    "kaiming_uniform",
    "kaiming_normal",
    "orthogonal",
    "sparse",
]


def calculate_gain(nonlinearity, param=None):
    """Return the factor by which weights are scaled so that a layer followed by `nonlinearity` keeps its variance.

    Args:
        nonlinearity: "linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu", or a convolution's name.
        param: the negative slope of leaky_relu (default 0.01).
    """
    linear = (
        "linear",
        "conv1d",
        "conv2d",
        "conv3d",
        "conv_transpose1d",
        "conv_transpose2d",
        "conv_transpose3d",
        "sigmoid",
    )
    if nonlinearity in linear:
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        if isinstance(param, bool) or not (param is None or isinstance(param, (int, float))):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _calculate_fan_in_and_fan_out(tensor):
    """Return how many inputs feed each unit and how many units each input feeds: (out, in, *kernel) weights."""
    if tensor.dim() < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _fan(tensor, mode):
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]


@no_grad()
def uniform_(tensor, a=0.0, b=1.0, generator=None):
    """Fill with uniform numbers between a and b."""
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor, mean=0.0, std=1.0, generator=None):
    """Fill with normal numbers."""
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None):
    """Fill with normal numbers between a and b; what falls outside is drawn anew.

    Where most numbers would fall outside, uniform ones are drawn instead, and each is kept with the probability that
    the normal density gives it (rejection sampling, von Neumann 1951).
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be "
            "incorrect.",
            stacklevel=3,
        )
    inside = _normal_cdf((b - mean) / std) - _normal_cdf((a - mean) / std)
    if inside > 0.3:
        lowest, highest = tensor.new_tensor(a).item(), tensor.new_tensor(b).item()  # as its dtype rounds them
        values = tensor.normal_(mean, std, generator=generator)
        while (outside := (values < lowest) | (values > highest)).any():
            values = where(outside, empty_like(values).normal_(mean, std, generator=generator), values)
        return tensor.copy_(values)
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2

    def refused(values):
        """Return which values the draw for their density, relative to the greatest one, turns down."""
        density = -0.5 * ((values - mean) / std) ** 2 - peak
        return empty_like(values).uniform_(generator=generator).log_() > density

    values = tensor.uniform_(a, b, generator=generator).detach()
    pending = refused(values)
    while pending.any():
        again = empty_like(values).uniform_(a, b, generator=generator)
        values = where(pending, again, values)
        pending = pending & refused(again)
    return tensor.copy_(values)


def _normal_cdf(x):
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


@no_grad()
def constant_(tensor, val):
    """Fill with a value."""
    return tensor.fill_(val)


@no_grad()
def ones_(tensor):
    """Fill with ones."""
    return tensor.fill_(1.0)


@no_grad()
def zeros_(tensor):
    """Fill with zeros."""
    return tensor.zero_()


@no_grad()
def eye_(tensor):
    """Make a matrix the identity, as far as its shape allows."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    tensor.zero_()
    tensor.diagonal().fill_(1.0)
    return tensor


@no_grad()
def dirac_(tensor, groups=1):
    """Make a convolution's weight the identity: each output channel is the input channel of its number.

    Args:
        groups: each group of output channels begins again at the first input channel.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.size(0) % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    in_group = tensor.size(0) // groups
    middle = tuple(size // 2 for size in tensor.shape[2:])
    tensor.zero_()
    for first in range(0, tensor.size(0), in_group):
        for d in range(min(in_group, tensor.size(1))):
            tensor[(first + d, d, *middle)] = 1
    return tensor


def xavier_uniform_(tensor, gain=1.0, generator=None):
    """Fill uniformly in ±gain sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010)."""
    bound = gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor))) * math.sqrt(3.0)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor, gain=1.0, generator=None):
    """Fill with normal numbers of deviation gain sqrt(2 / (fan_in + fan_out)) (Glorot & Bengio 2010)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor))), generator)


def _kaiming_std(tensor, a, mode, nonlinearity):
    return calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))


def _empty(tensor):
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return True
    return False


def kaiming_uniform_(tensor, a: float = 0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """Fill uniformly in ±gain sqrt(3 / fan) (He et al. 2015); `a` is leaky_relu's slope."""
    if _empty(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor, a: float = 0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """Fill with normal numbers of deviation gain / sqrt(fan) (He et al. 2015); `a` is leaky_relu's slope."""
    if _empty(tensor):
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


@no_grad()
def orthogonal_(tensor, gain=1, generator=None):
    """Make the rows (or the columns, if there are fewer) orthonormal vectors, times `gain` (Saxe et al. 2013).

    Dimensions after the first count as one.
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.size(0)
    matrix = tensor.new_empty((rows, tensor.numel() // rows)).normal_(0, 1, generator=generator)
    wide = rows < matrix.size(1)
    q, r = qr(matrix.t() if wide else matrix)
    q = q * r.diagonal().sign()  # else q would not be spread evenly over all orthogonal matrices
    tensor.view(matrix.shape).copy_(q.t() if wide else q)
    return tensor.mul_(gain)


@no_grad()
def sparse_(tensor, sparsity, std=0.01, generator=None):
    """Fill a matrix with normal numbers, and set a part `sparsity` of each column to zero (Martens 2010)."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        tensor[randperm(rows)[:zeros], column] = 0
    return tensor


def _by_its_old_name(function):
    """Return a function under the name it had before it got its underscore."""
    new = function.__name__
    old = new.removesuffix("_")

    @functools.wraps(function)
    def deprecated(*args, **kwargs):
        warnings.warn(f"`nn.init.{old}` is now deprecated in favor of `nn.init.{new}`.", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    deprecated.__name__, deprecated.__doc__ = old, f"Deprecated: `{new}` by its old name."
    return deprecated


uniform, normal, constant = _by_its_old_name(uniform_), _by_its_old_name(normal_), _by_its_old_name(constant_)
eye, dirac = _by_its_old_name(eye_), _by_its_old_name(dirac_)
xavier_uniform, xavier_normal = _by_its_old_name(xavier_uniform_), _by_its_old_name(xavier_normal_)
kaiming_uniform, kaiming_normal = _by_its_old_name(kaiming_uniform_), _by_its_old_name(kaiming_normal_)
orthogonal, sparse = _by_its_old_name(orthogonal_), _by_its_old_name(sparse_)
