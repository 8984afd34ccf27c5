"""Adadelta: steps as large as the last ones were."""

from __future__ import annotations

from .optimizer import check_not_negative, check_rate
from .rule import Rule, scalar, zeros

__all__ = ["Adadelta"]


class Adadelta(Rule):
    """Give the gradient the size of past steps: the units come out right, and lr may stay at 1.

    At each step, for a parameter p with gradient g:

        v <- rho v + (1 - rho) g²                        mean square of the gradient
        d  = sqrt(u + eps) / sqrt(v + eps) g
        u <- rho u + (1 - rho) d²                        mean square of the steps
        p <- p - lr d

    Zeiler 2012, "ADADELTA: An Adaptive Learning Rate Method".

    Args:
        params: see `Optimizer`.
        lr: what to multiply the steps with.
        rho: how much the means keep from step to step.
        eps: keeps the division sound, and lets the first steps be more than zero.
        weight_decay: the weight of an L2 penalty on the parameters.
        foreach: accepted, and without effect.
        capturable: keep the count of steps on the device; refused on the CPU.
        maximize: go up instead.
        differentiable: let gradients flow through the step itself.

    Raises:
        ValueError: for negative options, or rho outside [0, 1].
    """

    def __init__(
        self,
        params,
        lr=1.0,
        rho=0.9,
        eps=1e-6,
        weight_decay=0,
        foreach=None,
        *,
        capturable=False,
        maximize=False,
        differentiable=False,
    ):
        check_rate(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_not_negative(epsilon=eps, weight_decay=weight_decay)
        super().__init__(
            params,
            dict(
                lr=lr,
                rho=rho,
                eps=eps,
                weight_decay=weight_decay,
                maximize=maximize,
                capturable=capturable,
                foreach=foreach,
                differentiable=differentiable,
            ),
        )

    def _begin(self, p, group):
        return {"step": scalar(0.0, p, group), "square_avg": zeros(p), "acc_delta": zeros(p)}

    def _step(self, xp, p, g, t, state, group):
        rho, eps = group["rho"], group["eps"]
        v, u = state["square_avg"], state["acc_delta"]
        v *= rho
        v += (1 - rho) * g * g
        d = xp.sqrt(u + eps) / xp.sqrt(v + eps) * g
        u *= rho
        u += (1 - rho) * d * d
        p -= group["lr"] * d
