"""Losses of distributions: how far what is predicted is from what is drawn, or from another distribution."""

from __future__ import annotations

import math

from ..op.autocast import asks_autocast
from .exponential import exp, log, xlogy
from .reduction import reduced
from .tensor_arguments import need_tensors

__all__ = ["kl_div", "poisson_nll_loss"]


@asks_autocast
def kl_div(input, target, reduction="none", *, log_target=False):
    """Return the Kullback-Leibler divergence of a distribution, given by its logarithms, from the true one.

    Shape: input (*), target (*) -> (), or (*) with reduction="none"
    Math:  y = mean_i t_i (ln t_i - x_i);  with log_target, e^(t_i) (t_i - x_i)

    Kullback and Leibler, On Information and Sufficiency, 1951.
    """
    need_tensors("kl_div", input=input, target=target)
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    return reduced(exp(target) * (target - input) if log_target else xlogy(target, target) - target * input, reduction)


@asks_autocast
def poisson_nll_loss(input, target, log_input, full, eps, reduction):
    """Return the surprise at a count that a Poisson distribution was expected to draw, but for constants.

    Shape: input (*), target (*) -> (), or (*) with reduction="none"
    Math:  y = mean_i e^(x_i) - t_i x_i, where x is the logarithm of the rate (log_input), else x_i - t_i ln(x_i + eps);
           full adds Stirling's t ln t - t + ln(2 pi t) / 2 where t > 1
    """
    need_tensors("poisson_nll_loss", input=input, target=target)
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        stirling = target * log(target) - target + 0.5 * log(2 * math.pi * target)
        losses = losses + stirling.masked_fill(target <= 1, 0)
    return reduced(losses, reduction)
