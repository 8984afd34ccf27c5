"""Matrices taken apart: eigenvalues, QR, singular values, and what is computed from them.

The gradients are those of Giles 2008 (symmetric eigenvalues), Walter & Lehmann, "Algorithmic differentiation of linear
algebra functions" (2018; QR), Townsend, "Differentiating the singular value decomposition" (2016), and Golub & Pereyra
1973 (pseudo-inverse). A decomposition is not unique: eigenvectors and singular vectors may be multiplied by -1, and are
determined at all only if their values are distinct. Otherwise their gradients are not finite.
"""

from __future__ import annotations

from numpy.linalg import LinAlgError as Failed

from .. import dtypes
from ..errors import LinAlgError
from ..op import Array, op
from ..tensor import Tensor
from .linalg import is_vector, solve_triangular
from .linalg_checks import need_float, need_matrices, need_square

__all__ = ["eigh", "eigvalsh", "lstsq", "matrix_rank", "pinv", "qr", "svd", "svdvals"]


def quotient(xp, a, b):
    """Return a / b, and 0 where a is 0: degenerate values do no harm where their vectors are not used."""
    return xp.where(a == 0, a, a / b)


def differences(xp, values):
    """Return D_ij = values_j - values_i, with ones on the diagonal."""
    n = values.shape[-1]
    return values[..., None, :] - values[..., :, None] + xp.eye(n, dtype=values.dtype)


# ---------------------------------------------------------------- symmetric eigenvalues


def _need_symmetric(A, UPLO):
    need_square(A, "linalg.eigh")
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    need_float(A, "linalg.eigh", kernel="linalg_eigh_cpu", integers=False)


@op(name="linalg_eigh", cast=None, outputs=("eigenvalues", "eigenvectors"), method=False)
def eigh(xp, A: Array, UPLO="L"):
    """Return the eigenvalues, in ascending order, and the eigenvectors of a symmetric matrix.

    Only one triangle is read: the lower, or with UPLO="U" the upper.

    Shape:    A (*, n, n) -> eigenvalues (*, n), eigenvectors (*, n, n), one per column
    Math:     A = V diag(w) V^T
    Gradient: dL/dA = V (diag(g_w) + (V^T G_V) / E) V^T,  E_ij = w_j - w_i
    """
    _need_symmetric(A, UPLO)
    return xp.linalg.eigh(A, UPLO.upper())


@eigh.backward
def _(g, xp, eigenvalues, eigenvectors):
    of_values, of_vectors = g
    V, n = eigenvectors, eigenvalues.shape[-1]
    inner = V.mT @ of_vectors
    inner = quotient(xp, (inner - inner.mT) * 0.5, differences(xp, eigenvalues))
    inner = inner + of_values[..., None, :] * xp.eye(n, dtype=eigenvalues.dtype)
    return (V @ inner @ V.mT,)


@op(name="linalg_eigvalsh", node="LinalgEighBackward0", cast=None, method=False)
def eigvalsh(xp, A: Array, UPLO="L"):
    """Return the eigenvalues of a symmetric matrix, in ascending order.

    Shape:    A (*, n, n) -> out (*, n)
    Math:     w with A = V diag(w) V^T
    Gradient: dL/dA = V diag(g) V^T
    """
    _need_symmetric(A, UPLO)
    return xp.linalg.eigvalsh(A, UPLO.upper())


def _of_eigenvalues(g, A, UPLO):
    V = eigh.both(A, UPLO)[1]
    return (V * g[..., None, :]) @ V.mT


eigvalsh.grad(A=_of_eigenvalues)


# ---------------------------------------------------------------- QR


