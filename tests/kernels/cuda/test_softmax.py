"""Softmax and its logarithm by their kernels, against their pages in float64."""

import math

import pytest

import edutorch as torch

from .against_the_page import DTYPES, compare, compare_twice, numbers

both = pytest.mark.parametrize("function", [torch.softmax, torch.log_softmax])


@both
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 33), (1, 2000), (7,), (5, 1), (130, 2)])
def test_along_the_last_axis(function, shape, dtype, cuda):
    compare(lambda x: function(4 * x, -1), [numbers(*shape)], cuda, dtype, None, factor=4)
    compare(lambda x: function(x, len(shape) - 1), [numbers(*shape)], cuda, dtype, (1, 1), factor=4)


@both
def test_along_other_axes_the_page_is_right(function, cuda):
    compare(lambda x: function(x, 0), [numbers(4, 6)], cuda, torch.float32, None)
    compare(lambda x: function(x, 0), [numbers()], cuda, torch.float32, None)


@both
def test_a_dtype_that_is_asked_for(function, cuda):
    x = numbers(3, 5)
    found = function(x.to(cuda, torch.float16), -1, dtype=torch.float32)
    assert found.dtype is torch.float32
    torch.testing.assert_close(found.cpu(), function(x.float(), -1))


@both
def test_large_and_missing_scores(function, cuda):
    x = torch.tensor([[1e4, 0.0, -1e4], [-math.inf, 1.0, 2.0], [math.inf, 1.0, 2.0], [math.nan, 1.0, 2.0],
                      [-math.inf] * 3])  # fmt: skip
    torch.testing.assert_close(function(x.to(cuda), -1).cpu(), function(x, -1), equal_nan=True)


@both
def test_views_and_nothing(function, cuda):
    compare(lambda x: function(x.mT[:, ::2], -1), [numbers(6, 8)], cuda, torch.float64, None)
    compare(lambda x: function(x, -1), [numbers(0, 3)], cuda, torch.float64, None)


@both
def test_second_gradients(function, cuda):
    compare_twice(lambda x: function(x, -1), [numbers(3, 6)], cuda)
