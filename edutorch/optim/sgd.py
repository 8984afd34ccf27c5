"""Stochastic gradient descent."""

from __future__ import annotations

import numpy as np

from ..autograd.versions import bump
from ..tensor import Tensor, wrap
from .optimizer import Optimizer

__all__ = ["SGD"]


class SGD(Optimizer):
    """Go down the slope, with momentum if wanted.

    At each step, for a parameter p with gradient g:

        g <- g + weight_decay p
        v <- momentum v + (1 - dampening) g           (v = g at the first step)
        p <- p - lr v                                 (nesterov: p - lr (g + momentum v))

    The velocity is PyTorch's, which keeps lr out of v (Sutskever et al. 2013 put it in).

    Args:
        params: see `Optimizer`.
        lr: the learning rate: how far to go.
        momentum, dampening, nesterov: how much of the last step to keep, and in which form.
        weight_decay: the weight of an L2 penalty on the parameters.
        maximize: go up instead.
        foreach, fused: accepted, and without effect.
        differentiable: let gradients flow through the step itself.

    Raises:
        ValueError: for negative options, or nesterov without momentum.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        momentum=0,
        dampening=0,
        weight_decay=0,
        nesterov=False,
        *,
        maximize=False,
        foreach=None,
        differentiable=False,
        fused=None,
    ):
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        if fused and differentiable:
            raise RuntimeError("`fused` does not support `differentiable`")
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
                "foreach": foreach,
                "differentiable": differentiable,
                "fused": fused,
            },
        )

    def step(self, closure=None):
        """Change the parameters once."""
        loss = self._closure_loss(closure)
        with np.errstate(all="ignore"):  # a step to inf or nan is no news
            for group in self.param_groups:
                for p in group["params"]:
                    if p._grad is not None:
                        (self._differentiable_step if group["differentiable"] else self._step)(p, group)
        return loss

    def _step(self, p, group):
        """Update on raw arrays, in place."""
        array, g = p.array, p._grad.array
        lr = group["lr"].item() if isinstance(group["lr"], Tensor) else group["lr"]
        if group["maximize"]:
            g = -g
        if group["weight_decay"]:
            g = g + group["weight_decay"] * array
        if group["momentum"]:
            state = self.state[p]
            velocity = state.get("momentum_buffer")
            if velocity is None:
                velocity = state["momentum_buffer"] = wrap(g.copy())
            else:
                velocity.array *= group["momentum"]
                velocity.array += g if not group["dampening"] else (1 - group["dampening"]) * g
            g = g + group["momentum"] * velocity.array if group["nesterov"] else velocity.array
        array -= lr * g
        bump(p)

    def _differentiable_step(self, p, group):
        """The same on tensors, recorded."""
        g = -p._grad if group["maximize"] else p._grad
        if group["weight_decay"]:
            g = g + group["weight_decay"] * p
        if group["momentum"]:
            state = self.state[p]
            velocity = state.get("momentum_buffer")
            v = g.clone() if velocity is None else velocity * group["momentum"] + (1 - group["dampening"]) * g
            state["momentum_buffer"] = v
            g = g + group["momentum"] * v if group["nesterov"] else v
        p.sub_(g * group["lr"])
