"""The gradient of an embedding's table by its kernel, against its page in float64."""

import numpy as np
import pytest

import edutorch as torch
from edutorch import nn

from .against_the_page import DTYPES, compare, compare_twice, host, moved, numbers, passes

F = nn.functional


def positions(shape, size, dtype=torch.int64):
    return torch.tensor(np.random.default_rng(0).integers(0, size, shape)).to(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("index", [torch.int64, torch.int32])
@pytest.mark.parametrize(
    ("shape", "rows", "columns"), [((1,), 1, 1), ((4, 5), 6, 3), ((300,), 4, 33), ((7,), 50, 70), ((2100,), 5, 40)]
)
def test_gradient_of_the_table(shape, rows, columns, index, dtype, cuda):
    where = positions(shape, rows, index)
    run = lambda weight, where: F.embedding(where, weight)  # noqa: E731
    compare(run, [numbers(rows, columns), where], cuda, dtype, None)
    _, _, backward = passes(run, [numbers(rows, columns), where], cuda, dtype)
    assert (backward["launch"], backward["library"], backward["copy"]) == (2, 0, 0)  # a sort, the sums


def test_padding_gets_nothing(cuda):
    where = torch.tensor([[1, 2, 0], [0, 2, 2]])
    compare(lambda w, i: F.embedding(i, w, padding_idx=2), [numbers(4, 5), where], cuda, torch.float32, None)
    compare(lambda w, i: F.embedding(i, w, padding_idx=-1), [numbers(4, 5), where], cuda, torch.float32, None)


def test_by_frequency_takes_the_pages_way(cuda):
    where = torch.tensor([1, 2, 0, 2])
    found = []
    for place in ("cpu", cuda):
        weight = numbers(4, 5).to(place).requires_grad_()
        F.embedding(where.to(place), weight, scale_grad_by_freq=True).sum().backward()
        found.append(host(weight.grad).tolist())
    assert found[0] == found[1]


def test_sums_of_halves_do_not_stop_growing(cuda):
    for dtype in (torch.float16, torch.bfloat16):
        weight = torch.zeros(1, 2, device=cuda, dtype=dtype).requires_grad_()
        F.embedding(torch.zeros(5000, device=cuda, dtype=torch.int64), weight).backward(
            torch.full((5000, 2), 0.125, device=cuda, dtype=dtype)
        )
        np.testing.assert_allclose(host(weight.grad), 625, rtol=2**-8)


def test_runs_repeat(cuda):
    where, g = positions((2000,), 3).to(cuda), numbers(2000, 5).to(cuda, torch.float32)
    found = []
    for _ in range(2):
        weight = torch.zeros(3, 5, device=cuda).requires_grad_()
        F.embedding(where, weight).backward(g)
        found.append(weight.grad.tolist())
    assert found[0] == found[1]


def test_more_than_the_chunks_take_goes_the_pages_way(cuda):
    weight = torch.zeros(2, 1, device=cuda).requires_grad_()
    F.embedding(torch.ones(2**18 + 1, device=cuda, dtype=torch.int64), weight).sum().backward()
    assert weight.grad.tolist() == [[0.0], [2.0**18 + 1]]


def test_views_and_nothing(cuda):
    where = positions((4, 6), 5)
    compare(lambda w, i: F.embedding(i.mT[::2], w).mT, [numbers(5, 3), where], cuda, torch.float32, None)
    for shape in ((0, 3), (4, 0)):
        weight = torch.zeros(*shape, device=cuda).requires_grad_()
        F.embedding(torch.zeros(0, device=cuda, dtype=torch.int64), weight).sum().backward()
        assert weight.grad.shape == shape


def test_second_gradients(cuda):
    where = torch.tensor([1, 2, 0, 2])
    compare_twice(lambda w: F.embedding(where.to(w.device), w), [numbers(4, 3)], cuda)


def test_a_wrong_index_writes_nowhere(cuda):
    g = moved([numbers(3, 2)], cuda, torch.float32)[0].detach()
    where = torch.tensor([0, 7, -1]).to(cuda)
    total = torch.op.OPS["add_to_rows"].fn(g, where, 2, -1, False)
    np.testing.assert_array_equal(host(total), [host(g)[0], [0, 0]])
