"""What a device is trusted with, real or the stand-in: a wrong position is told of at the next wait, and not before."""

from __future__ import annotations

import pytest

import edutorch as torch
from edutorch.backends import asserts, backend_of
from tests.fake_cuda import counted


def test_the_next_wait_tells_and_the_device_goes_on(cuda):
    table = torch.arange(6.0).reshape(3, 2).to(cuda)
    with counted() as found:
        torch.nn.functional.embedding(torch.tensor([0, 3]).to(cuda), table)
    assert found["sync"] == 0
    with pytest.raises(torch.AcceleratorError, match=r"device-side assert.*\n.*range for a table of 3 rows"):
        table.sum().item()
    assert table.sum().item() == 15.0
    torch.cuda.synchronize(cuda)


def test_all_that_was_wrong_is_told(cuda):
    x = torch.zeros(4, 5, device=cuda)
    x.gather(1, torch.full((4, 1), 5, device=cuda))
    x[torch.tensor([-5]).to(cuda)] = 1.0
    torch.nn.functional.cross_entropy(x, torch.tensor([0, 1, 2, 9]).to(cuda))
    with pytest.raises(torch.AcceleratorError) as error:
        x.cpu()
    for words in ("dimension 1 with size 5", "dimension 0 with size 4", "there are 5 classes"):
        assert words in str(error.value)


def test_ignored_targets_are_no_classes(cuda):
    scores = torch.zeros(2, 3, device=cuda)
    torch.nn.functional.cross_entropy(scores, torch.tensor([-100, 1]).to(cuda)).item()
    torch.nn.functional.cross_entropy(scores, torch.tensor([7, 1]).to(cuda), ignore_index=7).item()


def test_more_sentences_than_there_is_room_for(cuda, monkeypatch):
    monkeypatch.setattr(asserts, "ROOM", 4)
    one = torch.tensor([1]).to(cuda)
    for size in range(2, 12):
        torch.zeros(size, device=cuda)[one]
    torch.zeros(1, device=cuda)[one]
    with pytest.raises(torch.AcceleratorError, match="size 1"):
        torch.cuda.synchronize(cuda)


def test_another_stream_is_not_forgotten(cuda):
    x = torch.zeros(3, device=cuda)
    with torch.cuda.stream(torch.cuda.Stream(cuda)):
        outside = backend_of(x.array).assert_place(x.array, "said by a kernel that is not done yet")
    x.sum().item()  # waits for the default stream alone
    outside.fill(True)
    with pytest.raises(torch.AcceleratorError, match="not done yet"):
        torch.cuda.synchronize(cuda)


def test_it_is_a_runtime_error_as_in_pytorch():
    pytorch = pytest.importorskip("torch")
    assert torch.AcceleratorError.__mro__[1:] == pytorch.AcceleratorError.__mro__[1:]
