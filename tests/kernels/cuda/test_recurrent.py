"""LSTM, GRU and simple recurrent networks by their kernels, against their pages in float64."""

import pytest

import edutorch as torch
from edutorch import nn

from .against_the_page import DTYPES, compare, compare_twice, host, moved, numbers, passes

KINDS = {"lstm": (torch.lstm, 4), "gru": (torch.gru, 3), "tanh": (torch.rnn_tanh, 1), "relu": (torch.rnn_relu, 1)}
SIZES = [(3, 2, 4, 5), (1, 1, 1, 1), (5, 3, 7, 33)]  # steps, sequences, features, units


@pytest.fixture(autouse=True)
def exact_products(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


def tensors_of(kind, steps, batch, features, units, directions=1, biases=True):
    gates = KINDS[kind][1]
    shapes = [(steps, batch, features)] + [(directions, batch, units)] * (2 if kind == "lstm" else 1)
    for _ in range(directions):
        shapes += [(gates * units, features), (gates * units, units)] + [(gates * units,)] * (2 * biases)
    return [numbers(*shape, salt=i) / 2 for i, shape in enumerate(shapes)]


def runner(kind, biases=True, directions=1, sizes=None):
    """Return a function of input, states and parameters: all results of a layer as one vector."""

    def run(input, *rest):
        states = 2 if kind == "lstm" else 1
        hx, params = rest[:states], list(rest[states:])
        hx = tuple(hx) if states == 2 else hx[0]
        if sizes is None:
            found = KINDS[kind][0](input, hx, params, biases, 1, 0.0, True, directions == 2, False)
        else:
            packed, counts = input.reshape(-1, input.shape[2])[: sum(sizes)], torch.tensor(sizes)
            found = KINDS[kind][0](packed, counts, hx, params, biases, 1, 0.0, True, directions == 2)
        return torch.cat([t.reshape(-1) for t in found])

    return run


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_layers(kind, sizes, dtype, cuda):
    compare(runner(kind), tensors_of(kind, *sizes), cuda, dtype, None, factor=4)


@pytest.mark.parametrize("kind", KINDS)
def test_without_biases(kind, cuda):
    tensors = tensors_of(kind, 3, 2, 4, 5, biases=False)
    compare(runner(kind, biases=False), tensors, cuda, torch.float32, None, factor=4)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
@pytest.mark.parametrize("kind", KINDS)
def test_packed_sequences_in_both_directions(kind, dtype, cuda):
    tensors = tensors_of(kind, 4, 3, 2, 5, directions=2)
    compare(runner(kind, directions=2, sizes=[3, 2, 2, 1]), tensors, cuda, dtype, None, factor=4)


@pytest.mark.parametrize("kind", KINDS)
def test_two_operations_in_each_step(kind, cuda):
    asked = {}
    for steps in (4, 14):
        tensors = tensors_of(kind, steps, 2, 3, 5)
        _, forward, backward = passes(runner(kind), tensors, cuda, torch.float32)
        asked[steps] = [(found["launch"], found["library"]) for found in (forward, backward)]
        assert forward["sync"] == backward["sync"] == forward["copy"] == backward["copy"] == 0
    for few, many in zip(asked[4], asked[14], strict=True):
        assert [b - a for a, b in zip(few, many, strict=True)] == [10, 10]  # one launch and one product


@pytest.mark.parametrize("cut", ["rnn", "conv"])
def test_products_may_be_cut_to_ten_bits_as_for_cudnn(cut, cuda, monkeypatch):
    monkeypatch.setattr(getattr(torch.backends.cudnn, cut), "fp32_precision", "tf32")
    tensors = [t + 2**-12 for t in tensors_of("lstm", 3, 2, 4, 5)]
    exact = host(runner("lstm")(*moved(tensors, "cpu", torch.float32)))
    error = abs(host(runner("lstm")(*moved(tensors, cuda, torch.float32))) - exact).max()
    assert 1e-5 < error < 5e-3 if cut == "rnn" else error < 1e-6  # a convolution's switch is none of a network's


def test_some_gradients(cuda):
    tensors = moved(tensors_of("lstm", 3, 2, 4, 5), cuda, torch.float32)
    for t in tensors[:4]:
        t.requires_grad_(False)
    runner("lstm")(*tensors).sum().backward()
    assert [t.grad is not None for t in tensors] == [False] * 4 + [True] * 3


def test_a_projection_takes_the_pages_way(cuda):
    torch.manual_seed(0)
    lstm = nn.LSTM(4, 6, proj_size=3).double()
    x = numbers(5, 2, 4)
    expected = host(lstm(x)[0])
    assert abs(host(lstm.to(cuda)(x.to(cuda))[0]) - expected).max() < 1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_second_gradients(kind, cuda):
    compare_twice(runner(kind), tensors_of(kind, 2, 2, 3, 4), cuda)


@pytest.mark.parametrize("kind", KINDS)
def test_no_sequences(kind, cuda):
    tensors = moved(tensors_of(kind, 3, 0, 4, 5), cuda, torch.float32)
    assert runner(kind)(*tensors).numel() == 0


def test_layers_of_the_library(cuda):
    torch.manual_seed(0)
    x = numbers(7, 3, 4)
    for layer in (
        nn.LSTM(4, 5, num_layers=2, bidirectional=True, batch_first=True),
        nn.GRU(4, 5, num_layers=2, bias=False),
        nn.RNN(4, 5, nonlinearity="relu"),
    ):
        layer.double()
        expected = host(layer(x)[0])
        assert abs(host(layer.to(cuda)(x.to(cuda))[0]) - expected).max() < 1e-12


@pytest.mark.parametrize("lower", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU, nn.RNN])
def test_mixed_precision(layer, lower, cuda):
    """As cuDNN's networks under `torch.autocast("cuda")`: the layer runs in half precision, its weights remain."""
    torch.manual_seed(0)
    layer, x = layer(5, 7), numbers(6, 3, 5).float()
    for packed in (False, True):
        layer.cpu().zero_grad()
        data = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([6, 4, 1])) if packed else x
        expected = layer(data)[0]
        expected = expected.data if packed else expected
        expected.square().sum().backward()
        slopes = [host(p.grad) for p in layer.parameters()]
        layer.to(cuda).zero_grad()
        with torch.autocast("cuda", dtype=lower):
            found = layer(data.to(cuda))[0]
        found = found.data if packed else found
        assert found.dtype is lower
        found.float().square().sum().backward()
        assert abs(host(found) - host(expected)).max() < 0.02
        for p, slope in zip(layer.parameters(), slopes, strict=True):
            assert p.grad.dtype is torch.float32
            assert abs(host(p.grad) - slope).max() < 0.03 * abs(slope).max()
