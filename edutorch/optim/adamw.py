"""AdamW: Adam with weight decay that does not pass through the gradient."""

from __future__ import annotations

from .adam import Adam

__all__ = ["AdamW"]


class AdamW(Adam):
    """Adam, with the parameters shrunk directly.

    At each step, before Adam's:

        p <- p - lr weight_decay p

    In Adam a penalty's gradient is divided by its size like any other, so that weights with large gradients decay
    less. Here all decay alike. Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization".

    Args:
        weight_decay: how much of each parameter to take away, times lr.
        params, lr, betas, eps, amsgrad, maximize, foreach, capturable, differentiable, fused: see `Adam`.

    Example:
        >>> w = torch.tensor([2.0], requires_grad=True)
        >>> optimizer = torch.optim.AdamW([w], lr=0.1, weight_decay=0.5)
        >>> w.grad = torch.zeros(1)  # no slope at all: what remains is the decay
        >>> optimizer.step()
        >>> w
        tensor([1.9000], requires_grad=True)
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=1e-2,
        amsgrad=False,
        *,
        maximize=False,
        foreach=None,
        capturable=False,
        differentiable=False,
        fused=None,
    ):
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def __setstate__(self, state):
        """Take over a state; its weight decay is decoupled, whatever a saved Adam says."""
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
