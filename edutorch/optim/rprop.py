"""Rprop: only the gradient's sign counts."""

from __future__ import annotations

from ..backends import XP
from ..tensor import Tensor, wrap
from .optimizer import check_rate
from .rule import Rule, scalar, zeros

__all__ = ["Rprop"]


class Rprop(Rule):
    """Give every number a step size of its own, that grows while the gradient keeps its sign and shrinks when it turns.

    At each step, for a parameter p with gradient g, a step size s and the last gradient h:

        s <- eta+ s  if g h > 0,   eta- s  if g h < 0        (kept within step_sizes)
        g <- 0       if g h < 0                              (it went too far: wait a step)
        p <- p - sign(g) s

    Riedmiller and Braun 1993, "A Direct Adaptive Method for Faster Backpropagation Learning". For whole batches: the
    sign of a mini-batch's gradient says little.

    Args:
        params: see `Optimizer`.
        lr: the first step size.
        etas: (eta-, eta+).
        step_sizes: the smallest and the largest step size.
        capturable: keep the count of steps on the device; refused on the CPU.
        foreach: accepted, and without effect.
        maximize: go up instead.
        differentiable: let gradients flow through the step itself.

    Raises:
        ValueError: for a negative lr, or unless 0 < eta- < 1 < eta+.
    """

    def __init__(
        self,
        params,
        lr=1e-2,
        etas=(0.5, 1.2),
        step_sizes=(1e-6, 50),
        *,
        capturable=False,
        foreach=None,
        maximize=False,
        differentiable=False,
    ):
        check_rate(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(
            params,
            dict(
                lr=lr,
                etas=etas,
                step_sizes=step_sizes,
                foreach=foreach,
                maximize=maximize,
                differentiable=differentiable,
                capturable=capturable,
            ),
        )

    def _begin(self, p, group):
        first = group["lr"].item() if isinstance(group["lr"], Tensor) else group["lr"]
        return {
            "step": scalar(0.0, p, group),
            "prev": zeros(p),
            "step_size": wrap(XP[type(p.array)].full_like(p.array, first)),
        }

    def _step(self, xp, p, g, t, state, group):
        shrink, grow = group["etas"]
        s, h = state["step_size"], state["prev"]
        turn = xp.sign(g * h)
        factor = xp.where(turn > 0, grow, xp.where(turn < 0, shrink, xp.ones_like(g)))
        s[...] = xp.clip(s * factor, *group["step_sizes"])
        g = xp.where(turn < 0, 0, g)
        p -= xp.sign(g) * s
        h[...] = g
