"""The exponential of matrices."""

from __future__ import annotations

import math

from ..op import Array, op
from .linalg_checks import need_float, need_matrices, need_square

__all__ = ["matrix_exp"]

_TERMS = {4: 8, 8: 14}  # bytes of a number -> how many terms its accuracy needs, for norms up to 1/2


@op(node="LinalgMatrixExpBackward0", out=False)
def matrix_exp(xp, input: Array):
    """Return the exponential of square matrices: the flow of the linear differential equation x' = A x after time 1.

    Halved until it is small, the matrix goes into the power series; squaring the result undoes the halving.

    Shape:    input (*, n, n) -> out (*, n, n)
    Math:     Y = sum_k A^k / k! = (exp(A / 2^s))^(2^s)
    Gradient: dL/dA is the upper right block of exp([[A^T, G], [0, A^T]]) (Mathias 1996)
    """
    need_matrices(input, "linalg.matrix_exp")
    need_square(input, "linalg.matrix_exp")
    need_float(input, "linalg.matrix_exp", kernel="linalg_matrix_exp")
    if not input.size:
        return input.copy()
    norm = float(abs(input).sum(axis=-2).max())
    halvings = max(0, math.ceil(math.log2(2 * norm))) if 0 < norm < math.inf else 0
    small = input * 0.5**halvings
    y = xp.eye(input.shape[-1], dtype=input.dtype)
    for k in range(_TERMS[input.dtype.itemsize], 0, -1):  # Horner: 1 + A (1 + A/2 (1 + A/3 (…)))
        y = xp.eye(input.shape[-1], dtype=input.dtype) + (small @ y) * (1 / k)
    for _ in range(halvings):
        y = y @ y
    return y


def _block(xp, A, g):
    """Return [[A^T, G], [0, A^T]]."""
    upper = xp.concatenate([A.mT, g], axis=-1)
    lower = xp.concatenate([xp.zeros_like(g), A.mT], axis=-1)
    return xp.concatenate([upper, lower], axis=-2)


matrix_exp.grad(
    input=lambda g, input, xp: matrix_exp.both(_block(xp, input, g))[..., : input.shape[-1], input.shape[-1] :]
)
