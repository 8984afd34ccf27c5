"""Muon: steps of matrices that turn every direction equally."""

from __future__ import annotations

import math

from ..dtypes import BFLOAT16, FLOAT32
from .optimizer import check_rate
from .rule import Rule, in_float32, zeros

__all__ = ["Muon"]


class Muon(Rule):
    """Momentum whose step is made orthogonal: all its singular values become about one.

    At each step, for a matrix p with gradient g:

        b <- momentum b + (1 - momentum) g
        u  = orthogonal part of b                            (nesterov: of momentum b + (1 - momentum) g)
        p <- p - lr weight_decay p
        p <- p - lr ratio u

    where the ratio, from p's shape, keeps steps of wide and tall matrices comparable. Only for matrices: give biases
    and embeddings to AdamW. Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; the ratio
    "match_rms_adamw": Liu et al. 2025, "Muon is Scalable for LLM Training".

    Args:
        params: see `Optimizer`; matrices only.
        lr: the learning rate.
        weight_decay: how much of each parameter to take away, times lr.
        momentum, nesterov: how much of the last steps to keep, and in which form.
        ns_coefficients, ns_steps: of the iteration that makes the step orthogonal; see `orthogonal`.
        eps: keeps the division by the step's size sound.
        adjust_lr_fn: the ratio: "original", sqrt(max(1, rows / columns)); "match_rms_adamw", 0.2 sqrt(larger side).

    Raises:
        ValueError: for options out of range, or a parameter that is no matrix.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        weight_decay=0.1,
        momentum=0.95,
        nesterov=True,
        ns_coefficients=(3.4445, -4.7750, 2.0315),
        eps=1e-7,
        ns_steps=5,
        adjust_lr_fn=None,
    ):
        check_rate(lr, "Learning rate should be >= 0 but is")
        if not momentum >= 0.0:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        super().__init__(
            params,
            dict(
                lr=lr,
                weight_decay=weight_decay,
                momentum=momentum,
                nesterov=nesterov,
                ns_coefficients=ns_coefficients,
                eps=eps,
                ns_steps=ns_steps,
                adjust_lr_fn=adjust_lr_fn,
            ),
        )
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(
                        f"Muon only supports 2D parameters whereas we found a parameter with size: {p.size()}"
                        "\nGive biases and embeddings to another optimizer, such as AdamW."
                    )

    def _begin(self, p, group):
        return {"momentum_buffer": zeros(p)}

    def _update(self, xp, p, g, t, state, group):
        if p.itemsize == 2:
            with in_float32(p, state) as (p32, state32):
                self._step(xp, p32, g.astype(FLOAT32), t, state32, group)
        else:
            self._step(xp, p, g, t, state, group)

    def _step(self, xp, p, g, t, state, group):
        lr, momentum, b = group["lr"], group["momentum"], state["momentum_buffer"]
        b += (1 - momentum) * (g - b)
        u = b + (1 - momentum) * (g - b) if group["nesterov"] else b
        u = orthogonal(xp, u, group["ns_coefficients"], group["ns_steps"], group["eps"])
        p *= 1 - lr * group["weight_decay"]
        p -= lr * ratio(p.shape, group["adjust_lr_fn"]) * u


def orthogonal(xp, matrix, coefficients, steps, eps):
    """Bring the singular values of a matrix near one, by a few products and no decomposition.

    A polynomial a x + b x³ + c x⁵ of a matrix acts on its singular values alone. These coefficients take every value
    in (0, 1] to about 1 within five rounds; "about" is between 0.7 and 1.2, which is enough. As in PyTorch, every
    product is rounded to bfloat16.
    """
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    tall = matrix.shape[0] > matrix.shape[1]
    x = rounded(matrix.T if tall else matrix)
    x = rounded(x / max(float(rounded(xp.linalg.norm(x))), eps))  # no singular value is larger than this norm
    for _ in range(steps):
        gram = rounded(x @ x.T)
        x = rounded(a * x + rounded(b * gram + c * (gram @ gram)) @ x)
    return (x.T if tall else x).astype(matrix.dtype)


def rounded(array):
    """Round float32 to bfloat16, and keep it in float32, for which there is a fast product."""
    return array.astype(BFLOAT16).astype(FLOAT32)


def ratio(shape, kind):
    """Return what to multiply the learning rate with, for a matrix of this shape."""
    rows, columns = shape
    return 0.2 * math.sqrt(max(rows, columns)) if kind == "match_rms_adamw" else math.sqrt(max(1, rows / columns))
