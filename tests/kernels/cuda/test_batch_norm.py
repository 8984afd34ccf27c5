"""Batch norm by its kernels, against its page in float64."""

import pytest

import edutorch as torch
from edutorch import nn
from edutorch.nn import functional as F

from .against_the_page import DTYPES, ERRORS, close, compare, compare_twice, numbers

SHAPES = [(6, 3), (2, 3, 9), (4, 5, 3, 3), (2, 1, 20, 30), (2, 2, 2, 2, 4), (2, 40, 1)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_in_training(shape, dtype, cuda):
    tensors = [numbers(*shape), numbers(shape[1], salt=1), numbers(shape[1], salt=2)]

    def function(x, w, b):
        return F.batch_norm(x, None, None, w, b, training=True)

    compare(function, tensors, cuda, dtype, (2, 2), factor=16)
    compare(lambda x: F.batch_norm(x, None, None, training=True), tensors[:1], cuda, dtype, (2, 2), factor=16)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_in_use(shape, dtype, cuda):
    tensors = [numbers(*shape), numbers(shape[1], salt=1), numbers(shape[1], salt=2)]
    mean, variance = numbers(shape[1], salt=3), numbers(shape[1], salt=4).square() + 0.5
    variance = variance.to(torch.bfloat16).double()

    def function(x, w, b):
        return F.batch_norm(x, mean.to(x.device, x.dtype), variance.to(x.device, x.dtype), w, b)

    compare(function, tensors, cuda, dtype, None, factor=8)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_running_moments_move(dtype, cuda):
    layer = nn.BatchNorm2d(3, dtype=torch.float64)
    there = nn.BatchNorm2d(3, dtype=dtype).to(cuda)
    for salt in range(3):
        x = numbers(4, 3, 5, 5, salt=salt) + salt
        layer(x)
        there(x.to(cuda, dtype))
    close([there.running_mean, there.running_var], [layer.running_mean, layer.running_var], 4 * ERRORS[dtype])


def test_halves_with_wide_parameters(cuda):
    layer = nn.BatchNorm1d(4)
    x = numbers(8, 4)
    found = layer.to(cuda)(x.to(cuda, torch.bfloat16))
    assert found.dtype is torch.bfloat16
    close([found], [nn.BatchNorm1d(4)(x.float())], ERRORS[torch.bfloat16])


def test_launches_of_a_layer(cuda):
    from tests.fake_cuda import counted

    layer, x = nn.BatchNorm2d(3).to(cuda), numbers(4, 3, 5, 5).to(cuda, torch.float32)
    with counted() as found:
        layer.eval()(x)
    assert found["launch"] == 2


def test_a_mean_far_from_zero_keeps_the_digits(cuda):
    compare(lambda x: F.batch_norm(x, None, None, training=True), [numbers(10, 3, 4) + 1000], cuda, torch.float32,
            (2, 2), factor=100)  # fmt: skip


def test_views_and_nothing(cuda):
    compare(lambda x: F.batch_norm(x.mT[:, ::2], None, None, training=True), [numbers(6, 8)], cuda, torch.float64, None)
    x = torch.zeros(0, 3, 2, device=cuda)
    assert F.batch_norm(x, torch.zeros(3, device=cuda), torch.ones(3, device=cuda)).shape == (0, 3, 2)


def test_second_gradients(cuda):
    tensors = [numbers(4, 3, 2), numbers(3, salt=1), numbers(3, salt=2)]
    compare_twice(lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), tensors, cuda)
    mean, variance = torch.zeros(3).double(), torch.ones(3).double()
    compare_twice(lambda x, w, b: F.batch_norm(x, mean.to(x.device), variance.to(x.device), w, b), tensors, cuda)
