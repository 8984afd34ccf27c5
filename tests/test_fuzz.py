"""Random programs on PyTorch and on edutorch: chains of operators, views, in-place writes and casts.

A program is a list of steps, each four small numbers: which instruction, on which tensors of the pool so far, and a
parameter. Both frameworks run it; where PyTorch raises, edutorch must raise at the same step;
in the end all tensors, and the gradients of the leaves, must agree. Hypothesis shrinks what fails.

    EDUTORCH_FUZZ=10000 python -m pytest tests/test_fuzz.py        runs that many examples.
"""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import edutorch

torch = pytest.importorskip("torch")

EXAMPLES = int(os.environ.get("EDUTORCH_FUZZ", "300"))
INSTRUCTIONS = []


def instruction(function):
    INSTRUCTIONS.append(function)
    return function


# ---------------------------------------------------------------- elementwise


@instruction
def unary(t, x, y, k):
    name = ("neg", "exp", "sin", "cos", "tanh", "sigmoid", "relu", "abs", "square", "sign", "floor", "sqrt")[k % 12]
    return getattr(t, name)(x)


@instruction
def binary(t, x, y, k):
    name = ("add", "sub", "mul", "div", "maximum", "minimum", "fmod", "atan2")[k % 8]
    if t.bool in (x.dtype, y.dtype) and name == "atan2":  # PyTorch's own gradient negates a boolean, and raises
        x, y = x.float(), y.float()
    return getattr(t, name)(x, y)


