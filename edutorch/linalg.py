"""Linear algebra: `torch.linalg`. Each function is one page of `edutorch/ops/`."""

from .errors import LinAlgError
from .ops.decompositions import eigh, eigvalsh, lstsq, matrix_rank, pinv, qr, svd, svdvals
from .ops.linalg import cholesky, det, inv, slogdet, solve, solve_triangular
from .ops.matmul import matmul
from .ops.matrix_exp import matrix_exp
from .ops.norms import cond, matrix_norm, norm, vector_norm
from .ops.products import cross, diagonal, matrix_power, multi_dot, vecdot

__all__ = [
    "LinAlgError",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "vecdot",
    "vector_norm",
]
