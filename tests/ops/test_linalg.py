"""Linear algebra where samples cannot look: factors put together again, singular matrices, second gradients."""

import numpy as np
import pytest

import edutorch as torch
from edutorch import linalg
from edutorch.autograd import gradcheck, gradgradcheck


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def randn(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, requires_grad=True)


SHAPES = [(3, 3), (5, 3), (3, 5), (2, 4, 3), (2, 1, 3, 4)]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_svd_gives_the_matrix_back(shape, full, dtype):
    A = randn(*shape, dtype=dtype)
    U, S, Vh = linalg.svd(A, full_matrices=full)
    k = min(shape[-2:])
    assert torch.allclose((U[..., :k] * S.unsqueeze(-2)) @ Vh[..., :k, :], A, atol=1e-5)
    for orthonormal in (U, Vh.mT):
        eye = torch.eye(orthonormal.shape[-1], dtype=dtype)
        assert torch.allclose(orthonormal.mT @ orthonormal, eye.expand_as(orthonormal.mT @ orthonormal), atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4)])
def test_eigh_gives_the_matrix_back(shape):
    A = randn(*shape)
    for uplo, part in (("L", torch.tril), ("U", torch.triu)):
        w, V = linalg.eigh(A, uplo)
        triangle = part(A)
        symmetric = triangle + triangle.mT - torch.diag_embed(A.diagonal(0, -2, -1))
        assert torch.allclose((V * w.unsqueeze(-2)) @ V.mT, symmetric)


@pytest.mark.parametrize("mode", ["reduced", "complete"])
@pytest.mark.parametrize("shape", SHAPES)
def test_qr_gives_the_matrix_back(shape, mode):
    A = randn(*shape)
    Q, R = linalg.qr(A, mode)
    assert torch.allclose(Q @ R, A)
    assert torch.equal(R, torch.triu(R))


def symmetric(f):
    """Apply a function to the symmetric part, which is all that LAPACK reads."""
    return lambda A: f((A + A.mT) / 2)


SECOND = {
    "det": (linalg.det, (3, 3)),
    "slogdet": (lambda A: linalg.slogdet(A)[1], (2, 3, 3)),
    "inv": (linalg.inv, (2, 3, 3)),
    "solve": (lambda A: linalg.solve(A, A[..., 0]), (2, 3, 3)),
    "solve, left": (lambda A: linalg.solve(A, A[..., :2, :], left=False), (2, 3, 3)),
    "solve_triangular": (lambda A: linalg.solve_triangular(A, A[..., :2], upper=True), (3, 3)),
    "cholesky": (lambda A: linalg.cholesky(A @ A.mT), (2, 3, 3)),
    "cholesky_solve": (lambda A: torch.cholesky_solve(A[..., :2], torch.tril(A)), (3, 3)),
    "eigh": (symmetric(lambda A: [r.abs() for r in linalg.eigh(A)]), (3, 3)),
    "eigvalsh": (symmetric(linalg.eigvalsh), (3, 3)),
    "qr": (lambda A: tuple(linalg.qr(A)), (4, 3)),
    "qr, wide": (lambda A: tuple(linalg.qr(A)), (3, 4)),
    "svd": (lambda A: [r.abs() for r in linalg.svd(A, full_matrices=False)], (4, 3)),
    "svd, wide": (lambda A: [r.abs() for r in linalg.svd(A, full_matrices=False)], (3, 4)),
    "svdvals": (linalg.svdvals, (3, 4)),
    "pinv": (linalg.pinv, (4, 3)),
    "lstsq": (lambda A: linalg.lstsq(A, A[:, :1] ** 2, driver="gels")[:2], (4, 2)),
    "cond": (lambda A: linalg.cond(A, 1), (3, 3)),
    "cdist": (lambda A: torch.cdist(A, A[:2] + 0.5), (4, 3)),
    "cdist, p=3": (lambda A: torch.cdist(A, A[:2] + 0.5, 3.0), (4, 3)),
    "pdist": (torch.pdist, (4, 3)),
    "dist, p=0": (lambda A: torch.dist(A, A * 2, 0) + A.sum(), (4, 3)),
}


@pytest.mark.parametrize("name", SECOND)
def test_gradients(name):
    f, shape = SECOND[name]
    A = randn(*shape)
    assert gradcheck(f, (A,))
    assert gradgradcheck(f, (A,))


def test_gradient_of_a_vanishing_determinant():
    """Where PyTorch gives zeros, the cofactors are the truth: one element changes the determinant."""
    A = torch.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
    (slope,) = torch.autograd.grad(linalg.det(A), A)
    assert torch.allclose(slope, torch.tensor([[4.0, -2.0], [-2.0, 1.0]]))


def test_equal_singular_values():
    """Vectors that are not determined do not spoil the gradient of values that are."""
    A = torch.eye(3, requires_grad=True)
    linalg.svd(A).S.sum().backward()
    assert torch.allclose(A.grad, torch.eye(3))
    A.grad = None
    linalg.eigh(A).eigenvalues.sum().backward()
    assert torch.allclose(A.grad, torch.eye(3))


def test_outputs_are_watched():
    """A saved factor that is written in place is noticed in the backward pass."""
    Q, _ = linalg.qr(randn(3, 3))
    with torch.no_grad():
        Q += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        Q.sum().backward()


@pytest.mark.filterwarnings("ignore:torch.qr is deprecated")
def test_printed_form(torch):
    import edutorch

    values = [[2.0, 1.0], [1.0, 3.0]]
    for call in (
        lambda t, A: t.linalg.slogdet(A),
        lambda t, A: t.linalg.qr(A),
        lambda t, A: t.slogdet(A),
        lambda t, A: t.qr(A),
    ):
        assert repr(call(edutorch, edutorch.tensor(values))) == repr(call(torch, torch.tensor(values)))


def test_error_class(torch):
    theirs = torch.linalg.LinAlgError
    assert linalg.LinAlgError.__name__ == theirs.__name__
    assert linalg.LinAlgError.__mro__[1:] == theirs.__mro__[1:]


def test_chain_order():
    """A chain is multiplied in the cheap order: here 10x100 by 100x5 first."""
    from edutorch.ops.products import _cheapest

    assert _cheapest([10, 100, 5, 50])[0, 2] == 1
    assert _cheapest([50, 5, 100, 10])[0, 2] == 0


def test_float32_stays_float32():
    A = torch.randn(3, 3).abs() + torch.eye(3)
    results = [
        linalg.inv(A),
        linalg.det(A),
        linalg.pinv(A),
        linalg.norm(A),
        linalg.cond(A),
        linalg.cond(A, 1),
        torch.cdist(A, A),
        *linalg.svd(A),
        *linalg.qr(A),
        *linalg.eigh(A),
        linalg.matrix_power(A, 3),
        linalg.vector_norm(A, 2.5),
    ]
    assert {r.dtype for r in results} == {torch.float32}
    assert {r.array.dtype for r in results} == {np.dtype("float32")}
