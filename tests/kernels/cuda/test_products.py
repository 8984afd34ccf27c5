"""Operators that multiply matrices: on a device, with its kernels, they give what the CPU gives, and in few calls."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import edutorch
from edutorch import bfloat16, float16, float32, float64
from tests.fake_cuda import counted, fake_cuda

TOLERANCE = {float64: 1e-12, float32: 2e-5, float16: 4e-3, bfloat16: 3e-2}
DRAW = np.random.default_rng(0)


@pytest.fixture(scope="module", params=["stand-in", *(["cuda"] if edutorch.cuda.is_available() else [])])
def device(request):
    """A device whose kernels are used."""
    if request.param == "cuda":
        yield "cuda:0"
        return
    with fake_cuda(kernels=True):
        yield "cuda:0"


def numbers(shape, dtype=float64):
    return edutorch.tensor(DRAW.standard_normal(shape)).to(dtype)


def both(call, operands, device, dtype, order=1):
    """Return results and gradients of a call: in float64 on the CPU, and in a dtype on the device."""
    found = []
    for place, kind in (("cpu", float64), (device, dtype)):
        leaves = [t.detach().to(place, kind).requires_grad_() for t in operands]
        out = call(*leaves)
        weight = edutorch.cos(edutorch.arange(out.numel(), dtype=float64)).reshape(out.shape).to(dtype)
        grads = edutorch.autograd.grad(out, leaves, weight.to(place, kind), create_graph=order > 1)
        if order > 1:
            total = sum((g * g).sum() for g in grads)
            grads = (*grads, *edutorch.autograd.grad(total, leaves, allow_unused=True))
        found.append([out, *grads])
    return found


def agree(call, operands, device, dtype, order=1):
    operands = [t.to(dtype) for t in operands]
    for expected, got in zip(*both(call, operands, device, dtype, order), strict=True):
        assert (expected is None) == (got is None)
        if expected is not None:
            assert got.dtype == dtype
            assert got.is_cuda
            expected = expected.detach().numpy()
            scale = np.abs(expected).max(initial=1)
            np.testing.assert_allclose(
                got.detach().cpu().double().numpy(), expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * scale
            )


linear = edutorch.nn.functional.linear
CASES = {
    "mm": (edutorch.mm, [(3, 4), (4, 5)]),
    "mm of a transpose": (lambda a, b: edutorch.mm(a.T, b.T), [(4, 3), (5, 4)]),
    "mv": (edutorch.mv, [(3, 4), (4,)]),
    "bmm": (edutorch.bmm, [(2, 3, 4), (2, 4, 5)]),
    "bmm of transposes": (lambda a, b: edutorch.bmm(a.mT, b.mT), [(2, 4, 3), (2, 5, 4)]),
    "addmm": (edutorch.addmm, [(3, 5), (3, 4), (4, 5)]),
    "addmm of a row": (lambda c, a, b: edutorch.addmm(c, a, b, beta=0.5, alpha=2), [(5,), (3, 4), (4, 5)]),
    "addmm of a column": (lambda c, a, b: edutorch.addmm(c, a, b, alpha=-1), [(3, 1), (3, 4), (4, 5)]),
    "addmm without": (lambda c, a, b: edutorch.addmm(c * 0 + 1, a, b, beta=0), [(3, 5), (3, 4), (4, 5)]),
    "baddbmm": (lambda c, a, b: edutorch.baddbmm(c, a, b, beta=3, alpha=0.5), [(3, 1), (2, 3, 4), (2, 4, 5)]),
    "matmul, one matrix for all": (edutorch.matmul, [(2, 3, 4), (4, 5)]),
    "matmul, one matrix for all, on the left": (edutorch.matmul, [(3, 4), (2, 4, 5)]),
    "matmul, broadcast": (edutorch.matmul, [(2, 1, 3, 4), (6, 4, 5)]),
    "matmul, broadcast in part": (edutorch.matmul, [(2, 1, 1, 3, 4), (1, 3, 2, 4, 5)]),
    "matmul, row": (edutorch.matmul, [(4,), (2, 4, 5)]),
    "matmul, row and matrix": (edutorch.matmul, [(4,), (4, 5)]),
    "matmul, column": (edutorch.matmul, [(2, 3, 4), (4,)]),
    "matmul, heads": (lambda q, k: q.transpose(1, 2) @ k.transpose(1, 2).mT, [(2, 5, 3, 4), (2, 6, 3, 4)]),
    "linear": (linear, [(3, 4), (5, 4), (5,)]),
    "linear without bias": (linear, [(3, 4), (5, 4)]),
    "linear, one vector": (linear, [(4,), (5, 4), (5,)]),
    "linear, sequences": (linear, [(2, 3, 4), (5, 4), (5,)]),
    "linear, sequences turned": (lambda x, w, b: linear(x.transpose(0, 1), w, b), [(3, 2, 4), (5, 4), (5,)]),
    "linear, number": (linear, [(2, 4), (5, 4), (1,)]),
    "einsum": (lambda a, b: edutorch.einsum("bik,bjk->bij", a, b), [(2, 3, 4), (2, 5, 4)]),
    "einsum of three": (lambda a, b, c: edutorch.einsum("bik,jk,bj->bi", a, b, c), [(2, 3, 4), (5, 4), (2, 5)]),
    "bilinear": (edutorch.nn.functional.bilinear, [(3, 4), (3, 5), (2, 4, 5)]),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [float64, float32, float16, bfloat16], ids=str)
def test_values_and_gradients(name, dtype, device):
    call, shapes = CASES[name]
    agree(call, [numbers(shape) for shape in shapes], device, dtype)


@pytest.mark.parametrize("name", CASES)
def test_second_gradients(name, device):
    call, shapes = CASES[name]
    agree(call, [numbers(shape) for shape in shapes], device, float64, order=2)


@pytest.mark.parametrize("name", ["mm", "bmm", "addmm", "baddbmm", "linear", "linear, sequences", "matmul, broadcast"])
def test_empty(name, device):
    call, shapes = CASES[name]
    sizes = sorted({n for shape in shapes for n in shape if n > 1})
    for empty in sizes:
        agree(call, [numbers([0 if n == empty else n for n in shape]) for shape in shapes], device, float32)


@pytest.mark.parametrize("dtype", [float32, bfloat16], ids=str)
def test_calls(dtype, stand_in):
    """A layer's step: three products, in which nothing is transposed by a copy, widened or rounded."""
    x, w, b = (numbers(s, dtype).cuda().requires_grad_() for s in [(2, 6, 4), (5, 4), (5,)])
    with counted() as forward:
        y = linear(x, w, b)
    assert forward == {"library": 1, "launch": 1}  # the copy of the bias
    g = numbers((2, 6, 5), dtype).cuda()
    with counted() as backward:
        edutorch.autograd.grad(y, (x, w), g)
    assert backward == {"library": 2}


