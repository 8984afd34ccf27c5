"""Picking and adding along a dimension by kernels, against their pages in float64."""

import numpy as np
import pytest

import edutorch as torch

from .against_the_page import DTYPES, compare, compare_twice, host, moved, numbers, passes

SHAPES = [((5,), (7,), 0), ((6, 8), (4, 8), 0), ((6, 8), (6, 3), 1), ((6, 8), (6, 1), -1), ((2, 5, 3), (2, 9, 3), 1)]


def positions(shape, size, dtype=torch.int64):
    return torch.tensor(np.random.default_rng(1).integers(0, size, shape)).to(dtype)


def halves_need(dtype):
    return dtype in (torch.float16, torch.bfloat16)  # summed in float32, then rounded: one more launch


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("index", [torch.int64, torch.int32])
@pytest.mark.parametrize(("shape", "picked", "dim"), SHAPES)
def test_gather(shape, picked, dim, index, dtype, cuda):
    tensors = [numbers(*shape), positions(picked, shape[dim], index)]
    launches = 2, 2 + halves_need(dtype)  # a look at the positions; zeros, and the sums

    def run(x, i):
        return torch.gather(x, dim, i)

    passes(run, tensors, cuda, dtype)  # the first look takes memory to note in
    compare(run, tensors, cuda, dtype, launches, factor=2)


@pytest.mark.parametrize("dtype", torch.dtypes.ALL)
def test_gather_copies_whatever_it_is(dtype, cuda):
    x = torch.arange(12).reshape(3, 4).to(dtype)
    found = torch.gather(x.to(cuda), 1, torch.tensor([[3], [0], [2]], device=cuda))
    assert found.dtype is dtype
    assert found.cpu().tolist() == torch.gather(x, 1, torch.tensor([[3], [0], [2]])).tolist()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "dim"), [((6,), 0), ((6, 8), 0), ((6, 8), 1), ((2, 5, 3), -2), ((2, 5, 3), 0)])
def test_index_select(shape, dim, dtype, cuda):
    tensors = [numbers(*shape), positions((9,), shape[dim])]
    backward = 2 if dim == 0 else 2 + halves_need(dtype)
    compare(lambda x, i: torch.index_select(x, dim, i), tensors, cuda, dtype, (2, backward), factor=2)


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_by_brackets(dtype, cuda):
    def run(x, i):
        return x[i - 3]  # some positions count from the end

    tensors = [numbers(6, 3, 2), positions((4, 5), 6)]
    compare(run, tensors, cuda, dtype, None, factor=2)
    _, _, backward = passes(run, tensors, cuda, dtype)
    assert (backward["launch"], backward["sync"]) == (2, 0)
    compare(lambda x, i: x[i, i % 3], tensors, cuda, dtype, None, factor=2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "picked", "dim"), SHAPES)
def test_scatter_add(shape, picked, dim, dtype, cuda):
    tensors = [numbers(*shape), positions(picked, shape[dim]), numbers(*picked, salt=1)]
    compare(lambda x, i, s: x.scatter_add(dim, i, s), tensors, cuda, dtype, None, factor=2)


def test_an_index_smaller_than_the_tensor_takes_the_pages_way(cuda):
    tensors = [numbers(6, 8), positions((3, 4), 6)]
    compare(lambda x, i: torch.gather(x, 0, i), tensors, cuda, torch.float32, None)
    tensors.append(numbers(4, 6, salt=1))
    compare(lambda x, i, s: x.scatter_add(0, i, s), tensors, cuda, torch.float32, None)


def test_views_and_nothing(cuda):
    tensors = [numbers(6, 8), positions((8, 2), 6)]
    compare(lambda x, i: torch.gather(x.mT, 1, i[:, :1]).mT, tensors, cuda, torch.float32, None)
    compare(lambda x, i: torch.index_select(x.mT, 1, i[:, 1]).mT, tensors, cuda, torch.float32, None)
    x = moved([numbers(3, 4)], cuda, torch.float32)[0]
    none = torch.zeros(0, device=cuda, dtype=torch.int64)
    (torch.index_select(x, 0, none).sum() + torch.index_select(x, 1, none).sum() + x[none].sum()).backward()
    assert not host(x.grad).any()


@pytest.mark.parametrize("dim", [0, 1])
def test_second_gradients(dim, cuda):
    i = positions((6, 8), 6)
    compare_twice(lambda x: torch.gather(x, dim, i.to(x.device)), [numbers(6, 8)], cuda)
    compare_twice(lambda x: torch.index_select(x, dim, i[0].to(x.device)), [numbers(6, 8)], cuda)


def test_errors_are_the_pages(cuda):
    x, i = torch.ones(2, 3).to(cuda), torch.zeros(2, 3).long().to(cuda)
    for work in (
        lambda x, i: torch.gather(x, 5, i),
        lambda x, i: torch.gather(x, 0, i.float()),
        lambda x, i: x.scatter_add(2, i, x),
        lambda x, i: x.scatter_add(0, i, x.double()),
    ):
        with pytest.raises((RuntimeError, IndexError)) as expected:
            work(x.cpu(), i.cpu())
        with pytest.raises(expected.type) as found:
            work(x, i)
        assert str(found.value).partition("\n")[0] == str(expected.value).partition("\n")[0]
