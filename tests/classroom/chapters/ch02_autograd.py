"""Right answers to the tasks of chapter 2, written differently, and mistakes in other words."""

import math
from itertools import count
from typing import ClassVar

import edutorch as torch

# ---- central_gradient


def by_moving_a_copy(f, x, eps):
    x, slopes = x.clone(), []
    row = x.view(-1)
    for i in range(len(row)):
        kept = row[i].item()
        row[i] = kept + eps
        above = f(x).item()
        row[i] = kept - eps
        below = f(x).item()
        row[i] = kept
        slopes.append((above - below) / (2 * eps))
    return torch.tensor(slopes, dtype=x.dtype).reshape(x.shape)


def by_unit_vectors(f, x, eps):
    units = torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    return torch.stack([(f(x + eps * e) - f(x - eps * e)) / (2 * eps) for e in units]).reshape(x.shape)


def by_recursion(f, x, eps):
    if x.dim() == 0:
        return (f(x + eps) - f(x - eps)) / (2 * eps)

    def part(i):
        def g(row):
            whole = x.clone()
            whole[i] = row
            return f(whole)

        return by_recursion(g, x[i], eps)

    return torch.stack([part(i) for i in range(len(x))])


def one_sided_by_a_base(f, x, eps):
    base, units = f(x), torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    return torch.stack([(f(x + eps * e) - base) / eps for e in units]).reshape(x.shape)


# ---- splice


def value_plus_a_zero(value, slope):
    return value.detach() + (slope - slope.detach())


def slope_moved(value, slope):
    return slope - slope.detach() + value.detach()


def with_no_grad(value, slope):
    with torch.no_grad():
        missing = value - slope
    return missing + slope


def by_a_function(value, slope):
    class Splice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, value, slope):
            return value.clone()

        @staticmethod
        def backward(ctx, g):
            return None, g

    return Splice.apply(value, slope)


def detached_under_no_grad(value, slope):
    with torch.no_grad():
        return value + slope - slope


# ---- descend


def without_backward(f, start, lr, steps):
    x, losses = start, []
    for _ in range(steps):
        leaf = x.detach().requires_grad_()
        loss = f(leaf)
        losses.append(float(loss))
        (slope,) = torch.autograd.grad(loss, leaf)
        x = x - lr * slope
    return x, losses


