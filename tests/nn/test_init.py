"""`nn.init`: the same numbers as PyTorch's, from the same stream."""

from __future__ import annotations

import math

import pytest

from tests.twins import same_on_both

pytest.importorskip("torch")

SHAPES = [(3, 5), (20, 30), (4, 3, 5, 5), (7, 2, 3)]
FILLS = {
    "uniform_": [{}, {"a": -2.0, "b": 3.0}],
    "normal_": [{}, {"mean": 2.0, "std": 0.1}],
    "xavier_uniform_": [{}, {"gain": 2.0}],
    "xavier_normal_": [{}, {"gain": 0.5}],
    "kaiming_uniform_": [
        {},
        {"a": math.sqrt(5)},
        {"mode": "fan_out", "nonlinearity": "relu"},
        {"nonlinearity": "tanh"},
    ],
    "kaiming_normal_": [{}, {"mode": "fan_out"}, {"nonlinearity": "relu"}, {"nonlinearity": "selu"}],
    "zeros_": [{}],
    "ones_": [{}],
    "trunc_normal_": [
        {},
        {"std": 0.02},
        {"mean": 1.0, "a": 0.0, "b": 1.5},
        {"mean": 0.0, "std": 2.0, "a": 0.5, "b": 1.0},
        {"mean": 1.5, "std": 0.5, "a": 2.3, "b": 3.0},
    ],
    "orthogonal_": [{}, {"gain": 0.5}],
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", FILLS)
def test_fill(name, shape, dtype):
    def program(torch):
        torch.manual_seed(5)
        filled = []
        for options in FILLS[name]:
            t = torch.empty(*shape, dtype=getattr(torch, dtype), requires_grad=True)
            assert getattr(torch.nn.init, name)(t, **options) is t
            filled.append(t)
        return filled, torch.rand(1)

    same_on_both(program, rtol=0 if "uniform" in name else 1e-4 if name == "orthogonal_" else 1e-6)


def test_constant_and_eye():
    def program(torch):
        init = torch.nn.init
        return init.constant_(torch.empty(2, 2), 3.5), init.eye_(torch.empty(2, 3)), init.eye_(torch.empty(3, 2))

    same_on_both(program)


def test_a_generator_of_ones_own():
    def program(torch):
        made = []
        for name in ("uniform_", "normal_", "xavier_uniform_", "kaiming_normal_", "trunc_normal_", "orthogonal_"):
            generator = torch.Generator().manual_seed(3)
            made.append(getattr(torch.nn.init, name)(torch.empty(4, 5), generator=generator))
        return made

    same_on_both(program, rtol=1e-4)


def test_dirac_and_sparse():
    def program(torch):
        torch.manual_seed(3)
        init = torch.nn.init
        shapes = [((3, 3, 3), 1), ((4, 2, 3, 3), 2), ((2, 5, 2, 3, 4), 1), ((6, 2, 3), 3)]
        return (
            [init.dirac_(torch.empty(*shape), groups=groups) for shape, groups in shapes],
            [init.sparse_(torch.empty(10, 4), sparsity, std) for sparsity, std in ((0.1, 1.0), (0.55, 0.1), (1, 1.0))],
            torch.rand(1),
        )

    same_on_both(program)


def test_all_names_are_there():
    import torch

    import edutorch

    assert edutorch.nn.init.__all__ == torch.nn.init.__all__


def test_warnings():
    def program(torch):
        torch.manual_seed(3)
        init = torch.nn.init
        w = torch.empty(3, 4)
        old = (init.uniform, init.normal, init.xavier_uniform, init.xavier_normal, init.kaiming_uniform)
        filled = [f(w).clone() for f in (*old, init.kaiming_normal, init.orthogonal, init.eye)]
        filled += [init.constant(w, 3.0).clone(), init.dirac(torch.empty(2, 2, 3)), init.sparse(w, 0.5)]
        far = init.trunc_normal_(torch.empty(5), mean=5.0, std=1.0, a=-1.0, b=1.0)
        return filled, far, init.orthogonal_(torch.empty(0, 3)), init.uniform.__name__

    same_on_both(program, compare_warnings=True, rtol=1e-4)


def test_gains():
    def program(torch):
        gain = torch.nn.init.calculate_gain
        names = ["linear", "conv1d", "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
        return [gain(name) for name in names], gain("leaky_relu", 0.3), gain("leaky_relu", 2)

    same_on_both(program)


REFUSED = [
    lambda torch, init: init.calculate_gain("gelu"),
    lambda torch, init: init.calculate_gain("leaky_relu", "x"),
    lambda torch, init: init.calculate_gain("leaky_relu", True),
    lambda torch, init: init.xavier_uniform_(torch.empty(3)),
    lambda torch, init: init.kaiming_normal_(torch.empty(3)),
    lambda torch, init: init.kaiming_uniform_(torch.empty(3, 3), mode="fan_all"),
    lambda torch, init: init.eye_(torch.empty(3)),
    lambda torch, init: init.dirac_(torch.empty(3, 3)),
    lambda torch, init: init.dirac_(torch.empty(4, 3, 3), groups=3),
    lambda torch, init: init.orthogonal_(torch.empty(3)),
    lambda torch, init: init.sparse_(torch.empty(3), 0.1),
]


@pytest.mark.parametrize("action", REFUSED)
def test_refusals(action):
    same_on_both(lambda torch: action(torch, torch.nn.init))


def test_empty_tensors_are_left_alone():
    same_on_both(lambda torch: torch.nn.init.kaiming_uniform_(torch.empty(0, 3)), compare_warnings=True)


def test_values_written_are_noticed():
    """Writing initial values is a write: a graph that saved the old ones refuses to go backward."""

    def program(torch):
        w = torch.ones(2, 2, requires_grad=True)
        y = (w * w).sum()
        torch.nn.init.zeros_(w)
        y.backward()

    same_on_both(program)
