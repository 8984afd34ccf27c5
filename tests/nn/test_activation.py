"""Activations: random slopes, in-place forms, warnings, and what fits no table."""

import numpy as np
import pytest

from tests.streams_oracle import need_own_stream
from tests.twins import same_on_both


def test_renamed_limits_of_hardtanh():
    def program(torch):
        layer = torch.nn.Hardtanh(min_value=-2.0, max_value=0.5)
        return repr(layer), layer(torch.tensor([-3.0, 0.0, 1.0]))

    same_on_both(program, compare_warnings=True)


def test_softmax_without_a_dimension_warns():
    def program(torch):
        F, nn, found = torch.nn.functional, torch.nn, []
        for shape in ((3,), (2, 3), (2, 3, 4)):
            x = torch.arange(24.0)[: int(np.prod(shape))].reshape(shape)
            found += [
                F.softmax(x),
                F.softmin(x),
                F.log_softmax(x),
                nn.Softmax()(x),
                nn.Softmin()(x),
                nn.LogSoftmax()(x),
            ]
        return found

    same_on_both(program, compare_warnings=True)


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax(torch, hard):
    need_own_stream(torch, "exponential_")

    def program(torch):
        torch.manual_seed(0)
        x = torch.arange(12.0).reshape(3, 4).requires_grad_()
        y = torch.nn.functional.gumbel_softmax(x, 0.7, hard)
        return y, torch.autograd.grad(y.cos().sum(), x), torch.rand(1)

    same_on_both(program)


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_random_slopes(dtype):
    def program(torch):
        torch.manual_seed(0)
        x = torch.linspace(-3, 3, 12).to(getattr(torch, dtype)).reshape(3, 4).requires_grad_()
        y = torch.nn.functional.rrelu(x, 0.1, 0.4, training=True)
        z = torch.rrelu(x.t(), 0.1, 0.4, True)
        w = torch.nn.functional.rrelu_(x * 1, 0.2, 0.3, True)
        (grad,) = torch.autograd.grad((y * y).sum() + z.sum() + w.sum(), x)
        return y.double(), z.double(), w.double(), grad.double(), torch.rand(1)

    same_on_both(program, rtol=2e-2 if dtype == "bfloat16" else 1e-6)


@pytest.mark.parametrize(
    "name",
    ["relu", "relu6", "elu", "selu", "celu", "leaky_relu", "hardtanh", "hardswish", "hardsigmoid", "silu", "mish"],
)
def test_in_place_activations(name):
    def program(torch):
        leaf = torch.linspace(-4, 7, 12, requires_grad=True)
        x = leaf * 1
        y = getattr(torch.nn.functional, name)(x, inplace=True)
        y.square().sum().backward()
        return y is x, x, leaf.grad

    same_on_both(program)


@pytest.mark.parametrize("name", ["elu_", "selu_", "celu_", "leaky_relu_", "hardtanh_", "relu_"])
def test_in_place_functions(name):
    def program(torch):
        x = torch.linspace(-4, 7, 12)
        y = getattr(torch.nn.functional, name)(x)
        return y is x, x

    same_on_both(program)
