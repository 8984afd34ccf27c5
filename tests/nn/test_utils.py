"""`nn.utils`: clipping, parameter vectors, weight and spectral normalization by hooks."""

from __future__ import annotations

import copy
import math

import pytest

import edutorch
from tests.twins import Programs, said, same_on_both

torch = pytest.importorskip("torch")
program = PROGRAMS = Programs()


def with_gradients(torch):
    """Parameters of several shapes and dtypes with gradients, and one without."""
    torch.manual_seed(0)
    made = [torch.nn.Parameter(torch.zeros(*shape)) for shape in ((3, 4), (5,), (), (0, 2))]
    made.append(torch.nn.Parameter(torch.zeros(2, dtype=torch.float64)))
    for p in made:
        p.grad = torch.randn(p.shape, dtype=p.dtype) * 3
    return [*made, torch.nn.Parameter(torch.zeros(3))]


# ---------------------------------------------------------------- clipping


@pytest.mark.parametrize("norm", [2, 2.0, 1, 3.5, 0, math.inf, "inf", -math.inf])
@pytest.mark.parametrize("limit", [0.5, 1, 1000.0])
def test_clipping_by_norm(norm, limit):
    def program(torch):
        parameters = [p for p in with_gradients(torch) if p.grad is None or p.grad.numel()]
        grads = [p.grad for p in parameters]
        total = torch.nn.utils.clip_grad_norm_(parameters, limit, norm_type=norm)
        same = [p.grad is g for p, g in zip(parameters, grads)]  # noqa: B905
        return total, [p.grad for p in parameters], same

    same_on_both(program, rtol=1e-6)


@program
def clipping(torch):
    utils = torch.nn.utils
    p = torch.nn.Parameter(torch.ones(2))
    seen = [utils.clip_grad_norm_(p, 1.0)]
    p.grad = torch.tensor([3.0, 4.0])
    seen += [utils.clip_grad_norm_(p, 1.0), p.grad, p.grad.requires_grad]
    seen += [utils.clip_grad_norm_((q for q in [p]), 0.5), p.grad]
    seen += [utils.clip_grad_norm_([], 1.0), utils.clip_grad_norm_([p], 1.0, foreach=True)]
    seen += [utils.get_total_norm([p.grad, p.grad]), utils.get_total_norm(p.grad, math.inf), utils.get_total_norm([])]
    seen += [utils.clip_grads_with_norm_(p, 1.0, torch.tensor(10.0)), p.grad]
    summed = torch.nn.Parameter(torch.ones(3))
    summed.sum().backward()
    seen += [utils.clip_grad_norm_([summed], 1.0), summed.grad]
    half = torch.nn.Parameter(torch.ones(3).half())
    half.grad = torch.ones(3).half() * 2
    seen += [utils.clip_grad_norm_([half], 1.0), half.grad]
    bfloat = torch.nn.Parameter(torch.ones(3).bfloat16())
    bfloat.grad = torch.ones(3).bfloat16() * 2
    seen += [utils.clip_grad_norm_([bfloat, p], 1.0), bfloat.grad, p.grad]
    return seen


@program
def clipping_is_a_write(torch):
    p = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    p.square().sum().backward()
    y = p.grad * torch.ones(2, requires_grad=True)
    before = p.grad._version
    torch.nn.utils.clip_grad_norm_([p], 1.0)
    return p.grad._version > before, said(lambda: y.sum().backward())[0]


@program
def gradients_that_are_not_finite(torch):
    p = torch.nn.Parameter(torch.ones(3))
    seen = []
    for value in (math.inf, math.nan):
        for norm in (2.0, math.inf):
            p.grad = torch.tensor([1.0, value, 2.0])
            seen.append(said(lambda norm=norm: torch.nn.utils.clip_grad_norm_([p], 1.0, norm, error_if_nonfinite=True)))
            seen.append((torch.nn.utils.clip_grad_norm_([p], 1.0, norm), p.grad))
    return seen


