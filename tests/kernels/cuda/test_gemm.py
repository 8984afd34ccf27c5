"""The product of matrices on the device: every layout, against NumPy in float64.

The stand-in's cuBLAS reads raw memory by leading dimensions, steps and flags, so a wrong one gives wrong numbers. On
a GPU the same tests ask the real one; how TF32 and partial sums round is then its own affair.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from ml_dtypes import bfloat16

import edutorch
from edutorch.backends import BACKENDS
from edutorch.kernels.cuda.gemm import gemm
from tests.fake_cuda import counted, cublas, fake_cuda

FLOATS = ["float64", "float32", "float16", bfloat16]
TOLERANCE = {"float64": 1e-12, "float32": 1e-5, "float16": 2e-3, "bfloat16": 1.6e-2}
DRAW = np.random.default_rng(0)


@pytest.fixture
def stand_in():
    """The stand-in for a device, for what cannot be seen from outside a real one."""
    with fake_cuda():
        yield


def put(array):
    return BACKENDS["cuda"].put(array)


def get(array):
    return BACKENDS["cuda"].get(array).astype(np.float64)


def random(*shape, dtype="float64"):
    return DRAW.standard_normal(shape).astype(dtype)


def close(got, expected, dtype="float64"):
    dtype = np.dtype(dtype).name
    np.testing.assert_allclose(got, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * 8)


# Ways in which a matrix of some rows and columns may lie in memory: what is made, and the view of it.
LAYOUTS = {
    "rows": lambda r, c: ((r, c), lambda x: x),
    "columns": lambda r, c: ((c, r), lambda x: x.T),
    "some columns": lambda r, c: ((r, c + 5), lambda x: x[:, 2 : 2 + c]),
    "some columns, turned": lambda r, c: ((c, r + 3), lambda x: x[:, 1 : 1 + r].T),
    "every second row": lambda r, c: ((2 * r, c), lambda x: x[::2]),
    "every second column": lambda r, c: ((r, 2 * c), lambda x: x[:, ::2]),
    "backwards": lambda r, c: ((r, c), lambda x: x[::-1]),
    "one row for all": lambda r, c: ((1, c), lambda x: np.lib.stride_tricks.as_strided(x, (r, c), (0, x.itemsize))),
}
COPIED = ("every second column", "backwards", "one row for all")


def laid(way, rows, columns, dtype="float64"):
    """Return a matrix on the device that lies in some way, and its numbers."""
    shape, look = LAYOUTS[way](rows, columns)
    whole = random(*shape, dtype=dtype)
    on_device = put(whole)
    if way == "one row for all":
        xp = BACKENDS["cuda"].xp
        return xp.broadcast_to(on_device, (rows, columns)), look(whole).astype(np.float64)
    return look(on_device), look(whole).astype(np.float64)


@pytest.mark.parametrize("one", LAYOUTS)
@pytest.mark.parametrize("other", LAYOUTS)
@pytest.mark.parametrize(("n", "k", "m"), [(3, 4, 5), (1, 4, 5), (3, 1, 5), (3, 4, 1), (1, 1, 1), (1, 7, 1)])
def test_matrices_are_read_where_they_lie(one, other, n, k, m, cuda):
    (a, a_numbers), (b, b_numbers) = laid(one, n, k), laid(other, k, m)
    close(get(gemm(a, b)), a_numbers @ b_numbers)


@pytest.mark.parametrize("one", LAYOUTS)
@pytest.mark.parametrize("other", LAYOUTS)
def test_little_is_copied(one, other, stand_in):
    (a, _), (b, _) = laid(one, 3, 4), laid(other, 4, 5)
    out = put(np.zeros((3, 5)))
    with counted() as counts:
        gemm(a, b, out)
    assert counts == {"library": 1, **launches((one in COPIED) + (other in COPIED))}


def launches(n):
    return {"launch": n} if n else {}


@pytest.mark.parametrize("way", [way for way in LAYOUTS if way != "one row for all"])
@pytest.mark.parametrize("beta", [0.0, 1.0, -0.5])
def test_results_go_where_they_are_told(way, beta, cuda):
    c, before = laid(way, 3, 5)
    a, b = random(3, 4), random(4, 5)
    assert gemm(put(a), put(b), c, alpha=2.0, beta=beta) is c
    close(get(c), 2 * a @ b + beta * before)


def test_without_beta_old_results_are_not_read(cuda):
    out = put(np.full((2, 2), np.nan))
    close(get(gemm(put(np.eye(2)), put(np.ones((2, 2))), out)), np.ones((2, 2)))


STACKS = [
    ((2, 3, 4), (2, 4, 5)),
    ((2, 3, 4), (4, 5)),
    ((3, 4), (2, 4, 5)),
    ((2, 1, 3, 4), (6, 4, 5)),
    ((2, 6, 3, 4), (2, 6, 4, 5)),
    ((2, 6, 3, 4), (1, 1, 4, 5)),
    ((2, 6, 1, 4), (4, 5)),
    ((1, 6, 3, 4), (2, 1, 4, 5)),
    ((1, 1, 3, 4), (1, 4, 5)),
    ((7, 1, 1, 4), (7, 1, 4, 1)),
]


@pytest.mark.parametrize(("a_shape", "b_shape"), STACKS)
@pytest.mark.parametrize("turned", list(itertools.product([False, True], repeat=3)))
def test_stacks(a_shape, b_shape, turned, cuda):
    a, b = (random(*s[:-2], *(s[:-3:-1] if t else s[-2:])) for s, t in zip((a_shape, b_shape), turned, strict=False))
    on_a, on_b = (put(x).mT if t else put(x) for x, t in zip((a, b), turned, strict=False))
    a, b = (x.mT if t else x for x, t in zip((a, b), turned, strict=False))
    expected = a @ b
    close(get(gemm(on_a, on_b)), expected)
    if turned[2]:
        *lead, n, m = expected.shape
        out = put(np.zeros((*lead, m, n))).mT
        close(get(gemm(on_a, on_b, out, beta=1.0)), expected)


@pytest.mark.parametrize(
    "cut", [np.s_[:, 1:], np.s_[1:], np.s_[:, ::2], np.s_[:, :, 1:], np.s_[..., 1:-1], np.s_[::-1]]
)
def test_parts_of_stacks(cut, cuda):
    whole, b = random(4, 5, 6, 7), random(7, 3)
    part = whole[cut]
    k = part.shape[-1]
    close(get(gemm(put(whole)[cut], put(b)[:k])), part @ b[:k])
    close(get(gemm(put(b)[:k].T, put(whole)[cut].mT)), b[:k].T @ part.mT)


def test_heads_that_were_split(cuda):
    """Attention's products, of (N, L, H, E) seen as (N, H, L, E), the result merged again without a copy."""
    q, k = random(2, 5, 3, 4), random(2, 6, 3, 4)
    on_q, on_k = (put(x).transpose(0, 2, 1, 3) for x in (q, k))
    q, k = (x.transpose(0, 2, 1, 3) for x in (q, k))
    scores = gemm(on_q, on_k.mT, alpha=0.5)
    close(get(scores), 0.5 * q @ k.mT)
    merged = put(np.zeros((2, 5, 3, 4))).transpose(0, 2, 1, 3)
    gemm(scores, on_k, merged)
    close(get(merged), 0.5 * q @ k.mT @ k)


