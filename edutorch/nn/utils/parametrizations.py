"""Ready-made parametrizations: orthogonal matrices, weights of norm one, weights whose length is learned apart."""

from __future__ import annotations

from ...backends import XP
from ...dtypes import finfo
from ...modes import no_grad
from ...ops.compare import allclose
from ...ops.create import eye, zeros_like
from ...ops.decompositions import qr
from ...ops.from_data import as_tensor
from ...ops.join import cat
from ...ops.linalg import solve
from ...ops.matmul import dot, mv
from ...ops.matrix_exp import matrix_exp
from ...ops.sampling import randn
from ...tensor import Tensor
from ..modules.module import Module
from .parametrize import register_parametrization
from .spectral_norm import as_matrix, unit, usual_dim
from .weight_norm import norm_except_dim, normalized

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


def _tensor_of(module, name):
    tensor = getattr(module, name, None)
    if not isinstance(tensor, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return tensor


# ---- orthogonal


class _Orthogonal(Module):
    """Turns any matrix into one with orthonormal columns (or rows, if there are more columns).

    Three maps do it: the exponential and the Cayley transform of the skew-symmetric matrix A = X - X^T, and a product
    of Householder reflections. With trivialization, the matrix at the start is a constant factor (`base`), and what
    is learned starts where the map is the identity (Lezcano-Casado 2019).
    """

    def __init__(self, weight, orthogonal_map, *, use_trivialization=True):
        super().__init__()
        self.shape, self.orthogonal_map = weight.shape, orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X):
        """Compute the orthogonal matrix."""
        if X.size(-2) < X.size(-1):
            return self._tall(X.mT).mT
        return self._tall(X)

    def _tall(self, X):
        n, k = X.shape[-2:]
        if self.orthogonal_map == "householder":
            reflectors = X.tril(-1)
            tau = 2.0 / (1.0 + (reflectors * reflectors).sum(dim=-2))
            Q = _product_of_reflections(reflectors, tau) * X.diagonal(dim1=-2, dim2=-1).trunc().unsqueeze(-2)
        else:
            X = X.tril()
            if n != k:
                X = cat([X, X.new_zeros(*X.shape[:-1], n - k)], dim=-1)
            A = X - X.mT
            if self.orthogonal_map == "matrix_exp":
                Q = matrix_exp(A)
            else:
                identity = eye(n, dtype=A.dtype, device=A.device)
                Q = solve(identity - 0.5 * A, identity + 0.5 * A)
            Q = Q[..., :k]
        return self.base @ Q if hasattr(self, "base") else Q

    @no_grad()
    def right_inverse(self, Q):
        """Return what the map makes the matrix Q of; a Q that is not orthogonal becomes so first."""
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {Q.shape}."
            )
        wide = Q.size(-2) < Q.size(-1)
        tall = Q.mT if wide else Q
        if hasattr(self, "base"):
            self.base = _completed(tall)
            start = zeros_like(Q)
            start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
            return start
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                "use_trivialization=False."
            )
        reflectors, tau = _reflections(tall)
        diagonal = reflectors.diagonal(dim1=-2, dim2=-1)
        diagonal.sign_()
        diagonal[tau == 0.0] *= -1
        return reflectors.mT if wide else reflectors


def _product_of_reflections(reflectors, tau):
    """Return the first columns of H_1 H_2 … H_k, H_i = 1 - tau_i v_i v_i^T, v_i the i-th column below its one."""
    n, k = reflectors.shape[-2:]
    identity = eye(n, k, dtype=reflectors.dtype, device=reflectors.device)
    vectors = reflectors.tril(-1) + identity
    Q = identity.expand(reflectors.shape)
    for i in reversed(range(k)):
        v = vectors[..., i : i + 1]
        Q = Q - tau[..., None, i : i + 1] * v * (v.mT @ Q)
    return Q


def _reflections(A):
    """Return the reflections that LAPACK makes a QR decomposition of, and their factors tau."""
    h, tau = XP[type(A.array)].linalg.qr(A.array, mode="raw")
    return as_tensor(h.swapaxes(-1, -2).copy()), as_tensor(tau)


