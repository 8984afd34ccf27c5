"""Positions that are looked at by a kernel: one launch for a look-up, and the same ones are wrong."""

import pytest

import edutorch as torch
from tests.fake_cuda import counted


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32])
@pytest.mark.parametrize(("index", "wrong"), [([0, 2, 1], False), ([0, 3], True), ([-1], True), ([], False)])
def test_outside_a_table(index, wrong, dtype, cuda):
    table, index = torch.zeros(3, 2, device=cuda), torch.tensor(index, dtype=dtype).to(cuda)
    torch.nn.functional.embedding(index, table)
    check(cuda, wrong)


@pytest.mark.parametrize("k", [-4, -5, 3, 4])
@pytest.mark.parametrize("n", [1, 255, 3000])
def test_only_the_last_of_many_is_wrong(n, k, cuda):
    positions = torch.zeros(n, dtype=torch.int64)
    positions[-1] = k
    torch.zeros(4, device=cuda)[positions.to(cuda)]
    check(cuda, k in (-5, 4))


def check(cuda, wrong):
    if not wrong:
        torch.cuda.synchronize(cuda)
        return
    with pytest.raises(torch.AcceleratorError):
        torch.cuda.synchronize(cuda)


def test_looking_is_one_launch(cuda):
    x, index = torch.arange(6.0).to(cuda), torch.tensor([1, 5]).to(cuda)
    with counted() as found:
        x[index]
    assert found["launch"] == 2
