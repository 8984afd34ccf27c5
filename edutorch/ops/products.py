"""Products beyond the matrix product: powers, chains, cross and Kronecker products, tensor contraction."""

from __future__ import annotations

import math
import operator
from itertools import pairwise

from ..errors import with_remedy
from ..op import Array, op
from ..op.autocast import asks_autocast
from ..tensor import Tensor, first_checked, method
from .create import eye
from .linalg import inv
from .linalg_checks import need_square
from .matmul import matmul, mm

__all__ = ["chain_matmul", "kron", "matrix_power", "tensordot"]


@first_checked
def matrix_power(A, n, *, out=None):
    """Multiply a square matrix n times by itself; for a negative n, its inverse.

    Shape: A (*, m, m) -> out (*, m, m)
    """
    need_square(A, "linalg.matrix_power")
    if not hasattr(n, "__index__"):
        raise TypeError(f"linalg_matrix_power(): argument 'n' (position 2) must be int, not {type(n).__name__}")
    n = operator.index(n)
    power = inv(A) if n == -1 else _power(A if n >= 0 else inv(A), abs(n))
    return power if out is None else out.copy_(power)


def _power(A, n):
    """Return A^n by repeated squaring: one product for each binary digit of n, and one more for each digit 1."""
    if n == 0:
        return A.clone().copy_(eye(A.shape[-1], dtype=A.dtype, device=A.device))
    if n == 1:
        return A.clone()
    if n == 3:
        return matmul(matmul(A, A), A)
    result, square = None, A
    while n:
        if n % 2:
            result = square if result is None else matmul(result, square)
        n //= 2
        if n:
            square = matmul(square, square)
    return result


method(matrix_power)


# ---------------------------------------------------------------- chains of matrices


def multi_dot(tensors, *, out=None):
    """Multiply several matrices in the order that costs least; the first and last may be vectors.

    Example:
        >>> import edutorch as torch
        >>> torch.linalg.multi_dot([torch.ones(10, 100), torch.ones(100, 5), torch.ones(5, 50)]).shape
        torch.Size([10, 50])
    """
    tensors = list(tensors)
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    first, last = tensors[0], tensors[-1]
    for name, t in (("first", first), ("last", last)):
        if t.ndim not in (1, 2):
            raise RuntimeError(f"multi_dot(): the {name} tensor must be 1D or 2D but got {t.ndim}D")
    chain = [first[None] if first.ndim == 1 else first, *tensors[1:-1], last[:, None] if last.ndim == 1 else last]
    for i, t in enumerate(chain):
        if t.ndim != 2:
            raise RuntimeError(f"multi_dot(): tensor {i} must be 2D but got {t.ndim}D")
        if t.dtype != first.dtype:
            raise RuntimeError(
                f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {_c_name(first)} and tensor "
                f"{i} {_c_name(t)}"
            )
    for i, (a, b) in enumerate(pairwise(chain)):
        if a.shape[1] != b.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {i} and {i + 1} with shapes {list(tensors[i].shape)} and "
                f"{list(tensors[i + 1].shape)} cannot be multiplied"
            )
    shape = (*(first.shape[:-1]), *(last.shape[1:]))
    product = _product(chain, _cheapest([chain[0].shape[0], *(t.shape[1] for t in chain)]), 0, len(chain) - 1)
    product = product.view(shape)
    return product if out is None else out.copy_(product)


def _c_name(t):
    return {"float32": "float", "float64": "double", "int64": "long int"}.get(t.dtype.name, t.dtype.name)


def _cheapest(sizes):
    """Return where to split each part of a chain: splits[i, j] ends the left factor of the product i..j.

    `sizes[i]` and `sizes[i + 1]` are matrix i's; the textbook's dynamic programming (Cormen et al., section 15.2).
    """
    n = len(sizes) - 1
    cost, splits = {(i, i): 0 for i in range(n)}, {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j], splits[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )
    return splits


def _product(chain, splits, i, j):
    if i == j:
        return chain[i]
    k = splits[i, j]
    return mm(_product(chain, splits, i, k), _product(chain, splits, k + 1, j))


def chain_matmul(*matrices, out=None):
    """Multiply matrices in the order that costs least: the older form of `linalg.multi_dot`."""
    if len(matrices) == 1:
        return matrices[0]
    return multi_dot(matrices, out=out)


# ---------------------------------------------------------------- cross, dot, Kronecker


