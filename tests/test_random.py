"""Random tensors against PyTorch's: same seeds, same calls, same numbers; generators, states, gradients."""

import math
import warnings

import numpy as np
import pytest

import edutorch
from tests.streams_oracle import need_own_stream

torch = pytest.importorskip("torch", reason="no oracle: torch is not installed")
both = pytest.mark.parametrize("framework", [torch, edutorch], ids=["torch", "edutorch"])

# Each line is evaluated on both frameworks, under the name `torch`, after the same seed; `x` has four rows.
DRAWS = """
torch.rand(5)
torch.rand(2, 3)
torch.rand((2, 3))
torch.rand(size=[2, 3])
torch.rand(3, dtype=torch.float64)
torch.rand(40, dtype=torch.float16)
torch.rand(0)
torch.rand(())
torch.rand(2, requires_grad=True)
torch.rand(3, out=torch.zeros(3))
torch.randn(5)
torch.randn(2, 20)
torch.randn(33, dtype=torch.float64)
torch.randn(17, dtype=torch.bfloat16)
torch.randint(10, (7,))
torch.randint(3, 9, (2, 3))
torch.randint(low=-5, high=5, size=(4,))
torch.randint(high=3, size=(2,))
torch.randint(0, 2**40, (3,))
torch.randint(5, (6,), dtype=torch.float32)
torch.randint(-5, 5, (3, 4), dtype=torch.int8)
torch.randperm(0)
torch.randperm(1)
torch.randperm(100)
torch.randperm(10, dtype=torch.float32)
torch.rand_like(x)
torch.rand_like(x.t())
torch.rand_like(x, dtype=torch.float64)
torch.randn_like(x)
torch.randn_like(x.t())
torch.randn_like(x[:, ::2])
torch.randint_like(x, 10)
torch.randint_like(x.t(), 3, 10)
torch.randint_like(x, 10, dtype=torch.int64)
torch.normal(2.0, 3.0, (4, 5))
torch.normal(0, 1, size=(3,), dtype=torch.float64)
torch.normal(x)
torch.normal(x, 2.0)
torch.normal(2.0, x.abs())
torch.normal(x, x.abs())
torch.normal(x.t(), torch.ones(4))
torch.normal(mean=torch.zeros(4, 1), std=torch.ones(9))
torch.bernoulli(x.sigmoid())
torch.bernoulli(x.sigmoid().t())
torch.bernoulli(x.sigmoid().double())
torch.multinomial(x.abs(), 3)
torch.multinomial(x.abs().t(), 3)
torch.multinomial(x.abs(), 20, replacement=True)
torch.multinomial(x.abs()[0], 2, True)
torch.poisson(x.abs() * 3)
torch.poisson(torch.linspace(0, 100, 300))
x.clone().uniform_()
x.clone().uniform_(2, 3)
x.clone().uniform_(to=3)
x.clone().uniform_(**{"from": -1})
x.clone().t().uniform_()
x.clone().normal_(2, 3)
x.clone().t().normal_()
x.clone()[:, ::2].normal_()
x.clone().random_()
x.clone().random_(7)
x.clone().random_(-3, 7)
x.clone().random_(3, None)
x.clone().t().random_(to=7)
x.long().random_()
x.byte().random_()
x.bool().random_()
x.clone().bernoulli_()
x.clone().bernoulli_(0.2)
x.clone().bernoulli_(x.sigmoid())
x.clone().bernoulli_(torch.full((9,), 0.5))
x.clone().t().bernoulli_(x.sigmoid().t().contiguous())
x.clone().exponential_()
x.clone().t().exponential_(2)
x.clone().geometric_(0.3)
x.clone().cauchy_(1, 2)
x.clone().log_normal_(0, 0.5)
x.sigmoid().bernoulli()
x.sigmoid().multinomial(2)
""".strip().splitlines()