@program
def clipping_by_value(torch):
    parameters = with_gradients(torch)
    kept = [p.grad for p in parameters]
    torch.nn.utils.clip_grad_value_(parameters, 1)
    torch.nn.utils.clip_grad_value_(parameters[0], 0.25)
    torch.nn.utils.clip_grad_value_((p for p in parameters), clip_value=0.75)
    return [p.grad for p in parameters], [p.grad is g for p, g in zip(parameters, kept)]  # noqa: B905


def test_clipping_warns():
    def program(torch):
        p = torch.nn.Parameter(torch.ones(2))
        p.grad = torch.tensor([3.0, 4.0])
        return torch.nn.utils.clip_grad_norm([p], 1.0), p.grad, torch.nn.utils.clip_grad_norm_((q for q in []), 1.0)

    same_on_both(program, compare_warnings=True)


# ---------------------------------------------------------------- vectors


@program
def vectors(torch):
    torch.manual_seed(0)
    m = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    utils = torch.nn.utils
    vector = utils.parameters_to_vector(m.parameters())
    vector.square().sum().backward()
    weight = m[0].weight
    new = torch.arange(13.0)
    utils.vector_to_parameters(new, m.parameters())
    with torch.no_grad():
        new[0] = 100.0
    return (
        vector,
        [p.grad for p in m.parameters()],
        list(m.parameters()),
        m[0].weight is weight,
        m(torch.ones(1, 2)),
        said(lambda: utils.vector_to_parameters([1.0], m.parameters())),
        said(lambda: utils.vector_to_parameters(torch.ones(3), m.parameters()))[0],
    )


@program
def skipping_initial_values(torch):
    torch.manual_seed(0)
    m = torch.nn.utils.skip_init(torch.nn.Linear, 2, 3, bias=False)
    return (
        repr(m),
        m.weight.shape,
        m.weight.requires_grad,
        torch.rand(2),
        said(lambda: torch.nn.utils.skip_init(dict)),
        said(lambda: torch.nn.utils.skip_init(torch.nn.ReLU)),
    )


# ---------------------------------------------------------------- weight norm

WEIGHT_NORM_IS_OLD = "ignore:.torch.nn.utils.weight_norm. is deprecated:FutureWarning"


def layer(torch, *sizes):
    torch.manual_seed(1)
    return torch.nn.Linear(*sizes)


def descend(torch, m, x, steps=3):
    optimizer = torch.optim.SGD(m.parameters(), lr=0.1)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = m(x).square().sum()
        loss.backward()
        optimizer.step()
        losses.append(loss)
    return losses


@program
def weight_norm(torch):
    seen = []
    x = torch.linspace(-1, 1, 8).reshape(2, 4)
    for dim in (0, 1, None, -1):
        m = torch.nn.utils.weight_norm(layer(torch, 4, 3), dim=dim)
        seen.append((list(m.state_dict()), m.weight_g, m.weight_v, m.weight, repr(m), m(x)))
        seen.append((descend(torch, m, x), m.state_dict()))
        m(x)
        torch.nn.utils.remove_weight_norm(m)
        seen.append((list(m.state_dict()), m.weight, type(m.weight).__name__, m(x), len(m._forward_pre_hooks)))
    return seen


