"""Convolution and attention on a device, by cuDNN and without it, against the operators' pages in float64.

Without a device, cuDNN is the stand-in's (`tests/fake_cuda/cudnn.py`), which knows the package's functions and checks
what it is told. On a GPU the same tests ask the real one; that has not happened yet.
"""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

import edutorch
from edutorch import bfloat16, float16, float32, float64
from edutorch.kernels.cuda import cudnn as plans
from edutorch.nn import functional
from tests.fake_cuda import counted, cudnn, fake_cuda
from tests.kernels.cuda.test_products import agree, numbers

DTYPES = [float64, float32, float16, bfloat16]


@pytest.fixture(scope="module", params=["cudnn", "products", *(["cuda"] if edutorch.cuda.is_available() else [])])
def device(request):
    """The stand-in, with cuDNN and without; and a real device with what is installed there."""
    with contextlib.ExitStack() as stack:
        if request.param != "cuda":
            stack.enter_context(fake_cuda(kernels=True))
        if request.param == "cudnn":
            stack.enter_context(cudnn.installed())
        stack.enter_context(edutorch.backends.cudnn.flags(enabled=True, allow_tf32=False))
        yield "cuda:0"


@pytest.fixture
def with_cudnn():
    with fake_cuda(kernels=True), cudnn.installed(), edutorch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield


CONVOLUTIONS = {
    "1d": (functional.conv1d, (2, 4, 9), (6, 4, 3), {"padding": 1}),
    "1d, stride": (functional.conv1d, (2, 4, 9), (6, 4, 3), {"stride": 2, "dilation": 2}),
    "2d": (functional.conv2d, (2, 4, 6, 7), (6, 4, 3, 3), {"padding": 1}),
    "2d, valid": (functional.conv2d, (2, 4, 6, 7), (6, 4, 3, 2), {}),
    "2d, 1 x 1": (functional.conv2d, (2, 4, 6, 7), (6, 4, 1, 1), {}),
    "2d, stride": (functional.conv2d, (2, 4, 8, 7), (6, 4, 3, 3), {"stride": (2, 3), "padding": (1, 0)}),
    "2d, windows that do not reach the end": (functional.conv2d, (2, 4, 8, 8), (6, 4, 3, 3), {"stride": 2}),
    "2d, dilation": (functional.conv2d, (2, 4, 8, 9), (6, 4, 3, 3), {"dilation": (1, 2), "padding": 2}),
    "2d, groups": (functional.conv2d, (2, 4, 6, 6), (6, 2, 3, 3), {"groups": 2, "padding": 1}),
    "2d, each channel by itself": (functional.conv2d, (2, 4, 6, 6), (4, 1, 3, 3), {"groups": 4}),
    "2d, same": (functional.conv2d, (2, 4, 6, 7), (6, 4, 3, 3), {"padding": "same"}),
    "3d": (functional.conv3d, (2, 3, 4, 5, 6), (4, 3, 2, 3, 2), {"padding": 1, "stride": (1, 2, 1)}),
    "transposed, 1d": (functional.conv_transpose1d, (2, 4, 5), (4, 6, 3), {"stride": 2}),
    "transposed": (functional.conv_transpose2d, (2, 4, 5, 4), (4, 6, 3, 3), {"stride": 2, "padding": 1}),
    "transposed, groups": (functional.conv_transpose2d, (2, 4, 5, 4), (4, 3, 3, 3), {"groups": 2}),
    "transposed, room": (
        functional.conv_transpose2d,
        (2, 4, 5, 4),
        (4, 6, 3, 3),
        {"stride": 3, "padding": 1, "output_padding": (1, 2)},
    ),
    "transposed, room for a window": (
        functional.conv_transpose2d,
        (2, 4, 5, 4),
        (4, 6, 2, 2),
        {"dilation": 2, "output_padding": 1},
    ),
    "transposed, 3d": (functional.conv_transpose3d, (2, 3, 2, 3, 3), (3, 4, 2, 3, 2), {"stride": 2}),
}


def operands(input, weight, call, named):
    transposed = "transpose" in call.__name__
    filters = weight[1] * named.get("groups", 1) if transposed else weight[0]
    return [numbers(s) for s in (input, weight, (filters,))]