ERRORS = """
torch.rand(-1)
torch.rand(2, dtype=torch.int64)
torch.randn(2, dtype=torch.int64)
torch.rand_like(torch.ones(2).long())
torch.rand_like([1.0])
torch.randint(0, 0, (2,))
torch.randint(3, 2)
torch.randint(2.5, (2,))
torch.randperm(-1)
torch.randperm(2.5)
torch.normal(0.0, 1.0)
torch.normal(0.0, -1.0, (2,))
torch.normal(torch.zeros(2), -1.0)
torch.normal(torch.zeros(2), torch.tensor([1.0, -1.0]))
torch.normal(torch.zeros(2), torch.ones(3))
torch.normal(torch.zeros(2).long(), torch.ones(2))
torch.bernoulli(torch.tensor([2.0]))
torch.bernoulli(torch.tensor([1, 0]))
torch.bernoulli(torch.tensor([1.0, 0]), 1.5)
torch.multinomial(torch.tensor([1.0, 2]), 3)
torch.multinomial(torch.tensor([1, 2]), 2)
torch.multinomial(torch.zeros(2), 1)
torch.multinomial(torch.ones(2, 3, 4), 2)
torch.multinomial(torch.ones(2), 0)
torch.poisson(torch.tensor([-1.0]))
torch.ones(2).bernoulli_(2.0)
torch.ones(2).uniform_(2, 1)
torch.ones(2).uniform_(start=1)
torch.ones(2).long().uniform_()
torch.ones(2).long().normal_()
torch.ones(2).long().exponential_()
torch.ones(2).exponential_(-1)
torch.ones(2).geometric_(1.5)
torch.ones(2).cauchy_(0, -1)
torch.ones(2).log_normal_(0, -1)
torch.ones(2).random_(3, 1)
torch.ones(2, requires_grad=True).uniform_()
torch.ones(1, 3).expand(2, 3).normal_()
torch.manual_seed("a")
torch.manual_seed(2**64)
torch.Generator().manual_seed(2.5)
torch.Generator().set_state(torch.ones(3))
torch.Generator().set_state(torch.ones(3, dtype=torch.uint8))
""".strip().splitlines()


def evaluate(framework, line, seed=0):
    x = framework.tensor([[math.sin(3 * i + j) for j in range(9)] for i in range(4)])
    framework.manual_seed(seed)
    return eval(line, {"torch": framework, "x": x})


def assert_same_draw(got, expected, line):
    """The same shape, dtype, layout and numbers; where logarithms or sines come in, all but the last digit."""
    assert (repr(got.dtype), repr(got.shape)) == (repr(expected.dtype), repr(expected.shape))
    assert got.stride() == expected.stride()
    a, b = np.array(got.tolist()), np.array(expected.tolist())
    if any(name in line for name in ("normal", "randn", "cauchy", "exponential")):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)
    else:
        assert a.tolist() == b.tolist()


def need_streams(line):
    if "bernoulli_" in line:
        need_own_stream(torch, "bernoulli_")
    if "multinomial" in line or "exponential" in line:
        need_own_stream(torch, "exponential_")


@pytest.mark.parametrize("line", DRAWS)
def test_draws(line):
    need_streams(line)
    expected, got = evaluate(torch, line), evaluate(edutorch, line)
    assert_same_draw(got, expected, line)
    # Both took the same number of words: the next draws agree too.
    assert edutorch.rand(3).tolist() == torch.rand(3).tolist()


@pytest.mark.parametrize("line", ERRORS)
def test_errors(line):
    with pytest.raises(Exception) as expected:
        evaluate(torch, line)
    with pytest.raises(type(expected.value)) as got:
        evaluate(edutorch, line)
    first = [str(e.value).split("\n")[0].split(". ")[0].strip() for e in (got, expected)]
    assert first[0].rstrip(".") == first[1].rstrip(".")


# ---------------------------------------------------------------- generators and states


@both
def test_a_generator_is_a_stream_of_its_own(framework):
    framework.manual_seed(7)
    expected = framework.rand(4).tolist()
    framework.manual_seed(7)
    g = framework.Generator().manual_seed(3)
    framework.rand(10, generator=g)
    framework.zeros(5).normal_(generator=g)
    assert framework.rand(4).tolist() == expected


@pytest.mark.parametrize(
    "draw",
    [
        lambda m, g: m.rand(3, generator=g),
        lambda m, g: m.randn(3, generator=g),
        lambda m, g: m.randint(9, (3,), generator=g),
        lambda m, g: m.randperm(9, generator=g),
        lambda m, g: m.rand_like(m.ones(3), generator=g),
        lambda m, g: m.normal(0.0, 1.0, (3,), generator=g),
        lambda m, g: m.normal(m.zeros(3), 1.0, generator=g),
        lambda m, g: m.poisson(m.ones(3), generator=g),
        lambda m, g: m.zeros(3).uniform_(generator=g),
        lambda m, g: m.zeros(3).random_(9, generator=g),
        lambda m, g: m.zeros(3).geometric_(0.5, generator=g),
    ],
)
def test_every_draw_takes_a_generator(draw):
    a, b = torch.Generator().manual_seed(11), edutorch.Generator().manual_seed(11)
    first, second = draw(torch, a).tolist(), draw(edutorch, b).tolist()
    np.testing.assert_allclose(second, first, rtol=1e-6)
    np.testing.assert_allclose(draw(edutorch, b).tolist(), draw(torch, a).tolist(), rtol=1e-6)


