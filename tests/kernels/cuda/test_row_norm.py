"""Layer norm and RMS norm by their kernels, against their pages in float64."""

import pytest

from edutorch.nn import functional as F

from .against_the_page import DTYPES, compare, compare_twice, numbers

SHAPES = [  # the shape, how many of its last dimensions are normalized, and the launches backward
    ((3, 5), 1, 2),
    ((2, 3, 33), 1, 2),
    ((1, 2000), 1, 2),
    ((2, 3, 4, 5), 2, 2),
    ((7,), 1, 2),
    ((300, 40), 1, 3),  # many rows are added up in parts
    ((64, 1), 1, 2),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "last", "backward"), SHAPES)
def test_layer_norm(shape, last, backward, dtype, cuda):
    sizes = shape[-last:]
    tensors = [numbers(*shape), numbers(*sizes, salt=1), numbers(*sizes, salt=2)]
    compare(lambda x, w, b: F.layer_norm(x, sizes, w, b), tensors, cuda, dtype, (1, backward), factor=8)
    compare(lambda x, w: F.layer_norm(x, sizes, w), tensors[:2], cuda, dtype, (1, backward), factor=8)
    compare(lambda x: F.layer_norm(x, sizes), tensors[:1], cuda, dtype, (1, 1), factor=8)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "last", "backward"), SHAPES)
def test_rms_norm(shape, last, backward, dtype, cuda):
    sizes = shape[-last:]
    tensors = [numbers(*shape), numbers(*sizes, salt=1)]
    compare(lambda x, w: F.rms_norm(x, sizes, w, 1e-5), tensors, cuda, dtype, (1, backward), factor=8)
    compare(lambda x: F.rms_norm(x, sizes, eps=1e-5), tensors[:1], cuda, dtype, (1, 1), factor=8)


def test_a_mean_far_from_zero_keeps_the_digits(cuda):
    x = numbers(4, 100) + 1000
    compare(lambda x: F.layer_norm(x, (100,)), [x], cuda, DTYPES[1], (1, 1), factor=30)


def test_only_some_gradients_are_wanted(cuda):
    x, w, b = (t.to(cuda) for t in (numbers(6, 8), numbers(8, salt=1), numbers(8, salt=2)))
    b.requires_grad_()
    F.layer_norm(x, (8,), w, b).sum().backward()
    assert b.grad.tolist() == [6.0] * 8


def test_views_are_read_in_order(cuda):
    compare(lambda x: F.layer_norm(x.mT[:, ::2], (3,)), [numbers(6, 8)], cuda, DTYPES[0], None)
    compare(lambda x: F.layer_norm(x, (6,)).mT[::2], [numbers(6, 6)], cuda, DTYPES[0], None)


def test_nothing_in_is_nothing_out(cuda):
    x = numbers(0, 4).to(cuda).requires_grad_()
    w = numbers(4).to(cuda).requires_grad_()
    F.layer_norm(x, (4,), w).sum().backward()
    assert x.grad.shape == (0, 4)
    assert w.grad.tolist() == [0.0] * 4


def test_second_gradients(cuda):
    tensors = [numbers(3, 6), numbers(6, salt=1), numbers(6, salt=2)]
    compare_twice(lambda x, w, b: F.layer_norm(x, (6,), w, b), tensors, cuda)
    compare_twice(lambda x, w: F.rms_norm(x, (6,), w, 1e-5), tensors[:2], cuda)
