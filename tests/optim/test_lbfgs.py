"""`LBFGS`: the same iterations, closure calls and state as PyTorch, with and without a line search."""

from __future__ import annotations

import copy

import pytest

import edutorch
from tests.optim.cases import network
from tests.twins import same_on_both

oracle = pytest.importorskip("torch")


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def descend(torch, start, steps, function=rosenbrock, dtype="float64", **options):
    x = torch.tensor(start, dtype=getattr(torch, dtype), requires_grad=True)
    optimizer = torch.optim.LBFGS([x], **options)
    seen = []

    def closure():
        optimizer.zero_grad()
        loss = function(x)
        loss.backward()
        seen.append(loss.item())
        return loss

    returned = [optimizer.step(closure).item() for _ in range(steps)]
    return seen, returned, x, optimizer.state_dict()


LINE_SEARCHES = (None, "strong_wolfe")


@pytest.mark.parametrize("line_search_fn", LINE_SEARCHES)
@pytest.mark.parametrize("history_size", [100, 3])
@pytest.mark.parametrize("start", [[-1.2, 1.0], [0.5, -0.5], [2.0, 2.0]])
def test_rosenbrock(start, history_size, line_search_fn):
    options = dict(line_search_fn=line_search_fn, history_size=history_size)
    options["lr"] = 1 if line_search_fn else 0.02  # full steps without a search leave the valley

    def program(torch):
        return descend(torch, start, 3, **options)

    same_on_both(program, rtol=1e-4)  # the valley multiplies every rounding


def test_rosenbrock_is_solved():
    *_, x, _ = descend(edutorch, [-1.2, 1.0], 5, line_search_fn="strong_wolfe")
    assert x.tolist() == pytest.approx([1, 1], abs=1e-4)


@pytest.mark.parametrize("line_search_fn", LINE_SEARCHES)
@pytest.mark.parametrize(
    "options",
    [
        dict(max_iter=1),
        dict(max_iter=4, max_eval=3),
        dict(tolerance_grad=1e-1),
        dict(tolerance_change=1e-2),
        dict(lr=0.1),
        dict(lr=1e-4, max_iter=5),
    ],
    ids=str,
)
def test_where_it_stops(options, line_search_fn):
    def quartic(x):
        return (x - 0.5).pow(4).sum() + x.square().sum() * 0.1

    same_on_both(
        lambda torch: descend(torch, [3.0, -2.0, 1.0], 2, quartic, line_search_fn=line_search_fn, **options), rtol=1e-6
    )


@pytest.mark.parametrize("name", ["sin", "abs", "exp", "nan", "flat", "steep", "kink"])
def test_line_searches_over_rough_ground(name):
    functions = dict(
        sin=lambda x: (3 * x).sin().sum() + 0.05 * x.square().sum(),
        abs=lambda x: (x - 0.3).abs().sum(),
        exp=lambda x: (x.exp() - 2 * x).sum(),
        nan=lambda x: (x - 1 - x.log()).sum(),  # a long step leaves where the logarithm is defined
        flat=lambda x: (x * 1e-6).square().sum(),
        steep=lambda x: (x * 1e3).square().sum(),
        kink=lambda x: (x.relu() * 3 - x * 0.5).sum() + 0.01 * x.square().sum(),
    )

    def program(torch):
        return descend(torch, [0.7, 2.5], 3, functions[name], line_search_fn="strong_wolfe")

    same_on_both(program, rtol=1e-6)


@pytest.mark.parametrize("line_search_fn", LINE_SEARCHES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network(line_search_fn, dtype):
    def program(torch):
        params, loss, _ = network(torch, "LBFGS", dtype)
        optimizer = torch.optim.LBFGS(params, lr=0.5, max_iter=4, line_search_fn=line_search_fn)

        def closure():
            optimizer.zero_grad()
            value = loss()
            value.backward()
            return value

        with torch.no_grad():  # the closure records all the same
            losses = [optimizer.step(closure) for _ in range(4)]
        return losses, params

    same_on_both(program, rtol=2e-2 if dtype == "float32" else 1e-9)


@pytest.mark.parametrize("line_search_fn", LINE_SEARCHES)
def test_its_state_goes_over(line_search_fn):
    def program(torch):
        x = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
        y = torch.zeros(2, dtype=torch.float64, requires_grad=True)

        def step(optimizer, x):
            def closure():
                optimizer.zero_grad()
                loss = rosenbrock(x)
                loss.backward()
                return loss

            return optimizer.step(closure)

        first = torch.optim.LBFGS([x], lr=0.05, max_iter=5, line_search_fn=line_search_fn)
        step(first, x)
        y.data.copy_(x)
        second = torch.optim.LBFGS([y])
        second.load_state_dict(copy.deepcopy(first.state_dict()))
        return step(first, x), step(second, y), x, y, repr(second), second.state_dict()

    same_on_both(program, rtol=1e-6)


def test_a_tensor_as_learning_rate():
    same_on_both(lambda torch: descend(torch, [2.0, 2.0], 1, lr=torch.tensor([0.01]), max_iter=3), rtol=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda LBFGS, p, q: LBFGS([p], lr=-1),
        lambda LBFGS, p, q: LBFGS([{"params": [p]}, {"params": [q]}]),
        lambda LBFGS, p, q: LBFGS([p]).step(),
        lambda LBFGS, p, q: LBFGS([p], line_search_fn="armijo").step(lambda: (p * p).sum().backward() or p.sum()),
    ],
)
def test_refusals(make):
    def program(torch):
        p, q = (torch.ones(2, requires_grad=True) for _ in range(2))
        return make(torch.optim.LBFGS, p, q)

    same_on_both(program)
