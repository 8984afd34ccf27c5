"""Operations of one's own: a cube, a straight-through sign, clipped gradients, and a checkpoint that computes twice."""

import warnings

import torch
from torch.autograd import Function, gradcheck


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x * x


class StraightThroughSign(Function):
    @staticmethod
    def forward(ctx, x):
        return x.sign()

    @staticmethod
    def backward(ctx, g):
        return g


class Clipped(Function):
    @staticmethod
    def forward(ctx, x, limit):
        ctx.limit = limit
        return x.view_as(x)

    @staticmethod
    def backward(ctx, g):
        return g.clamp(-ctx.limit, ctx.limit), None


class Checkpoint(Function):
    @staticmethod
    def forward(ctx, block, *inputs):
        ctx.block = block
        ctx.save_for_backward(*inputs)
        with torch.no_grad():
            return block(*inputs)

    @staticmethod
    def backward(ctx, g):
        inputs = [t.detach().requires_grad_(t.requires_grad) for t in ctx.saved_tensors]
        with torch.enable_grad():
            out = ctx.block(*inputs)
        torch.autograd.backward(out, g)
        return None, *(t.grad for t in inputs)


x = torch.tensor([1.0, -2.0], requires_grad=True)
y = Cube.apply(x)
print(y, y.grad_fn.name())
(g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
print(g, torch.autograd.grad(g.sum(), x))
print(gradcheck(Cube.apply, torch.randn(3, dtype=torch.double, requires_grad=True)))
StraightThroughSign.apply(x * 3).sum().backward()
print(x.grad)
x.grad = None
(Clipped.apply(x, 0.5) * torch.tensor([100.0, 0.1])).sum().backward()
print(x.grad)

calls = []


def block(a, w):
    calls.append(torch.is_grad_enabled())
    return torch.tanh(a @ w) @ w


torch.manual_seed(0)
a, w = torch.randn(2, 3, requires_grad=True), torch.randn(3, 3, requires_grad=True)
Checkpoint.apply(block, a, w).sum().backward()
kept = a.grad.clone(), w.grad.clone()
a.grad = w.grad = None
block(a, w).sum().backward()
print(calls, torch.allclose(kept[0], a.grad), torch.allclose(kept[1], w.grad), w.grad)


class TwoOutputs(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.set_materialize_grads(False)
        return a + b, a - b

    @staticmethod
    def backward(ctx, g_sum, g_difference):
        print(ctx.needs_input_grad, g_sum, g_difference)
        return g_sum, None


s, d = TwoOutputs.apply(x, torch.ones(2))
s.sum().backward()
print(s, d, d.grad_fn)


class Wrong(Function):
    @staticmethod
    def forward(ctx, a):
        return a * 2

    @staticmethod
    def backward(ctx, g):
        return g, g


try:
    Wrong.apply(x).sum().backward()
except RuntimeError as error:
    print(str(error).splitlines()[0])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    with torch.autograd.detect_anomaly(check_nan=True):
        y = Cube.apply(x).sum()
    print([str(w.message)[:40] for w in caught], y)
