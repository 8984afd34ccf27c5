"""Conversions: from every dtype to every other, values at the edges, and what autograd sees of them."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

import edutorch
from tests.twins import same_on_both

torch = pytest.importorskip("torch")

NAMES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"]
METHODS = ["float", "double", "half", "bfloat16", "int", "long", "short", "bool", "byte", "char"]
VALUES = [-2.9, -1.0, -0.5, 0.0, 0.49, 1.0, 2.5, 3.5, 100.0]


@pytest.mark.parametrize(("source", "target"), [*itertools.product(NAMES, NAMES)])
def test_values(source, target):
    def program(torch):
        start = torch.tensor(VALUES, dtype=torch.float64)
        if source == "uint8":
            start = start.abs()
        x = start.to(getattr(torch, source))
        y = x.to(getattr(torch, target))
        return x, y, (x is y) == (source == target)

    same_on_both(program, rtol=0)


@pytest.mark.parametrize("name", METHODS)
def test_methods(name):
    def program(torch):
        x = torch.tensor([0.0, 1.5, 2.0])
        y = getattr(x, name)()
        return y, y is x, getattr(torch.tensor(True), name)()

    same_on_both(program, rtol=0)


def test_rounding_to_halves_is_pytorchs():
    def program(torch):
        x = torch.linspace(-70000, 70000, 1001, dtype=torch.float64) ** 3 / 4.9e9
        return [x.float().to(torch.float16), x.float().to(torch.bfloat16), x.to(torch.float16), x.to(torch.bfloat16)]

    same_on_both(program, rtol=0)


def test_all_the_ways_to_say_it():
    def program(torch):
        x = torch.tensor([1.0, 2.0])
        other = torch.zeros(1, dtype=torch.int32)
        ways = [
            x.to(torch.int64), x.to(dtype=torch.int64), x.to("cpu", torch.half), x.to(torch.device("cpu"), torch.half),
            x.to(other), x.to(float), x.to(int), x.to(bool), x.type(torch.int8), x.type("torch.DoubleTensor"),
            x.type(torch.LongTensor), x.type_as(other), x.to(device="cpu", dtype=torch.float16),
            x.to(torch.half, copy=True), x.to("cpu", non_blocking=True),
        ]  # fmt: skip
        same = [x.to(torch.float32) is x, x.to("cpu") is x, x.float() is x, x.cpu() is x, x.to(x) is x,
                x.to(torch.float32, copy=True) is x, x.type(torch.float32) is x]  # fmt: skip
        return ways, same, [getattr(x, name)().type() for name in METHODS]

    same_on_both(program, rtol=0)


def test_history():
    def program(torch):
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = (x.double() * x.half()).float()
        y.sum().backward()
        whole = x.to(torch.int64)
        return y.grad_fn, x.double().grad_fn, x.clone().grad_fn, x.grad, whole.requires_grad, whole.grad_fn is None

    same_on_both(program)


def test_second_derivative_goes_through_a_conversion():
    def program(torch):
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        (g,) = torch.autograd.grad((x.double() ** 3).sum(), x, create_graph=True)
        return g, torch.autograd.grad(g.sum(), x)

    same_on_both(program)


def test_memory_order_is_kept():
    def program(torch):
        x = torch.arange(6.0).view(2, 3).t()
        y, z = x.double(), x.clone()
        return (
            y,
            y.stride(),
            z.stride(),
            torch.ones(1).expand(3).double().stride(),
            torch.ones(1).expand(3).clone().stride(),
        )

    same_on_both(program)


@pytest.mark.parametrize(
    "call", ["x.to(torch.int64, foo=1)", "x.to([1])", "x.to('nowhere')", "x.type('torch.FooTensor')"]
)
def test_refused(call):
    def program(torch):
        return eval(call, {"x": torch.ones(2), "torch": torch})

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(Exception) as expected:
            program(torch)
        with pytest.raises(type(expected.value)):
            program(edutorch)


FORMATS = ["contiguous_format", "preserve_format", "channels_last", "channels_last_3d"]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("shape", [(3,), (2, 3, 4, 5), (2, 2, 3, 4, 2)])
@pytest.mark.parametrize(
    "make",
    [
        lambda torch, x, f: x.contiguous(memory_format=f),
        lambda torch, x, f: x.clone(memory_format=f),
        lambda torch, x, f: x.to(memory_format=f),
        lambda torch, x, f: x.to(memory_format=f, copy=True),
        lambda torch, x, f: x.to(torch.float64, memory_format=f),
        lambda torch, x, f: x.double(memory_format=f),
        lambda torch, x, f: x.transpose(0, -1).to(memory_format=f),
        lambda torch, x, f: x.to(memory_format=f).contiguous(),
        lambda torch, x, f: x.to(memory_format=f) * 2,
        lambda torch, x, f: torch.zeros_like(x, memory_format=f),
        lambda torch, x, f: torch.zeros_like(x.to(memory_format=f)),
        lambda torch, x, f: torch.empty(x.shape, memory_format=f).zero_(),
    ],
)
def test_memory_formats(name, shape, make):
    def program(torch):
        format = getattr(torch, name)
        x = torch.arange(float(np.prod(shape))).reshape(shape).requires_grad_()
        y = make(torch, x, format)
        marks = [y.is_contiguous(memory_format=getattr(torch, n)) for n in FORMATS], y is x, repr(format)
        return y, y.stride() if y.numel() else None, marks, y.grad_fn and y.grad_fn.name()

    same_on_both(program)


def test_a_module_in_a_memory_format():
    def program(torch):
        torch.manual_seed(0)
        x = torch.randn(2, 3, 6, 6)
        m = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Conv2d(4, 2, 2))
        m = m.to(memory_format=torch.channels_last)
        m(x.to(memory_format=torch.channels_last)).square().sum().backward()
        return [(p, p.stride(), p.grad) for p in m.parameters()], m.to(memory_format=torch.channels_last_3d)

    same_on_both(program)


def test_a_memory_format_of_the_wrong_type():
    with pytest.raises(TypeError, match=r"to\(\) received an invalid combination of arguments"):
        edutorch.ones(2).to(memory_format="channels_last")
