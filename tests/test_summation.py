"""Sums of arrays: any axes give NumPy's result, in the array's dtype, at least as exactly as PyTorch's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edutorch.summation import add_up

SHAPES = [
    (5000,),
    (1, 4099),
    (4099, 1),
    (300, 17),
    (17, 300),
    (257, 256),
    (12, 20, 30),
    (3, 1000, 4),
    (2, 3, 4, 500),
    (0, 9),
    (9, 0),
]


@st.composite
def sums(draw):
    shape = draw(st.sampled_from(SHAPES))
    axes = draw(st.lists(st.integers(0, len(shape) - 1), unique=True, min_size=1))
    axis = draw(st.sampled_from([None, axes[0], tuple(axes), axes[0] - len(shape)]))
    order = draw(st.sampled_from(["C", "F", "strided"]))
    return shape, axis, order, draw(st.sampled_from(["float32", "float64"])), draw(st.booleans())


@given(sums())
def test_equals_numpys_sum(case):
    shape, axis, order, dtype, keepdims = case
    exact = np.random.default_rng(0).random(shape) + 0.1
    x = exact.astype(dtype)
    if order == "strided":
        x = np.repeat(x, 2, axis=-1)[..., ::2]
    x = np.asarray(x, order=order if order != "strided" else "K")
    got, expected = add_up(x, axis, keepdims), exact.sum(axis=axis, keepdims=keepdims)
    assert np.shape(got) == np.shape(expected)
    assert got.dtype == np.dtype(dtype)
    np.testing.assert_allclose(got, expected, rtol=2e-6 if dtype == "float32" else 1e-14)


@pytest.mark.parametrize("shape", [(1_000_000,), (100_000, 10), (10_000, 100), (1000, 1000), (4, 50_000, 5)])
@pytest.mark.parametrize("value", [0.1, None], ids=["tenths", "random"])
def test_as_exact_as_pytorch(torch, shape, value):
    """Over each axis, the largest error is below PyTorch's, or below twice the rounding of a single float32."""
    x = np.full(shape, value, np.float32) if value else np.random.default_rng(1).random(shape, np.float32)
    for axis in range(len(shape)):
        exact = x.astype(np.float64).sum(axis=axis)
        ours = np.abs(add_up(x, axis) - exact).max() / exact.max()
        pytorch = np.abs(torch.from_numpy(x).sum(axis).numpy() - exact).max() / exact.max()
        assert ours <= max(8 * pytorch, 8 * 2.0**-24)


def test_special_values_stay_in_their_columns():
    x = np.ones((5000, 3), np.float32)
    x[7, 0], x[8, 1] = np.nan, np.inf
    np.testing.assert_array_equal(add_up(x, 0), [np.nan, np.inf, 5000])


def test_refuses_what_numpy_refuses():
    x = np.ones((100, 100), np.float32)
    for axis in (2, (0, 0), (0, -3)):
        with pytest.raises(ValueError):  # AxisError is one
            add_up(x, axis)


def test_what_is_no_array_sums_itself():
    class Other:
        def sum(self, axis, keepdims):
            return axis, keepdims

    assert add_up(Other(), 1, keepdims=True) == (1, True)
