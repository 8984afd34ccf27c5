"""Linear algebra outside `torch.linalg`: the older functions and methods, with arguments of their own."""

from __future__ import annotations

from ..op import Array, op
from ..op.forms import result_type
from ..tensor import Tensor, method
from . import decompositions, linalg, norms, products
from .linalg_checks import need_float, need_matrices

__all__ = ["cholesky", "cross", "det", "inverse", "norm", "pinverse", "qr", "slogdet", "svd"]

det, inverse = linalg.det, linalg.inv
Tensor.det, Tensor.inverse = det, inverse  # type: ignore[attr-defined]

_SLOGDET = result_type("slogdet", ("sign", "logabsdet"))
_QR = result_type("qr", ("Q", "R"))
_SVD = result_type("svd", ("U", "S", "V"))


@op(cast=None)
def cholesky(xp, input: Array, upper=False):
    """Factor a symmetric positive-definite matrix into a triangle times its transpose.

    Shape:    input (*, n, n) -> out (*, n, n)
    Math:     A = L L^T, or U^T U with `upper`
    Gradient: that of `linalg.cholesky`
    """
    need_matrices(input, "cholesky")
    need_float(input, "cholesky", kernel="cholesky_cpu", integers=False)
    return linalg.factor(xp, input, upper, "cholesky")


cholesky.grad(input=linalg.of_factor)


@method
def slogdet(input):
    """Return the sign and the logarithm of the size of the determinant."""
    return _SLOGDET(*linalg.slogdet(input))


@method
def qr(input, some=True):
    """Factor a matrix into orthonormal columns Q times an upper triangle R; Q is square unless `some`."""
    return _QR(*decompositions.qr(input, "reduced" if some else "complete"))


@method
def svd(input, some=True, compute_uv=True):
    """Return U, S, V with input = U diag(S) V^T. `linalg.svd` returns V transposed.

    Args:
        some: only as many columns as there are singular values. compute_uv: otherwise U and V are zeros.
    """
    if input.ndim < 2:
        raise RuntimeError(
            f"linalg.svd: input should have at least 2 dimensions, but has {input.ndim} dimensions instead"
        )
    if not compute_uv:
        *batch, m, n = input.shape
        return _SVD(input.new_zeros(*batch, m, m), decompositions.svdvals(input), input.new_zeros(*batch, n, n))
    U, S, Vh = decompositions.svd(input, full_matrices=not some)
    return _SVD(U, S, Vh.mT)


@method
def pinverse(input, rcond=1e-15):
    """Return the pseudo-inverse; singular values up to `rcond` times the largest count as zero."""
    return decompositions.pinv(input, rcond)


@method
def cross(input, other, dim=None, *, out=None):
    """Return the cross product along `dim`, by default the first dimension of size 3."""
    if dim is None:
        dim = next((d for d, n in enumerate(input.shape) if n == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    return products.cross(input, other, dim=dim, out=out)


@method
def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    """Return the p-norm of all elements, or along dimensions; `linalg.norm` treats matrices as such.

    Args:
        p: a number, "fro" (the same as 2) or "nuc" (the sum of the singular values, of a matrix).
    """
    if isinstance(p, str) and p != "fro":
        if dim is None:
            dim = tuple(range(input.ndim))
        return norms.matrix_norm(input, p, dim, keepdim, dtype=dtype, out=out)
    ord = 2 if p in (None, "fro") else p
    return norms.vector_norm(input, ord, dim, keepdim, dtype=dtype, out=out)
