"""The convolutions of NumPy arrays against their plain texts: every way they can go, in blocks and whole."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

import edutorch
from edutorch.backends import cpu
from edutorch.kernels.cpu import im2col, winograd
from edutorch.ops.conv import conv_transpose, conv_weight, convolution

CASES = [  # input, weight, stride, padding, dilation, groups
    ((3, 2, 9), (4, 2, 3), (1,), (1,), (1,), 1),
    ((3, 4, 10), (6, 2, 4), (3,), (2,), (2,), 2),
    ((2, 3, 8, 9), (4, 3, 3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((2, 3, 8, 9), (5, 3, 3, 2), (2, 1), (0, 2), (1, 3), 1),
    ((2, 3, 2, 2), (5, 3, 3, 3), (1, 1), (2, 3), (1, 1), 1),
    ((2, 3, 3, 3), (5, 3, 1, 1), (1, 1), (4, 4), (1, 1), 1),
    ((2, 3, 8, 9), (5, 3, 1, 1), (2, 2), (0, 0), (1, 1), 1),
    ((2, 4, 8, 9), (4, 1, 3, 3), (1, 1), (1, 1), (1, 1), 4),
    ((2, 4, 8, 9), (8, 1, 3, 3), (2, 2), (1, 1), (1, 1), 4),
    ((2, 6, 8, 9), (4, 3, 5, 3), (1, 2), (2, 0), (1, 2), 2),
    ((2, 2, 5, 6, 7), (3, 2, 3, 2, 3), (1, 2, 1), (1, 0, 2), (1, 1, 2), 1),
    ((2, 16, 8, 8), (18, 16, 3, 3), (1, 1), (1, 1), (1, 1), 1),  # from here on by Winograd's algorithm
    ((3, 17, 7, 5), (16, 17, 3, 3), (1, 1), (0, 2), (1, 1), 1),
    ((1, 16, 3, 3), (40, 16, 3, 3), (1, 1), (0, 0), (1, 1), 1),
    ((2, 40, 4, 13), (16, 40, 3, 3), (1, 1), (2, 1), (1, 1), 1),
    ((2, 16, 1, 2), (16, 16, 3, 3), (1, 1), (2, 1), (1, 1), 1),
]
TOLERANCE = {"float32": 2e-6, "float64": 1e-14}  # of the largest element

every_case = pytest.mark.parametrize("case", CASES, ids=str)
every_dtype = pytest.mark.parametrize("dtype", TOLERANCE)
in_blocks = pytest.mark.parametrize("cache", [1 << 20, 5000, 1], ids=["whole", "blocks", "rows"])


def operands(case, dtype):
    shape, weight, stride, padding, dilation, groups = case
    source = np.random.default_rng(0)
    x, w = source.standard_normal(shape), source.standard_normal(weight)
    how = stride, padding, dilation, groups
    y = convolution.op.forward(np, x, w, None, *how)
    slope = source.standard_normal(y.shape)
    return [a.astype(dtype) for a in (x, w, slope, source.standard_normal(len(w)))], how


def compare(op, dtype, *args):
    """Assert that the kernel returns what the plain text does in double precision."""
    exact = [a.astype("float64") if isinstance(a, np.ndarray) else a for a in args]
    expected, got = op.op.forward(np, *exact), op.op.kernels[np.ndarray](*args)
    assert got.dtype == dtype
    assert got.flags.c_contiguous
    assert got.shape == expected.shape
    scale = np.abs(expected).max(initial=1e-3)
    np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE[dtype] * scale)


@every_case
@every_dtype
@in_blocks
def test_convolution(case, dtype, cache, monkeypatch):
    monkeypatch.setattr(im2col, "_CACHE", cache)
    monkeypatch.setattr(winograd, "_CACHE", cache)
    (x, w, _, bias), how = operands(case, dtype)
    compare(convolution, dtype, x, w, None, *how)
    compare(convolution, dtype, x, w, bias, *how)
    compare(convolution, dtype, np.asfortranarray(x), w[:, ::-1], bias, *how)


@every_case
@every_dtype
@in_blocks
def test_conv_transpose(case, dtype, cache, monkeypatch):
    monkeypatch.setattr(im2col, "_CACHE", cache)
    monkeypatch.setattr(winograd, "_CACHE", cache)
    (x, w, slope, _), how = operands(case, dtype)
    bias = np.arange(x.shape[1]).astype(dtype)
    compare(conv_transpose, dtype, slope, w, None, x.shape[2:], *how)
    compare(conv_transpose, dtype, slope, w, bias, x.shape[2:], *how)


@every_case
@every_dtype
@in_blocks
def test_conv_weight(case, dtype, cache, monkeypatch):
    monkeypatch.setattr(im2col, "_CACHE", cache)
    monkeypatch.setattr(winograd, "_CACHE", cache)
    (x, w, slope, _), how = operands(case, dtype)
    compare(conv_weight, dtype, x, slope, w.shape[2:], *how)
    compare(conv_weight, dtype, x[..., ::-1], np.asfortranarray(slope), w.shape[2:], *how)


def test_output_padding_beyond_the_stride():
    x, w = np.ones((1, 2, 4, 4)), np.ones((2, 3, 2, 2))
    size, how = (10, 9), ((1, 1), (0, 0), (3, 3), 1)  # 7 x 7, and 3 and 2 more
    compare(conv_transpose, "float64", x, w, None, size, *how)
    compare(conv_weight, "float64", np.arange(270.0).reshape(1, 3, 10, 9), x, (2, 2), *how)


def test_winograd_can_be_turned_off(monkeypatch):
    (x, w, _, _), how = operands(CASES[11], "float32")
    kernel = convolution.op.kernels[np.ndarray]
    assert (kernel(x, w, None, *how) == winograd.convolve(x, w, None, how[1])).all()
    monkeypatch.setattr(cpu, "winograd", False)
    assert (kernel(x, w, None, *how) == im2col.convolve(x, w, None, *how)).all()


def test_winograd_is_as_exact_as_plain_sums():
    source = np.random.default_rng(0)
    x, w = source.standard_normal((4, 64, 16, 16)), source.standard_normal((64, 64, 3, 3))
    how = ((1, 1), (1, 1), (1, 1), 1)
    exact = convolution.op.forward(np, x, w, None, *how)
    x, w = x.astype("float32"), w.astype("float32")
    plain = np.abs(convolution.op.forward(np, x, w, None, *how) - exact).max()
    assert np.abs(winograd.convolve(x, w, None, (1, 1)) - exact).max() < 2 * plain


def test_winograd_leaves_a_gradient_zero_where_no_input_meets_a_slope():
    source = np.random.default_rng(0)
    x, slope = source.standard_normal((2, 8, 32, 6, 6)).astype("float32")
    x[:, :, 1::2], slope[:, :, ::2] = 0, 0  # what lies in even rows, and what comes from odd ones
    out = winograd.weight_gradient(x, slope, (1, 1))
    plain = im2col.weight_gradient(x, slope, (3, 3), (1, 1), (1, 1), (1, 1), 1)
    assert (plain[:, :, 1] == 0).all()
    assert ((out == 0) == (plain == 0)).all()


def test_integers_go_the_plain_way():
    x, w = edutorch.arange(32).view(1, 2, 4, 4), edutorch.ones(1, 2, 3, 3, dtype=edutorch.int64)
    assert edutorch.conv2d(x, w).tolist() == [[[[234, 252], [306, 324]]]]


def test_no_columns_are_kept_for_the_backward_pass():
    """The columns of all windows would take nine times the memory of the input; a step takes a few times its own."""
    x = edutorch.zeros(16, 8, 64, 64)
    w = edutorch.zeros(8, 8, 3, 3, requires_grad=True)
    bytes_of_x = 4 * math.prod(x.shape)
    tracemalloc.start()
    y = edutorch.conv2d(x, w, padding=1)
    kept, peak = tracemalloc.get_traced_memory()
    y.sum().backward()
    tracemalloc.stop()
    assert kept < 1.1 * bytes_of_x  # the output
    assert peak < 1.1 * bytes_of_x + 4 * im2col._CACHE
