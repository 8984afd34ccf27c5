"""Adam: every number of a parameter has its own step size."""

from __future__ import annotations

from ..tensor import Tensor
from .optimizer import check_betas, check_fused, check_not_negative, check_rate
from .rule import Rule, scalar, zeros

__all__ = ["Adam"]


class Adam(Rule):
    """Divide a running mean of the gradient by its running size: steps of about lr, whatever the gradient's scale.

    At step t, for a parameter p with gradient g:

        m <- beta1 m + (1 - beta1) g                     mean of the gradient
        v <- beta2 v + (1 - beta2) g²                    mean of its square
        p <- p - lr m^ / (sqrt(v^) + eps)                m^ = m / (1 - beta1^t), v^ = v / (1 - beta2^t)

    m and v begin at zero; the corrections m^ and v^ make up for it. Kingma and Ba 2015, "Adam: A Method for Stochastic
    Optimization". With `amsgrad`, the largest v so far takes v's place (Reddi et al. 2018, "On the Convergence of Adam
    and Beyond").

    Args:
        params: see `Optimizer`.
        lr: the learning rate: about how far each number moves in a step.
        betas: how much the two means keep from step to step.
        eps: keeps the division sound where the gradient was always zero.
        weight_decay: the weight of an L2 penalty on the parameters.
        amsgrad: never let a step size grow again.
        foreach, fused: accepted, and without effect.
        maximize: go up instead.
        capturable: keep the count of steps on the device, and do not wait for it, so that a CUDA graph can hold the
            step; refused on the CPU.
        differentiable: let gradients flow through the step itself.
        decoupled_weight_decay: shrink the parameters directly instead, as `AdamW` does.

    Raises:
        ValueError: for negative options, or betas outside [0, 1).

    Example:
        >>> w = torch.tensor([2.0, -0.001], requires_grad=True)
        >>> optimizer = torch.optim.Adam([w], lr=0.5)
        >>> w.square().sum().backward()
        >>> optimizer.step()  # both move by lr, though one slope is 2,000 times the other
        >>> w
        tensor([1.5000, 0.4990], requires_grad=True)
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay: float = 0,
        amsgrad=False,
        *,
        foreach=None,
        maximize=False,
        capturable=False,
        differentiable=False,
        fused=None,
        decoupled_weight_decay=False,
    ):
        if isinstance(lr, Tensor) and foreach and not capturable:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        check_rate(lr)
        check_not_negative(epsilon=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        betas = _alike(betas, foreach and not capturable)
        super().__init__(
            params,
            dict(
                lr=lr,
                betas=betas,
                eps=eps,
                weight_decay=weight_decay,
                amsgrad=amsgrad,
                maximize=maximize,
                foreach=foreach,
                capturable=capturable,
                differentiable=differentiable,
                fused=fused,
                decoupled_weight_decay=decoupled_weight_decay,
            ),
        )
        check_fused(fused, foreach, differentiable)

    def _begin(self, p, group):
        state = {"step": scalar(0.0, p, group), "exp_avg": zeros(p), "exp_avg_sq": zeros(p)}
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = zeros(p)
        return state

    def _step(self, xp, p, g, t, state, group):
        beta1, beta2 = group["betas"]
        m, v = state["exp_avg"], state["exp_avg_sq"]
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * g * g
        if group["amsgrad"]:
            largest = state["max_exp_avg_sq"]
            largest[...] = xp.maximum(largest, v)
            v = largest
        root = (1 - beta2**t) ** 0.5  # both corrections, drawn out of the fraction
        rate = group["lr"] * root / (1 - beta1**t)
        p -= rate * m / (xp.sqrt(v) + group["eps"] * root)

    _step.together = "adam"


def _alike(betas, foreach):
    """Return betas that are both floats, or both 0-d Tensors."""
    if not (all(isinstance(b, float) for b in betas) or all(isinstance(b, Tensor) for b in betas)):
        raise ValueError("betas must be either both floats or both Tensors")
    for i, beta in enumerate(betas):
        if isinstance(beta, Tensor) and foreach:
            raise ValueError(f"betas[{i}] as a Tensor is not supported for capturable=False and foreach=True")
        if isinstance(beta, Tensor) and beta.numel() != 1:
            raise ValueError(f"Tensor betas[{i}] must be 1-element")
    return tuple(beta.reshape(()) if isinstance(beta, Tensor) else beta for beta in betas)
