"""`SGD` and what all optimizers share: options over twenty steps, groups, state, hooks, words; and twin trainings."""

from __future__ import annotations

import copy
import functools
import itertools
import pickle

import pytest

import edutorch
from tests import twins
from tests.twins import Programs, same_on_both

pytest.importorskip("torch")
program = PROGRAMS = Programs()


said = functools.partial(twins.said, words=str)


OPTIONS = [
    dict(zip(("momentum", "dampening", "weight_decay", "nesterov", "maximize"), values, strict=True))
    for values in itertools.product((0, 0.9), (0, 0.3), (0, 0.1), (False, True), (False, True))
    if not (values[3] and (values[0] == 0 or values[1] != 0))
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(f"{k}={v}" for k, v in o.items() if v) or "plain")
def test_twenty_steps(options, dtype):
    def train(torch):
        d = getattr(torch, dtype)
        w = torch.linspace(-1, 1, 6, dtype=d).reshape(2, 3).requires_grad_()
        b = torch.tensor([0.5, -0.5], dtype=d, requires_grad=True)
        idle = torch.ones(1, dtype=d, requires_grad=True)
        x = torch.linspace(0, 2, 12, dtype=d).reshape(4, 3)
        optimizer = torch.optim.SGD([w, b, idle], lr=0.05, **options)
        seen = []
        for _ in range(20):
            optimizer.zero_grad()
            loss = ((x @ w.T + b).tanh() - 0.3).square().mean()
            loss.backward()
            optimizer.step()
            seen.append((loss, w, b))
        return seen, idle, optimizer.state_dict()

    # float32: 1e-6 on numbers near one, a few last digits; PyTorch's steps fuse multiplication and addition
    same_on_both(train, rtol=1e-12 if dtype == "float64" else 1e-4)


def parameters(torch):
    return [
        torch.nn.Parameter(torch.ones(2)),
        torch.nn.Parameter(torch.full((3,), 2.0)),
        torch.nn.Parameter(torch.zeros(1)),
    ]


def descend(optimizer, parameters, steps=3):
    for _ in range(steps):
        optimizer.zero_grad()
        sum((p - 3).square().sum() for p in parameters).backward()
        optimizer.step()


@program
def groups(torch):
    a, b, c = parameters(torch)
    optimizer = torch.optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5, "momentum": 0.9}], lr=0.1)
    optimizer.add_param_group({"params": (p for p in [c]), "weight_decay": 0.2})
    descend(optimizer, [a, b, c])
    optimizer.param_groups[0]["lr"] = 0.01
    descend(optimizer, [a, b, c])
    return a, b, c, optimizer.state_dict(), repr(optimizer), len(optimizer.param_groups), optimizer.defaults


@program
def named_parameters(torch):
    layer = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(layer.named_parameters(), lr=0.1)
    plain = torch.optim.SGD(layer.parameters(), lr=0.2)
    state = plain.state_dict()
    optimizer.load_state_dict(state)
    return optimizer.state_dict(), repr(optimizer), state


@program
def state_goes_over(torch):
    mine, yours = parameters(torch), parameters(torch)
    a = torch.optim.SGD(mine, lr=0.1, momentum=0.9)
    b = torch.optim.SGD(yours, lr=0.5)
    descend(a, mine)
    state = a.state_dict()
    with torch.no_grad():
        for p, q in zip(mine, yours):  # noqa: B905
            q.copy_(p)
    b.load_state_dict(state)
    descend(a, mine)
    descend(b, yours)
    buffer = b.state[yours[0]]["momentum_buffer"]
    return mine, yours, buffer is a.state[mine[0]]["momentum_buffer"], b.state_dict(), list(b.state_dict()["state"])


@program
def state_follows_the_parameters_dtype(torch):
    a = [torch.nn.Parameter(torch.ones(2))]
    b = [torch.nn.Parameter(torch.ones(2, dtype=torch.float64))]
    first = torch.optim.SGD(a, lr=0.1, momentum=0.9)
    descend(first, a)
    second = torch.optim.SGD(b, lr=0.1, momentum=0.9)
    second.load_state_dict(first.state_dict())
    return second.state[b[0]]["momentum_buffer"]


