"""Adamax: Adam with the largest gradient in the place of the mean square."""

from __future__ import annotations

from .optimizer import check_betas, check_not_negative, check_rate
from .rule import Rule, scalar, zeros

__all__ = ["Adamax"]


class Adamax(Rule):
    """Divide a running mean of the gradient by the largest it was, lately.

    At step t, for a parameter p with gradient g:

        m <- beta1 m + (1 - beta1) g
        u <- max(beta2 u, |g| + eps)
        p <- p - lr / (1 - beta1^t) m / u

    Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", section 7: Adam's mean of squares becomes a mean
    of p-th powers, and p goes to infinity.

    Args:
        params: see `Optimizer`.
        lr: the learning rate: about how far each number moves in a step.
        betas: how much the mean and the maximum keep from step to step.
        eps: keeps the division sound.
        weight_decay: the weight of an L2 penalty on the parameters.
        foreach: accepted, and without effect.
        maximize: go up instead.
        differentiable: let gradients flow through the step itself.
        capturable: keep the count of steps on the device; refused on the CPU.

    Raises:
        ValueError: for negative options, or betas outside [0, 1).
    """

    def __init__(
        self,
        params,
        lr=2e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0,
        foreach=None,
        *,
        maximize=False,
        differentiable=False,
        capturable=False,
    ):
        check_rate(lr)
        check_not_negative(epsilon=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        super().__init__(
            params,
            dict(
                lr=lr,
                betas=betas,
                eps=eps,
                weight_decay=weight_decay,
                foreach=foreach,
                maximize=maximize,
                differentiable=differentiable,
                capturable=capturable,
            ),
        )

    def _begin(self, p, group):
        return {"step": scalar(0.0, p, group), "exp_avg": zeros(p), "exp_inf": zeros(p)}

    def _step(self, xp, p, g, t, state, group):
        beta1, beta2 = group["betas"]
        m, u = state["exp_avg"], state["exp_inf"]
        m += (1 - beta1) * (g - m)
        u[...] = xp.maximum(beta2 * u, abs(g) + group["eps"])
        p -= group["lr"] / (1 - beta1**t) * m / u
