"""GELU by a polynomial against the error function, and choosing by bits against `np.where`."""

import math

import numpy as np
import pytest

import edutorch
from edutorch.kernels.cpu.gates import BLOCK, gelu_gradients_kernel, gelu_kernel
from edutorch.kernels.cpu.masks import choose_kernel
from edutorch.ops.gates import gelu, gelu_gradients


@pytest.mark.parametrize("size", [0, 1, 100, BLOCK, 2 * BLOCK + 5])
def test_gelu_is_as_exact_as_float32(size):
    x = np.linspace(-12, 12, size, dtype=np.float64)
    exact = gelu.op.forward(np, x)
    found = gelu_kernel(np, x.astype(np.float32), approximate="none")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, exact, rtol=1e-6, atol=1e-6)
    g = np.cos(x)
    (exact,) = gelu_gradients(np, g, x, "none")
    (found,) = gelu_gradients_kernel(np, g.astype(np.float32), x.astype(np.float32), "none")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, exact, rtol=2e-6, atol=2e-6)


def test_gelu_far_out():
    x = np.array([-math.inf, -1e30, -50.0, -6.0, 6.0, 7.0, 8.0, 10.0, 20.0, 50.0, 1e30, math.inf, math.nan], np.float32)
    with np.errstate(all="ignore"):
        found = gelu_kernel(np, x, approximate="none")
    np.testing.assert_allclose(found, [math.nan, 0, 0, 0, *x[4:]], atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gelu_of_a_transpose(dtype):
    x = np.random.Generator(np.random.PCG64(0)).standard_normal((30, 40)).astype(dtype).T
    exact = gelu.op.forward(np, x.astype("float64"))
    np.testing.assert_allclose(gelu_kernel(np, x, approximate="none"), exact, rtol=1e-6, atol=1e-6)
    assert gelu_gradients_kernel(np, x, x, "none")[0].shape == (40, 30)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "bool", "int8"])
def test_choosing_takes_every_bit_as_it_is(dtype):
    rng = np.random.Generator(np.random.PCG64(0))
    a, b = ((rng.standard_normal(5000) * 100).astype(dtype) for _ in range(2))
    if dtype[0] == "f":
        a[::7], b[::5], a[::11], b[::13] = math.inf, math.nan, -0.0, -math.inf
    m = rng.random(5000) < 0.5
    for x, y, mask in ((a, b, m), (a[::-1], b, m), (a.reshape(50, 100).T, b.reshape(100, 50), m.reshape(100, 50))):
        found = choose_kernel(np, mask, x, y)
        assert found.dtype == a.dtype
        np.testing.assert_array_equal(found.view("u1"), np.where(mask, x, y).view("u1"))


def test_gelu_trains_in_float32_as_in_float64():
    edutorch.manual_seed(0)
    x = edutorch.randn(40, 1000, requires_grad=True)
    wide = x.detach().double().requires_grad_()
    edutorch.nn.functional.gelu(x).square().sum().backward()
    edutorch.nn.functional.gelu(wide).square().sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), wide.grad.numpy(), rtol=1e-5, atol=1e-5)