@pytest.mark.parametrize("name", CONVOLUTIONS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_convolution(name, dtype, device):
    call, input, weight, named = CONVOLUTIONS[name]
    agree(lambda *given: call(*given, **named), operands(input, weight, call, named), device, dtype)
    agree(lambda *given: call(*given, **named), operands(input, weight, call, named)[:2], device, dtype)


@pytest.mark.parametrize("name", ["2d", "2d, groups", "transposed", "transposed, room for a window"])
def test_second_gradients_of_convolution(name, device):
    call, input, weight, named = CONVOLUTIONS[name]
    agree(lambda *given: call(*given, **named), operands(input, weight, call, named), device, float64, order=2)
    agree(lambda *given: call(*given, **named), operands(input, weight, call, named), device, float32, order=2)


@pytest.mark.parametrize("dtype", [float32, bfloat16], ids=str)
def test_channels_last_stays(dtype, device):
    """The result lies as the input does, and the numbers are the same."""

    def call(x, w):
        return functional.conv2d(x.to(memory_format=edutorch.channels_last), w, padding=1)

    x, w = numbers((2, 4, 6, 7)), numbers((6, 4, 3, 3))
    agree(call, [x, w], device, dtype)
    out = call(x.to(device, float32), w.to(device, float32))
    if plans.usable(out.array):
        assert out.is_contiguous(memory_format=edutorch.channels_last)


@pytest.mark.parametrize("shape", [(1, 1, 5, 5), (2, 1, 5, 1), (1, 4, 1, 5), (1, 4, 5, 1)])
def test_sizes_of_one_have_the_strides_of_their_layout(shape, with_cudnn):
    """A view may have any stride there; cuDNN is told those that it knows layouts by."""
    w = numbers((6, shape[1], 1, 1)).float()
    x = numbers(shape).float()
    views = [
        x,
        x.to(memory_format=edutorch.channels_last),
        x.flip(3).flip(3),
        x.permute(2, 3, 0, 1).permute(2, 3, 0, 1),
    ]
    for view in views:
        on_device = view.cuda().as_strided(
            shape, [s if n > 1 else 7 for n, s in zip(shape, view.stride(), strict=True)]
        )
        with counted() as counts:
            found = functional.conv2d(on_device, w.cuda())
        assert counts["library"] == 1
        np.testing.assert_allclose(found.cpu().numpy(), functional.conv2d(x, w).numpy(), rtol=1e-5, atol=1e-6)
    assert {len(plan.graph.inputs) for plan in plans._plans.values()} == {2}


@pytest.mark.parametrize("name", ["1d", "2d", "3d", "2d, groups", "transposed"])
def test_cudnn_is_used_once_for_each(name, with_cudnn):
    call, input, weight, named = CONVOLUTIONS[name]
    x, w, b = (t.to("cuda", bfloat16).requires_grad_() for t in operands(input, weight, call, named))
    with counted() as forward:
        y = call(x, w, b, **named)
    assert forward == {"library": 1, "launch": 1}  # and the bias
    with counted() as backward:
        edutorch.autograd.grad(y, (x, w), edutorch.ones_like(y))
    assert backward["library"] == 2


def test_plans_are_kept(with_cudnn):
    x, w = (numbers(s).to("cuda", float32) for s in [(2, 4, 6, 6), (6, 4, 3, 3)])
    for _ in range(2):
        functional.conv2d(x, w)
    assert len(plans._plans) == 1
    functional.conv2d(x, w, padding=1)
    functional.conv2d(x[:1], w)
    with edutorch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        functional.conv2d(x, w)
    assert len(plans._plans) == 4


def test_switches(with_cudnn):
    x, w = numbers((2, 8, 6, 6)).float(), numbers((6, 8, 3, 3)).float()
    exact = functional.conv2d(x.double(), w.double())
    errors = []
    for allowed in (False, True):
        with edutorch.backends.cudnn.flags(enabled=True, allow_tf32=allowed):
            found = functional.conv2d(x.cuda(), w.cuda()).cpu().double()
        errors.append((found - exact).abs().max().item())
    assert errors[0] < 1e-5 < errors[1] < 0.1
    with edutorch.backends.cudnn.flags(enabled=False), counted() as counts:
        functional.conv2d(x.cuda(), w.cuda())
    assert counts["library"] == 1
    assert counts["launch"] >= 1  # the columns: this was no cuDNN


# ---------------------------------------------------------------- attention

ATTENTIONS = {
    "heads": ([(2, 3, 5, 8)] * 3, {}),
    "causal": ([(2, 3, 5, 8)] * 3, {"is_causal": True}),
    "causal, fewer keys": ([(2, 3, 5, 8), (2, 3, 4, 8), (2, 3, 4, 8)], {"is_causal": True}),
    "other scale": ([(2, 3, 5, 8)] * 3, {"scale": 0.3}),
    "more keys": ([(2, 3, 5, 8), (2, 3, 9, 8), (2, 3, 9, 16)], {}),
    "odd features": ([(2, 3, 5, 7)] * 3, {}),
    "three dimensions": ([(2, 5, 8)] * 3, {}),
    "two dimensions": ([(5, 8)] * 3, {"is_causal": True}),
    "broadcast": ([(2, 3, 5, 8), (1, 3, 5, 8), (3, 5, 8)], {}),
}


@pytest.mark.parametrize("name", ATTENTIONS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_attention(name, dtype, device):
    shapes, named = ATTENTIONS[name]
    agree(
        lambda q, k, v: functional.scaled_dot_product_attention(q, k, v, **named),
        [numbers(s) for s in shapes],
        device,
        dtype,
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_attention_with_a_mask(dtype, device):
    def call(q, k, v, mask):
        return functional.scaled_dot_product_attention(q, k, v, mask)

    agree(call, [numbers(s) for s in [(2, 3, 5, 8)] * 3 + [(5, 5)]], device, dtype)


@pytest.mark.parametrize("causal", [False, True])
def test_second_gradients_of_attention(causal, device):
    def call(q, k, v):
        return functional.scaled_dot_product_attention(q, k, v, is_causal=causal)

    agree(call, [numbers((2, 3, 5, 8)) for _ in range(3)], device, float64, order=2)


@pytest.mark.parametrize("dtype", [float32, bfloat16], ids=str)
def test_dropout_is_the_page_s(dtype, device):
    q, k, v = (numbers((2, 3, 5, 8)).to(dtype) for _ in range(3))
    edutorch.manual_seed(0)
    out = functional.scaled_dot_product_attention(q.to(device), k.to(device), v.to(device), dropout_p=0.5)
    whole = functional.scaled_dot_product_attention(q.to(device), k.to(device), v.to(device))
    assert out.shape == whole.shape
    assert out.dtype == dtype
    assert not np.allclose(out.cpu().float().numpy(), whole.cpu().float().numpy())


def test_a_query_that_may_look_nowhere(device):
    mask = edutorch.zeros(5, 5).masked_fill(edutorch.arange(5)[:, None] == 2, -float("inf"))
    q, k, v = (numbers((2, 3, 5, 8)).float() for _ in range(3))
    expected = functional.scaled_dot_product_attention(q, k, v, mask)
    got = functional.scaled_dot_product_attention(*(t.to(device) for t in (q, k, v, mask)))
    np.testing.assert_allclose(got.cpu().numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)
    assert not got[:, :, 2].any().item()


def test_attention_is_one_call_each_way(with_cudnn):
    """Heads split from one projection and merged again: nothing is copied."""
    qkv = numbers((2, 5, 3 * 2 * 8)).to("cuda", bfloat16).requires_grad_()
    q, k, v = (t.reshape(2, 5, 2, 8).transpose(1, 2) for t in qkv.chunk(3, -1))
    with counted() as forward:
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        merged = y.transpose(1, 2).reshape(2, 5, 16)
    assert forward == {"library": 1}
    with counted() as backward:
        edutorch.autograd.grad(merged, (q, k, v), edutorch.ones_like(merged).contiguous())
    assert backward["library"] == 1


def test_graphs_hold_what_cudnn_does(with_cudnn):
    x, w = (numbers(s).to("cuda", bfloat16) for s in [(2, 4, 6, 6), (6, 4, 3, 3)])
    q = numbers((2, 3, 5, 8)).to("cuda", bfloat16)

    def step():
        return functional.conv2d(x, w), functional.scaled_dot_product_attention(q, q, q)

    graph = edutorch.cuda.CUDAGraph()
    step()  # a plan is found before, not during, a capture
    with edutorch.cuda.graph(graph):
        captured = step()
    x.copy_(numbers(x.shape).to(bfloat16))
    q.mul_(0.5)
    with counted() as counts:
        graph.replay()
    assert not counts["library"]
    for found, expected in zip(captured, step(), strict=True):
        np.testing.assert_array_equal(found.float().cpu().numpy(), expected.float().cpu().numpy())