@program
def state_of_an_old_file(torch):
    """It holds None where there was no momentum."""
    ps = parameters(torch)
    optimizer = torch.optim.SGD(ps, lr=0.1)
    state = optimizer.state_dict()
    state["state"] = {i: {"momentum_buffer": None} for i in range(3)}
    state["param_groups"][0]["momentum"] = 0.9
    optimizer.load_state_dict(state)
    descend(optimizer, ps)
    return ps, optimizer.state_dict()


@program
def state_that_does_not_fit(torch):
    ps = parameters(torch)
    optimizer = torch.optim.SGD(ps, lr=0.1)
    state = optimizer.state_dict()
    return [
        said(lambda: torch.optim.SGD(ps[:2], lr=0.1).load_state_dict(state)),
        said(lambda: torch.optim.SGD([{"params": p} for p in ps], lr=0.1).load_state_dict(state)),
    ]


@program
def copies_and_pickles(torch):
    ps = parameters(torch)
    optimizer = torch.optim.SGD(ps, lr=0.1, momentum=0.9)
    descend(optimizer, ps)
    optimizer.register_step_post_hook(lambda *_: None)
    twin = copy.deepcopy(optimizer)
    again = pickle.loads(pickle.dumps(optimizer))
    for other in (twin, again):
        own = other.param_groups[0]["params"]
        assert own[0] is not ps[0]
        descend(other, own)
    return ps, twin.state_dict(), again.state_dict(), twin.param_groups[0]["params"], again.param_groups[0]["params"]


@program
def together(torch):
    """A model and its optimizer in one pickle stay tied together."""
    layer = torch.nn.Linear(1, 1)
    layer, optimizer = pickle.loads(pickle.dumps((layer, torch.optim.SGD(layer.parameters(), lr=0.1))))
    return optimizer.param_groups[0]["params"][0] is layer.weight


@program
def closures(torch):
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([p], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = p.square().sum()
        loss.backward()
        return loss

    with torch.no_grad():
        first = optimizer.step(closure)
    return first, optimizer.step(closure), optimizer.step(), p


@program
def step_hooks(torch):
    p = torch.nn.Parameter(torch.ones(2))
    optimizer, seen = torch.optim.SGD([p], lr=0.1), []
    p.sum().backward()
    before = optimizer.register_step_pre_hook(
        lambda o, args, kwargs: seen.append(("before", o is optimizer, len(args), p.sum().item()))
    )
    after = optimizer.register_step_post_hook(
        lambda o, args, kwargs: seen.append(("after", o is optimizer, len(args), p.sum().item()))
    )
    optimizer.step()
    before.remove()
    optimizer.step(lambda: torch.tensor(1.0))
    after.remove()
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: 7), {}))
    return seen, optimizer.step(), len(seen)


@program
def saving_hooks(torch):
    p = torch.nn.Parameter(torch.ones(2))
    optimizer, seen = torch.optim.SGD([p], lr=0.1), []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("before saving"))
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "more": 1})
    optimizer.register_load_state_dict_pre_hook(lambda o, state: seen.append(sorted(state)))
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append("loaded"))
    state = optimizer.state_dict()
    optimizer.load_state_dict(state)
    return seen, sorted(state)


@program
def zeroing(torch):
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([p], lr=0.1)
    optimizer.zero_grad()
    p.sum().backward()
    kept = p.grad
    optimizer.zero_grad(set_to_none=False)
    first = p.grad.clone(), kept is p.grad
    optimizer.zero_grad()
    return first, p.grad


@program
def a_tensor_as_learning_rate(torch):
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([p], lr=torch.tensor(0.1))
    descend(optimizer, [p])
    return p, optimizer.state_dict()["param_groups"][0]["lr"]


@program
def a_step_is_a_write(torch):
    """A graph that saved the old weights refuses to go backward after the step."""
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([p], lr=0.1)
    y = (p * p).sum()
    y.backward(retain_graph=True)
    optimizer.step()
    y.backward()


