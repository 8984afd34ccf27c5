"""Linear systems: determinants, inverses, Cholesky factors, and solving with them.

The gradients of the inverse, the determinant and of solving are those of Giles, "Collected matrix derivative results
for forward and reverse mode algorithmic differentiation" (2008); the Cholesky factor's is that of Murray,
"Differentiation of the Cholesky decomposition" (2016). Each formula uses the operators of this file again, so that
second gradients come from the same lines.
"""

from __future__ import annotations

import math

from numpy.linalg import LinAlgError as Failed

from ..errors import LinAlgError, with_remedy
from ..op import Array, op
from ..tensor import method
from .linalg_checks import at_fault, need_float, need_matrices, need_same, need_square, zero_pivot
from .masks import where

__all__ = ["cholesky", "cholesky_solve", "det", "inv", "logdet", "slogdet", "solve", "solve_triangular"]


# ---------------------------------------------------------------- determinants


@op(name="linalg_det", cast=None, method=False)
def det(xp, A: Array):
    """Return the determinant: the factor by which the map A scales volumes.

    Shape:    A (*, n, n) -> out (*)
    Math:     y = det A
    Gradient: dL/dA = g cof(A), the matrix of cofactors; (det A) A^-T where A is regular
    """
    need_square(A, "linalg.det")
    need_float(A, "linalg.det", kernel="lu_cpu")
    return xp.linalg.det(A)


