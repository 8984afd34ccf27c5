"""The LSTM's kernel against the plain operator: values, what it saves, gradients."""

from __future__ import annotations

import numpy as np
import pytest

from edutorch.kernels.cpu.recurrent import in_strips, lstm_gradients_kernel, lstm_kernel, times_strips
from edutorch.ops.lstm import lstm_gradients, lstm_sequence

TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
CASES = {
    "equal lengths": dict(batch_sizes=(3, 3, 3, 3)),
    "different lengths": dict(batch_sizes=(3, 2, 2, 1)),
    "backwards": dict(batch_sizes=(3, 2, 2, 1), reverse=True),
    "no biases": dict(batch_sizes=(3, 3), bias=False),
    "projection": dict(batch_sizes=(3, 2, 1), projected=2),
    "strips": dict(batch_sizes=(40, 40, 7), size=128, reverse=True),
    "one step": dict(batch_sizes=(2,)),
}


def operands(dtype, batch_sizes, size=5, reverse=False, bias=True, projected=0):
    """Return the arguments of the sequence operator, and a gradient of its results."""
    rng = np.random.default_rng(0)

    def randn(*shape):
        return (rng.standard_normal(shape) / 3).astype(dtype)

    n, batch, shown = sum(batch_sizes), batch_sizes[0], projected or size
    biases = [randn(4 * size), randn(4 * size)] if bias else [None, None]
    w_hr = randn(projected, size) if projected else None
    arrays = [randn(n, 4), randn(batch, shown), randn(batch, size), randn(4 * size, 4), randn(4 * size, shown)]
    g = randn(n, 2 * shown)[:, :shown], randn(batch, shown), randn(batch, size)
    return [*arrays, *biases, w_hr], (batch_sizes, reverse), g


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", CASES)
def test_lstm_is_the_plain_one(name, dtype):
    arrays, places, g = operands(dtype, **CASES[name])
    kept = [None if a is None else a.copy() for a in arrays]
    (expected, *saved), (got, *saved_too) = (
        lstm_sequence.op.forward(np, *arrays, *places),
        lstm_kernel(np, *arrays, *places),
    )
    for plain, fast in zip([*expected, *saved], [*got, *saved_too], strict=True):
        assert fast.dtype == dtype
        np.testing.assert_allclose(fast, plain, rtol=0, atol=TOLERANCE[dtype])
    needs = tuple(a is not None for a in arrays)
    rest = (*arrays, *saved, *places)
    for plain, fast in zip(
        lstm_gradients(np, g, *rest, needs), lstm_gradients_kernel(np, g, *rest, needs), strict=True
    ):
        assert (plain is None) == (fast is None)
        if plain is not None:
            assert fast.dtype == dtype
            np.testing.assert_allclose(fast, plain, rtol=0, atol=TOLERANCE[dtype] * max(1, abs(plain).max()))
    for before, after in zip(kept, arrays, strict=True):
        assert before is after or (before == after).all(), "an operand was written to"


@pytest.mark.parametrize("no_more_than", range(8))
def test_gradients_that_nobody_needs_are_left_out(no_more_than):
    arrays, places, g = operands("float64", (3, 2), projected=2)
    (_, *saved) = lstm_kernel(np, *arrays, *places)
    needs = tuple(k == no_more_than for k in range(8))
    for formula in (lstm_gradients, lstm_gradients_kernel):
        found = formula(np, g, *arrays, *saved, *places, needs)
        assert tuple(d is not None for d in found) == needs


@pytest.mark.parametrize(("rows", "k", "n"), [(32, 256, 1024), (64, 512, 2048), (1, 3, 8), (3, 5, 7), (999, 64, 256)])
def test_strips_multiply_as_the_matrix_does(rows, k, n):
    rng = np.random.default_rng(0)
    left, matrix, out = rng.standard_normal((rows, k)), rng.standard_normal((k, n)), np.empty((rows, n))
    times_strips(left, in_strips(matrix, rows), out)
    np.testing.assert_allclose(out, left @ matrix, atol=1e-11)
