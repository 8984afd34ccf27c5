"""RMSprop: gradients divided by their running size."""

from __future__ import annotations

from .optimizer import check_not_negative, check_rate
from .rule import Rule, scalar, zeros

__all__ = ["RMSprop"]


class RMSprop(Rule):
    """Divide the gradient by the root of its running mean square.

    At each step, for a parameter p with gradient g:

        v <- alpha v + (1 - alpha) g²
        p <- p - lr g / (sqrt(v) + eps)

    `centered`: the variance takes v's place: v - a², where a <- alpha a + (1 - alpha) g. With momentum the fractions
    gather in a buffer b <- momentum b + g / (...), and p <- p - lr b.

    Hinton 2012, lecture 6 of "Neural Networks for Machine Learning"; centered: Graves 2013, "Generating Sequences With
    Recurrent Neural Networks". As in PyTorch, eps is added to the root, not under it.

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        alpha: how much the means keep from step to step.
        eps: keeps the division sound.
        weight_decay: the weight of an L2 penalty on the parameters.
        momentum: how much of the last step to keep.
        centered: divide by the deviation instead of the size.
        capturable: keep the count of steps on the device; refused on the CPU.
        foreach: accepted, and without effect.
        maximize: go up instead.
        differentiable: let gradients flow through the step itself.

    Raises:
        ValueError: for negative options.
    """

    def __init__(
        self,
        params,
        lr=1e-2,
        alpha=0.99,
        eps=1e-8,
        weight_decay=0,
        momentum=0,
        centered=False,
        capturable=False,
        foreach=None,
        maximize=False,
        differentiable=False,
    ):
        check_rate(lr)
        check_not_negative(epsilon=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        super().__init__(
            params,
            dict(
                lr=lr,
                momentum=momentum,
                alpha=alpha,
                eps=eps,
                centered=centered,
                weight_decay=weight_decay,
                capturable=capturable,
                foreach=foreach,
                maximize=maximize,
                differentiable=differentiable,
            ),
        )

    def _begin(self, p, group):
        state = {"step": scalar(0.0, p, group), "square_avg": zeros(p)}
        if group["momentum"] > 0:
            state["momentum_buffer"] = zeros(p)
        if group["centered"]:
            state["grad_avg"] = zeros(p)
        return state

    def _step(self, xp, p, g, t, state, group):
        alpha, momentum, v = group["alpha"], group["momentum"], state["square_avg"]
        v *= alpha
        v += (1 - alpha) * g * g
        if group["centered"]:
            a = state["grad_avg"]
            a += (1 - alpha) * (g - a)
            v = v - a * a
        size = xp.sqrt(v) + group["eps"]
        if momentum > 0:
            b = state["momentum_buffer"]
            b *= momentum
            b += g / size
            p -= group["lr"] * b
        else:
            p -= group["lr"] * g / size
