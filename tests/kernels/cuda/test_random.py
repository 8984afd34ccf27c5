"""Random numbers drawn on the device: Philox by its inventors' numbers, the same words everywhere, statistics."""

import math

import numpy as np
import pytest

import edutorch as torch
from edutorch import nn
from edutorch.streams.philox import Philox, philox
from tests.fake_cuda import counted

from .against_the_page import DTYPES, host

F = nn.functional
SIZES = [0, 1, 2, 3, 5, 8, 1027]

# Known answers, published by the paper's authors with their library Random123 (kat_vectors, philox4x32 with 10 rounds).
KNOWN = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],  # the digits of pi
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_known_answers(counter, key, words):
    assert philox(np.array([counter], np.uint64), key)[0].tolist() == words


def seeded(cuda, seed, offset=0):
    """Let the device's generator and a stream in NumPy stand at the same place; returns the stream."""
    stream = Philox().manual_seed(seed)
    stream.offset = offset
    torch.cuda.set_rng_state(torch.tensor(stream.get_state()), cuda)
    return stream


def words_of(cuda, count):
    return [round(x * 2**24) for x in torch.rand(count, device=cuda).tolist()]


def test_known_answers_on_the_device(cuda):
    seeded(cuda, 0)
    assert words_of(cuda, 4) == [word % 2**24 for word in KNOWN[0][2]]


@pytest.mark.parametrize("offset", [0, 4, 2**34 - 4, 2**63 - 400])
@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**64 - 1, 0x299F31D0A4093822])
def test_the_device_has_the_words_of_numpy(seed, offset, cuda):
    stream = seeded(cuda, seed, offset)
    assert words_of(cuda, 13) == (stream.words(13) % 2**24).tolist()
    assert torch.cuda.get_rng_state(cuda).tolist() == stream.get_state().tolist()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_uniform_numbers(dtype, size, cuda):
    stream = seeded(cuda, 3)
    np.testing.assert_array_equal(host(torch.rand(size, device=cuda, dtype=dtype)), stream.uniform(size, dtype.numpy))
    x = torch.empty(size, device=cuda, dtype=dtype).uniform_(-2, 5)
    np.testing.assert_array_equal(host(x), stream.uniform(size, dtype.numpy, -2, 5).astype(np.float64))
    assert torch.cuda.get_rng_state(cuda).tolist() == stream.get_state().tolist()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_normal_numbers(dtype, size, cuda):
    stream = seeded(cuda, 4)
    x = host(torch.empty(size, device=cuda, dtype=dtype).normal_(1, 2))
    if dtype is torch.float64:
        u = stream.uniform(size + size % 2, np.float64).reshape(-1, 2)
        distance, direction = np.sqrt(-2 * np.log(1 - u[:, 0])), 2 * np.pi * u[:, 1]
    else:
        words = stream.words(size + size % 2).reshape(-1, 2)
        distance = np.sqrt(-2 * np.log((words[:, 0] + 0.5) / 2**32))
        direction = 2 * np.pi * (words[:, 1] % 2**24) / 2**24
    expected = 1 + 2 * np.stack([distance * np.cos(direction), distance * np.sin(direction)], axis=1).reshape(-1)[:size]
    error = {torch.float64: 1e-13, torch.float32: 1e-5, torch.float16: 2e-3, torch.bfloat16: 1.6e-2}[dtype]
    np.testing.assert_allclose(x, expected, rtol=error, atol=error)


@pytest.mark.parametrize("bounds", [(0, 1), (-3, 4), (0, 2**28 - 1), (0, 2**28), (-(2**63), 2**63 - 1)])
def test_whole_numbers(bounds, cuda):
    stream = seeded(cuda, 5)
    assert torch.randint(*bounds, (101,), device=cuda).tolist() == stream.integers(*bounds, 101).tolist()


@pytest.mark.parametrize("dtype", [d for d in torch.dtypes.ALL if d is not torch.bool])
def test_whole_numbers_of_all_dtypes(dtype, cuda):
    stream = seeded(cuda, 6)
    drawn = torch.randint(100, (9, 3), device=cuda, dtype=dtype)
    assert drawn.dtype is dtype
    assert host(drawn).tolist() == stream.integers(0, 100, (9, 3)).tolist()


