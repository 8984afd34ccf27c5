"""Every optimizer goes PyTorch's way: twenty steps, states, and the crossing of states between the two."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import edutorch
from tests.optim.cases import CASES, RULES, label, network, train
from tests.twins import same_on_both

oracle = pytest.importorskip("torch")


def trajectory(name, options, dtype="float32", steps=20):
    def program(torch):
        params, loss, make = network(torch, name, dtype, sign=-1 if options.get("maximize") else 1)
        optimizer = make(**options)
        seen = train(optimizer, loss, steps, lambda: [loss(), *(p.detach().clone() for p in params)])
        return seen, optimizer.state_dict()

    return program


@pytest.mark.parametrize("case", CASES, ids=label)
def test_twenty_steps(case):
    same_on_both(trajectory(*case, dtype="float64"), rtol=1e-9)


@pytest.mark.parametrize("case", CASES, ids=label)
def test_twenty_steps_in_float32(case):
    same_on_both(trajectory(*case), rtol=1e-3)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 5e-3), ("bfloat16", 3e-2)])
def test_half_precision(name, dtype, tolerance):
    """Few steps, to a few last digits: PyTorch rounds after every operation, edutorch once a step."""
    options = dict(eps=1e-3) if name in ("Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop", "Adadelta") else {}
    seen, state = trajectory(name, options, dtype, steps=4)(oracle)
    seen2, state2 = trajectory(name, options, dtype, steps=4)(edutorch)
    for p, q in zip(seen[-1], seen2[-1], strict=True):
        np.testing.assert_allclose(q.tolist(), p.tolist(), rtol=tolerance, atol=tolerance)
    dtypes, dtypes2 = ({k: str(v.dtype) for k, v in s["state"].get(0, {}).items()} for s in (state, state2))
    assert dtypes2 == dtypes


def test_a_zero_gradient_is_no_zero_by_zero_in_float16():
    p = edutorch.nn.Parameter(edutorch.ones(2, dtype=edutorch.float16))
    p.grad = edutorch.tensor([0.0, 1.0], dtype=edutorch.float16)
    edutorch.optim.Adam([p], lr=0.5).step()
    assert p.tolist() == [1.0, 0.5]


@pytest.mark.parametrize("name", RULES)
def test_large_parameters_go_in_blocks(name, monkeypatch):
    """The blocks make no difference: rows of any length, and a last block that is shorter."""

    def program(torch):
        torch.manual_seed(0)
        p = torch.randn(37, 5, dtype=torch.float64).requires_grad_()
        q = (torch.randn(5, 37, dtype=torch.float64).requires_grad_()) if name == "Muon" else torch.randn(101).double()
        q.requires_grad_()
        optimizer = getattr(torch.optim, name)([p, q])
        for _ in range(3):
            optimizer.zero_grad()
            (p.square().sum() + q.cos().sum()).backward()
            optimizer.step()
        return p, q, optimizer.state_dict()

    monkeypatch.setattr("edutorch.optim.rule.BLOCK", 16)
    same_on_both(program, rtol=1e-9)


@pytest.mark.parametrize("name", RULES)
def test_parameters_that_lie_across(name):
    """A transposed parameter keeps its layout, and its state has it."""

    def program(torch):
        p = torch.linspace(-1, 1, 12).reshape(3, 4).t().requires_grad_()
        optimizer = getattr(torch.optim, name)([p])
        for _ in range(3):
            optimizer.zero_grad()
            p.square().sum().backward()
            optimizer.step()
        return p, p.stride(), optimizer.state_dict()

    same_on_both(program, rtol=1e-4)


# ---------------------------------------------------------------- states cross over


def carried(value, torch):
    """Return a state_dict's copy with its tensors made the other framework's."""
    if hasattr(value, "detach"):
        return torch.tensor(value.detach().numpy(), dtype=getattr(torch, str(value.dtype).rpartition(".")[2]))
    if isinstance(value, dict):
        return {k: carried(v, torch) for k, v in value.items()}
    if isinstance(value, list):
        return [carried(v, torch) for v in value]
    return value


@pytest.mark.parametrize("case", [c for c in CASES if not c[1].get("maximize")], ids=label)
@pytest.mark.parametrize("there", ["to PyTorch", "from PyTorch"])
def test_states_cross_over(case, there):
    """Ten steps here, the state and the parameters over there, ten steps there: where twenty steps here lead."""
    name, options = case
    frameworks = (edutorch, oracle) if there == "to PyTorch" else (oracle, edutorch)
    (params, loss, make), (params2, loss2, make2) = (network(torch, name, "float64") for torch in frameworks)
    first, second = make(**options), make2()
    train(first, loss, 10)
    for p, q in zip(params, params2, strict=True):
        q.data.copy_(carried(p, frameworks[1]))
    second.load_state_dict(carried(first.state_dict(), frameworks[1]))
    train(first, loss, 10)
    train(second, loss2, 10)
    for p, q in zip(params, params2, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-9, atol=1e-11)
    for group, group2 in zip(first.param_groups, second.param_groups, strict=True):
        assert group.keys() == group2.keys()


@pytest.mark.parametrize("name", RULES)
def test_copies_and_pickles_go_on(name):
    def program(torch):
        params, loss, make = network(torch, name)
        optimizer = make()
        train(optimizer, loss, 5)
        losses = []
        for other in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
            own = [p for group in other.param_groups for p in group["params"]]
            for p in own:
                p.grad = torch.ones_like(p)
            other.step()
            losses.append([own, other.state_dict(), repr(other)])
        return losses, params

    same_on_both(program, rtol=1e-3)


@pytest.mark.parametrize("name", RULES)
def test_a_count_that_was_a_number(name):
    """Files of old PyTorch hold the step count as a number, and lack younger options."""

    def program(torch):
        params, loss, make = network(torch, name)
        optimizer = make()
        train(optimizer, loss, 2)
        state = optimizer.state_dict()
        for remembered in state["state"].values():
            if "step" in remembered:
                remembered["step"] = int(remembered["step"])
        for group in state["param_groups"]:
            for option in ("foreach", "capturable", "differentiable"):
                group.pop(option, None)
        optimizer.load_state_dict(state)
        train(optimizer, loss, 2)
        return params, optimizer.state_dict()

    same_on_both(program, rtol=1e-3)
