"""Attention in blocks against attention at once."""

import math

import numpy as np
import pytest

from edutorch.kernels.cpu import attention as kernels
from edutorch.ops.attention import attention, attention_gradients
from tests.twins import same_on_both

SHAPES = {  # query, keys, size of a value
    "one block": ((2, 3, 4, 5), 6, 5),
    "one query": ((2, 3, 1, 5), 6, 4),
    "heads in a row": ((7, 5, 4), 9, 3),
    "many samples": ((50, 4, 40, 8), 40, 8),
    "more queries than keys": ((2, 2, 150, 4), 70, 4),
    "more keys than queries": ((2, 2, 70, 4), 150, 6),
    "long": ((2, 2, 200, 4), 700, 4),
    "five dimensions": ((3, 2, 2, 65, 4), 65, 4),
}


@pytest.fixture(params=SHAPES, name="case")
def _case(request):
    shape, keys, size = SHAPES[request.param]
    rng = np.random.Generator(np.random.PCG64(0))
    query = rng.standard_normal(shape)
    key, value = (rng.standard_normal((*shape[:-2], keys, e)) for e in (shape[-1], size))
    g = rng.standard_normal((*shape[:-1], size))
    mask = np.where(rng.random((shape[-2], keys)) < 0.3, -math.inf, rng.standard_normal((shape[-2], keys)))
    mask[1:2] = -math.inf
    kept = rng.random((*shape[:-1], keys)) < 0.8
    return query, key, value, g, mask, kept


def compare(query, key, value, g, mask, kept, is_causal, scale, dtype, rtol):
    query, key, value, g = (a.astype(dtype) for a in (query, key, value, g))
    mask = None if mask is None else mask.astype(dtype)
    fixed = (is_causal, scale, 1.25)
    wide = [None if a is None else a.astype("float64") for a in (query, key, value, mask)]
    with np.errstate(all="ignore"):
        y, logs = kernels.attention_kernel(np, query, key, value, mask, kept, *fixed)
        exact, exact_logs = attention.op.forward(np, *wide, kept, *fixed)
        needs = (True, True, True, False, False)
        found = kernels.attention_gradients_kernel(np, g, query, key, value, mask, kept, y, logs, *fixed, needs)
        expected = attention_gradients(np, g.astype("float64"), *wide, kept, exact, exact_logs, *fixed, needs)
    for name, mine, reference in zip(
        ("out", "logs", "query", "key", "value"), (y, logs, *found), (exact, exact_logs, *expected), strict=False
    ):
        assert mine.dtype == dtype
        finite = np.isfinite(reference)
        np.testing.assert_array_equal(np.isfinite(mine), finite)
        tolerance = rtol * max(np.abs(reference[finite]).max(), 1)
        np.testing.assert_allclose(mine, reference, rtol=rtol, atol=tolerance, err_msg=name)
    assert found[3:] == (None, None)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("thinned", [False, True])
def test_blocks_agree_with_the_plain_text(case, dtype, is_causal, masked, thinned):
    *arrays, mask, kept = case
    compare(
        *arrays,
        mask if masked else None,
        kept if thinned else None,
        is_causal,
        0.5,
        np.dtype(dtype),
        3e-6 if dtype == "float32" else 1e-12,
    )


@pytest.mark.parametrize(
    ("dtype", "scale", "rtol"),
    [
        *(("float64", scale, 1e-9) for scale in (0.0, -0.5, 20.0, 1000.0)),
        ("float32", -0.5, 3e-6),
        ("float32", 20.0, 1e-4),
    ],
)
def test_scores_of_any_size(case, dtype, scale, rtol):
    query, key, value, g = (np.round(a * 4) / 4 for a in case[:4])  # then q k is exact in float32 too
    compare(query, key, value, g, None, None, True, scale, np.dtype(dtype), rtol)


def test_nan_and_infinity_stay_in_their_row():
    query, key = np.ones((1, 1, 3, 2), np.float32), np.ones((1, 1, 3, 2), np.float32)
    query[0, 0, 1], query[0, 0, 2] = math.nan, math.inf
    with np.errstate(all="ignore"):
        y, _ = kernels.attention_kernel(np, query, key, key, None, None, False, 1.0, 1.0)
    np.testing.assert_array_equal(y[0, 0], [[1, 1], [math.nan] * 2, [math.nan] * 2])


def test_one_query_that_may_look_nowhere_finds_nothing():
    query, key = np.ones((2, 1, 1, 2), np.float32), np.ones((2, 1, 3, 2), np.float32)
    mask = np.zeros((2, 1, 1, 3), np.float32)
    mask[1] = -math.inf
    with np.errstate(all="ignore"):
        y, logs = kernels.attention_kernel(np, query, key, key, mask, None, False, 1.0, 1.0)
        arguments = (np, query, query, key, key, mask, None, y, logs, False, 1.0, 1.0, (True,) * 3 + (False,) * 2)
        gradients = kernels.attention_gradients_kernel(*arguments)[:3]
    np.testing.assert_array_equal(y[:, 0, 0], [[1, 1], [0, 0]])
    assert all(np.isfinite(g).all() and not g[1].any() for g in gradients)


@pytest.mark.parametrize("lowest", [-1e5, "lowest of all"])
@pytest.mark.parametrize("queries", [1, 5])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_mask_of_large_numbers(dtype, queries, lowest):
    """Many hide keys with a large negative number; where it hides all keys of a query, all count alike."""

    def program(torch):
        kind = getattr(torch, dtype)
        torch.manual_seed(0)
        query = torch.randn(2, 3, queries, 8, dtype=kind, requires_grad=True)
        key, value = (torch.randn(2, 3, 7, 8, dtype=kind, requires_grad=True) for _ in range(2))
        mask = torch.zeros(2, 1, 1, 7, dtype=kind)
        mask[0, ..., :4] = mask[1] = torch.finfo(kind).min if lowest == "lowest of all" else lowest
        attend = torch.nn.functional.scaled_dot_product_attention
        y = attend(query, key, value, attn_mask=mask)
        y.backward(torch.randn(y.shape, dtype=kind))
        with torch.no_grad():
            unrecorded = attend(query, key, value, attn_mask=mask)
        return y.detach(), unrecorded, query.grad, key.grad, value.grad

    same_on_both(program, rtol=1e-3)


def test_a_few_gradients(case):
    query, key, value, g, mask, kept = case
    with np.errstate(all="ignore"):
        y, logs = kernels.attention_kernel(np, query, key, value, mask, kept, False, 0.5, 1.25)
        arguments = (np, g, query, key, value, mask, kept, y, logs, False, 0.5, 1.25)
        everything = attention_gradients(*arguments, (True,) * 5)
        for wanted in (
            (True, False, False, False),
            (False, True, False, False),
            (False, False, True, False),
            (True,) * 4,
        ):
            found = kernels.attention_gradients_kernel(*arguments, (*wanted, False))
            for want, mine, reference in zip(wanted, found, everything, strict=False):
                assert (mine is not None) == want
                if want:
                    np.testing.assert_allclose(mine, reference, rtol=1e-9, atol=1e-9)