@op(name="linalg_cross", method=False)
def cross(xp, input: Array, other: Array, *, dim=-1):
    """Return the cross product: the vector that stands on both, as long as the area between them.

    Shape:    input, other (*, 3, *), 3 at `dim`, broadcastable -> out (*, 3, *)
    Math:     y = (a_2 b_3 - a_3 b_2, a_3 b_1 - a_1 b_3, a_1 b_2 - a_2 b_1)
    Gradient: dL/da = b x g,  dL/db = g x a
    """
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    n, m = input.shape[dim], other.shape[dim]
    if n != 3 or m != 3:
        raise RuntimeError(f"linalg.cross: inputs dimension {dim} must have length 3. Got {n} and {m}")
    a, b = xp.moveaxis(input, dim, 0), xp.moveaxis(other, dim, 0)
    y = xp.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])
    return xp.moveaxis(y, 0, dim)


cross.grad(
    input=lambda g, other, dim: cross.both(other, g, dim=dim),
    other=lambda g, input, dim: cross.both(g, input, dim=dim),
)


@first_checked
@asks_autocast
def vecdot(x, y, *, dim=-1, out=None):
    """Sum the products along a dimension.

    Shape: x, y (*, n), broadcastable -> out (*)
    """
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"linalg.vecdot: Expected x and y to have the same dtype, but found x of type {x.dtype.legacy} and y of "
            f"type {y.dtype.legacy} instead"
        )
    if not x.is_floating_point():
        raise RuntimeError(f"linalg.vecdot: Expected a floating point or complex tensor as input. Got {x.dtype.legacy}")
    product = x.dot(y) if x.ndim == y.ndim == 1 else (x * y).sum(dim)
    return product if out is None else out.copy_(product)


@first_checked
def diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """Return the diagonals of matrices, as a view: `torch.diagonal` with the last two dimensions by default."""
    return A.diagonal(offset, dim1, dim2)


@first_checked
def kron(input, other, *, out=None):
    """Return the Kronecker product: every element of the first tensor times the whole second one.

    Shape: input (a1, ..., an), other (b1, ..., bn) -> out (a1 b1, ..., an bn), after adding leading ones to the shorter
    """
    n = max(input.ndim, other.ndim)
    a = [1] * (n - input.ndim) + list(input.shape)
    b = [1] * (n - other.ndim) + list(other.shape)
    product = input.reshape([k for size in a for k in (size, 1)]) * other.reshape([k for size in b for k in (1, size)])
    product = product.reshape([i * j for i, j in zip(a, b, strict=True)])
    return product if out is None else out.copy_(product)


method(kron)


# ---------------------------------------------------------------- contraction


def tensordot(a, b, dims=2, out=None):
    """Sum the products over several dimensions at once: a matrix product after reshaping.

    Args:
        dims: an int n: the last n dimensions of a with the first n of b; or two lists of dimensions.
    """
    dims_a, dims_b = _contracted(a, dims)
    if a.dtype != b.dtype:
        raise RuntimeError("both inputs should have same dtype")
    if len(dims_a) != len(dims_b):
        raise RuntimeError("both dimension lists should have same length")
    for i, j in zip(dims_a, dims_b, strict=True):
        n, m = a.size(i), b.size(j)
        if n != m and 1 not in (n, m):
            both = f"first has size {n} in dim {i} and second has size {m} in dim {j}"
            sentence = f"contracted dimensions need to match, but {both}"
            raise RuntimeError(with_remedy(sentence, f"The shapes are {tuple(a.shape)} and {tuple(b.shape)}."))
        if m == 1 and n != 1:
            a = a.sum(i, keepdim=True, dtype=a.dtype)
        elif n == 1 and m != 1:
            b = b.sum(j, keepdim=True, dtype=b.dtype)
    dims_a, dims_b = [i % a.ndim for i in dims_a], [j % b.ndim for j in dims_b]
    for listed in (dims_a, dims_b):
        for i in listed:
            if listed.count(i) > 1:
                raise RuntimeError(f"dim {i} appears multiple times in the list of dims")
    kept_a = [i for i in range(a.ndim) if i not in dims_a]
    kept_b = [j for j in range(b.ndim) if j not in dims_b]
    summed = math.prod(a.shape[i] for i in dims_a)
    left = a.permute([*kept_a, *dims_a]).reshape(math.prod(a.shape[i] for i in kept_a), summed)
    right = b.permute([*dims_b, *kept_b]).reshape(summed, math.prod(b.shape[j] for j in kept_b))
    product = mm(left, right).view([*(a.shape[i] for i in kept_a), *(b.shape[j] for j in kept_b)])
    return product if out is None else out.copy_(product)


def _contracted(a, dims):
    """Return the two lists of dimensions that `dims` stands for."""
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, (list, tuple)):
        return [[d] if isinstance(d, int) else list(d) for d in dims]
    if not isinstance(dims, int):
        raise RuntimeError(
            "tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] containing two "
            f"lists, but got dims={dims}"
        )
    if dims < 0:
        raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
    if dims > a.ndim:
        raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
    return list(range(-dims, 0)), list(range(dims))
