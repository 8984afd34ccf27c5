"""The quick normalizations against their plain text, and the plain gradients against the quick ones."""

import numpy as np
import pytest

from edutorch.autograd.engine import sum_to
from edutorch.kernels.cpu import norm
from edutorch.ops.batch_norm import batch_norm, batch_norm_gradients
from edutorch.ops.group_norm import group_norm, group_norm_gradients
from edutorch.ops.layer_norm import layer_norm, layer_norm_gradients
from edutorch.tensor import wrap

TOLERANCE = {"float64": 1e-10, "float32": 2e-5}  # of the largest element, and of the mean, which is rounded itself


def numbers(shape, dtype, salt, mean=0.0):
    return (np.random.Generator(np.random.PCG64([salt, *shape])).standard_normal(shape) + mean).astype(dtype)


def alike(found, expected, dtype, mean=0.0):
    rtol = TOLERANCE[dtype] * (1 + abs(mean) / 10)
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert (a is None) == (b is None)
        if b is not None:
            assert a.dtype == b.dtype == dtype
            assert a.shape == b.shape
            scale = np.abs(b).max(initial=1e-3)
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * scale)


def dtypes_means_and_parameters(test):
    for mark in (
        pytest.mark.parametrize("dtype", ["float64", "float32"]),
        pytest.mark.parametrize("mean", [0.0, 3.0, 1000.0]),
        pytest.mark.parametrize("affine", [True, False]),
    ):
        test = mark(test)
    return test


@dtypes_means_and_parameters
@pytest.mark.parametrize("shape", [(4, 3, 5, 5), (2, 3, 9), (16, 6), (3, 2, 2), (2, 1, 2, 2, 4)])
def test_batch_norm(shape, dtype, mean, affine):
    channels, eps = shape[1], 1e-5
    x, g = numbers(shape, dtype, 1, mean), numbers(shape, dtype, 2)
    weight, bias = (numbers((channels,), dtype, i) if affine else None for i in (3, 4))
    running = [[wrap(np.zeros(channels, dtype)), wrap(np.ones(channels, dtype))] for _ in range(2)]
    plain = batch_norm.op.forward(np, x, weight, bias, *running[0], True, 0.1, eps)
    quick = norm.batch_norm_kernel(np, x, weight, bias, *running[1], True, 0.1, eps)
    alike(quick, plain, dtype, mean)
    alike([r.array for r in running[1]], [r.array for r in running[0]], dtype, mean)
    for training in (True, False):
        for needs in ((True, affine, affine), (False, True, True), (True, False, False)):
            arguments = (np, g, x, weight, *plain[1:], training, eps, needs)
            alike(norm.batch_norm_gradients_kernel(*arguments), batch_norm_gradients(*arguments), dtype, mean)


@dtypes_means_and_parameters
@pytest.mark.parametrize("shape", [(4, 6, 5, 5), (2, 6, 9), (16, 6), (3, 6, 2), (1, 6, 2, 2, 4)])
@pytest.mark.parametrize("groups", [1, 3, 6])
def test_group_norm(shape, groups, dtype, mean, affine):
    channels, eps = shape[1], 1e-5
    x, g = numbers(shape, dtype, 1, mean), numbers(shape, dtype, 2)
    weight, bias = (numbers((channels,), dtype, i) if affine else None for i in (3, 4))
    plain = group_norm.op.forward(np, x, groups, weight, bias, eps)
    alike(norm.group_norm_kernel(np, x, groups, weight, bias, eps), plain, dtype, mean)
    for needs in ((True, affine, affine), (False, True, True), (True, False, False)):
        arguments = (np, g, x, weight, *plain[1:], groups, eps, needs)
        alike(norm.group_norm_gradients_kernel(*arguments), group_norm_gradients(*arguments), dtype, mean)


@dtypes_means_and_parameters
@pytest.mark.parametrize(
    ("shape", "normalized"),
    [
        ((4, 10), (10,)),
        ((3, 4, 5, 6), (5, 6)),
        ((200, 130), (130,)),
        ((5, 3), (3,)),
        ((9,), (9,)),
        ((1, 1, 3, 4), (3, 4)),
    ],
)
def test_layer_norm(shape, normalized, dtype, mean, affine):
    eps = 1e-5
    x, g = numbers(shape, dtype, 1, mean), numbers(shape, dtype, 2)
    weight, bias = (numbers(normalized, dtype, i) if affine else None for i in (3, 4))
    plain = layer_norm.op.forward(np, x, normalized, weight, bias, eps)
    alike(norm.layer_norm_kernel(np, x, normalized, weight, bias, eps), plain, dtype, mean)
    for needs in ((True, affine, affine), (False, True, True), (True, False, False)):
        arguments = (np, g, x, weight, *plain[1:], normalized, eps, needs)
        expected = layer_norm_gradients(*arguments)
        found = norm.layer_norm_gradients_kernel(*arguments)
        alike(
            *[
                [v if v is None else sum_to(v, s) for v, s in zip(grads, (shape, normalized, normalized), strict=True)]
                for grads in (found, expected)
            ],
            dtype,
            mean,
        )  # as the engine sums them


def test_transposed_input():
    x, g = numbers((4, 5, 6, 3), "float32", 1).transpose(0, 3, 1, 2), numbers((4, 3, 5, 6), "float32", 2)
    plain = batch_norm.op.forward(np, x, None, None, None, None, True, 0.1, 1e-5)
    alike(norm.batch_norm_kernel(np, x, None, None, None, None, True, 0.1, 1e-5), plain, "float32")
    arguments = (np, g, x, None, *plain[1:], True, 1e-5, (True, False, False))
    alike(norm.batch_norm_gradients_kernel(*arguments), batch_norm_gradients(*arguments), "float32")
