"""`DataParallel` on one device, and `torch.compile`."""

from __future__ import annotations

import pytest

import edutorch
from tests.twins import first_sentence, same_on_both

pytest.importorskip("torch")


def test_data_parallel():
    def program(torch):
        torch.manual_seed(0)
        m = torch.nn.DataParallel(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU()))
        plain = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
        plain.load_state_dict(m.module.state_dict())
        y = m(torch.ones(4, 2))
        y.sum().backward()
        other = torch.nn.parallel.DataParallel(plain, device_ids=None, dim=0)
        keys = other.load_state_dict(m.state_dict())
        return (
            y,
            list(m.state_dict()),
            repr(m),
            repr(keys),
            m.module[0].weight.grad,
            m.device_ids,
            len(list(m.parameters())),
        )

    same_on_both(program)


def test_compile_is_accepted():
    torch = edutorch
    model = torch.nn.Linear(2, 2)
    assert torch.compile(model) is model
    assert torch.compile(model, mode="reduce-overhead", fullgraph=True) is model
    assert model.compile() is None

    @torch.compile
    def double(x):
        return 2 * x

    @torch.compile(dynamic=True)
    def triple(x):
        return 3 * x

    @torch.compiler.disable
    def same(x):
        return x

    assert (double(torch.ones(1)) + triple(torch.ones(1)) + same(torch.ones(1))).item() == 6
    assert not torch.compiler.is_compiling()
    assert torch.compiler.reset() is None


def test_compile_refuses_what_pytorch_refuses():
    import torch

    said = []
    for framework in (torch, edutorch):
        with pytest.raises(RuntimeError) as caught:
            framework.compile(framework.nn.Linear(1, 1), mode="default", options={"a": 1})
        said.append(first_sentence(caught.value))
    assert said[0] == said[1]
    with pytest.raises(AssertionError, match=r"^A callable function is expected, but <class 'int'> is provided"):
        edutorch.compile(3)