def with_an_optimizer(f, start, lr, steps):
    x, losses = torch.nn.Parameter(start.clone()), []
    optimizer = torch.optim.SGD([x], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = f(x)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return x.detach(), losses


def zeroed_after_the_step(f, start, lr, steps):
    x = torch.zeros_like(start).add_(start).requires_grad_()
    losses = []
    for _ in range(steps):
        loss = f(x)
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            x.sub_(lr * x.grad)
            x.grad.zero_()
    return x.detach().clone(), losses


def summed_gradients(f, start, lr, steps):
    x, losses, summed = start.clone(), [], torch.zeros_like(start)
    for _ in range(steps):
        leaf = x.clone().requires_grad_()
        loss = f(leaf)
        losses.append(loss.item())
        summed = summed + torch.autograd.grad(loss, leaf)[0]
        x = x - lr * summed
    return x, losses


# ---- sum_to_shape


def one_dimension_at_a_time(grad, shape):
    while grad.dim() > len(shape):
        grad = grad.sum(0)
    for i, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(i, keepdim=True)
    return grad


def padded_with_ones(grad, shape):
    padded = (1,) * (grad.dim() - len(shape)) + tuple(shape)
    for i, size in enumerate(padded):
        if size != grad.shape[i]:
            grad = grad.sum(i, keepdim=True)
    return grad.reshape(shape)


def by_autograd(grad, shape):
    x = torch.zeros(shape, requires_grad=True)
    x.expand(grad.shape).backward(grad)
    return x.grad


def by_loops_over_copies(grad, shape):
    while grad.dim() > len(shape):
        total = grad[0]
        for part in grad[1:]:
            total = total + part
        grad = total
    for i, size in enumerate(shape):
        if size == 1:
            grad = torch.stack([grad.select(i, j) for j in range(grad.shape[i])]).sum(0).unsqueeze(i)
    return grad


def mean_by_dimensions(grad, shape):
    while grad.dim() > len(shape):
        grad = grad.mean(0)
    for i, size in enumerate(shape):
        if size == 1:
            grad = grad.mean(i, keepdim=True)
    return grad


# ---- matmul_backward


def summed_over_the_stack(grad, X, W):
    dW = X.mT @ grad
    while dW.dim() > 2:
        dW = dW.sum(0)
    return grad @ W.T, dW


def by_einsum(grad, X, W):
    return torch.einsum("...nm,km->...nk", grad, W), torch.einsum("...nk,...nm->km", X, grad)


def by_outer_products(grad, X, W):
    rows, grads = X.flatten(0, -2), grad.flatten(0, -2)
    dW = torch.zeros_like(W)
    for row, g in zip(rows, grads, strict=True):
        dW = dW + row.unsqueeze(1) * g.unsqueeze(0)
    return (grads @ W.T).reshape(X.shape), dW


def stack_left_standing(grad, X, W):
    return grad @ W.transpose(0, 1), torch.einsum("...nk,...nm->...km", X, grad)


# ---- BinarySign


class SavesTheInput(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, width):
        ctx.save_for_backward(x)
        ctx.width = width
        return (x >= 0).to(x.dtype) * 2 - 1

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return torch.where(x.abs() <= ctx.width, g, torch.zeros_like(g)), None


class FillsWithOnes(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, width):
        ctx.save_for_backward((x >= -width) & (x <= width))
        out = torch.ones_like(x)
        out[x < 0] = -1
        return out

    @staticmethod
    def backward(ctx, g):
        (inside,) = ctx.saved_tensors
        return g.masked_fill(~inside, 0.0), None


class OutsideIsEmptied(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, width):
        ctx.far = x.abs() > width
        return torch.sign(torch.sign(x) + 0.5)

    @staticmethod
    def backward(ctx, g):
        g = g.clone()
        g[ctx.far] = 0
        return g, None


class AsksTheResult(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, width):
        out = torch.where(x >= 0, torch.ones_like(x), -torch.ones_like(x))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, g):
        (out,) = ctx.saved_tensors
        return g * (out.abs() <= 1), None


# ---- hessian_vector_product


def by_double_backward(f, x, v):
    x = x.clone().requires_grad_()
    f(x).backward(create_graph=True)
    gradient, x.grad = x.grad, None
    gradient.backward(v)
    return x.grad


def weighted_by_v(f, x, v):
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(f(x), x, create_graph=True)
    return torch.autograd.grad(gradient, x, grad_outputs=v)[0]


def entry_by_entry(f, x, v):
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(f(x), x, create_graph=True)
    total = torch.zeros_like(x)
    for g, weight in zip(torch.flatten(gradient), v.flatten(), strict=True):
        total = total + torch.autograd.grad(g, x, retain_graph=True)[0] * weight
    return total


def backward_twice(f, x, v):
    x = x.clone().requires_grad_()
    f(x).backward(create_graph=True)
    (x.grad * v).sum().backward()
    return x.grad.detach()


# ---- Value


class ByBirth:
    """As in the lesson: closures, and numbers at birth."""

    births = count()

    def __init__(self, data, parents=(), push=None):
        self.data, self.grad, self.parents, self.push = data, 0.0, parents, push
        self.birth = next(ByBirth.births)

    def __add__(self, other):
        other = other if isinstance(other, ByBirth) else ByBirth(other)

        def push(g):
            self.grad += g
            other.grad += g

        return ByBirth(self.data + other.data, (self, other), push)

    def __mul__(self, other):
        other = other if isinstance(other, ByBirth) else ByBirth(other)

        def push(g):
            self.grad += g * other.data
            other.grad += g * self.data

        return ByBirth(self.data * other.data, (self, other), push)

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        t = math.tanh(self.data)

        def push(g):
            self.grad += g * (1 - t * t)

        return ByBirth(t, (self,), push)

    def backward(self):
        reached, stack = {self}, [self]
        while stack:
            new = set(stack.pop().parents) - reached
            reached |= new
            stack += new
        tape = sorted((v for v in reached if v.push), key=lambda v: -v.birth)
        for value in tape:
            value.grad = 0.0
        self.grad = 1.0
        for value in tape:
            value.push(value.grad)  # type: ignore[misc]


