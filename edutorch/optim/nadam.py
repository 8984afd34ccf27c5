"""NAdam: Adam that looks ahead."""

from __future__ import annotations

from .optimizer import check_betas, check_not_negative, check_rate
from .rule import Rule, read, scalar, zeros

__all__ = ["NAdam"]


class NAdam(Rule):
    """Adam with Nesterov's momentum: the step already holds the next step's share of the momentum.

    At step t, for a parameter p with gradient g, and mu_t = beta1 (1 - 0.5 · 0.96^(t · momentum_decay)):

        m <- beta1 m + (1 - beta1) g
        v <- beta2 v + (1 - beta2) g²
        m^ = mu_(t+1) m / (1 - mu_1 … mu_(t+1)) + (1 - mu_t) g / (1 - mu_1 … mu_t)
        p <- p - lr m^ / (sqrt(v / (1 - beta2^t)) + eps)

    Dozat 2016, "Incorporating Nesterov Momentum into Adam".

    Args:
        params: see `Optimizer`.
        lr: the learning rate: about how far each number moves in a step.
        betas: how much the two means keep from step to step.
        eps: keeps the division sound.
        weight_decay: the weight of an L2 penalty on the parameters.
        momentum_decay: how fast the momentum grows to beta1.
        decoupled_weight_decay: shrink the parameters directly instead, as `AdamW` does.
        foreach: accepted, and without effect.
        maximize: go up instead.
        capturable: keep the count of steps on the device; refused on the CPU.
        differentiable: let gradients flow through the step itself.

    Raises:
        ValueError: for negative options, or betas outside [0, 1).
    """

    capturable_tensors = "params, mu_products and state_steps"

    def __init__(
        self,
        params,
        lr=2e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0,
        momentum_decay=4e-3,
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
        check_not_negative(weight_decay=weight_decay, momentum_decay=momentum_decay)
        super().__init__(
            params,
            dict(
                lr=lr,
                betas=betas,
                eps=eps,
                weight_decay=weight_decay,
                momentum_decay=momentum_decay,
                decoupled_weight_decay=decoupled_weight_decay,
                maximize=maximize,
                foreach=foreach,
                capturable=capturable,
                differentiable=differentiable,
            ),
        )

    def _begin(self, p, group):
        return {
            "step": scalar(0.0, p, group),
            "mu_product": scalar(1.0, p, group),
            "exp_avg": zeros(p),
            "exp_avg_sq": zeros(p),
        }

    def _update(self, xp, p, g, t, state, group):
        state["mu_product"] *= momentum_at(t, group)  # once a step, not once a block
        super()._update(xp, p, g, t, state, group)

    def _step(self, xp, p, g, t, state, group):
        beta1, beta2 = group["betas"]
        mu, mu_next, product = momentum_at(t, group), momentum_at(t + 1, group), read(state["mu_product"])
        m, v = state["exp_avg"], state["exp_avg_sq"]
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * g * g
        size = xp.sqrt(v / (1 - beta2**t)) + group["eps"]
        now, ahead = group["lr"] * (1 - mu) / (1 - product), group["lr"] * mu_next / (1 - product * mu_next)
        p -= (now * g + ahead * m) / size


def momentum_at(t, group):
    """Return mu_t, the momentum of step t."""
    return group["betas"][0] * (1 - 0.5 * 0.96 ** (t * group["momentum_decay"]))
