"""Sums over the first dimensions: few launches, and halves added up in float32."""

import numpy as np
import pytest

import edutorch as torch
from edutorch.summation import add_up
from edutorch.tensor import wrap
from tests.fake_cuda import counted

from .against_the_page import DTYPES, ERRORS, host, numbers


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(1, 32), (7, 33), (8, 100), (300, 64), (5000, 40), (3, 5, 70), (0, 40)])
def test_sums(shape, dtype, cuda):
    x = numbers(*shape)
    axes = tuple(range(len(shape) - 1))
    found = add_up(x.to(cuda, dtype).array, axes)
    expected = x.numpy().sum(axis=axes)
    assert found.shape == expected.shape
    assert found.dtype == torch.zeros(1, dtype=dtype).array.dtype
    error = ERRORS[dtype] * max(np.abs(expected).max(initial=0), 1)
    np.testing.assert_allclose(host(wrap(found)), expected, rtol=ERRORS[dtype], atol=error)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_halves_add_up_in_float32(dtype, cuda):
    """In bfloat16 itself these sums would stand still at 32."""
    x = torch.full((20_000, 32), 0.1, dtype=dtype)
    found = host(wrap(add_up(x.to(cuda).array, (0,))))
    np.testing.assert_allclose(found, x.double().sum(0).numpy(), rtol=ERRORS[dtype])


@pytest.mark.parametrize(("rows", "launches"), [(8, 1), (200, 1), (5000, 2)])
def test_launches(rows, launches, cuda):
    x = numbers(rows, 64).to(cuda, torch.float32).array
    add_up(x, (0,))
    with counted() as counts:
        add_up(x, (0,))
    if type(x).__name__ == "FakeArray":
        assert counts == {"launch": launches}


def test_the_gradient_of_a_bias(cuda):
    x, w, b = (numbers(*s).to(cuda, torch.bfloat16).requires_grad_() for s in [(500, 16), (64, 16), (64,)])
    torch.nn.functional.linear(x, w, b).backward(torch.full((500, 64), 0.1, dtype=torch.bfloat16, device=cuda))
    np.testing.assert_allclose(host(b.grad), 500 * host(torch.tensor(0.1).bfloat16()), rtol=1e-2)


def test_other_axes_go_the_plain_way(cuda):
    x = numbers(4, 40, 40)
    for axis in (1, (1, 2), (0, 2), None):
        found = wrap(add_up(x.to(cuda).array, axis))
        np.testing.assert_allclose(host(found), x.numpy().sum(axis=axis), rtol=1e-12)
