"""GELU by a rational function against the error function, and choosing by bits against `np.where`."""

import math

import numpy as np
import pytest

import edutorch
from edutorch.kernels.cpu import gates
from edutorch.kernels.cpu.gates import BLOCK, gelu_gradients_kernel, gelu_kernel
from edutorch.kernels.cpu.masks import choose_kernel
from edutorch.ops.gates import gelu, gelu_gradients

FORMS = pytest.mark.parametrize("approximate", ["none", "tanh"])


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):  # as the engine calls kernels
        yield


def gradient(g, x, approximate, intact=None):
    return gelu_gradients_kernel(np, g, x, approximate, intact)[0]


@FORMS
@pytest.mark.parametrize("size", [0, 1, 100, BLOCK, 2 * BLOCK + 5])
def test_gelu_is_as_exact_as_float32(size, approximate):
    x = np.linspace(-14, 14, size).astype(np.float32).astype(np.float64)
    exact = gelu.op.forward(np, x, approximate=approximate)
    found = gelu_kernel(np, x.astype(np.float32), approximate=approximate)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, exact, rtol=2.5e-7, atol=2.5e-7)
    g = np.cos(x).astype(np.float32)
    exact = gelu_gradients(np, g, x, approximate, None)[0]
    for intact in (found, None):
        slope = gradient(g, x.astype(np.float32), approximate, intact)
        assert slope.dtype == np.float32
        np.testing.assert_allclose(slope, exact, rtol=4e-7, atol=4e-7)


@FORMS
@pytest.mark.parametrize("quickest", [(np.exp2, 1 / math.log(2)), (np.exp, 1.0)])
def test_gelu_by_either_exponential(quickest, approximate, monkeypatch):
    monkeypatch.setattr(gates, "quickest", lambda dtype: quickest)
    x = np.linspace(-9, 9, 1000).astype(np.float32)
    found = gelu_kernel(np, x, approximate=approximate)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(found, gelu.op.forward(np, exact, approximate=approximate), rtol=5e-7, atol=5e-7)
    slope = gradient(np.ones_like(x), x, approximate, found)
    np.testing.assert_allclose(slope, gelu_gradients(np, 1.0, exact, approximate, None)[0], rtol=5e-7, atol=5e-7)


@FORMS
def test_gelu_at_zero_and_next_to_it(approximate):
    x = np.array([0.0, -0.0, 1e-45, -1e-42, 1e-38, -1e-30, 1e-20, 1.0], np.float32)
    found = gelu_kernel(np, x, approximate=approximate)
    np.testing.assert_array_equal(found[:7], x[:7] / 2)
    assert np.signbit(found[1])
    np.testing.assert_allclose(gradient(np.ones_like(x), x, approximate, found)[:7], 0.5, rtol=1e-6)


@FORMS
def test_gelu_far_out(approximate):
    x = np.array([-math.inf, -1e30, -1e6, -50.0, 6.0, 7.0, 20.0, 50.0, 1e6, 1e30, math.inf, math.nan], np.float32)
    some = np.isfinite(x) & (abs(x) < 1e5)
    for part in (x, x[some]):
        found = gelu_kernel(np, part, approximate=approximate)
        np.testing.assert_allclose(found, gelu.op.forward(np, part, approximate=approximate), atol=1e-6)
        slope = gradient(np.ones_like(part), part, approximate, found)
        expected = gelu_gradients(np, np.ones_like(part), part, approximate, None)[0]
        np.testing.assert_allclose(slope, expected, atol=2e-6)


@FORMS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gelu_of_a_transpose(dtype, approximate):
    x = np.random.Generator(np.random.PCG64(0)).standard_normal((30, 40)).astype(dtype).T
    exact = gelu.op.forward(np, x.astype("float64"), approximate=approximate)
    np.testing.assert_allclose(gelu_kernel(np, x, approximate=approximate), exact, rtol=1e-6, atol=1e-6)
    exact = gelu_gradients(np, x.astype("float64"), x.astype("float64"), approximate, None)[0]
    np.testing.assert_allclose(gradient(x, x, approximate), exact, rtol=1e-6, atol=1e-6)


def given_as_data(values):
    other = edutorch.ones(values.shape)
    other.data = values
    return other


@pytest.mark.parametrize(
    "write",
    [
        lambda y: y.mul_(0),
        lambda y: y.detach().zero_(),
        lambda y: y.data.zero_(),
        lambda y: y.detach().numpy().fill(0),
        lambda y: y.view(-1)[3:].zero_(),
        lambda y: y.view(-1).data.zero_(),
        lambda y: edutorch.nn.Parameter(y.detach()).data.zero_(),
        lambda y: edutorch.nn.Buffer(y.detach()).zero_(),
        lambda y: given_as_data(y.detach()).zero_(),
    ],
)
def test_gelu_does_without_an_output_that_was_written_to(write):
    x = edutorch.linspace(-3, 3, 40).requires_grad_()
    edutorch.nn.functional.gelu(x).sum().backward()
    expected, x.grad = x.grad, None
    y = edutorch.nn.functional.gelu(x)
    total = y.sum()
    write(y)
    total.backward()
    np.testing.assert_allclose(x.grad.numpy(), expected.numpy(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", [edutorch.float16, edutorch.bfloat16])
def test_gelu_of_halves_does_without_the_rounded_output(dtype):
    x = edutorch.linspace(-3, 3, 1000).to(dtype).requires_grad_()
    wide = x.detach().float().requires_grad_()
    for t in (x, wide):
        edutorch.nn.functional.gelu(t).sum().backward()
    assert edutorch.equal(x.grad, wide.grad.to(dtype))


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
