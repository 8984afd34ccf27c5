"""Stochastic gradient descent."""

from __future__ import annotations

from .optimizer import check_fused, check_not_negative, check_rate
from .rule import Rule, zeros

__all__ = ["SGD"]


class SGD(Rule):
    """Go down the slope, with momentum if wanted.

    At each step, for a parameter p with gradient g:

        g <- g + weight_decay p
        v <- momentum v + (1 - dampening) g           (v = g at the first step)
        p <- p - lr v                                 (nesterov: p - lr (g + momentum v))

    The velocity v is PyTorch's, which keeps lr out of it; Sutskever et al. 2013, "On the importance of initialization
    and momentum in deep learning", put it in.

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

    Example:
        >>> w = torch.tensor([2.0], requires_grad=True)
        >>> optimizer = torch.optim.SGD([w], lr=0.25)
        >>> w.square().sum().backward()
        >>> optimizer.step()
        >>> w
        tensor([1.], requires_grad=True)
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        momentum: float = 0,
        dampening=0,
        weight_decay=0,
        nesterov=False,
        *,
        maximize=False,
        foreach=None,
        differentiable=False,
        fused=None,
    ):
        check_rate(lr)
        check_not_negative(momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(
            params,
            dict(
                lr=lr,
                momentum=momentum,
                dampening=dampening,
                weight_decay=weight_decay,
                nesterov=nesterov,
                maximize=maximize,
                foreach=foreach,
                differentiable=differentiable,
                fused=fused,
            ),
        )
        check_fused(fused, foreach, differentiable)

    def _begin(self, p, group):
        return {"momentum_buffer": zeros(p)} if group["momentum"] else {}

    def _step(self, xp, p, g, t, state, group):
        momentum = group["momentum"]
        if momentum:
            v = state["momentum_buffer"]
            v *= momentum
            dampening = group["dampening"] if t > 1 else 0
            v += (1 - dampening) * g if dampening else g
            g = g + momentum * v if group["nesterov"] else v
        p -= group["lr"] * g

    _step.together = "sgd"
