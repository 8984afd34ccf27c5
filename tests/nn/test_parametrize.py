"""`nn.utils.parametrize`: tensors computed from others, and the ready-made parametrizations."""

from __future__ import annotations

import copy
import pickle

import pytest

from tests.twins import Programs, said, same_on_both

pytest.importorskip("torch")
program = PROGRAMS = Programs()


def tools(torch):
    """The functions, and a few parametrizations, for one framework."""

    class Tools:
        from_module = torch.nn.utils.parametrize

        class Symmetric(torch.nn.Module):
            def forward(self, x):
                return x.triu() + x.triu(1).transpose(-1, -2)

            def right_inverse(self, a):
                return a.triu()

        class Exponential(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.calls = 0

            def forward(self, x):
                self.calls += 1
                return x.exp()

        class Halves(torch.nn.Module):
            def forward(self, a, b):
                return a + b

            def right_inverse(self, x):
                return x * 0.25, x * 0.75

        class Learned(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = torch.nn.Parameter(torch.ones(()))

            def forward(self, x):
                return x * self.scale

            def right_inverse(self, x):
                return x / self.scale.detach()

    return Tools


def layer(torch, *sizes, bias=True):
    torch.manual_seed(1)
    return torch.nn.Linear(*sizes, bias=bias)


def names(m):
    return [name for name, _ in m.named_parameters()], list(m.state_dict())


@program
def one_parametrization(torch):
    t = tools(torch)
    m = layer(torch, 3, 3)
    weight = m.weight
    same = t.from_module.register_parametrization(m, "weight", t.Symmetric())
    m(torch.ones(1, 3)).sum().backward()
    return (
        same is m,
        repr(m),
        names(m),
        m.weight,
        m.weight.requires_grad,
        m.parametrizations.weight.original is weight,
        m.parametrizations.weight.original.grad,
        t.from_module.is_parametrized(m),
        t.from_module.is_parametrized(m, "weight"),
        t.from_module.is_parametrized(m, "bias"),
        t.from_module.is_parametrized(torch.nn.ReLU()),
        type(m).__name__,
        t.from_module.type_before_parametrizations(m).__name__,
        isinstance(m, torch.nn.Linear),
        type(layer(torch, 2, 2)).__name__,
        m.parametrizations.weight.is_tensor,
        m.parametrizations.weight.ntensors,
        len(m.parametrizations.weight),
    )


@program
def assigning(torch):
    t = tools(torch)
    m = layer(torch, 2, 2)
    t.from_module.register_parametrization(m, "weight", t.Symmetric())
    original = m.parametrizations.weight.original
    m.weight = torch.tensor([[1.0, 2.0], [2.0, 4.0]])
    seen = [m.weight, original, original is m.parametrizations.weight.original]
    e = layer(torch, 2, 2)
    t.from_module.register_parametrization(e, "weight", t.Exponential())
    return seen, said(lambda: setattr(e, "weight", torch.ones(2, 2)))


@program
def several_parametrizations(torch):
    t = tools(torch)
    m = layer(torch, 3, 3)
    before = m.weight.detach().clone()
    for part in (t.Symmetric(), t.Exponential(), t.Learned()):
        t.from_module.register_parametrization(m, "weight", part)
    t.from_module.register_parametrization(m, "bias", t.Exponential())
    optimizer = torch.optim.SGD(m.parameters(), lr=0.01)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = m(torch.ones(2, 3)).square().sum()
        loss.backward()
        optimizer.step()
        losses.append(loss)
    m.eval()
    return before, repr(m), names(m), losses, m.weight, m.bias, m.parametrizations.weight[2].training


@program
def several_originals(torch):
    t = tools(torch)
    m = layer(torch, 2, 2)
    t.from_module.register_parametrization(m, "weight", t.Halves())
    before = names(m), m.weight, m.parametrizations.weight.original0, m.parametrizations.weight.ntensors
    m.weight = torch.ones(2, 2) * 4
    wrong = t.Halves()
    wrong.right_inverse = lambda x: x
    return (
        before,
        m.weight,
        m.parametrizations.weight.original1,
        said(lambda: t.from_module.remove_parametrizations(m, "weight", leave_parametrized=False)),
        repr(t.from_module.remove_parametrizations(m, "weight")),
        m.weight,
        type(m.weight).__name__,
    )


@program
def buffers(torch):
    t = tools(torch)
    m = torch.nn.Module()
    m.register_buffer("b", torch.zeros(2, 2))
    t.from_module.register_parametrization(m, "b", t.Exponential())
    before = m.b, list(m.state_dict()), len(list(m.parameters()))
    t.from_module.remove_parametrizations(m, "b")
    return before, m.b, list(m.state_dict()), type(m).__name__


@program
def removing(torch):
    t = tools(torch)
    seen = []
    for leave in (True, False):
        m = layer(torch, 2, 2)
        weight = m.weight
        t.from_module.register_parametrization(m, "weight", t.Symmetric())
        t.from_module.register_parametrization(m, "bias", t.Exponential())
        t.from_module.remove_parametrizations(m, "weight", leave_parametrized=leave)
        seen.append((repr(m), names(m), m.weight, m.weight is weight, m.weight.requires_grad, m.weight.is_leaf))
        t.from_module.remove_parametrizations(m, "bias", leave_parametrized=leave)
        seen.append((repr(m), names(m), m.bias, type(m).__name__, hasattr(m, "parametrizations")))
    return seen


@program
def caching(torch):
    t = tools(torch)
    m = layer(torch, 2, 2)
    part = t.Exponential()
    t.from_module.register_parametrization(m, "weight", part)
    part.calls = 0
    seen = [m.weight is m.weight, part.calls]
    with t.from_module.cached():
        first = m.weight
        with t.from_module.cached():
            seen.append(m.weight is first)
        seen.append(m.weight is first)
        (m(torch.ones(1, 2)) + m(torch.ones(1, 2))).sum().backward()
        seen.append(part.calls)
    seen.append(m.weight is first)
    return seen, part.calls, m.parametrizations.weight.original.grad


@program
def copies(torch):
    t = tools(torch)
    m = layer(torch, 2, 2)
    t.from_module.register_parametrization(m, "weight", t.Symmetric())
    twin = copy.deepcopy(m)
    with torch.no_grad():
        twin.parametrizations.weight.original.fill_(5.0)
    return m.weight, twin.weight, repr(twin), twin(torch.ones(1, 2)), said(lambda: pickle.dumps(m))


@program
def state_crosses_layers(torch):
    t = tools(torch)
    a, b = layer(torch, 2, 2), torch.nn.Linear(2, 2)
    for m in (a, b):
        t.from_module.register_parametrization(m, "weight", t.Symmetric())
    keys = b.load_state_dict(a.state_dict())
    c = torch.nn.Linear(2, 2)
    t.from_module.transfer_parametrizations_and_params(a, c)
    d = torch.nn.Module()
    t.from_module.transfer_parametrizations_and_params(a, d, "weight")
    return (
        repr(keys),
        b.weight,
        a.weight,
        c.weight,
        repr(c),
        d.weight,
        (c.parametrizations.weight.original is a.parametrizations.weight.original),
    )


@program
def refusals(torch):
    t = tools(torch)
    register = t.from_module.register_parametrization

    class Do(torch.nn.Module):
        def __init__(self, forward, back=None):
            super().__init__()
            self.do = forward
            if back:
                self.right_inverse = back

        def forward(self, *x):
            return self.do(*x)

    def fresh():
        return layer(torch, 2, 2)

    def twice(part):
        m = fresh()
        register(m, "weight", t.Symmetric())
        return register(m, "weight", part)

    def assigned(part, value):
        m = fresh()
        register(m, "weight", part)
        m.weight = value

    switch = {"value": None}
    lists = [(torch.ones(2, 2),), 3, (torch.ones(2, 2), 3), (torch.ones(2, 2), torch.ones(2, 2).double())]

    def halves(x):
        return (x, x) if switch["value"] is None else switch["value"]

    def assigned_halves(value):
        switch["value"] = None
        m = fresh()
        register(m, "weight", Do(lambda a, b: a + b, halves))
        switch["value"] = value
        m.weight = torch.ones(2, 2)

    once = iter([torch.ones(2, 2), torch.ones(2, 2).double()])
    return [
        said(lambda: register(fresh(), "nothing", t.Symmetric())),
        said(lambda: register(fresh(), "weight", Do(lambda x: 3))),
        said(lambda: register(fresh(), "weight", Do(lambda x: x[0]))),
        said(lambda: register(fresh(), "weight", Do(lambda x: x.double()))),
        said(lambda: repr(register(fresh(), "weight", Do(lambda x: x[0]), unsafe=True))),
        said(lambda: register(fresh(), "weight", Do(lambda x: x, lambda x: 3))),
        said(lambda: register(fresh(), "weight", Do(lambda x: x, lambda x: x.double()))),
        said(lambda: register(fresh(), "weight", Do(lambda x, y: x, lambda x: (x, 3)))),
        said(lambda: twice(Do(lambda x: 3))),
        said(lambda: twice(Do(lambda x: x[0]))),
        said(lambda: twice(Do(lambda x: x.double()))),
        said(lambda: twice(Do(lambda x: x, lambda x: 3))),
        said(lambda: twice(Do(lambda x: x, lambda x: x.double()))),
        said(lambda: twice(Do(lambda x: x, lambda x: x[0]))),
        said(lambda: t.from_module.ParametrizationList([], torch.ones(1))),
        said(lambda: t.from_module.remove_parametrizations(fresh(), "weight")),
        said(lambda: assigned(Do(lambda x: x, lambda x: next(once)), torch.ones(2, 2))),
        *[said(lambda value=value: assigned_halves(value)) for value in lists],
    ]


# ---------------------------------------------------------------- ready-made


@program
def orthogonal(torch):
    made = torch.nn.utils.parametrizations
    seen = []
    for sizes in ((3, 3), (3, 5), (5, 3)):
        for way in (None, "matrix_exp", "cayley", "householder"):
            for trivial in (True, False):
                m = layer(torch, *sizes, bias=False).double()
                made.orthogonal(m, "weight", way, use_trivialization=trivial)
                x = torch.linspace(-1, 2, 2 * sizes[0], dtype=torch.float64).reshape(2, sizes[0])
                (m(x) - 1).square().sum().backward()
                start = m.weight.detach()
                optimizer = torch.optim.SGD(m.parameters(), lr=0.1)
                optimizer.step()
                q = m.weight.detach()
                tall = q if q.size(0) >= q.size(1) else q.mT
                seen.append((sizes, way, trivial, names(m), start, m.parametrizations.weight.original.grad, q))
                assert torch.allclose(tall.mT @ tall, torch.eye(tall.size(1), dtype=q.dtype))
    return seen


@program
def assigning_orthogonal_matrices(torch):
    made = torch.nn.utils.parametrizations
    m = made.orthogonal(layer(torch, 2, 2))
    m.weight = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    first = m.weight
    m.weight = torch.tensor([[1.0, 1.0], [1.0, 2.0]])
    house = made.orthogonal(layer(torch, 2, 3), orthogonal_map="householder", use_trivialization=False)
    house.weight = torch.tensor([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    exp = made.orthogonal(layer(torch, 2, 2), use_trivialization=False)
    return [
        first,
        m.weight,
        house.weight,
        house.parametrizations.weight.original,
        said(lambda: setattr(exp, "weight", torch.eye(2))),
        said(lambda: setattr(m, "weight", torch.eye(3))),
        said(lambda: made.orthogonal(torch.nn.Linear(2, 2), "bias")),
        said(lambda: made.orthogonal(torch.nn.Linear(2, 2), "nothing")),
        said(lambda: made.orthogonal(torch.nn.Linear(2, 2), orthogonal_map="qr")),
    ]


@program
def weight_norm(torch):
    seen = []
    x = torch.linspace(-1, 1, 8).reshape(2, 4)
    for dim in (0, 1, None):
        m = torch.nn.utils.parametrizations.weight_norm(layer(torch, 4, 3), dim=dim)
        m(x).square().sum().backward()
        seen.append((repr(m), names(m), m.weight, [p.grad for p in m.parameters()]))
        m.weight = torch.ones(3, 4)
        seen.append((m.state_dict(), m(x)))
    old = {"weight_g": torch.ones(3, 1) * 2, "weight_v": torch.ones(3, 4), "bias": torch.zeros(3)}
    m = torch.nn.utils.parametrizations.weight_norm(layer(torch, 4, 3))
    seen.append((repr(m.load_state_dict(old)), m.weight))
    torch.nn.utils.parametrize.remove_parametrizations(m, "weight")
    return seen, m.weight, type(m).__name__


@program
def spectral_norm(torch):
    seen = []
    made = torch.nn.utils.parametrizations
    x = torch.linspace(-1, 1, 8).reshape(2, 4)
    for options in ({}, {"n_power_iterations": 3}, {"dim": 1}, {"dim": -1}, {"eps": 0.5}):
        m = made.spectral_norm(layer(torch, 4, 3), **options)
        (m(x).square().sum() + m(2 * x).sum()).backward()
        seen.append((repr(m), names(m), m.state_dict(), [p.grad for p in m.parameters()]))
        m.eval()
        seen.append((m(x), m.weight))
    m = made.spectral_norm(layer(torch, 4, 3), "bias")
    return [
        *seen,
        m.bias,
        names(m),
        said(lambda: made.spectral_norm(torch.nn.Linear(1, 1), dim=5)),
        said(lambda: made.spectral_norm(torch.nn.Linear(1, 1), n_power_iterations=0)),
        said(lambda: made.spectral_norm(torch.nn.Linear(1, 1), "nothing")),
    ]


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same_on_both(PROGRAMS[name], rtol=1e-4)


def test_a_copy_keeps_its_parametrization_when_the_first_loses_its_own():
    """In PyTorch the two share a class, and the copy breaks."""
    import edutorch

    t = tools(edutorch)
    m = layer(edutorch, 2, 2)
    t.from_module.register_parametrization(m, "weight", t.Symmetric())
    twin = copy.deepcopy(m)
    t.from_module.remove_parametrizations(m, "weight")
    assert twin.weight.tolist() == m.weight.tolist()
    assert t.from_module.is_parametrized(twin)
