"""Sizes of vectors and matrices, and distances between tensors."""

from __future__ import annotations

import math

from .. import dtypes
from ..errors import dimension_out_of_range, with_remedy
from ..op import Array, op
from ..op.forms import inplace_form
from ..tensor import Tensor, first_checked, method
from .arithmetic import mul
from .axes import axis_of
from .create import eye
from .decompositions import svdvals
from .linalg import inv, slogdet
from .linalg_checks import need_float, need_matrices, need_square
from .masks import where

__all__ = ["cond", "dist", "matrix_norm", "norm", "renorm", "vector_norm"]


def _need_identity(x, ord, dim):
    """Raise PyTorch's error if a largest or smallest of nothing is asked for."""
    if 0 <= ord < math.inf or x.size:
        return
    if dim is None:
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {ord:g} norm on an empty tensor because the operation does not "
            "have an identity"
        )
    for d in dim:
        if x.shape[d] == 0:
            raise RuntimeError(
                f"linalg.vector_norm cannot compute the {ord:g} norm on the dimension {d}because this dimension is "
                "empty and the operation does not have an identity"
            )


@op(name="linalg_vector_norm", method=False)
def _vector_norm(xp, x: Array, ord=2, dim=None, keepdim=False):
    """Return the size of a vector in the p-norm.

    Shape:    x (*) -> out (), or x without the dimensions `dim`
    Math:     y = (sum_i |x_i|^p)^(1/p);  p = inf: max |x_i|,  p = -inf: min |x_i|;  p = 0: how many x_i are not 0
    Gradient: dL/dx_i = g sign(x_i) (|x_i| / y)^(p-1);  p = inf: g sign(x_i), shared among the largest
    """
    _need_identity(x, ord, dim)
    if ord == 2 and dim is None and not keepdim:
        flat = x.reshape(-1)
        return xp.sqrt(flat @ flat)
    if ord == 2:
        return xp.sqrt((x * x).sum(axis=dim, keepdims=keepdim))
    if ord == 0:
        return (x != 0).astype(x.dtype).sum(axis=dim, keepdims=keepdim)
    size = abs(x)
    if ord == math.inf:
        return size.max(axis=dim, keepdims=keepdim)
    if ord == -math.inf:
        return size.min(axis=dim, keepdims=keepdim)
    if ord == 1:
        return size.sum(axis=dim, keepdims=keepdim)
    return (size**ord).sum(axis=dim, keepdims=keepdim) ** (1.0 / ord)


