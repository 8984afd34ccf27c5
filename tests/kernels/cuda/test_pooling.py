"""Max, average and adaptive pooling by their kernels, against their pages in float64."""

import math

import numpy as np
import pytest

import edutorch as torch
from edutorch import nn

from .against_the_page import DTYPES, compare, compare_twice, host, numbers, passes

F = nn.functional

MAX = {
    "1d": ((2, 3, 9), lambda x: F.max_pool1d(x, 2)),
    "1d, standing out": ((3, 10), lambda x: F.max_pool1d(x, 3, 2, 1, ceil_mode=True)),
    "2d": ((2, 3, 6, 8), lambda x: F.max_pool2d(x, 2)),
    "2d, overlapping": ((1, 2, 7, 9), lambda x: F.max_pool2d(x, (3, 2), (1, 2), (1, 0))),
    "2d, apart": ((1, 2, 9, 9), lambda x: F.max_pool2d(x, 2, 4)),
    "2d, dilated": ((1, 2, 9, 9), lambda x: F.max_pool2d(x, 3, 2, 1, 2, ceil_mode=True)),
    "2d, large": ((1, 1, 17, 18), lambda x: F.max_pool2d(x, (15, 16), 1)),
    "3d": ((1, 2, 4, 5, 6), lambda x: F.max_pool3d(x, 2, 1, 1)),
}
AVERAGE = {
    "1d": ((2, 3, 9), lambda x: F.avg_pool1d(x, 2)),
    "2d": ((2, 3, 6, 8), lambda x: F.avg_pool2d(x, 2)),
    "2d, overlapping": ((1, 2, 7, 9), lambda x: F.avg_pool2d(x, 3, 2, 1)),
    "2d, its own number": ((1, 2, 7, 9), lambda x: F.avg_pool2d(x, 3, 2, 1, divisor_override=5)),
    "adaptive, even": ((2, 3, 6, 8), lambda x: F.adaptive_avg_pool2d(x, (3, 2))),
}
UNEVEN = {
    "1d": ((2, 3, 7), lambda x: F.adaptive_avg_pool1d(x, 3), 1),
    "2d": ((2, 3, 7, 5), lambda x: F.adaptive_avg_pool2d(x, (3, 4)), 2),
    "2d, larger": ((1, 2, 3, 2), lambda x: F.adaptive_avg_pool2d(x, (5, 7)), 2),
    "resized": ((1, 2, 5, 4), lambda x: F.interpolate(x, (8, 9), mode="bilinear", align_corners=True), 2),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", MAX)
def test_max_pooling(case, dtype, cuda):
    shape, pool = MAX[case]
    compare(pool, [numbers(*shape)], cuda, dtype, (1, 1), factor=2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", AVERAGE)
def test_average_pooling(case, dtype, cuda):
    shape, pool = AVERAGE[case]
    compare(pool, [numbers(*shape)], cuda, dtype, (1, 1), factor=2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", [{"count_include_pad": False}, {"ceil_mode": True}])
def test_windows_with_divisors_of_their_own(options, dtype, cuda):
    compare(lambda x: F.avg_pool2d(x, 3, 2, 1, **options), [numbers(2, 2, 6, 8)], cuda, dtype, (1, 1), factor=2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", UNEVEN)
def test_windows_of_uneven_sizes(case, dtype, cuda):
    shape, pool, dimensions = UNEVEN[case]
    passes(pool, [numbers(*shape)], cuda, dtype)  # the weights come to the device once
    compare(pool, [numbers(*shape)], cuda, dtype, (dimensions, dimensions), factor=2)
    _, forward, backward = passes(pool, [numbers(*shape)], cuda, dtype)
    assert forward["copy"] == backward["copy"] == 0


def test_pixels_that_are_picked(cuda):
    compare(lambda x: F.interpolate(x, (3, 9)), [numbers(1, 2, 5, 4)], cuda, torch.float32, None)


def test_average_pooling_3d(cuda):
    compare(lambda x: F.avg_pool3d(x, 2, 1, 1), [numbers(1, 2, 3, 4, 5)], cuda, torch.float32, (1, 1))


def test_the_first_of_equals_wins_and_nan_beats_all(cuda):
    oracle = pytest.importorskip("torch")
    inf, nan = math.inf, math.nan
    picture = np.array(
        [[3, 3, nan, 1], [3, 3, 2, nan], [-inf, -inf, inf, nan], [-inf, -inf, 0, inf]], np.float32
    ).reshape(1, 1, 4, 4)
    for padding, stride in ((0, 2), (1, 2), (1, 1)):
        x = oracle.tensor(picture, requires_grad=True)
        expected, places = oracle.nn.functional.max_pool2d(x, 2, stride, padding, return_indices=True)
        expected.backward(oracle.arange(1.0, 1 + expected.numel()).reshape(expected.shape))
        y = torch.tensor(picture).to(cuda).requires_grad_()
        found, at = F.max_pool2d(y, 2, stride, padding, return_indices=True)
        found.backward(torch.arange(1.0, 1 + found.numel()).reshape(found.shape).to(cuda))
        np.testing.assert_array_equal(host(found), expected.detach().double().numpy())
        assert at.tolist() == places.tolist()
        np.testing.assert_array_equal(host(y.grad), x.grad.double().numpy())
        np.testing.assert_array_equal(host(F.max_pool2d(y, 2, stride, padding)), expected.detach().double().numpy())


def test_whole_numbers_and_large_windows_take_the_pages_way(cuda):
    x = torch.arange(64).reshape(1, 8, 8).to(cuda)
    assert F.max_pool2d(x, 4).tolist() == [[[27, 31], [59, 63]]]
    assert F.avg_pool2d(x, 4).tolist() == [[[13, 17], [45, 49]]]
    large = numbers(1, 1, 20, 20)
    compare(lambda x: F.max_pool2d(x, 17, 3), [large], cuda, torch.float32, None)


def test_views_and_nothing(cuda):
    compare(lambda x: F.max_pool2d(x.mT, 2), [numbers(2, 6, 8)], cuda, torch.float32, None)
    compare(lambda x: F.avg_pool2d(x[..., ::2], 2), [numbers(2, 6, 8)], cuda, torch.float32, None)
    empty = torch.empty(0, 3, 6, 8, device=cuda).requires_grad_()
    for pool in (
        lambda x: F.max_pool2d(x, 2),
        lambda x: F.avg_pool2d(x, 2),
        lambda x: F.adaptive_avg_pool2d(x, (4, 3)),
    ):
        y = pool(empty)
        y.sum().backward()
        assert y.shape[0] == 0
        assert empty.grad.shape == empty.shape


@pytest.mark.parametrize("pool", [MAX["2d, overlapping"], AVERAGE["2d, overlapping"], UNEVEN["2d"][:2]])
def test_second_gradients(pool, cuda):
    compare_twice(pool[1], [numbers(*pool[0])], cuda)


def test_adaptive_max_pooling(cuda):
    compare(lambda x: F.adaptive_max_pool2d(x, (2, 3)), [numbers(1, 2, 7, 6)], cuda, torch.float32, None)
    compare(lambda x: F.adaptive_max_pool2d(x, (2, 3)), [numbers(1, 2, 6, 6)], cuda, torch.float32, None)