@op(name="linalg_qr", cast=None, outputs=("Q", "R"), method=False)
def qr(xp, A: Array, mode="reduced"):
    """Factor a matrix into orthonormal columns times an upper triangle.

    Args:
        mode: "reduced": Q (m, k), R (k, n), with k = min(m, n); "complete": Q (m, m), R (m, n); "r": only R.

    Shape:    A (*, m, n) -> Q, R
    Math:     A = Q R
    Gradient: dL/dA = (G_Q + Q S) R^-T, S the symmetric matrix with the lower triangle of R G_R^T - G_Q^T Q
    """
    need_matrices(A, "linalg.qr")
    need_float(A, "linalg.qr", kernel="geqrf_cpu")
    if mode == "r":
        return xp.empty(0, A.dtype), xp.linalg.qr(A, mode)
    if mode not in ("reduced", "complete"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    return tuple(xp.linalg.qr(A, mode))


@qr.backward
def _(g, xp, Q, R, mode):
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use "
            "linalg.qr(A, mode='reduced') if you are going to differentiate through linalg.qr."
        )
    m, n = Q.shape[-2], R.shape[-1]
    if mode == "complete" and m > n:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
    of_Q, of_R = g
    if m >= n:
        return (_of_tall_qr(xp, of_Q, of_R, Q, R),)
    # A wide matrix: its first m columns are Q times a square triangle, and the others, Y, only enter R as Q^T Y.
    others = R[..., m:]
    of_others = of_R[..., m:]
    of_first = _of_tall_qr(xp, of_Q + Q @ others @ of_others.mT, of_R[..., :m], Q, R[..., :m])
    return (xp.concatenate([of_first, Q @ of_others], axis=-1),)


def _of_tall_qr(xp, of_Q, of_R, Q, R):
    M = R @ of_R.mT - of_Q.mT @ Q
    symmetric = xp.tril(M) + xp.tril(M, -1).mT
    return solve_triangular.both(R.mT, of_Q + Q @ symmetric, upper=False, left=False)


# ---------------------------------------------------------------- singular values


def _decompose(xp, A, **options):
    need_matrices(A, "linalg.svd")
    need_float(A, "linalg.svd", kernel="linalg_svd_cpu")
    try:
        return xp.linalg.svd(A, **options)
    except Failed:
        why = "" if xp.isfinite(A).all() else " because the input matrix contained non-finite values"
        raise LinAlgError(f"linalg.svd: The algorithm failed to converge{why}.") from None


@op(name="linalg_svd", cast=None, outputs=("U", "S", "Vh"), method=False)
def svd(xp, A: Array, full_matrices=True):
    """Return the singular value decomposition: a rotation, a stretching along the axes, and a rotation.

    Shape:    A (*, m, n) -> U (*, m, m), S (*, k), Vh (*, n, n), with k = min(m, n);
              without `full_matrices` U (*, m, k), Vh (*, k, n)
    Math:     A = U diag(S) Vh, S descending
    Gradient: dL/dA = U [ (K_U / E) S + S (K_V / E) + diag(g_S) ] Vh + (I - U U^T) G_U S^-1 Vh + U S^-1 G_Vh (I - V Vh)
              with K_X = X^T G_X - G_X^T X and E_ij = s_j^2 - s_i^2; only the first k columns of U and V take part
    """
    return tuple(_decompose(xp, A, full_matrices=full_matrices))


@svd.backward
def _(g, xp, U, S, Vh):
    m, n, k = U.shape[-2], Vh.shape[-1], S.shape[-1]
    U, Vh, of_U, of_S, of_Vh = U[..., :k], Vh[..., :k, :], g[0][..., :k], g[1], g[2][..., :k, :]
    E, s = differences(xp, S * S), S[..., None, :]
    in_U, in_V = U.mT @ of_U, Vh @ of_Vh.mT
    inner = quotient(xp, in_U - in_U.mT, E) * s + s.mT * quotient(xp, in_V - in_V.mT, E)
    inner = inner + of_S[..., None, :] * xp.eye(k, dtype=S.dtype)
    slope = U @ inner @ Vh
    if m > k:
        slope = slope + ((of_U - U @ in_U) / s) @ Vh
    if n > k:
        slope = slope + (U / s) @ (of_Vh - in_V.mT @ Vh)
    return (slope,)


@op(name="linalg_svdvals", node="LinalgSvdBackward0", cast=None, method=False)
def svdvals(xp, A: Array):
    """Return the singular values, in descending order.

    Shape:    A (*, m, n) -> out (*, min(m, n))
    Math:     S with A = U diag(S) Vh
    Gradient: dL/dA = U diag(g) Vh
    """
    return _decompose(xp, A, compute_uv=False)