class ByDepth:
    """Each value knows how far it is from the leaves; gradients are kept apart until the walk is over."""

    def __init__(self, data, sources=(), slopes=()):
        self.data, self.grad, self.sources, self.slopes = float(data), 0.0, sources, slopes
        self.depth = 1 + max((s.depth for s in sources), default=0)

    def __add__(self, other):
        other = as_depth(other)
        return ByDepth(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = as_depth(other)
        return ByDepth(self.data * other.data, (self, other), (other.data, self.data))

    def __radd__(self, other):
        return as_depth(other) + self

    def __rmul__(self, other):
        return as_depth(other) * self

    def tanh(self):
        return ByDepth(math.tanh(self.data), (self,), (1 / math.cosh(self.data) ** 2,))

    def backward(self):
        gradients, layers = {self: 1.0}, {self.depth: [self]}
        for depth in range(self.depth, 0, -1):
            for value in layers.get(depth, ()):
                for source, slope in zip(value.sources, value.slopes, strict=True):
                    if source not in gradients:
                        layers.setdefault(source.depth, []).append(source)
                    gradients[source] = gradients.get(source, 0.0) + slope * gradients[value]
        for value, gradient in gradients.items():
            value.grad += gradient


def as_depth(other):
    return other if isinstance(other, ByDepth) else ByDepth(other)


class OnATape:
    """One list for all that was ever computed; the walk goes through it from the end."""

    tape: ClassVar[list] = []

    def __init__(self, data):
        self.data, self.grad = data, 0.0

    def note(self, data, *edges):
        out = OnATape(data)
        OnATape.tape.append((out, edges))
        return out

    def __add__(self, other):
        if not isinstance(other, OnATape):
            return self.note(self.data + other, (self, 1))
        return self.note(self.data + other.data, (self, 1), (other, 1))

    def __mul__(self, other):
        if not isinstance(other, OnATape):
            return self.note(self.data * other, (self, other))
        return self.note(self.data * other.data, (self, other.data), (other, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        t = math.tanh(self.data)
        return self.note(t, (self, 1 - t**2))

    def backward(self):
        self.grad = 1.0
        for out, edges in reversed(OnATape.tape):
            for source, slope in edges:
                source.grad += out.grad * slope
        OnATape.tape.clear()


class ClosuresThatOverwrite(ByBirth):
    """The first engine of the lesson, with a sorted walk."""

    def __add__(self, other):
        other = other if isinstance(other, ByBirth) else ClosuresThatOverwrite(other)

        def push(g):
            self.grad = g
            other.grad = g

        return ClosuresThatOverwrite(self.data + other.data, (self, other), push)

    def __mul__(self, other):
        other = other if isinstance(other, ByBirth) else ClosuresThatOverwrite(other)

        def push(g):
            self.grad = g * other.data
            other.grad = g * self.data

        return ClosuresThatOverwrite(self.data * other.data, (self, other), push)

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        t = math.tanh(self.data)

        def push(g):
            self.grad = g * (1 - t * t)

        return ClosuresThatOverwrite(t, (self,), push)


RIGHT = {
    "central_gradient": [by_moving_a_copy, by_unit_vectors, by_recursion],
    "splice": [value_plus_a_zero, slope_moved, with_no_grad, by_a_function],
    "descend": [without_backward, with_an_optimizer, zeroed_after_the_step],
    "sum_to_shape": [one_dimension_at_a_time, padded_with_ones, by_autograd, by_loops_over_copies],
    "matmul_backward": [summed_over_the_stack, by_einsum, by_outer_products],
    "BinarySign": [SavesTheInput, FillsWithOnes, OutsideIsEmptied],
    "hessian_vector_product": [by_double_backward, weighted_by_v, entry_by_entry],
    "Value": [ByBirth, ByDepth, OnATape],
}

REWORDED = {
    "central_gradient": {"one_sided": [one_sided_by_a_base]},
    "splice": {"all_detached": [detached_under_no_grad]},
    "descend": {"never_zeroed": [summed_gradients]},
    "sum_to_shape": {"mean_instead": [mean_by_dimensions]},
    "matmul_backward": {"stack_not_summed": [stack_left_standing]},
    "BinarySign": {"PassesEverywhere": [AsksTheResult]},
    "hessian_vector_product": {"added_to_grad": [backward_twice]},
    "Value": {"Overwrites": [ClosuresThatOverwrite]},
}