def test_states_are_exchanged_with_pytorch():
    torch.manual_seed(5)
    torch.randn(3)  # leaves half a pair of normal numbers behind
    edutorch.set_rng_state(edutorch.tensor(torch.get_rng_state().tolist(), dtype=edutorch.uint8))
    np.testing.assert_allclose(edutorch.randn(3).tolist(), torch.randn(3).tolist(), rtol=1e-6)
    torch.set_rng_state(torch.tensor(edutorch.get_rng_state().tolist(), dtype=torch.uint8))
    assert torch.rand(700).tolist() == edutorch.rand(700).tolist()
    assert edutorch.get_rng_state().tolist() == torch.get_rng_state().tolist()


@both
def test_seeds(framework):
    assert framework.manual_seed(5) is framework.default_generator
    assert framework.initial_seed() == 5
    assert framework.manual_seed(-1).initial_seed() == 2**64 - 1
    assert framework.manual_seed(framework.tensor(3)).initial_seed() == 3
    assert framework.Generator().initial_seed() == 67280421310721
    assert framework.Generator("cpu").manual_seed(3).initial_seed() == 3
    assert repr(framework.Generator().device) == "device(type='cpu')"
    framework.seed()
    first = framework.rand(4).tolist()
    assert framework.seed() == framework.initial_seed()
    assert framework.rand(4).tolist() != first


@both
def test_state_round_trip(framework):
    state = framework.get_rng_state()
    assert (state.dtype, tuple(state.shape)) == (framework.uint8, (5056,))
    first = framework.rand(5).tolist()
    framework.set_rng_state(state)
    assert framework.rand(5).tolist() == first
    g = framework.Generator().manual_seed(1)
    assert g.set_state(g.get_state()) is g
    clone = g.clone_state()
    assert framework.rand(3, generator=g).tolist() == framework.rand(3, generator=clone).tolist()


@both
def test_fork_rng(framework):
    framework.manual_seed(0)
    expected = framework.rand(3).tolist()
    framework.manual_seed(0)
    with framework.random.fork_rng():
        framework.rand(100)
    with pytest.raises(KeyError), framework.random.fork_rng():
        framework.rand(100)
        raise KeyError
    assert framework.rand(3).tolist() == expected
    with framework.random.fork_rng(enabled=False):
        framework.rand(1)
    assert framework.rand(3).tolist() != expected


def test_importing_does_not_seed_the_same_every_time():
    a, b = edutorch.Generator(), edutorch.Generator()
    assert a.seed() != b.seed()


# ---------------------------------------------------------------- gradients, views, versions

FILLS = {
    "uniform_": (),
    "normal_": (),
    "random_": (),
    "random_ to": (3,),
    "random_ from to": (1, 3),
    "bernoulli_": (0.5,),
    "exponential_": (),
    "geometric_": (0.5,),
    "cauchy_": (),
    "log_normal_": (),
}


@pytest.mark.parametrize("name", FILLS)
def test_fills_cut_the_gradient(name):
    found = []
    for framework in (torch, edutorch):
        x = framework.ones(3, requires_grad=True)
        y = x * 2
        assert getattr(y, name.split()[0])(*FILLS[name]) is y
        (y * 3).sum().backward()
        found.append((y.grad_fn.name(), x.grad.tolist()))
    assert found[1] == found[0]


@pytest.mark.parametrize("name", ["bernoulli", "poisson", "normal"])
def test_draws_from_tracked_parameters_have_no_slope(name):
    found = []
    for framework in (torch, edutorch):
        x = framework.full((3,), 0.5, requires_grad=True)
        y = getattr(framework, name)(x)
        y.sum().backward()
        found.append((y.grad_fn.name(), x.grad.tolist()))
    assert found[1] == found[0]


def test_filling_a_view_of_a_tracked_tensor():
    found = []
    for framework in (torch, edutorch):
        framework.manual_seed(0)
        x = framework.ones(2, 3, requires_grad=True)
        y = x * 2
        y[0].uniform_()
        (y * y).sum().backward()
        found.append((y.tolist(), x.grad.tolist()))
    assert found[1] == found[0]


def test_fill_counts_as_a_write():
    for framework in (torch, edutorch):
        x = framework.ones(3, requires_grad=True)
        w = framework.ones(3)
        y = x * w
        version = w._version
        w.normal_()
        assert w._version == version + 1
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.sum().backward()


def test_the_mersenne_twister_is_the_default_generators():
    """A whole small program, twice: drawn in PyTorch and here, number for number."""

    def program(m):
        m.manual_seed(123)
        weights = m.empty(3, 4).uniform_(-0.5, 0.5)
        noise = m.randn(4)
        order = m.randperm(4)
        batch = m.randint(0, 4, (6,))
        return [*weights[order.sort().indices[0]].tolist(), *noise.tolist(), *order.tolist(), *batch.tolist()]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(program(edutorch), program(torch), rtol=1e-6)