def test_bounds_are_refused_in_pytorchs_words(cuda):
    oracle = pytest.importorskip("torch")
    for theirs, ours in (
        (lambda t: t.rand(3).uniform_(2, 1), lambda t: t.rand(3, device=cuda).uniform_(2, 1)),
        (lambda t: t.rand(3).normal_(0, -1), lambda t: t.rand(3, device=cuda).normal_(0, -1)),
        (lambda t: t.randint(3, 3, (2,)), lambda t: t.randint(3, 3, (2,), device=cuda)),
        (lambda t: t.rand(3).bernoulli_(1.5), lambda t: t.rand(3, device=cuda).bernoulli_(1.5)),
    ):
        with pytest.raises(RuntimeError) as expected:
            theirs(oracle)
        with pytest.raises(RuntimeError) as found:
            ours(torch)
        assert str(found.value).partition("\n")[0] == str(expected.value).partition("\n")[0]


@pytest.mark.parametrize("dtype", torch.dtypes.ALL)
def test_ones_and_zeros(dtype, cuda):
    stream = seeded(cuda, 7)
    drawn = torch.empty(1001, device=cuda, dtype=dtype).bernoulli_(0.3)
    assert host(drawn).tolist() == stream.chosen(0.3, 1001).tolist()


@pytest.mark.parametrize("dtype", DTYPES)
def test_ones_with_chances_of_their_own(dtype, cuda):
    stream = seeded(cuda, 8)
    chances = (torch.arange(600, dtype=torch.float64) / 600).to(cuda, dtype)
    expected = stream.bernoulli(chances.cpu().array).astype(np.float64)
    np.testing.assert_array_equal(host(torch.bernoulli(chances)), expected)
    seeded(cuda, 8)
    wide = torch.empty(600, device=cuda, dtype=torch.int16).bernoulli_(chances)
    np.testing.assert_array_equal(host(wide), expected)


def test_impossible_and_certain(cuda):
    assert not torch.empty(500, device=cuda).bernoulli_(0.0).any()
    assert torch.empty(500, device=cuda).bernoulli_(1.0).all()
    assert torch.bernoulli(torch.ones(500, device=cuda)).all()


def test_an_element_gets_its_number_by_its_position(cuda):
    seeded(cuda, 9)
    whole = torch.rand(6, 5, device=cuda)
    seeded(cuda, 9)
    assert torch.equal(torch.empty(5, 6, device=cuda).mT.uniform_(), whole)  # not by its place in memory
    seeded(cuda, 9)
    assert torch.rand(30000, device=cuda)[:30].tolist() == whole.reshape(-1).tolist()  # nor by the launch's size


def test_one_launch_and_no_copy(cuda):
    x = torch.rand(1000, device=cuda)
    for draw in (
        lambda: torch.rand(1000, device=cuda),
        lambda: torch.randn(1000, device=cuda),
        lambda: torch.randint(9, (1000,), device=cuda),
        lambda: x.normal_(),
        lambda: x.bernoulli_(),
        lambda: torch.bernoulli(x),
    ):
        with counted() as found:
            draw()
        assert (found["launch"], found["copy"], found["sync"]) == (1, 0, 0)


# ---------------------------------------------------------------- the state


def test_the_state_is_seed_and_offset(cuda):
    torch.manual_seed(17)
    torch.rand(10, device=cuda)
    state = torch.cuda.get_rng_state()
    assert np.frombuffer(state.numpy().tobytes(), np.uint64).tolist() == [17, 12]
    later = torch.randn(3, device=cuda).tolist()
    torch.cuda.set_rng_state(state)
    assert torch.randn(3, device=cuda).tolist() == later
    with pytest.raises(RuntimeError, match=r"^RNG state is wrong size"):
        torch.cuda.set_rng_state(torch.get_rng_state())
    with pytest.raises(RuntimeError, match=r"^offset must be a multiple of 4"):
        torch.cuda.set_rng_state(torch.tensor(np.array([17, 2], np.uint64).view(np.uint8)))


