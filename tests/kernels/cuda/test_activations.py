"""Activations by their kernels, against their pages in float64."""

import math

import pytest

import edutorch as torch
from edutorch.nn import functional as F

from .against_the_page import DTYPES, compare, compare_twice, numbers

FUNCTIONS = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu tanh": lambda x: F.gelu(x, approximate="tanh"),
}
each = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS.keys())


@each
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (2, 3, 700)])
def test_one_launch_forward_and_one_backward(function, shape, dtype, cuda):
    compare(function, [numbers(*shape)], cuda, dtype, (1, 1))


@each
def test_in_the_order_of_memory_or_another(function, cuda):
    x = numbers(4, 6)
    compare(lambda x: function(x.mT), [x], cuda, torch.float64, None)
    compare(lambda x: function(x[:, ::2]), [x], cuda, torch.float64, None)
    compare(lambda x: function(x[:, :1].expand(4, 5)), [x], cuda, torch.float64, None)
    compare(lambda x: function(x).mT.contiguous(), [x], cuda, torch.float64, None)
    compare(function, [numbers(0, 3)], cuda, torch.float64, None)


@each
@pytest.mark.parametrize("dtype", DTYPES)
def test_wherever_memory_begins(function, dtype, cuda):
    """Arrays that begin at no multiple of 16 bytes are read number by number."""
    for start in range(4):
        compare(lambda x, start=start: function(x[start:]), [numbers(43)], cuda, dtype, None)


@each
def test_far_from_zero(function, cuda):
    x = torch.tensor([-math.inf, -1e4, -88.0, -20.0, -0.0, 0.0, 20.0, 88.0, 1e4, math.inf, math.nan])
    torch.testing.assert_close(function(x.to(cuda)).cpu(), function(x), equal_nan=True)


def test_whole_numbers_take_the_page(cuda):
    x = torch.tensor([-2, 0, 3])
    assert torch.relu(x.to(cuda)).tolist() == [0, 0, 3]
    torch.testing.assert_close(torch.sigmoid(x.to(cuda)).cpu(), torch.sigmoid(x))


@each
def test_second_gradients(function, cuda):
    compare_twice(function, [numbers(3, 6)], cuda)
