"""Compare a function on a device, by its kernels, with the operators' pages in float64 on the processor."""

import numpy as np

import edutorch as torch
from tests.fake_cuda import counted

ERRORS = {torch.float64: 1e-12, torch.float32: 2e-6, torch.float16: 2e-3, torch.bfloat16: 1.6e-2}
DTYPES = [*ERRORS]


def numbers(*shape, salt=0):
    """Return normal numbers in float64 that every dtype can hold: bfloat16 has 8 bits of mantissa."""
    drawn = np.random.Generator(np.random.PCG64([salt, *shape])).standard_normal(shape)
    return torch.tensor(drawn).to(torch.bfloat16).double()


def moved(tensors, where, dtype):
    """Return copies of tensors elsewhere, as leaves; whole numbers keep their dtype."""
    return [
        None if t is None else
        t.detach().to(where, dtype).requires_grad_() if t.is_floating_point() else t.to(where)
        for t in tensors
    ]  # fmt: skip


def host(tensor):
    """Return a tensor's numbers in float64."""
    return None if tensor is None else tensor.detach().cpu().double().numpy()


def passes(function, tensors, where, dtype):
    """Return a function's result and the gradients of its inputs, and what was asked of the device for each."""
    operands = moved(tensors, where, dtype)
    with counted() as forward:
        out = function(*operands)
    g = numbers(*out.shape, salt=99).to(where, dtype)
    with counted() as backward:
        out.backward(g)
    return [out, *(t.grad for t in operands if t is not None and t.requires_grad)], forward, backward


def close(found, expected, error):
    """Assert that arrays are equal but for a share of the largest number."""
    for a, b in zip(found, expected, strict=True):
        assert (a is None) == (b is None)
        if b is not None:
            a, b = host(a), host(b)
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=error, atol=error * np.abs(b[np.isfinite(b)]).max(initial=1.0))


def compare(function, tensors, cuda, dtype, launches, factor=1.0):
    """Assert that result and gradients are the page's, in the operands' dtype, and take so many launches.

    Args:
        launches: forward and backward; None: any number.
        factor: of the error that the dtype is allowed.
    """
    found, forward, backward = passes(function, tensors, cuda, dtype)
    expected, *_ = passes(function, tensors, "cpu", torch.float64)
    close(found, expected, ERRORS[dtype] * factor)
    assert all(t is None or t.dtype is dtype for t in found)
    assert forward["sync"] == backward["sync"] == 0
    if launches is not None:
        assert [counts["launch"] + counts["library"] for counts in (forward, backward)] == [*launches]


def compare_twice(function, tensors, cuda):
    """Assert that the gradients of a sum of squared gradients are the processor's."""

    def second(where):
        operands = moved(tensors, where, torch.float64)
        leaves = [t for t in operands if t is not None and t.requires_grad]
        out = function(*operands)
        g = numbers(*out.shape, salt=99).to(where).requires_grad_()
        first = torch.autograd.grad(out, leaves, g, create_graph=True)
        return torch.autograd.grad(sum((d * d).sum() for d in first), [*leaves, g], allow_unused=True)

    close(second(cuda), second("cpu"), 1e-10)
