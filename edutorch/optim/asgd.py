"""ASGD: the average of the path is better than its end."""

from __future__ import annotations

from .optimizer import check_not_negative, check_rate
from .rule import Rule, scalar, zeros

__all__ = ["ASGD"]


class ASGD(Rule):
    """Gradient descent with falling steps, that also keeps the average of the parameters over the path.

    At step t, for a parameter p with gradient g:

        p  <- (1 - lambd eta) p - eta g
        ax <- ax + mu (p - ax)
        eta = lr / (1 + lambd lr t)^alpha,  mu = 1 / max(1, t - t0)          for the next step

    The average is `optimizer.state[p]["ax"]`; up to step t0 it is p itself. Polyak and Juditsky 1992, "Acceleration of
    Stochastic Approximation by Averaging".

    Args:
        params: see `Optimizer`.
        lr: the first learning rate.
        lambd: how much each step shrinks the parameters, times eta.
        alpha: how fast the rate falls.
        t0: the step from which to average.
        weight_decay: the weight of an L2 penalty on the parameters.
        foreach: accepted, and without effect.
        maximize: go up instead.
        differentiable: let gradients flow through the step itself.
        capturable: keep the count of steps on the device; refused on the CPU.

    Raises:
        ValueError: for a negative lr or weight_decay.
    """

    capturable_tensors = "params, mus, etas, and state_steps"

    def __init__(
        self,
        params,
        lr=1e-2,
        lambd=1e-4,
        alpha=0.75,
        t0=1e6,
        weight_decay=0,
        foreach=None,
        maximize=False,
        differentiable=False,
        capturable=False,
    ):
        check_rate(lr)
        check_not_negative(weight_decay=weight_decay)
        super().__init__(
            params,
            dict(
                lr=lr,
                lambd=lambd,
                alpha=alpha,
                t0=t0,
                weight_decay=weight_decay,
                foreach=foreach,
                maximize=maximize,
                differentiable=differentiable,
                capturable=capturable,
            ),
        )

    def _begin(self, p, group):
        return {
            "step": scalar(0.0, p, group),
            "eta": scalar(float(group["lr"]), p, group),
            "mu": scalar(1.0, p, group),
            "ax": zeros(p),
        }

    def _step(self, xp, p, g, t, state, group):
        eta, mu, ax = float(state["eta"]), float(state["mu"]), state["ax"]
        p *= 1 - group["lambd"] * eta
        p -= eta * g
        ax[...] = ax + mu * (p - ax) if mu != 1 else p

    def _update(self, xp, p, g, t, state, group):
        super()._update(xp, p, g, t, state, group)
        lr, t = float(group["lr"]), float(t)
        state["eta"][...] = scalar(lr / (1 + group["lambd"] * lr * t) ** group["alpha"]).item()
        state["mu"][...] = scalar(1 / max(1, t - group["t0"])).item()  # rounded, whatever dtype a loaded state has
