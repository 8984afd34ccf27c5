"""Adafactor: Adam's second moment in the memory of two vectors."""

from __future__ import annotations

import math

from ..dtypes import FLOAT32, finfo, of
from .optimizer import check_rate
from .rule import Rule, in_float32, scalar, zeros

__all__ = ["Adafactor"]


class Adafactor(Rule):
    """Keep only the row means and column means of the squares, and take steps in proportion to the weights.

    At step t, for a matrix p with gradient g, and beta = 1 - t^beta2_decay:

        R <- beta R + (1 - beta) row means of g²
        C <- beta C + (1 - beta) column means of g²
        V  = R C / mean(R)                                   (for a vector V itself is kept)
        u  = g / sqrt(max(V, eps1²))
        p <- p - lr weight_decay p
        p <- p - max(eps2, rms(p)) min(lr, 1 / sqrt(t)) u / max(1, rms(u) / d)

    where rms is the root of the mean square, and rms(p) is taken before the decay. Shazeer and Stern 2018, "Adafactor:
    Adaptive Learning Rates with Sublinear Memory Cost".

    Args:
        params: see `Optimizer`.
        lr: the largest learning rate; relative to the size of the parameters.
        beta2_decay: how fast the means become longer.
        eps: (eps1, eps2); eps1 None is the dtype's smallest step from 1.
        d: steps with a larger rms are cut to it.
        weight_decay: how much of each parameter to take away, times lr.
        foreach: accepted, and without effect.
        maximize: go up instead.

    Raises:
        ValueError: for options out of range.
    """

    def __init__(
        self,
        params,
        lr=1e-2,
        beta2_decay=-0.8,
        eps=(None, 1e-3),
        d=1.0,
        weight_decay=0.0,
        *,
        foreach=None,
        maximize=False,
    ):
        check_rate(lr, "Learning rate should be >= 0 but is")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        super().__init__(
            params,
            dict(
                lr=lr,
                beta2_decay=beta2_decay,
                eps=eps,
                d=d,
                weight_decay=weight_decay,
                foreach=foreach,
                maximize=maximize,
            ),
        )

    def _begin(self, p, group):
        step = scalar(0.0, p, group)
        if p.ndim > 1:
            return {"step": step, "row_var": zeros(p[..., :1].detach()), "col_var": zeros(p[..., :1, :].detach())}
        return {"step": step, "variance": zeros(p)}

    def _update(self, xp, p, g, t, state, group):
        smallest, eps2 = group["eps"]
        if smallest is None:
            group = {**group, "eps": (finfo(of(p)).eps, eps2)}
        if p.itemsize == 2:
            with in_float32(p, state) as (p32, state32):
                self._step(xp, p32, g.astype(FLOAT32), t, state32, group)
        else:
            self._step(xp, p, g, t, state, group)

    def _step(self, xp, p, g, t, state, group):
        lr, (eps1, eps2) = group["lr"], group["eps"]
        if group["maximize"]:
            g = -g
        weight = t ** group["beta2_decay"]
        rate = max(eps2, rms(xp, p)) * min(lr, 1 / math.sqrt(t))
        if group["weight_decay"]:
            p *= 1 - lr * group["weight_decay"]
        squares = g * g
        if p.ndim > 1:
            rows, columns = state["row_var"], state["col_var"]
            rows += weight * (squares.mean(axis=-1, keepdims=True) - rows)
            columns += weight * (squares.mean(axis=-2, keepdims=True) - columns)
            v = rows * columns
            v /= xp.maximum(rows.mean(axis=-2, keepdims=True), eps1)
        else:
            v = state["variance"]
            v += weight * (squares - v)
        u = g / xp.sqrt(xp.maximum(v, eps1 * eps1))
        p -= rate / max(1.0, rms(xp, u) / group["d"]) * u


def rms(xp, x):
    """Return the root of the mean square of an array, as a number."""
    return float(xp.linalg.norm(x)) / math.sqrt(x.size)
