"""Products of matrices and their gradients, each one call of cuBLAS: see `gemm.py`.

Shapes that do not fit go the plain way, which says so in PyTorch's words; so do integers and products of two vectors.
"""

from __future__ import annotations

from ...ops.matmul import addmm, baddbmm, batched_matmul, bmm, in_rows, mm, mv
from .gemm import gemm, suits


def _fit(a, b, ndim):
    return a.ndim == b.ndim == ndim and suits(a, b) and a.shape[-1] == b.shape[-2] and a.shape[:-2] == b.shape[:-2]


@mm.kernel("cuda", halves=True)
def mm_kernel(xp, input, mat2):
    """Multiply two matrices."""
    return gemm(input, mat2) if _fit(input, mat2, 2) else NotImplemented


@bmm.kernel("cuda", halves=True)
def bmm_kernel(xp, input, mat2):
    """Multiply two stacks of matrices."""
    return gemm(input, mat2) if _fit(input, mat2, 3) else NotImplemented


@mm.backward_kernel("cuda", "input", halves=True)
@bmm.backward_kernel("cuda", "input", halves=True)
def left_gradient(g, mat2):
    """Compute G B^T."""
    return gemm(g, mat2.mT) if suits(g, mat2) else NotImplemented


@mm.backward_kernel("cuda", "mat2", halves=True)
@bmm.backward_kernel("cuda", "mat2", halves=True)
def right_gradient(g, input):
    """Compute A^T G."""
    return gemm(input.mT, g) if suits(g, input) else NotImplemented


@mv.kernel("cuda", halves=True)
def mv_kernel(xp, input, vec):
    """Multiply a matrix by a vector, which is a matrix of one column."""
    column = vec[..., None]
    return gemm(input, column)[:, 0] if _fit(input, column, 2) else NotImplemented


@mv.backward_kernel("cuda", "vec", halves=True)
def vector_gradient(g, input):
    """Compute A^T g."""
    return gemm(input.mT, g[:, None])[:, 0] if suits(input, g[:, None]) else NotImplemented


# ---------------------------------------------------------------- products that add to something


@addmm.kernel("cuda", halves=True)
def addmm_kernel(xp, input, mat1, mat2, *, beta=1, alpha=1):
    """Multiply two matrices and add a third: it is copied to where the sum will be, and added there by cuBLAS."""
    return _added(xp, input, mat1, mat2, beta, alpha) if _fit(mat1, mat2, 2) else NotImplemented


@baddbmm.kernel("cuda", halves=True)
def baddbmm_kernel(xp, input, batch1, batch2, *, beta=1, alpha=1):
    """Multiply two stacks of matrices, and add a third."""
    return _added(xp, input, batch1, batch2, beta, alpha) if _fit(batch1, batch2, 3) else NotImplemented


def _added(xp, input, a, b, beta, alpha):
    shape = (*a.shape[:-1], b.shape[-1])
    aligned = zip(input.shape[::-1], shape[::-1], strict=False)
    if input.ndim > len(shape) or any(n not in (1, size) for n, size in aligned):
        return NotImplemented
    out = xp.empty(shape, a.dtype)
    if beta:
        out[...] = input
    return gemm(a, b, out, alpha=float(alpha), beta=float(beta))


@addmm.backward_kernel("cuda", "mat1", halves=True)
def addmm_left_gradient(g, mat2, alpha):
    """Compute alpha G B^T."""
    return gemm(g, mat2.mT, alpha=float(alpha)) if suits(g, mat2) else NotImplemented


@addmm.backward_kernel("cuda", "mat2", halves=True)
def addmm_right_gradient(g, mat1, alpha):
    """Compute alpha A^T G."""
    return gemm(mat1.mT, g, alpha=float(alpha)) if suits(g, mat1) else NotImplemented


@baddbmm.backward_kernel("cuda", "batch1", halves=True)
def baddbmm_left_gradient(g, batch2, alpha):
    """Compute alpha G B^T for each pair."""
    return gemm(g, batch2.mT, alpha=float(alpha)) if suits(g, batch2) else NotImplemented


@baddbmm.backward_kernel("cuda", "batch2", halves=True)
def baddbmm_right_gradient(g, batch1, alpha):
    """Compute alpha A^T G for each pair."""
    return gemm(batch1.mT, g, alpha=float(alpha)) if suits(g, batch1) else NotImplemented


# ---------------------------------------------------------------- stacks that broadcast


@batched_matmul.kernel("cuda", halves=True)
def batched_matmul_kernel(xp, input, other):
    """Multiply stacks of matrices that broadcast; a single vector is a matrix of one row, or of one column."""
    if input.ndim == other.ndim == 1:
        return NotImplemented
    a = input[None] if input.ndim == 1 else input
    b = other[:, None] if other.ndim == 1 else other
    aligned = zip(a.shape[-3::-1], b.shape[-3::-1], strict=False)
    if not suits(a, b) or a.shape[-1] != b.shape[-2] or any(m != n and 1 not in (m, n) for m, n in aligned):
        return NotImplemented
    out = gemm(a, b)
    if input.ndim == 1:
        out = out[..., 0, :]
    return out[..., 0] if other.ndim == 1 else out


@batched_matmul.backward_kernel("cuda", "input", halves=True)
def batched_left_gradient(g, input, other):
    """Compute G B^T."""
    if input.ndim == 1:
        column = g[..., None]
        return gemm(other, column)[..., 0] if suits(other, column) else NotImplemented
    return gemm(g, other.mT) if suits(g, other) else NotImplemented


@batched_matmul.backward_kernel("cuda", "other", halves=True)
def batched_right_gradient(g, input, other):
    """Compute A^T G; where the whole stack met one matrix, as the product of all its rows."""
    if other.ndim == 1 and input.ndim > 1:
        column = g[..., None]
        return gemm(input.mT, column)[..., 0] if suits(input, column) else NotImplemented
    if not suits(g, input):
        return NotImplemented
    if other.ndim == 2:
        input, g = in_rows(input), in_rows(g)
    return gemm(input.mT, g)
