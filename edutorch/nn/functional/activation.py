"""Activations as functions. With `inplace=True` the result is written into the input, as `elu_` and its like do."""

from __future__ import annotations

import warnings

from ...op.forms import over
from ...ops.activation import relu as _relu
from ...ops.activation import relu_
from ...ops.create import empty_like, zeros_like
from ...ops.exponential_units import celu as _celu
from ...ops.exponential_units import celu_, elu_, selu_
from ...ops.exponential_units import elu as _elu
from ...ops.exponential_units import selu as _selu
from ...ops.gates import gelu, mish_, silu_
from ...ops.gates import glu as _glu
from ...ops.gates import mish as _mish
from ...ops.gates import silu as _silu
from ...ops.rectifiers import (
    hardshrink,
    hardsigmoid_,
    hardswish_,
    hardtanh_,
    leaky_relu_,
    prelu,
    rrelu_,
    softshrink,
    threshold_,
)
from ...ops.rectifiers import hardsigmoid as _hardsigmoid
from ...ops.rectifiers import hardswish as _hardswish
from ...ops.rectifiers import hardtanh as _hardtanh
from ...ops.rectifiers import leaky_relu as _leaky_relu
from ...ops.rectifiers import rrelu as _rrelu
from ...ops.rectifiers import threshold as _threshold
from ...ops.softplus import log_sigmoid, softplus
from ...tensor import first_checked

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gelu",
    "glu",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "log_softmax",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
]

logsigmoid = log_sigmoid


# ---------------------------------------------------------------- bent lines


@over(_relu)
def relu(input, inplace=False):
    """Return max(x, 0)."""
    return relu_(input) if inplace else _relu(input)


@over(_hardtanh)
@first_checked
def relu6(input, inplace=False):
    """Return min(max(x, 0), 6)."""
    return hardtanh_(input, 0.0, 6.0) if inplace else _hardtanh(input, 0.0, 6.0)


@over(_leaky_relu)
def leaky_relu(input, negative_slope=0.01, inplace=False):
    """Return x where x > 0, else `negative_slope` x."""
    return leaky_relu_(input, negative_slope) if inplace else _leaky_relu(input, negative_slope)


def rrelu(input, lower=1 / 8, upper=1 / 3, training=False, inplace=False):
    """Return x where x > 0, else x times a slope: random in [lower, upper] in training, their mean otherwise."""
    return rrelu_(input, lower, upper, training) if inplace else _rrelu(input, lower, upper, training)


@over(_threshold)
def threshold(input, threshold, value, inplace=False):
    """Return x where x > `threshold`, else `value`."""
    return threshold_(input, threshold, value) if inplace else _threshold(input, threshold, value)


@over(_hardtanh)
@first_checked
def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """Return x clamped to [min_val, max_val].

    Raises:
        ValueError: if min_val > max_val.
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return hardtanh_(input, min_val, max_val) if inplace else _hardtanh(input, min_val, max_val)


@over(_hardsigmoid)
def hardsigmoid(input, inplace=False):
    """Return x / 6 + 1/2, clamped to [0, 1]."""
    return hardsigmoid_(input) if inplace else _hardsigmoid(input)


@over(_hardswish)
def hardswish(input, inplace=False):
    """Return x times its hard sigmoid."""
    return hardswish_(input) if inplace else _hardswish(input)


# ---------------------------------------------------------------- smooth ones


@over(_elu)
def elu(input, alpha=1.0, inplace=False):
    """Return x where x > 0, else alpha (e^x - 1)."""
    return elu_(input, alpha) if inplace else _elu(input, alpha)


@over(_selu)
def selu(input, inplace=False):
    """Return 1.0507 times an ELU with alpha 1.6733, through which mean 0 and variance 1 are kept."""
    return selu_(input) if inplace else _selu(input)


@over(_celu)
def celu(input, alpha=1.0, inplace=False):
    """Return x where x > 0, else alpha (e^(x / alpha) - 1)."""
    return celu_(input, alpha) if inplace else _celu(input, alpha)


@over(_silu)
def silu(input, inplace=False):
    """Return x times its sigmoid."""
    return silu_(input) if inplace else _silu(input)


@over(_mish)
def mish(input, inplace=False):
    """Return x tanh(softplus(x))."""
    return mish_(input) if inplace else _mish(input)


def sigmoid(input):
    """Return 1 / (1 + e^-x)."""
    return input.sigmoid()


def tanh(input):
    """Return the hyperbolic tangent."""
    return input.tanh()


def softsign(input):
    """Return x / (1 + |x|)."""
    return input / (input.abs() + 1)


def tanhshrink(input):
    """Return x - tanh(x)."""
    return input - input.tanh()


@over(_glu)
def glu(input, dim=-1):
    """Return the first half of a dimension times the sigmoid of the second."""
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    return _glu(input, dim)


# ---------------------------------------------------------------- into probabilities


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """Turn scores into positive weights that sum to one along `dim`.

    Args:
        dtype: convert the scores to this dtype first.

    Warns:
        UserWarning: without `dim`: which dimension is meant is then guessed from their number.
    """
    dim = _dim_for("softmax", input, dim, _stacklevel)
    return input.softmax(dim) if dtype is None else input.softmax(dim, dtype=dtype)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """Return the softmax of -x: the smallest score gets the largest weight."""
    dim = _dim_for("softmin", input, dim, _stacklevel)
    return (-input).softmax(dim) if dtype is None else (-input).softmax(dim, dtype=dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """Return the logarithm of the softmax, which stays exact where a weight is too small for a float."""
    dim = _dim_for("log_softmax", input, dim, _stacklevel)
    return input.log_softmax(dim) if dtype is None else input.log_softmax(dim, dtype=dtype)


def _dim_for(name, input, dim, stacklevel):
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.dim() in (0, 1, 3) else 1


def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """Draw a category, softly: softmax of the scores plus Gumbel noise, through which gradients flow.

    Math: y = softmax((x + n) / tau),  n = -ln(-ln u), u uniform: argmax(x + n) has the distribution softmax(x)
    Source: E. Jang, S. Gu and B. Poole, Categorical Reparameterization with Gumbel-Softmax, ICLR 2017, arXiv:1611.01144

    Args:
        tau: the smaller, the closer to a one and zeros.
        hard: return a one and zeros, with the soft sample's gradient. eps: without effect.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -empty_like(logits).exponential_().log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    chosen = soft.max(dim, keepdim=True)[1]
    return zeros_like(logits).scatter_(dim, chosen, 1.0) - soft.detach() + soft
