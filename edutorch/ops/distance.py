"""Distances and angles between vectors: of all pairs of rows, and of vectors in the same place."""

from __future__ import annotations

import math

from ..dtypes import bool as bool_dtype
from ..dtypes import promote_types
from ..errors import bool_subtraction, with_remedy
from ..op import Array, op
from ..op.autocast import asks_autocast
from ..tensor import Tensor, first_checked
from .create import triu_indices
from .join import broadcast_tensors
from .matmul import matmul
from .norms import vector_norm
from .tensor_arguments import need_tensors

__all__ = ["cdist", "cosine_similarity", "pairwise_distance", "pdist"]


def _norm(xp, difference, p):
    """Return the p-norm along the last dimension."""
    size = abs(difference)
    if p == 0:
        return (size != 0).astype(size.dtype).sum(axis=-1)
    if p == 1:
        return size.sum(axis=-1)
    if p == 2:
        return xp.sqrt((size * size).sum(axis=-1))
    if p == math.inf:
        return size.max(axis=-1) if size.shape[-1] else size.sum(axis=-1)
    return (size**p).sum(axis=-1) ** (1.0 / p)


def _direction(xp, g, difference, distance, p):
    """Return the gradient of the p-norm of a difference; 0 where the distance is 0."""
    g, y = g[..., None], distance[..., None]
    if p == 0:
        return difference * 0.0
    if p == 1:
        return g * xp.sign(difference)
    if p == math.inf:
        return g * xp.sign(difference) * (abs(difference) == y).astype(difference.dtype)
    if p == 2:
        return difference * xp.where(y == 0, y * 0.0, g / y)
    size = abs(difference)
    power = xp.sign(difference) * size ** (p - 1)
    if p < 1:
        power = xp.where(size == 0, size * 0.0, power)
    return power * xp.where(y == 0, y * 0.0, g / y ** (p - 1))


@op(name="cdist", node="CdistBackward0", method=False, out=False)
def _cdist(xp, x1: Array, x2: Array, p=2.0):
    """Return the distance of every row of x1 from every row of x2.

    Shape:    x1 (*, n, d), x2 (*, m, d) -> out (*, n, m)
    Math:     y_ij = (sum_k |x1_ik - x2_jk|^p)^(1/p)
    Gradient: dL/dx1_i = sum_j g_ij sign(d) (|d| / y_ij)^(p-1) with d = x1_i - x2_j;  dL/dx2 likewise, negative
    """
    return _norm(xp, x1[..., :, None, :] - x2[..., None, :, :], p)


def _pairs(g, xp, x1, x2, out, p):
    return _direction(xp, g, x1[..., :, None, :] - x2[..., None, :, :], out, p)


_cdist.grad(
    x1=lambda g, xp, x1, x2, out, p: _pairs(g, xp, x1, x2, out, p).sum(axis=-2),
    x2=lambda g, xp, x1, x2, out, p: -_pairs(g, xp, x1, x2, out, p).sum(axis=-3),
)

_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


@first_checked
@asks_autocast
def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """Return the distance of every row of x1 from every row of x2.

    Args:
        p: the norm. compute_mode: for p = 2, whether to use |a|^2 - 2 a.b + |b|^2, a matrix product: much faster, but
            small distances between large numbers lose digits. By default for more than 25 rows.

    Shape: x1 (*, n, d), x2 (*, m, d) -> (*, n, m)
    """
    if compute_mode not in _MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    for name, x in (("X1", x1), ("X2", x2)):
        if x.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.ndim}D")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            with_remedy(
                f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}",
                f"The shapes are {tuple(x1.shape)} and {tuple(x2.shape)}.",
            )
        )
    for name, x in (("X1", x1), ("X2", x2)):
        if not x.is_floating_point():
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {x.dtype.legacy}")
    if x1.dtype != x2.dtype:
        raise RuntimeError(f"expected scalar type {x1.dtype.legacy} but found {x2.dtype.legacy}")
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    many = compute_mode == _MODES[1] or (compute_mode == _MODES[0] and max(x1.shape[-2], x2.shape[-2]) > 25)
    if p == 2 and many:
        return _by_product(x1, x2)
    if x1.itemsize == 2:
        raise NotImplementedError(f"\"cdist\" not implemented for '{x1.dtype.legacy}'")
    return _cdist(x1, x2, p)