def _along(xp, reduced, x, dim, keepdim):
    """Return a reduced value with its dimensions back, as ones."""
    if keepdim:
        return reduced
    axes = range(x.ndim) if dim is None else [d % x.ndim for d in dim]
    return reduced.reshape(tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


def _unit(xp, g, x, out, ord, dim, keepdim):
    """Return the gradient of the p-norm; where the norm is 0 it is taken to be 0, as PyTorch does."""
    g, y = _along(xp, g, x, dim, keepdim), _along(xp, out, x, dim, keepdim)
    if ord == 0:
        return g * (x * 0.0)
    if ord == 1:
        return g * xp.sign(x)
    if ord == 2:
        return x * xp.where(y == 0, y * 0.0, g / y)
    if ord in (math.inf, -math.inf):
        reached = (abs(x) == y).astype(x.dtype)
        return xp.sign(x) * reached * (g / reached.sum(axis=None if dim is None else tuple(dim), keepdims=True))
    power = xp.sign(x) * abs(x) ** (ord - 1)
    if ord < 1:
        power = xp.where(x == 0, x * 0.0, power)
    return power * xp.where(y == 0, y * 0.0, g / y ** (ord - 1))


_vector_norm.grad(x=_unit)


@op(node="DistBackward0", out=False)
def dist(xp, input: Array, other: Array, p=2):
    """Return the p-norm of the difference of two tensors.

    Shape:    input (*), other (*), broadcastable -> out ()
    Math:     y = (sum_i |a_i - b_i|^p)^(1/p)
    Gradient: dL/da = that of the norm,  dL/db = -dL/da
    """
    if not dtypes.is_floating(input.dtype):
        raise RuntimeError(
            f"norm(): input dtype should be either floating point or complex. Got {dtypes.of(input).legacy} instead."
        )
    return _vector_norm.op.forward(xp, input - other, p)


def _apart(xp, g, input, other, out, p):
    return _unit(xp, g, input - other, out, p, None, False)


dist.grad(
    input=_apart,
    other=lambda xp, g, input, other, out, p: -_apart(xp, g, input, other, out, p),
)


@first_checked
def vector_norm(x, ord: float = 2, dim=None, keepdim=False, *, dtype=None, out=None):
    """Return the p-norm of all elements, or along dimensions.

    Args:
        ord: p, any number, inf and -inf included. dim: an int or several. dtype: compute in this dtype.

    Example:
        >>> import edutorch as torch
        >>> torch.linalg.vector_norm(torch.tensor([3.0, 4.0]))
        tensor(5.)
    """
    x = _in_dtype(x, dtype, "linalg.vector_norm")
    if dim is not None:
        dim = (dim,) if isinstance(dim, int) else tuple(dim)
        for d in dim:
            if not -max(x.ndim, 1) <= d < max(x.ndim, 1):
                raise dimension_out_of_range(x.ndim, d)
        dim = tuple(d % x.ndim for d in dim) if x.ndim and dim else None
    return _vector_norm(x, _number(ord), dim, keepdim, out=out)


def _number(ord):
    return ord.item() if hasattr(ord, "item") else ord


def _in_dtype(x, dtype, function):
    """Return x in the dtype asked for, after PyTorch's checks."""
    if not x.is_floating_point():
        raise RuntimeError(
            with_remedy(
                f"{function}: Expected a floating point or complex tensor as input. Got {x.dtype.legacy}",
                "Convert it: x.float().",
            )
        )
    if dtype is None:
        return x
    if not dtype.is_floating_point:
        raise RuntimeError(f"{function}: dtype should be floating point or complex, but got {dtype.legacy}")
    if dtypes.promote_types(x.dtype, dtype) is not dtype:
        raise RuntimeError(
            f"{function}: the dtype of the input ({x.dtype.legacy}) should be convertible without narrowing to the "
            f"specified dtype ({dtype.legacy})"
        )
    return x.to(dtype)


@first_checked
def matrix_norm(A, ord: str | float = "fro", dim=(-2, -1), keepdim=False, *, dtype=None, out=None):
    """Return the size of a matrix.

    Args:
        ord: "fro": the root of the sum of squares; "nuc": the sum of the singular values; 2, -2: the largest, smallest
            singular value; 1, -1: the largest, smallest column sum of |A|; inf, -inf: likewise of rows.
        dim: the two dimensions that make the matrices.
    """
    need_matrices(A, "linalg.matrix_norm")
    dim = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    for d in dim:
        if not -A.ndim <= d < A.ndim:
            raise dimension_out_of_range(A.ndim, d)
    rows, columns = dim[0] % A.ndim, dim[1] % A.ndim
    if rows == columns:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    if ord not in ("fro", "nuc") and (isinstance(ord, str) or abs(ord) not in (1, 2, math.inf)):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    A = _in_dtype(A, dtype, "linalg.matrix_norm")
    if ord == "fro":
        return vector_norm(A, 2, (rows, columns), keepdim, out=out)
    if ord == "nuc" or abs(ord) == 2:
        values = svdvals(A.movedim((rows, columns), (-2, -1)))
        reduced = values.sum(-1) if ord == "nuc" else values.amax(-1) if ord == 2 else values.amin(-1)
        if keepdim:
            reduced = reduced[..., None, None].movedim((-2, -1), (rows, columns))
    else:
        along, across = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = A.abs().sum(along, keepdim=keepdim)
        across -= not keepdim and across > along
        reduced = sums.amax(across, keepdim) if ord > 0 else sums.amin(across, keepdim)
    return reduced if out is None else out.copy_(reduced)


@first_checked
def norm(A, ord=None, dim=None, keepdim=False, *, out=None, dtype=None):
    """Return the size of a vector or matrix: `vector_norm` or `matrix_norm`, by the number of dimensions.

    Args:
        ord: see these; None: the root of the sum of squares of all elements, whatever the shape.
    """
    if dim is not None and ord is not None:
        dims = [dim] if isinstance(dim, int) else list(dim)
        if len(dims) not in (1, 2):
            raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {dims}")
    elif ord is not None and A.ndim not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A.ndim}D."
        )
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype, out=out)
    two = A.ndim == 2 if dim is None else not isinstance(dim, int) and len(dim) == 2
    if two or isinstance(ord, str):
        return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype, out=out)
    return vector_norm(A, ord, dim, keepdim, dtype=dtype, out=out)


@first_checked
def cond(A, p=None, *, out=None):
    """Return the condition number: how much errors in b may grow when A x = b is solved. inf for a singular matrix.

    Args:
        p: which norm, as in `matrix_norm`; None: 2.

    Math: y = |A| |A^-1|, for p = 2 the largest singular value over the smallest
    """
    if A.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if p not in (None, "fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if not A.numel():
        found = A.new_zeros(A.shape[:-2])
    elif p in (None, 2, -2):
        values = svdvals(A)
        largest, smallest = values[..., 0], values[..., -1]
        found = smallest / largest if p == -2 else largest / smallest
    else:
        need_square(A, f"linalg.cond(ord={p})")
        need_float(A.array, "linalg.inv")
        singular = slogdet(A.detach())[0] == 0
        invertible = where(singular[..., None, None], eye(A.shape[-1], dtype=A.dtype, device=A.device), A)
        found = where(singular, math.inf, matrix_norm(A, p) * matrix_norm(inv(invertible), p))
    return found if out is None else out.copy_(found)


@method
def renorm(input, p, dim, maxnorm, *, out=None):
    """Scale down the slices along `dim` whose p-norm is above `maxnorm`, to that norm.

    Shape: input (n, m) -> out (n, m)
    Math:  y_i = x_i maxnorm / |x_i| where |x_i| > maxnorm, else x_i

    Raises:
        RuntimeError: for a p-norm that is none, a negative `maxnorm`, or a tensor of less than two dimensions.
    """
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    axis = axis_of(input.ndim, dim)
    sizes = vector_norm(input, p, [d for d in range(input.ndim) if d != axis], keepdim=True)
    return mul(input, where(sizes > maxnorm, maxnorm / (sizes + 1e-7), 1.0), out=out)


Tensor.renorm_ = inplace_form(renorm, "renorm_")  # type: ignore[assignment]
