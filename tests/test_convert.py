"""Conversions: from every dtype to every other, values at the edges, and what autograd sees of them."""

from __future__ import annotations

import itertools
import warnings

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