def _completed(Q):
    """Return a square orthogonal matrix whose first columns span what Q's do; Q itself, if it is one."""
    n, k = Q.shape[-2:]
    if n == k and _is_orthogonal(Q):
        return Q.clone()
    if n != k:
        Q = cat([Q, randn(*Q.shape[:-1], n - k, dtype=Q.dtype, device=Q.device)], dim=-1)
    Q, R = qr(Q)
    return Q * R.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)


def _is_orthogonal(Q):
    n, k = Q.shape[-2:]
    identity = eye(k, dtype=Q.dtype, device=Q.device)
    return allclose(Q.mT @ Q, identity, atol=10.0 * n * finfo(Q.dtype).eps)


def orthogonal(module, name="weight", orthogonal_map=None, *, use_trivialization=True):
    """Keep a weight orthogonal: Q^T Q = 1 for its columns (or rows, if there are more columns).

    Args:
        module: whose weight; it is returned. name: of the weight, a matrix or a batch of matrices.
        orthogonal_map: "matrix_exp" (the default for square ones), "cayley", or "householder" (for the others).
        use_trivialization: learn the difference to the matrix at the start, which usually helps.

    Raises:
        ValueError: for a weight that is no matrix, or an unknown map.
    """
    weight = _tensor_of(module, name)
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.size(-2) == weight.size(-1) else "householder"
    if orthogonal_map not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    parametrization = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, parametrization, unsafe=True)


# ---- weight norm


class _WeightNorm(Module):
    """Computes w = g v / |v| from a length g and a direction v (Salimans & Kingma 2016)."""

    def __init__(self, dim=0):
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g, weight_v):
        """Compute the weight."""
        return normalized(weight_v, weight_g, self.dim)

    def right_inverse(self, weight):
        """Return the length and the direction of a weight."""
        return norm_except_dim(weight, self.dim), weight


def weight_norm(module, name="weight", dim=0):
    """Learn a weight's length and direction apart (`original0` and `original1` of its parametrization).

    Args:
        module: whose weight; it is returned. name: of the weight.
        dim: each slice along it has a length of its own; None: the whole weight has one.
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(state_dict, prefix, *rest):
        """Load what the older `nn.utils.weight_norm` saved."""
        old, new = f"{prefix}{name}", f"{prefix}parametrizations.{name}.original"
        if f"{old}_g" in state_dict and f"{old}_v" in state_dict:
            state_dict[f"{new}0"], state_dict[f"{new}1"] = state_dict.pop(f"{old}_g"), state_dict.pop(f"{old}_v")

    module._register_load_state_dict_pre_hook(rename)
    return module


# ---- spectral norm


class _SpectralNorm(Module):
    """Divides a weight by its largest singular value, which a power iteration a call follows (Miyato et al. 2018)."""

    def __init__(self, weight, n_power_iterations=1, dim=0, eps=1e-12):
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{weight.ndim}, {weight.ndim - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim, self.eps = dim % weight.ndim, eps
        if weight.ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight, self.dim)
            for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
                self.register_buffer(name, unit(matrix.new_empty(size).normal_(0, 1), eps))
            self._power_method(matrix, 15)

    @no_grad()
    def _power_method(self, matrix, n_power_iterations):
        """Bring the singular vectors u and v up to date."""
        for _ in range(n_power_iterations):
            self._u.copy_(unit(mv(matrix, self._v), self.eps))
            self._v.copy_(unit(mv(matrix.t(), self._u), self.eps))

    def forward(self, weight):
        """Compute the weight divided by its norm."""
        if weight.ndim == 1:
            return unit(weight, self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # the next call writes to them before this one goes backward
        return weight / dot(u, mv(matrix, v))

    def right_inverse(self, value):
        """Return a weight as it is: with the norm divided out, it may have any."""
        return value


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    """Keep the largest singular value of a weight at one, so that the layer stretches no vector.

    Args:
        module: whose weight; it is returned. name: of the weight.
        n_power_iterations: how many a call, while training. eps: the least length that vectors are divided by.
        dim: the dimension of the outputs (1 for transposed convolutions, else 0).
    """
    weight = _tensor_of(module, name)
    dim = usual_dim(module) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))
