"""The kernels of the linear layer and of ReLU give what their plain texts give, also where they stand aside."""

from __future__ import annotations

import numpy as np
import pytest

from edutorch.kernels.cpu import linear, relu
from edutorch.op import OPS

NAN, INF = np.nan, np.inf


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize(
    ("x", "w", "b"),
    [((5, 3), (4, 3), (4,)), ((5, 3), (4, 3), None), ((5, 3), (4, 3), ()), ((3,), (4, 3), (4,)),
     ((2, 5, 3), (4, 3), (4,)), ((5, 3), (3,), None), ((0, 3), (4, 3), (4,))],
)  # fmt: skip
def test_linear(x, w, b, dtype):
    source = np.random.default_rng(0)
    x, w, b = (s if s is None else np.asarray(source.integers(-9, 9, s)).astype(dtype) for s in (x, w, b))
    plain = OPS["linear"].forward(x, w, b)
    np.testing.assert_array_equal(linear.linear_kernel(np, x, w, b), plain)
    g = np.asarray(source.integers(-9, 9, plain.shape)).astype(dtype)
    formulas = OPS["linear"].formulas
    np.testing.assert_array_equal(linear.input_gradient(g, w), formulas["input"](g, w))
    np.testing.assert_array_equal(linear.weight_gradient(g, x, w), formulas["weight"](g, x, w))


@pytest.mark.parametrize("size", [7, relu.MANY + 3])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32"])
def test_relu(size, dtype):
    x = np.resize([-1.0, 0.0, 2.0, -INF, INF, NAN, 3.0], size)
    x = np.nan_to_num(x, posinf=5, neginf=-5).astype(dtype) if dtype == "int32" else x.astype(dtype)
    plain = OPS["relu"].forward(np, x)
    np.testing.assert_array_equal(relu.relu_kernel(np, x), plain)
    g = np.resize([INF, NAN, -1.0, 0.5], size).astype(dtype) if dtype != "int32" else x
    expected = np.where(plain != 0, g, np.zeros((), dtype))
    np.testing.assert_array_equal(relu.relu_gradient(g, plain), expected)
    np.testing.assert_array_equal(OPS["relu"].formulas["input"](g, plain), expected)