@program
def weight_norm_of_more_dimensions(torch):
    class Cube(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.w = torch.nn.Parameter(torch.randn(2, 3, 4))

        def forward(self, x):
            return (self.w * x).sum()

    seen = []
    for dim in (0, 1, 2):
        m = torch.nn.utils.weight_norm(Cube(), name="w", dim=dim)
        m(torch.arange(24.0).reshape(2, 3, 4)).backward()
        seen.append((m.w_g, m.w, m.w_g.grad, m.w_v.grad))
    return seen


@program
def weight_norm_refuses(torch):
    m = torch.nn.utils.weight_norm(layer(torch, 2, 2))
    return [
        said(lambda: torch.nn.utils.weight_norm(m)),
        said(lambda: torch.nn.utils.remove_weight_norm(m, "bias")),
        said(lambda: torch.nn.utils.weight_norm(torch.nn.ReLU()))[0],
    ]


# ---------------------------------------------------------------- spectral norm


@program
def spectral_norm(torch):
    seen = []
    x = torch.linspace(-1, 1, 8).double().reshape(2, 4)
    for options in ({}, {"n_power_iterations": 5}, {"dim": 1}, {"eps": 0.5}):
        m = torch.nn.utils.spectral_norm(layer(torch, 4, 3).double(), **options)
        seen.append((list(m.state_dict()), m.weight_u, m.weight_v, m.weight, type(m.weight).__name__, repr(m)))
        seen.append((m(x), m.weight, m.weight_u, m.weight_v))
        seen.append((descend(torch, m, x), m.state_dict(), dict(m.state_dict()._metadata)))
        m.eval()
        first = m(x)
        seen.append((first, m(x), m.weight_u))
        torch.nn.utils.remove_spectral_norm(m)
        seen.append((list(m.state_dict()), m.weight, m.weight.requires_grad, m(x)))
        seen.append((len(m._forward_pre_hooks), len(m._state_dict_hooks)))
    return seen


@program
def spectral_norm_loads(torch):
    a = torch.nn.utils.spectral_norm(layer(torch, 3, 4))
    torch.manual_seed(9)
    b = torch.nn.utils.spectral_norm(torch.nn.Linear(3, 4))
    first = repr(b.load_state_dict(a.state_dict())), b.weight_v
    plain = dict(a.state_dict())
    second = repr(b.load_state_dict(plain))
    old = {"weight_orig": a.weight_orig.detach() * 1, "weight": a.weight.detach() / 2, "bias": a.bias.detach()}
    old["weight_u"] = a.weight_u.clone()
    third = repr(b.load_state_dict(old)), b.weight_v
    fourth = said(lambda: b.load_state_dict({"bias": a.bias.detach()}))
    return first, second, third, fourth[0]


@program
def two_passes_before_one_backward(torch):
    m = torch.nn.utils.spectral_norm(layer(torch, 4, 3))
    x = torch.linspace(-1, 1, 8).reshape(2, 4)
    (m(x).sum() + m(x * 2).square().sum()).backward()
    return m.weight_orig.grad


@program
def spectral_norm_refuses(torch):
    m = torch.nn.utils.spectral_norm(layer(torch, 2, 2))
    empty = torch.nn.Module()
    empty.register_parameter("weight", None)
    return [
        said(lambda: torch.nn.utils.spectral_norm(m)),
        said(lambda: torch.nn.utils.spectral_norm(layer(torch, 2, 2), n_power_iterations=0)),
        said(lambda: torch.nn.utils.spectral_norm(empty)),
        said(lambda: torch.nn.utils.remove_spectral_norm(m, "bias")),
    ]


@program
def copies(torch):
    m = torch.nn.utils.spectral_norm(layer(torch, 4, 3))
    x = torch.ones(1, 4)
    twin = copy.deepcopy(m)
    with torch.no_grad():
        twin.weight_orig.mul_(2)
        twin.bias.add_(1)
    return m(x), twin(x), m.weight_u, twin.weight_u


@pytest.mark.filterwarnings(WEIGHT_NORM_IS_OLD)
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same_on_both(PROGRAMS[name], rtol=1e-4)


def test_weight_norm_is_deprecated():
    same_on_both(lambda torch: torch.nn.utils.weight_norm(layer(torch, 2, 2)).weight_g, compare_warnings=True)


def test_transposed_convolutions_count_outputs_along_their_second_dimension():
    m = edutorch.nn.utils.spectral_norm(edutorch.nn.ConvTranspose2d(3, 5, 2))
    assert tuple(m.weight_u.shape) == (5,)
