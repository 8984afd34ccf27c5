r"""Undo a broadcast

A bias of shape (2,) is added to 4 rows. Forward, it is used four times: broadcasting repeats it. Backward, its gradient
is the **sum** over the four places where it was used: add over all paths (lesson 2, section 6).

Broadcasting repeats in two ways (lesson 1, section 9): it puts new dimensions in front, and it stretches dimensions of
size 1. Both have to be undone.

Write `sum_to_shape(grad, shape)`: `grad` has the shape that a tensor of shape `shape` was broadcast to; sum it down to
`shape`.

| `grad` | `shape` | what happened forward, and is undone |
|---|---|---|
| (4, 2) | (2,) | a new dimension of 4 in front |
| (4, 2) | (4, 1) | a dimension stretched from 1 to 2 |
| (5, 4, 2) | (4, 1) | both |

`sum_to_size` does this in one word, so you may not call it.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls


def sum_to_shape(grad, shape):
    """Return `grad` summed over all dimensions in which a tensor of this shape was repeated."""
    grad = grad.sum(tuple(range(grad.dim() - len(shape)))) if grad.dim() > len(shape) else grad
    stretched = tuple(i for i, size in enumerate(shape) if size == 1 and grad.shape[i] != 1)
    return grad.sum(stretched, keepdim=True) if stretched else grad


def cases(draw):
    """A dimension in front, a stretched one, both, none, and everything down to one number."""
    n, m, k = draw.sizes(3, 4)
    yield draw.randn(n, m), (m,)
    yield draw.randn(n, m), (n, 1)
    yield draw.randn(n, m), (1, m)
    yield draw.randn(k, n, m), (n, 1)
    yield draw.randn(n, m), (n, m)
    yield draw.randn(n, n), (n,)
    yield draw.randn(n, m), ()
    yield draw.randn(n, 1, m), (1, 1)
    yield draw.randn(2, k, n, m), (1, k, 1, m)


def expected(grad, shape):
    """Ask autograd: what a tensor of zeros gets that is broadcast to the gradient's shape."""
    x = torch.zeros(shape, requires_grad=True)
    return torch.autograd.grad(x + torch.zeros_like(grad), x, grad)[0]


task = Task(
    sum_to_shape,
    cases=cases,
    expected=expected,
    also=never_calls("sum_to_size"),
    minutes=15,
    points=2,
    hints=(
        "Write both shapes under each other, aligned from the *right*. Where does the lower one have nothing, and where"
        " a 1 under something larger?",
        "First the dimensions in front, which `shape` does not have: sum them away. Then as many are left as `shape`"
        " has; sum those that are 1 in `shape`, and keep them.",
        "`t.sum(dims)` takes a tuple of dimensions and removes them, with `keepdim=True` it leaves them with size 1. An"
        " empty tuple would mean *all* of them, so ask first whether there is anything to sum.",
    ),
)


@task.wrong(
    "The dimensions in front are summed, those stretched from 1 are not: the shape is still too large. A 1 in `shape`"
    " was repeated as well."
)
def front_only(grad, shape):
    while grad.dim() > len(shape):
        grad = grad.sum(0)
    return grad


@task.wrong(
    "The stretched dimensions are summed, the new ones in front are not. `shape` is aligned from the right; what stands"
    " to the left of it in `grad` has to go."
)
def stretched_only(grad, shape):
    extra = grad.dim() - len(shape)
    for i, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(i + extra, keepdim=True)
    return grad


@task.wrong(
    "The sums are right, but the summed dimensions of size 1 are gone. They are part of `shape`: `keepdim=True` lets"
    " them stay."
)
def dimensions_lost(grad, shape):
    full = sum_to_shape(grad, shape)
    return full.reshape([n for n, wide in zip(shape, grad.shape[grad.dim() - len(shape) :], strict=True) if n == wide])


@task.wrong(
    "This is the mean over the places where the tensor was used. A tensor that is used four times has four paths to the"
    " loss, and the gradients along them add up: a sum."
)
def mean_instead(grad, shape):
    return sum_to_shape(grad, shape) * (torch.zeros(shape).numel() / grad.numel())


@task.wrong(
    "The first copy is taken and the others are left out. Each of the copies sends its gradient back; all of them"
    " have to be added."
)
def first_copy(grad, shape):
    while grad.dim() > len(shape):
        grad = grad[0]
    for i, size in enumerate(shape):
        if size == 1:
            grad = grad.narrow(i, 0, 1)
    return grad


@task.wrong(
    "The dimensions at the *end* were summed, as if the shapes were aligned from the left. Broadcasting aligns from the"
    " right and puts new dimensions in front, so the first ones go. With (3, 3) and (3,) no error tells you."
)
def aligned_left(grad, shape):
    while grad.dim() > len(shape):
        grad = grad.sum(-1)
    for i, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(i, keepdim=True)
    return grad


@task.wrong(
    "Where nothing was broadcast, everything was summed. `t.sum(())`, with an empty tuple, sums over *all* dimensions:"
    " if there is nothing to undo, return the gradient as it is."
)
def empty_means_all(grad, shape):
    grad = grad.sum(tuple(range(grad.dim() - len(shape)))) if grad.dim() > len(shape) else grad
    return grad.sum(tuple(i for i, size in enumerate(shape) if size != grad.shape[i]), keepdim=True)


@task.wrong(
    "The results are right, but `sum_to_size` did the work. Here you find out yourself which dimensions have to go."
)
def the_library(grad, shape):
    return grad.sum_to_size(shape)
