"""RAdam: Adam that waits until it knows the gradient's size."""

from __future__ import annotations

import math

from .optimizer import check_betas, check_not_negative, check_rate
from .rule import Rule, scalar, zeros

__all__ = ["RAdam"]


class RAdam(Rule):
    """Adam whose first steps do not yet divide, because a mean of few squares is a poor guide.

    At step t, for a parameter p with gradient g:

        m <- beta1 m + (1 - beta1) g                     m^ = m / (1 - beta1^t)
        v <- beta2 v + (1 - beta2) g²
        rho_t = rho - 2 t beta2^t / (1 - beta2^t)        rho = 2 / (1 - beta2) - 1: how many squares v has averaged
        p <- p - lr m^ r sqrt(1 - beta2^t) / (sqrt(v) + eps)         if rho_t > 5, else p <- p - lr m^
        r  = sqrt((rho_t - 4) (rho_t - 2) rho / ((rho - 4) (rho - 2) rho_t))

    Liu et al. 2020, "On the Variance of the Adaptive Learning Rate and Beyond".

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        betas: how much the two means keep from step to step.
        eps: keeps the division sound.
        weight_decay: the weight of an L2 penalty on the parameters.
        decoupled_weight_decay: shrink the parameters directly instead, as `AdamW` does.
        foreach: accepted, and without effect.
        maximize: go up instead.
        capturable: keep the count of steps on the device; refused on the CPU.
        differentiable: let gradients flow through the step itself.

    Raises:
        ValueError: for negative options, or betas outside [0, 1).
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0,
        decoupled_weight_decay=False,
        *,
        foreach=None,
        maximize=False,
        capturable=False,
        differentiable=False,
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
                maximize=maximize,
                foreach=foreach,
                capturable=capturable,
                decoupled_weight_decay=decoupled_weight_decay,
                differentiable=differentiable,
            ),
        )

    def _begin(self, p, group):
        return {"step": scalar(0.0, p, group), "exp_avg": zeros(p), "exp_avg_sq": zeros(p)}

    def _step(self, xp, p, g, t, state, group):
        beta1, beta2 = group["betas"]
        m, v = state["exp_avg"], state["exp_avg_sq"]
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * g * g
        rate = group["lr"] / (1 - beta1**t)
        rho = 2 / (1 - beta2) - 1
        rho_t = rho - 2 * t * beta2**t / (1 - beta2**t)
        if rho_t > 5:
            r = math.sqrt((rho_t - 4) * (rho_t - 2) * rho / ((rho - 4) * (rho - 2) * rho_t))
            p -= rate * r * math.sqrt(1 - beta2**t) * m / (xp.sqrt(v) + group["eps"])
        else:
            p -= rate * m