def test_rows_of_a_stack_are_one_product(stand_in):
    a, b = put(random(6, 7, 4)), put(random(5, 4))
    with cublas.asked() as calls:
        gemm(a, b.T)
        gemm(a[:, -1:], b.T)  # the last step of each sequence
    assert [call["batch"] for call in calls] == [1, 1]
    assert [call["n"] for call in calls] == [42, 6]


@pytest.mark.parametrize("dtype", FLOATS)
def test_dtypes(dtype, cuda):
    a, b = random(33, 65, dtype=dtype), random(65, 9, dtype=dtype)
    found = gemm(put(a), put(b))
    assert found.dtype == dtype
    close(get(found), a.astype(np.float64) @ b.astype(np.float64), dtype)


@pytest.mark.parametrize("dtype", ["float16", bfloat16])
def test_halves_add_up_in_float32(dtype, cuda):
    """In bfloat16 itself this sum would stand still at 32, as 0.1 is then less than half of the last digit."""
    a, b = np.full((1, 100_000), 0.1, dtype), np.ones((100_000, 1), dtype)
    exact = a.astype(np.float64).sum()
    assert get(gemm(put(a), put(b))).item() == pytest.approx(exact, rel=TOLERANCE[np.dtype(dtype).name])
    wide = gemm(put(a), put(b), put(np.zeros((1, 1), np.float32)))
    assert get(wide).item() == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize(("n", "k", "m"), [(0, 3, 4), (2, 0, 4), (2, 3, 0), (0, 0, 0)])
def test_empty(n, k, m, cuda):
    a, b = put(np.ones((n, k))), put(np.ones((k, m)))
    assert gemm(a, b).shape == (n, m)
    assert not get(gemm(a, b)).any()
    out = put(np.full((n, m), 3.0))
    np.testing.assert_array_equal(get(gemm(a, b, out, beta=2.0)), np.full((n, m), 6.0))
    assert gemm(put(np.ones((0, 2, 3))), put(np.ones((3, 4)))).shape == (0, 2, 4)


def fine():
    """Return numbers that lose digits as TF32, and their product."""
    a, b = random(8, 16, dtype="float32"), random(16, 8, dtype="float32")
    return put(a), put(b), a.astype(np.float64) @ b.astype(np.float64)


def test_tf32_is_asked_for(cuda):
    a, b, exact = fine()
    matmul, before = edutorch.backends.cuda.matmul, edutorch.backends.cuda.matmul.allow_tf32
    errors = []
    try:
        for matmul.allow_tf32, asked in itertools.product((False, True), (None, False, True)):
            errors.append(np.abs(get(gemm(a, b, tf32=asked)) - exact).max())
    finally:
        matmul.allow_tf32 = before
    exactly = [error < 1e-5 for error in errors]
    assert exactly == [True, True, False, False, True, False]
    assert max(errors) < 2e-2


def test_float64_knows_no_tf32(cuda):
    a, b = random(4, 4), random(4, 4)
    np.testing.assert_allclose(get(gemm(put(a), put(b), tf32=True)), a @ b, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float16", bfloat16, "float32"])
@pytest.mark.parametrize("allowed", [True, False])
def test_partial_sums_are_kept_exact_if_asked(dtype, allowed, stand_in):
    matmul = edutorch.backends.cuda.matmul
    name = "allow_fp16_reduced_precision_reduction" if dtype == "float16" else "allow_bf16_reduced_precision_reduction"
    a = put(np.ones((2, 2), dtype))
    setattr(matmul, name, allowed)
    try:
        with cublas.asked() as calls:
            gemm(a, a)
    finally:
        setattr(matmul, name, True)
    assert [call["mode"] for call in calls] == [16 if dtype != "float32" and not allowed else 0]
    assert cublas.getMathMode(1) == 0
