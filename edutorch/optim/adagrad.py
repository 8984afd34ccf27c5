"""Adagrad: numbers that were pushed much move less."""

from __future__ import annotations

from ..backends import XP
from ..tensor import wrap
from .optimizer import check_fused, check_not_negative, check_rate
from .rule import Rule, scalar

__all__ = ["Adagrad"]


class Adagrad(Rule):
    """Divide the gradient by the root of the sum of all its squares so far.

    At step t, for a parameter p with gradient g:

        s <- s + g²
        p <- p - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)

    Duchi et al. 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization". The steps only
    ever shrink; RMSprop and Adadelta forget instead.

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        lr_decay: how much faster the steps shrink.
        weight_decay: the weight of an L2 penalty on the parameters.
        initial_accumulator_value: what s begins with.
        eps: keeps the division sound.
        foreach, fused: accepted, and without effect.
        maximize: go up instead.
        differentiable: let gradients flow through the step itself.

    Raises:
        ValueError: for negative options.
    """

    def __init__(
        self,
        params,
        lr=1e-2,
        lr_decay=0,
        weight_decay=0,
        initial_accumulator_value=0,
        eps=1e-10,
        foreach=None,
        *,
        maximize=False,
        differentiable=False,
        fused=None,
    ):
        check_rate(lr)
        check_not_negative(
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            epsilon=eps,
        )
        super().__init__(
            params,
            dict(
                lr=lr,
                lr_decay=lr_decay,
                eps=eps,
                weight_decay=weight_decay,
                initial_accumulator_value=initial_accumulator_value,
                foreach=foreach,
                maximize=maximize,
                differentiable=differentiable,
                fused=fused,
            ),
        )
        check_fused(fused, foreach, differentiable)
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p] = self._begin(p, group)

    def _begin(self, p, group):
        first = self.defaults["initial_accumulator_value"]
        return {"step": scalar(0.0, p, group), "sum": wrap(XP[type(p.array)].full_like(p.array, first))}

    def _step(self, xp, p, g, t, state, group):
        s = state["sum"]
        s += g * g
        rate = group["lr"] / (1 + (t - 1) * group["lr_decay"])
        p -= rate * g / (xp.sqrt(s) + group["eps"])