@instruction
def with_number(t, x, y, k):
    number = (2, 0.5, -1, 3.0, True)[k % 5]
    return (x + number, x * number, number - x, x / number, number * x)[k // 5 % 5]


@instruction
def power(t, x, y, k):
    return x ** (2, 3, 1, 0.5, 0)[k % 5]


@instruction
def clamp(t, x, y, k):
    return x.clamp(-1, (0.5, 1, 2)[k % 3])


@instruction
def choose(t, x, y, k):
    return t.where(x > 0, x, y)


@instruction
def compare(t, x, y, k):
    return (x > y, x == y, x <= y)[k % 3]


@instruction
def cast(t, x, y, k):
    return x.to((t.float64, t.float32, t.int64, t.float16, t.bfloat16, t.bool)[k % 6])


# ---------------------------------------------------------------- shapes


@instruction
def transpose(t, x, y, k):
    return x.transpose(0, -1)


@instruction
def reshape(t, x, y, k):
    return x.reshape(-1) if k % 2 else x.reshape(x.shape[::-1])


@instruction
def view(t, x, y, k):
    return x.view(-1)


@instruction
def select(t, x, y, k):
    return x[k % 3]


@instruction
def cut(t, x, y, k):
    return (x[1:], x[..., :2], x[::2], x[:, None], x[-1:])[k % 5]


@instruction
def gather_rows(t, x, y, k):
    return x[t.tensor([0, 1, 0, k % 2])]


@instruction
def mask(t, x, y, k):
    return x[x > 0]


@instruction
def expand(t, x, y, k):
    return x.expand(2, *x.shape)


@instruction
def squeeze(t, x, y, k):
    return x.unsqueeze(k % 2) if k % 3 else x.squeeze()


@instruction
def join(t, x, y, k):
    return t.cat([x, y]) if k % 2 else t.stack([x, y], -1)


@instruction
def parts(t, x, y, k):
    # not the views themselves: what may be written to one of several is tests/test_views.py's matter
    return (x.chunk(2)[-1] * 1, x.unbind(0)[-1] * 1, x.split(2)[0] * 1, x.flip(0), x.narrow(0, 0, 1))[k % 5]


# ---------------------------------------------------------------- reductions and products


def finite(x):
    """Return x without NaN: PyTorch's amax spreads the NaN's gradient over its neighbours, ours does not."""
    return x.nan_to_num(0.3) if x.is_floating_point() else x


@instruction
def reduce(t, x, y, k):
    return (x.sum(), x.mean(), x.sum(0), x.mean(-1, keepdim=True), finite(x).amax(0), x.max(), x.prod(), x.var(0),
            x.cumsum(0), x.min(-1).values, x.sum((0, -1)), x.std())[k % 12]  # fmt: skip


@instruction
def normalise(t, x, y, k):
    return (x.softmax(-1), x.log_softmax(0), x.logsumexp(-1))[k % 3]


@instruction
def multiply(t, x, y, k):
    return (x @ y, x @ y.mT, t.outer(x.reshape(-1), y.reshape(-1)))[k % 3]


@instruction
def order(t, x, y, k):
    return x.sort(dim=-1, stable=True).values if k % 2 else x.argsort(dim=0, stable=True)


# ---------------------------------------------------------------- writes


def value_for(x, y):
    """Return what may be written to x: PyTorch lets integers that a tracked float was written into require grad."""
    return y if x.is_floating_point() else y.detach()


def expanded(x):
    """Whether elements share memory: PyTorch lets some writes to such a tensor pass, and then fails going backward."""
    return any(s == 0 and n > 1 for s, n in zip(x.stride(), x.shape, strict=True))


@instruction
def write(t, x, y, k):
    name = ("add_", "mul_", "sub_", "copy_")[k % 4]
    if x is y and name == "copy_":  # PyTorch takes a copy of itself as done
        return x
    y = value_for(x, y)
    return getattr(x, name)(y)


@instruction
def write_unary(t, x, y, k):
    if expanded(x):
        return x
    return (x.exp_, x.zero_, x.neg_, x.tanh_, lambda: x.mul_(0.5), lambda: x.fill_(2), x.relu_)[k % 7]()


@instruction
def write_part(t, x, y, k):
    if expanded(x):
        return x
    y = value_for(x, y)
    if k % 3 == 0:
        x[0] = y.reshape(-1)[0]
    elif k % 3 == 1:
        x[..., 0] = 1.5
    else:
        x[x > 0] = -1
    return x


@instruction
def write_view(t, x, y, k):
    v = (x[0], x[..., 1:], x.transpose(0, -1), x.view(-1))[k % 4]
    v.mul_(3)
    return x


@instruction
def detach(t, x, y, k):
    return x.detach() if k % 2 else x.clone()


@instruction
def without_grad(t, x, y, k):
    with t.no_grad():
        return x * 2 if k % 2 else x.add_(1)


# ---------------------------------------------------------------- running a program


def start(t):
    """Return the pool a program starts with: leaves of both precisions, a constant, integers, a 0-d tensor."""
    values = np.linspace(-1.5, 2.0, 6)
    leaves = [
        t.tensor(values.reshape(2, 3).tolist(), dtype=t.float64, requires_grad=True),
        t.tensor((values[::-1] * 0.7).reshape(2, 3).tolist(), dtype=t.float64, requires_grad=True),
        t.tensor([0.3, -0.6, 0.9], dtype=t.float32, requires_grad=True),
    ]
    constants = [t.tensor([[1, -2, 3], [0, 5, -1]]), t.tensor(0.5, dtype=t.float64)]
    return leaves, leaves + constants


def run(t, steps):
    """Run a program; returns the pool's values, the leaves' gradients, and the steps that raised."""
    leaves, pool = start(t)
    errors = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n, (code, i, j, k) in enumerate(steps):
            # operands are counted from the youngest tensor, so that programs grow deep
            x, y = pool[-1 - i % len(pool)], pool[-1 - j % len(pool)]
            try:
                made = INSTRUCTIONS[code % len(INSTRUCTIONS)](t, x, y, k)
            except (RuntimeError, IndexError, TypeError, ValueError, NotImplementedError):
                errors.append(
                    n
                )  # which of two mistakes is found first may differ: tests/test_bad_input.py has the types
                continue
            if made.numel() <= 200 and made.ndim <= 4:
                pool.append(made)
        last = [p for p in pool if p.is_floating_point() and p.requires_grad]
        grads = None
        try:
            total = sum((p.double() * (0.1 * n + 1)).sum() for n, p in enumerate(last))
            grads = t.autograd.grad(total, leaves, allow_unused=True)
        except RuntimeError:
            errors.append("backward")
    return pool, grads, errors


def values(tensor, t):
    tensor = tensor.detach()
    return np.asarray((tensor.to(t.float64) if tensor.is_floating_point() else tensor).tolist())


def tolerance(*tensors):
    names = {str(t.dtype) for t in tensors}
    return (
        2e-2
        if "torch.bfloat16" in names
        else 4e-3
        if "torch.float16" in names
        else 2e-5
        if "torch.float32" in names
        else 1e-9
    )


def agree(steps):
    """Assert that both frameworks run a program to the same end."""
    expected, grads, errors = run(torch, steps)
    got, our_grads, our_errors = run(edutorch, steps)
    names = [f"{INSTRUCTIONS[c % len(INSTRUCTIONS)].__name__}{(i, j, k)}" for c, i, j, k in steps]
    assert our_errors == errors, names
    assert len(got) == len(expected), names
    # Gradients are held to float32's precision: PyTorch keeps float32 operands of a float64 result as they are.
    coarse = max(tolerance(*expected[5:]) if len(expected) > 5 else 0, 1e-9)
    for n, (a, b) in enumerate(zip(expected, got, strict=True)):
        assert (str(a.dtype), tuple(a.shape)) == (str(b.dtype), tuple(b.shape)), (n, names)
        assert a.requires_grad == b.requires_grad, (n, names)
        close(values(a, torch), values(b, edutorch), coarse, f"tensor {n} of {names}")
    for n, (a, b) in enumerate(zip(grads or (), our_grads or (), strict=True)):
        zero = a is None or b is None
        if zero:
            known = a if b is None else b
            assert known is None or not known.any(), (n, names)
        else:
            close(
                values(a, torch), values(b, edutorch), max(coarse, tolerance(a), 1e-7) * 10, f"gradient {n} of {names}"
            )


def close(a, b, rtol, where):
    if a.dtype.kind != "f":
        np.testing.assert_array_equal(b, a, err_msg=where)
        return
    scale = np.abs(a[np.isfinite(a)]).max(initial=0)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(b, a, rtol=rtol, atol=rtol * max(scale, 1), err_msg=where)


small = st.integers(0, 400)
steps = st.lists(st.tuples(small, st.integers(0, 7), st.integers(0, 7), st.integers(0, 24)), min_size=1, max_size=9)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_random_programs(program):
    agree(program)