def _by_product(x1, x2):
    squares = x1.square().sum(-1, keepdim=True) - 2 * matmul(x1, x2.mT) + x2.square().sum(-1).unsqueeze(-2)
    return squares.clamp_min(0).sqrt()


@first_checked
def pdist(input, p=2.0):
    """Return the distance of every pair of rows, each pair once: the upper triangle of `cdist(x, x)`.

    Shape: input (n, d) -> (n (n - 1) / 2,)
    """
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if not input.is_floating_point():
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    if input.itemsize == 2:
        raise NotImplementedError(f"\"pdist\" not implemented for '{input.dtype.legacy}'")
    i, j = triu_indices(input.shape[0], input.shape[0], 1, device=input.device)
    return _cdist(input, input, p)[i, j]


@op(cast="float", node="NormBackward1", method=False, out=False)
def pairwise_distance(xp, x1: Array, x2: Array, p=2.0, eps=1e-6, keepdim=False):
    """Return the distance of each vector of x1 from the one of x2 in the same place.

    Shape:    x1 (*, D), x2 (*, D), broadcastable -> out (*), or (*, 1) with keepdim
    Math:     y = (sum_k |d_k|^p)^(1/p),  d = x1 - x2 + eps: equal vectors are not quite, and have a slope
    Gradient: dL/dx1 = g sign(d) (|d| / y)^(p-1),  dL/dx2 = -dL/dx1
    """
    distance = _norm(xp, _difference(x1, x2, eps), p)
    return distance[..., None] if keepdim else distance


def _difference(x1, x2, eps):
    difference = x1 - x2 + eps
    return difference if difference.ndim else difference.reshape(1)


def _apart(xp, g, x1, x2, out, p, eps, keepdim):
    if keepdim:
        g, out = g[..., 0], out[..., 0]
    return _direction(xp, g, _difference(x1, x2, eps), out, p)


def _refuse_bool(x1, x2):
    dtypes_given = [x.dtype for x in (x1, x2) if isinstance(x, Tensor)]
    if bool_dtype in dtypes_given:
        raise bool_subtraction(both=len({*dtypes_given}) == 1)


pairwise_distance.op.refuse = _refuse_bool
pairwise_distance.grad(
    x1=_apart,
    x2=lambda xp, g, x1, x2, out, p, eps, keepdim: -_apart(xp, g, x1, x2, out, p, eps, keepdim),
)


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """Return the cosine of the angle between vectors: 1 in the same direction, 0 at a right angle, -1 opposite.

    Shape: x1 (*, D, *), x2 (*, D, *), broadcastable, D at `dim` -> (*, *)
    Math:  y = x1 . x2 / (max(|x1|, eps) max(|x2|, eps))

    Example:
        >>> import edutorch as torch
        >>> torch.cosine_similarity(torch.tensor([[1.0, 0.0]]), torch.tensor([[3.0, 3.0]]))
        tensor([0.7071])
    """
    need_tensors("cosine_similarity", x1=x1, x2=x2)
    common = promote_types(x1.dtype, x2.dtype)
    if not common.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {common.legacy}")
    x1, x2 = broadcast_tensors(x1.to(common), x2.to(common))
    x1, x2 = (x / _at_least(vector_norm(x, 2, dim, True), eps) for x in (x1, x2))
    return (x1 * x2).sum(dim)


def _at_least(length, eps):
    """Return a length that is no smaller than eps; its gradient passes all the same."""
    return length + (eps - length.detach()).clamp_min(0)