def _of_singular_values(g, A):
    U, _, Vh = svd.both(A, full_matrices=False)
    return (U * g[..., None, :]) @ Vh


svdvals.grad(A=_of_singular_values)


# ---------------------------------------------------------------- rank, pseudo-inverse, least squares


def _cutoff(xp, A, largest, atol, rtol):
    """Return the size below which singular values count as zero: the larger of atol and rtol times the largest."""
    if rtol is None:
        given = atol is not None and (not isinstance(atol, (int, float)) or atol > 0)
        rtol = 0.0 if given else max(A.shape[-2:]) * float(dtypes.finfo(dtypes.of(A)).eps)
    return xp.maximum(0.0 if atol is None else atol, rtol * largest)


def _plain(value):
    """Return what a tolerance is to an operator's forward: an array or a number."""
    return value.array if isinstance(value, Tensor) else value


def _sizes(xp, A, hermitian):
    """Return the singular values of a matrix, or the sizes of the eigenvalues of a symmetric one."""
    return abs(xp.linalg.eigvalsh(A)) if hermitian else _decompose(xp, A, compute_uv=False)


@op(name="linalg_matrix_rank", cast=None, method=False)
def _matrix_rank(xp, A: Array, atol=None, rtol=None, hermitian=False):
    """Count the singular values that are not negligible.

    Shape:    A (*, m, n) -> out (*), integers
    Math:     y = #{ i : s_i > max(atol, rtol s_1) }
    """
    need_matrices(A, "torch.linalg.matrix_rank", "input")
    if A.dtype not in (dtypes.FLOAT32, dtypes.FLOAT64):
        raise RuntimeError("This function doesn't handle types other than float and double")
    sizes = _sizes(xp, A, hermitian)
    if not A.size:
        return xp.zeros(A.shape[:-2], "int64")
    cutoff = _cutoff(xp, A, sizes.max(axis=-1), atol, rtol)
    return (sizes > cutoff[..., None]).sum(axis=-1)


def matrix_rank(A, tol=None, hermitian=False, *, atol=None, rtol=None, out=None):
    """Return the rank of a matrix: how many singular values are larger than max(atol, rtol * the largest).

    Args:
        tol: an older name of atol. hermitian: A is symmetric, so that eigenvalues can stand for singular values.
        rtol: by default max(m, n) times the dtype's epsilon, or 0 if atol is given.
    """
    atol, rtol = (tol, 0.0) if tol is not None else (atol, rtol)
    return _matrix_rank(A, _plain(atol), _plain(rtol), hermitian, out=out)


@op(name="linalg_pinv", cast=None, method=False)
def _pinv(xp, A: Array, atol=None, rtol=None, hermitian=False):
    """Return the pseudo-inverse (Moore & Penrose): the inverse on what A reaches, zero elsewhere.

    Shape:    A (*, m, n) -> out (*, n, m)
    Math:     P = V diag(1 / s_i where s_i is not negligible, else 0) U^T
    Gradient: dL/dA = -P^T G P^T + (I - A P) G^T P P^T + P^T P G^T (I - P A)
    """
    if A.ndim < 2 or A.dtype not in (dtypes.FLOAT32, dtypes.FLOAT64):
        shape = ", ".join(map(str, A.shape))
        raise RuntimeError(
            f"linalg.pinv({dtypes.of(A).legacy}{{[{shape}]}}): expected a tensor with 2 or more dimensions of "
            "float, double, cfloat or cdouble types"
        )
    if not A.size:
        return xp.empty((*A.shape[:-2], A.shape[-1], A.shape[-2]), A.dtype)
    if hermitian:
        values, U = xp.linalg.eigh(A)
        Vh = U.mT
    else:
        U, values, Vh = _decompose(xp, A, full_matrices=False)
    sizes = abs(values)
    kept = sizes > _cutoff(xp, A, sizes.max(axis=-1), atol, rtol)[..., None]
    inverted = xp.where(kept, 1 / xp.where(kept, values, 1), xp.zeros_like(values))
    return (Vh.mT * inverted[..., None, :]) @ U.mT


def of_pinv(g, P, A):
    """Return the gradient of a pseudo-inverse P with respect to its matrix A."""
    one = g.mT @ P
    two = P @ g.mT
    return (one - A @ (P @ one)) @ P.mT + P.mT @ (two - (two @ P) @ A) - P.mT @ g @ P.mT