@program
def the_parameter_stays_a_leaf(torch):
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([p], lr=0.1, momentum=0.5)
    descend(optimizer, [p])
    return p.is_leaf, p.requires_grad, p.grad_fn, p.grad, optimizer.state[p]["momentum_buffer"].requires_grad


@program
def a_differentiable_step(torch):
    rate = torch.tensor(0.1, requires_grad=True)
    start = torch.ones(2, requires_grad=True)
    p = start.clone()
    p.retain_grad()
    optimizer = torch.optim.SGD([p], lr=rate, differentiable=True, momentum=0.9)
    p.grad = torch.tensor([1.0, 2.0])
    optimizer.step()
    p.sum().backward()
    return rate.grad, start.grad


@program
def refusals(torch):
    SGD = torch.optim.SGD
    p, q, _ = parameters(torch)
    leaf = torch.ones(2, requires_grad=True)
    return [
        said(lambda: repr(SGD(p))),
        said(lambda: SGD([])),
        said(lambda: SGD([3])),
        said(lambda: SGD(3)),
        said(lambda: SGD({"a": p})),
        said(lambda: repr(SGD({p}))),
        said(lambda: SGD([{"params": {p}}])),
        said(lambda: SGD([{"params": [p]}, {"params": [p]}])),
        said(lambda: SGD([leaf * 2])),
        said(lambda: SGD([p], lr=-1)),
        said(lambda: SGD([p], momentum=-1)),
        said(lambda: SGD([p], weight_decay=-1)),
        said(lambda: SGD([p], nesterov=True)),
        said(lambda: SGD([[p]])),
        said(lambda: SGD([p], nesterov=True, momentum=0.9, dampening=0.1)),
        said(lambda: SGD([p], lr=torch.tensor([0.1, 0.2]))),
        said(lambda: SGD([{"lr": 3}])),
        said(lambda: SGD([("a", p), q])),
        said(lambda: SGD([q, ("a", p)])),
        said(lambda: repr(SGD([("a", p), ("b", q)]))),
        said(lambda: SGD([p]).add_param_group([p])),
        said(lambda: SGD([p]).add_param_group({"params": [p]})),
        said(lambda: torch.optim.Optimizer([p], {}).step()),
        said(lambda: SGD([p], fused=True, differentiable=True)),
        said(lambda: repr(SGD([p], foreach=True, maximize=True))),
    ]


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same_on_both(PROGRAMS[name])


def test_a_parameter_given_twice_is_warned_of():
    def program(torch):
        p = torch.nn.Parameter(torch.ones(2))
        torch.optim.SGD([p, p])

    same_on_both(program, compare_warnings=True)


# ---------------------------------------------------------------- twins


def data(torch, features):
    torch.manual_seed(42)
    x = torch.randn(64, features)
    return x, (x.sum(1, keepdim=True) * 0.5).sin() + 0.1 * torch.randn(64, 1)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True, "weight_decay": 1e-3}])
def test_linear_regression_is_pytorchs_twin(options):
    def train(torch):
        x, y = data(torch, 3)
        model, loss_fn = torch.nn.Linear(3, 1), torch.nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, **options)
        losses = []
        for _ in range(100):
            loss = loss_fn(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses, list(model.parameters())

    same_on_both(train, rtol=1e-5)


@pytest.mark.parametrize("batch", [64, 16])
def test_a_small_network_is_pytorchs_twin(batch):
    def train(torch):
        x, y = data(torch, 5)
        nn = torch.nn
        model = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        losses = []
        for step in range(100):
            if step % (64 // batch) == 0:
                order = torch.randperm(64)
            rows = order[step % (64 // batch) * batch :][:batch]
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    same_on_both(train, rtol=1e-4)


def test_float32_stays_float32():
    p = edutorch.nn.Parameter(edutorch.ones(3))
    optimizer = edutorch.optim.SGD([p], lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1, dampening=0)
    descend(optimizer, [p])
    assert p.array.dtype == optimizer.state[p]["momentum_buffer"].array.dtype == "float32"