@op(cast=None, method=False, out=False)
def cofactors(xp, A: Array):
    """Return the matrix of cofactors, the gradient of the determinant. It exists for singular matrices too.

    Shape:    A (*, n, n) -> out (*, n, n)
    Math:     C = (det A) A^-T;  with A = U diag(s) V^T:  C = det(U V^T) U diag(prod_{j != i} s_j) V^T
    Gradient: dL/dA = (sum(G * C) C - C G^T C) / det A, where A is regular
    """
    U, s, Vh = xp.linalg.svd(A)
    others = xp.where(xp.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(axis=-1)
    sign = xp.linalg.det(U) * xp.linalg.det(Vh)
    return (U * (sign[..., None] * others)[..., None, :]) @ Vh


det.grad(A=lambda g, A: g[..., None, None] * cofactors.both(A))
cofactors.grad(
    A=lambda g, out, A: (
        ((g * out).sum(axis=(-2, -1), keepdims=True) * out - out @ g.mT @ out) / det.both(A)[..., None, None]
    )
)


@op(name="linalg_slogdet", cast=None, outputs=("sign", "logabsdet"), method=False)
def slogdet(xp, A: Array):
    """Return the sign and the logarithm of the size of the determinant, which itself may be too large for a float.

    Shape:    A (*, n, n) -> sign (*), logabsdet (*)
    Math:     sign exp(logabsdet) = det A
    Gradient: dL/dA = g A^-T, of logabsdet; the sign has none
    """
    need_square(A, "linalg.slogdet")
    need_float(A, "linalg.slogdet")
    return xp.linalg.slogdet(A)


@slogdet.backward
def _(g, A):
    return (g[1][..., None, None] * inv.both(A).mT,)


@method
def logdet(input):
    """Return the logarithm of the determinant: -inf where it is 0, nan where it is negative.

    Shape:    input (*, n, n) -> out (*)
    """
    need_square(input.array, "logdet")
    need_float(input.array, "logdet")
    sign, size = slogdet(input)
    return where(sign == -1, math.nan, size)


# ---------------------------------------------------------------- inverse and solving


@op(name="linalg_inv", node="LinalgInvExBackward0", cast=None, method=False)
def inv(xp, A: Array):
    """Invert a matrix. To solve A x = b, use `solve(A, b)`: it is faster and more accurate.

    Shape:    A (*, n, n) -> out (*, n, n)
    Math:     Y A = I
    Gradient: dL/dA = -Y^T G Y^T
    Raises:
        LinAlgError: if a matrix is singular.
    """
    need_square(A, "linalg.inv")
    need_float(A, "linalg.inv")
    try:
        return xp.linalg.inv(A)
    except Failed:
        where, k = at_fault(A, zero_pivot)
        raise LinAlgError(
            f"linalg.inv: {where}The diagonal element {k} is zero, the inversion could not be completed because "
            "the input matrix is singular."
        ) from None


inv.grad(A=lambda g, out: -(out.mT @ g @ out.mT))


def is_vector(A, B):
    """Whether B is one right-hand side for each matrix of A, and not a matrix of them."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1]))


def _compatible(A, B, function, left=True):
    """Raise PyTorch's error unless the shapes of A and B fit for A X = B (or X A = B)."""
    if A.shape[-2 if left else -1] != B.shape[-2 if left else -1]:
        sizes = f"({A.shape[-2]}x{A.shape[-1]} and {B.shape[-2]}x{B.shape[-1]})"
        equation = "AX = B" if left else "XA = B"
        raise RuntimeError(f"{function}: Incompatible shapes of A and B for the equation {equation} {sizes}")


@op(name="linalg_solve", node="LinalgSolveExBackward0", cast=None, method=False)
def solve(xp, A: Array, B: Array, *, left=True):
    """Solve A X = B (or X A = B, if not `left`).

    Shape:    A (*, n, n), B (*, n, k) or (*, n) -> out as B
    Math:     X = A^-1 B
    Gradient: dL/dB = A^-T G,  dL/dA = -(dL/dB) X^T
    Raises:
        LinAlgError: if a matrix is singular.
    """
    need_square(A, "linalg.solve")
    need_same(A, B, "linalg.solve")
    need_float(A, "linalg.solve", kernel="lu_cpu")
    vector = is_vector(A, B)
    B = B[..., None] if vector else B
    _compatible(A, B, "linalg.solve", left)
    try:
        X = xp.linalg.solve(A, B) if left else xp.linalg.solve(A.mT, B.mT).mT
    except Failed:
        where, _ = at_fault(A, zero_pivot)
        raise LinAlgError(
            f"torch.linalg.solve: {where}The solver failed because the input matrix is singular."
        ) from None
    return X[..., 0] if vector else X


def _solve_matrix(g, A, B, out, left):
    down = solve.both(A.mT, g, left=left)
    if is_vector(A, B):
        return -(down[..., :, None] * out[..., None, :])
    return -(down @ out.mT) if left else -(out.mT @ down)


solve.grad(A=_solve_matrix, B=lambda g, A, left: solve.both(A.mT, g, left=left))


@op(name="linalg_solve_triangular", cast="same", method=False)
def solve_triangular(xp, A: Array, B: Array, *, upper, left=True, unitriangular=False):
    """Solve A X = B for a triangular A, row by row (or X A = B, if not `left`).

    Only the triangle is read; with `unitriangular` the diagonal is taken to be ones.

    Shape:    A (*, n, n), B (*, n, k) -> out (*, n, k)
    Math:     X_i = (B_i - sum_{j before i} A_ij X_j) / A_ii
    Gradient: dL/dB = A^-T G,  dL/dA = -(dL/dB) X^T, of which the triangle counts
    """
    need_square(A, "linalg.solve_triangular")
    need_matrices(B, "linalg.solve_triangular", "B")
    need_float(A, "linalg.solve_triangular", kernel="triangular_solve_cpu", integers=False)
    _compatible(A, B, "linalg.solve_triangular", left)
    if not left:  # X A = B is A^T X^T = B^T
        A, B, upper = A.mT, B.mT, not upper
    n = A.shape[-1]
    batch = xp.broadcast_shapes(A.shape[:-2], B.shape[:-2])
    X = xp.empty((*batch, *B.shape[-2:]), B.dtype)
    for i in range(n - 1, -1, -1) if upper else range(n):
        known = slice(i + 1, n) if upper else slice(0, i)
        X[..., i, :] = B[..., i, :] - (A[..., i : i + 1, known] @ X[..., known, :])[..., 0, :]
        if not unitriangular:
            X[..., i, :] /= A[..., i, i, None]
    return X if left else X.mT


def _refuse_triangular(A, B):
    need_same(A.array, B.array, "linalg.solve_triangular")
    need_float(A.array, "linalg.solve_triangular", kernel="triangular_solve_cpu", integers=False)


solve_triangular.op.refuse = _refuse_triangular


def _triangular_right(g, A, upper, left, unitriangular):
    return solve_triangular.both(A.mT, g, upper=not upper, left=left, unitriangular=unitriangular)


def _triangular_matrix(g, xp, A, out, upper, left, unitriangular):
    down = _triangular_right(g, A, upper, left, unitriangular)
    whole = -(down @ out.mT) if left else -(out.mT @ down)
    return xp.triu(whole, int(unitriangular)) if upper else xp.tril(whole, -int(unitriangular))


solve_triangular.grad(A=_triangular_matrix, B=_triangular_right)


# ---------------------------------------------------------------- Cholesky


def bad_minor(xp):
    """Return the function that gives the order of a matrix's first leading minor that is not positive-definite."""

    def order(matrix):
        for k in range(1, len(matrix) + 1):
            try:
                xp.linalg.cholesky(matrix[:k, :k])
            except Failed:
                return k
        return None

    return order


def factor(xp, A, upper, function):
    """Return the Cholesky factor, or raise PyTorch's error naming the matrix and the minor at fault."""
    need_square(A, function)
    A = A.mT if upper else A  # LAPACK is told to read the lower triangle
    try:
        L = xp.linalg.cholesky(A)
    except Failed:
        where, k = at_fault(A, bad_minor(xp))
        sentence = (
            f"{function}: {where}The factorization could not be completed because the input is not positive-definite "
            f"(the leading minor of order {k} is not positive-definite)."
        )
        remedy = "A covariance matrix often needs a little more on its diagonal: A + 1e-6 * torch.eye(n)."
        raise LinAlgError(with_remedy(sentence, remedy)) from None
    return L.mT if upper else L


def of_factor(g, xp, out, upper):
    L, G = (out.mT, g.mT) if upper else (out, g)
    inner = xp.tril(L.mT @ G)
    inner = (inner + xp.tril(inner, -1).mT) * 0.5  # symmetric, with half the diagonal of L^T G
    left = solve_triangular.both(L, inner, upper=False, left=False)
    return solve_triangular.both(L.mT, left, upper=True)


@op(name="linalg_cholesky", node="LinalgCholeskyExBackward0", cast=None, method=False)
def cholesky(xp, A: Array, *, upper=False):
    """Factor a symmetric positive-definite matrix into a triangle times its transpose: A = L L^T.

    Shape:    A (*, n, n) -> out (*, n, n), lower triangular (upper: U with A = U^T U)
    Math:     A = L L^T
    Gradient: dL/dA = L^-T S L^-1,  S = (P + P^T) / 2,  P = lower triangle of L^T G with half its diagonal
    Raises:
        LinAlgError: if a matrix is not positive-definite.
    """
    need_matrices(A, "linalg.cholesky")
    need_float(A, "linalg.cholesky", kernel="cholesky_cpu")
    return factor(xp, A, upper, "linalg.cholesky")


cholesky.grad(A=of_factor)


@op(cast="same")
def cholesky_solve(xp, input: Array, L: Array, upper=False):
    """Solve A X = B, given the Cholesky factor L of A = L L^T.

    Shape:    input (*, n, k), L (*, n, n) -> out (*, n, k)
    Math:     X = A^-1 B
    Gradient: dL/dB = A^-1 G,  dL/dL = -(D + D^T) L with D = (dL/dB) X^T
    """
    if input.ndim < 2:
        raise RuntimeError(f"b should have at least 2 dimensions, but has {input.ndim} dimensions instead")
    if L.ndim < 2:
        raise RuntimeError(f"u should have at least 2 dimensions, but has {L.ndim} dimensions instead")
    n, rows = L.shape[-1], input.shape[-2]
    if n != L.shape[-2]:
        raise RuntimeError(f"A must be batches of square matrices, but they are {L.shape[-2]} by {n} matrices")
    if n != rows:
        raise RuntimeError(
            f"Incompatible matrix sizes for cholesky_solve: each A matrix is {n} by {n} but each b matrix is "
            f"{rows} by {input.shape[-1]}"
        )
    need_float(input, "cholesky_solve", kernel="cholesky_solve_cpu", integers=False)
    lower = L.mT if upper else L
    half = solve_triangular.both(lower, input, upper=False)
    return solve_triangular.both(lower.mT, half, upper=True)


def _refuse_cholesky_solve(B, L):
    b, a = B.dtype.legacy, L.dtype.legacy
    if a != b:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type {b} and A of type {a} instead."
        )
    need_float(B.array, "cholesky_solve", kernel="cholesky_solve_cpu", integers=False)


cholesky_solve.op.refuse = _refuse_cholesky_solve


def _factor_of_solution(g, L, out, upper):
    down = cholesky_solve.both(g, L, upper) @ out.mT
    both = down + down.mT
    return -(L @ both) if upper else -(both @ L)


cholesky_solve.grad(input=lambda g, L, upper: cholesky_solve.both(g, L, upper), L=_factor_of_solution)