@pytest.fixture
def stand_in():
    with fake_cuda(kernels=True):
        yield


@pytest.mark.parametrize(
    ("name", "shapes"),
    [("mm", [(3, 4), (3, 4)]), ("bmm", [(2, 3, 4), (3, 4, 5)]), ("matmul", [(2, 3, 4), (3, 4, 5)]),
     ("addmm", [(7,), (3, 4), (4, 5)]), ("mv", [(3, 4), (3,)])],
)  # fmt: skip
def test_refusals_are_the_same(name, shapes, device):
    messages = []
    for place in ("cpu", device):
        with pytest.raises(RuntimeError) as raised:
            getattr(edutorch, name)(*[numbers(s).to(place) for s in shapes])
        messages.append(str(raised.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("precision", ["highest", "high", "medium"])
def test_precision_of_float32(precision, device):
    a, b = numbers((16, 16)), numbers((16, 16))
    edutorch.set_float32_matmul_precision(precision)
    try:
        got = (a.float().to(device) @ b.float().to(device)).cpu().double()
    finally:
        edutorch.set_float32_matmul_precision("highest")
    exact = a.float().double() @ b.float().double()
    error = (got - exact).abs().max().item()
    assert (error < 1e-5) == (precision == "highest")
    assert error < 2e-2


def test_integers_go_the_plain_way(device):
    a = edutorch.arange(6).reshape(2, 3)
    assert (a.to(device) @ a.T.to(device)).cpu().tolist() == (a @ a.T).tolist()


def test_every_layout_of_a_layer(device):
    for turned in itertools.product([False, True], repeat=2):
        x, w = numbers((6, 4)), numbers((5, 4))
        on_x, on_w = (t.T.contiguous().to(device).T if f else t.to(device) for t, f in zip((x, w), turned, strict=True))
        np.testing.assert_allclose(linear(on_x, on_w).cpu().numpy(), linear(x, w).numpy(), rtol=1e-12)