_pinv.grad(A=lambda g, out, A: of_pinv(g, out, A))


def pinv(A, rcond=None, hermitian=False, *, atol=None, rtol=None, out=None):
    """Return the pseudo-inverse of a matrix; singular values up to max(atol, rtol * the largest) count as zero.

    Args:
        rcond: an older name of rtol. hermitian: A is symmetric.
    """
    return _pinv(A, _plain(atol), _plain(rtol if rcond is None else rcond), hermitian, out=out)


_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


@op(name="linalg_lstsq", cast=None, outputs=("solution", "residuals", "rank", "singular_values"), method=False)
def lstsq(xp, A: Array, B: Array, rcond=None, *, driver=None):
    """Find the X for which A X comes closest to B: the smallest one, if there are several.

    Args:
        rcond: singular values up to rcond times the largest count as zero. driver: what PyTorch asks of LAPACK:
            "gelsy" (the default) tells the rank, "gels" the residuals, "gelsd" and "gelss" these and the singular
            values; what is not told is an empty tensor. The residuals are told only if A is tall and of full rank.

    Shape:    A (*, m, n), B (*, m, k) or (*, m)
              -> solution (*, n, k), residuals (*, k), rank (*), singular_values (*, min(m, n))
    Math:     X = argmin |A X - B|^2 = A^+ B
    Gradient: dL/dB = P^T G, with the pseudo-inverse P;  dL/dA = what G B^T as gradient of P gives
    """
    _need_right_hand_side(A, B)
    if driver not in (None, *_DRIVERS):
        raise RuntimeError(f"torch.linalg.lstsq: parameter `driver` should be one of ({', '.join(_DRIVERS)})")
    vector = is_vector(A, B)
    columns = B[..., None] if vector else B
    m, n = A.shape[-2:]
    sizes = _decompose(xp, A, compute_uv=False)
    largest = sizes.max(axis=-1) if A.size else xp.zeros(A.shape[:-2], A.dtype)
    rank = (sizes > _cutoff(xp, A, largest, None, rcond)[..., None]).sum(axis=-1)
    X = _pinv.op.forward(xp, A, None, rcond) @ columns
    nothing = xp.empty(0, A.dtype)
    residuals = nothing
    if driver not in (None, "gelsy") and m > n and (rank == n).all():
        residuals = ((A @ X - columns) ** 2).sum(axis=-2)
    rank = xp.empty(0, "int64") if driver == "gels" else rank
    return X[..., 0] if vector else X, residuals, rank, sizes if driver in ("gelsd", "gelss") else nothing


def _need_right_hand_side(A, B):
    if A.ndim < 2:
        raise RuntimeError("torch.linalg.lstsq: input must have at least 2 dimensions.")
    rows = B.shape[-1] if is_vector(A, B) else B.shape[-2]
    if A.shape[-2] != rows:
        dim = -1 if is_vector(A, B) else -2
        raise RuntimeError(f"torch.linalg.lstsq: input.size(-2) should match other.size({dim})")
    if A.dtype != B.dtype:
        raise RuntimeError(
            "torch.linalg.lstsq: Expected input and other to have the same dtype, but got input's dtype "
            f"{dtypes.of(A).legacy} and other's dtype {dtypes.of(B).legacy}"
        )
    if A.dtype not in (dtypes.FLOAT32, dtypes.FLOAT64):
        raise RuntimeError("This function doesn't handle types other than float and double")


@lstsq.backward
def _(g, A, B, rcond):
    vector = is_vector(A, B)
    of_X, columns = (g[0][..., None], B[..., None]) if vector else (g[0], B)
    P = _pinv.both(A, None, rcond)
    of_A, of_B = of_pinv(of_X @ columns.mT, P, A), P.mT @ of_X
    if g[1].size if isinstance(g[1].size, int) else g[1].numel():
        X = P @ columns
        away = (columns - A @ X) * g[1][..., None, :] * 2.0
        of_A, of_B = of_A - away @ X.mT, of_B + away
    return of_A, of_B[..., 0] if vector else of_B