def test_seeds_and_forks(cuda):
    torch.manual_seed(3)
    first = torch.rand(3, device=cuda).tolist()
    here = torch.cuda.get_rng_state()
    with torch.random.fork_rng():
        torch.manual_seed(99)
        torch.rand(3, device=cuda)
    assert torch.equal(torch.cuda.get_rng_state(), here)
    torch.cuda.manual_seed(3)
    assert torch.rand(3, device=cuda).tolist() == first
    g = torch.Generator(cuda).manual_seed(3)
    other = g.clone_state()
    assert torch.rand(3, device=cuda, generator=g).tolist() == first
    assert torch.rand(3, device=cuda, generator=other).tolist() == first
    assert torch.rand(3, device=cuda, generator=g).tolist() != first


def test_a_cpu_generator_is_not_touched(cuda):
    here = torch.get_rng_state()
    torch.rand(3, device=cuda)
    torch.randperm(3, device=cuda)
    assert torch.equal(torch.get_rng_state(), here)


def test_a_graph_draws_what_would_be_drawn_without(cuda):
    def work():
        return torch.rand(8, device=cuda), F.dropout(torch.ones(6, device=cuda), 0.5)

    def numbers_of(results):
        return [t.tolist() for t in results]

    torch.manual_seed(5)
    expected = [numbers_of(work()) for _ in range(5)]
    seeds = torch.cuda.manual_seed, lambda seed: torch.cuda.set_rng_state(state), torch.manual_seed
    torch.manual_seed(5)
    state = torch.cuda.get_rng_state()
    torch.rand(1, device=cuda)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        results = work()
    for start in seeds:
        torch.cuda.manual_seed(99)
        work()
        start(5)
        for i in range(5):
            if i % 2:  # and others, meanwhile, draw what is theirs
                assert numbers_of(work()) == expected[i]
            else:
                graph.replay()
                assert numbers_of(results) == expected[i]


def test_what_has_no_kernel_is_drawn_from_the_same_words(cuda):
    stream = seeded(cuda, 11)
    assert torch.randperm(50, device=cuda).tolist() == stream.permutation(50).tolist()
    waits = torch.empty(5, device=cuda).exponential_(2.0)
    np.testing.assert_array_equal(host(waits), stream.exponential(5, np.float32, 2.0).astype(np.float64))
    drawn = torch.multinomial(torch.tensor([0.0, 1.0, 2.0], device=cuda), 2)
    assert drawn.tolist() == stream.multinomial(np.array([0, 1, 2], np.float32), 2).tolist()
    torch.normal(torch.zeros(3, device=cuda), 1.0), torch.poisson(torch.ones(3, device=cuda))
    torch.empty(3, device=cuda).log_normal_(), torch.empty(3, device=cuda).random_()
    assert torch.cuda.get_rng_state(cuda)[:8].tolist() == [11, 0, 0, 0, 0, 0, 0, 0]


# ---------------------------------------------------------------- statistics, with fixed seeds


def moments(x, mean, variance, fourth):
    """Assert that mean and variance lie within 5 standard errors; `fourth` is the fourth central moment."""
    n = x.size
    assert abs(x.mean() - mean) < 5 * math.sqrt(variance / n)
    assert abs(x.var() - variance) < 5 * math.sqrt((fourth - variance**2) / n)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_statistics_of_uniform_and_normal_numbers(dtype, cuda):
    torch.manual_seed(1)
    x = host(torch.rand(40_000, device=cuda, dtype=dtype))
    assert 0 <= x.min() < 1e-3
    assert 1 - 1e-3 < x.max() < 1
    moments(x, 1 / 2, 1 / 12, 1 / 80)
    counts = np.histogram(x, 100, (0, 1))[0]
    assert 57 < ((counts - 400) ** 2 / 400).sum() < 158  # chi-squared with 99 degrees of freedom, 0.0002 to 0.9998
    z = host(torch.randn(40_000, device=cuda, dtype=dtype))
    moments(z, 0, 1, 3)
    assert abs((z**4).mean() - 3) < 5 * math.sqrt(96 / z.size)
    assert abs(np.corrcoef(z[:-1], z[1:])[0, 1]) < 5 / math.sqrt(z.size)  # the two of a pair are strangers
    assert abs(np.corrcoef(z[::2] ** 2, z[1::2] ** 2)[0, 1]) < 5 / math.sqrt(z.size / 2)
    assert abs((np.abs(z) > 2).mean() - 0.0455) < 5 * math.sqrt(0.0455 / z.size)


def test_statistics_of_whole_numbers_and_choices(cuda):
    torch.manual_seed(2)
    counts = np.bincount(torch.randint(10, (20_000,), device=cuda).cpu().numpy(), minlength=10)
    assert 0.6 < ((counts - 2000) ** 2 / 2000).sum() < 32
    for p in (0.01, 0.5, 0.9):
        ones = host(torch.empty(20_000, device=cuda).bernoulli_(p))
        assert abs(ones.mean() - p) < 5 * math.sqrt(p * (1 - p) / ones.size)
    a, b = torch.rand(20_000, device=cuda), torch.rand(20_000, device=cuda)
    assert abs(np.corrcoef(host(a), host(b))[0, 1]) < 5 / math.sqrt(20_000)


# ---------------------------------------------------------------- dropout


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(7,), (33, 31), (2, 3, 4)])
def test_dropout(shape, dtype, cuda):
    stream = seeded(cuda, 12)
    x = (torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape) / 64 + 1).to(cuda, dtype).requires_grad_()
    torch.rand(4, device=cuda), stream.words(4)  # the first draw brings the seed to the device
    with counted() as forward:
        y = F.dropout(x, 0.25)
    with counted() as backward:
        y.backward(x.detach())
    assert (forward["launch"], backward["launch"], forward["copy"], forward["sync"]) == (1, 1, 0, 0)
    scale = float(np.asarray(1 / 0.75, np.float64 if dtype is torch.float64 else np.float32).astype(dtype.numpy))
    kept = stream.chosen(0.75, x.numel()).reshape(shape)
    wide = np.float64 if dtype is torch.float64 else np.float32
    expected = np.where(kept, (host(x).astype(wide) * wide(scale)).astype(dtype.numpy), 0)
    np.testing.assert_array_equal(host(y), expected.astype(np.float64))
    np.testing.assert_array_equal(host(x.grad), expected.astype(np.float64))
    assert y.dtype is x.grad.dtype is dtype
    assert y.grad_fn.name() == "NativeDropoutBackward0"


def test_dropout_keeps_the_mean(cuda):
    torch.manual_seed(0)
    y = host(F.dropout(torch.ones(20_000, device=cuda), 0.2))
    assert set(y.tolist()) == {0.0, 1.25}
    assert abs((y == 0).mean() - 0.2) < 5 * math.sqrt(0.16 / y.size)


def test_dropout_of_views_and_of_nothing(cuda):
    torch.manual_seed(1)
    x = torch.arange(1.0, 13.0, device=cuda).reshape(3, 4).mT.requires_grad_()
    y = F.dropout(x, 0.5)
    y.sum().backward()
    assert torch.equal(y, x * x.grad)
    assert set(x.grad.reshape(-1).tolist()) == {0.0, 2.0}
    assert F.dropout(torch.empty(0, 3, device=cuda), 0.5).shape == (0, 3)
    assert not F.dropout(x, 1.0).any()
    assert F.dropout(x, 0.5, training=False) is x


def test_second_gradients_of_dropout(cuda):
    x = torch.arange(1.0, 9.0, device=cuda, dtype=torch.float64).requires_grad_()
    y = F.dropout(x, 0.5)
    (first,) = torch.autograd.grad((y * y).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert set(second.tolist()) == {0.0, 8.0}
    np.testing.assert_allclose(host(first), host(second) * host(x))


def test_other_kinds_of_dropout(cuda):
    torch.manual_seed(2)
    x = torch.ones(4, 6, 3, 3, device=cuda)
    channels = F.dropout2d(x, 0.5).reshape(24, 9)
    assert all(len(set(row)) == 1 for row in channels.tolist())
    assert set(channels.reshape(-1).tolist()) == {0.0, 2.0}
    z = host(F.alpha_dropout(torch.randn(20_000, device=cuda), 0.1, training=True))
    assert abs(z.mean()) < 0.05
    assert abs(z.std() - 1) < 0.05
    t = torch.ones(1000, device=cuda)
    assert 350 < F.dropout(t, 0.5, inplace=True).count_nonzero().item() < 650
    assert set(t.tolist()) == {0.0, 2.0}
