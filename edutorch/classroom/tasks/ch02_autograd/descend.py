r"""Walk downhill

A training step is: compute the loss, `backward()`, move the tensor against its gradient, **forget the gradient**. Each
of the four can go wrong in a way that raises no error (lesson 2, section 7, rules 4 to 6).

Write `descend(f, start, lr, steps)`. It takes `steps` steps of gradient descent

$$x \leftarrow x - \mathrm{lr} \cdot \nabla f(x)$$

from `start`, and returns two things: where it arrived, a tensor without a graph, and a list of Python floats, the
loss **before** each step. `f` takes a tensor and returns a tensor of one number. `start` belongs to the caller: it must
be as it was afterwards.

One step for $f(x) = x^2$ from 3 with the learning rate 0.1: the loss is 9, the gradient 6, and the walk comes to 2.4.
A second step: the loss is 5.76, the gradient 4.8, and the walk comes to 1.92. So `descend(f, start, 0.1, 2)` gives
`(tensor(1.9200), [9.0, 5.76])`.
"""

import edutorch as torch
from edutorch.classroom import Task
from edutorch.classroom.formula import Formula


def descend(f, start, lr, steps):
    """Return (the tensor reached, the list of the losses before each step)."""
    x = start.clone().requires_grad_()
    losses = []
    for _ in range(steps):
        loss = f(x)
        x.grad = None
        loss.backward()
        with torch.no_grad():
            x -= lr * x.grad
        losses.append(loss.item())
    return x.detach(), losses


def cases(draw):
    """One step, two, several; in one dimension and in more."""
    yield Formula("lambda x: x * x"), torch.tensor(draw.uniform(2, 4)), 0.1, 1
    yield Formula("lambda x: x * x"), torch.tensor(draw.uniform(2, 4)), draw.uniform(0.05, 0.2), 2
    yield Formula("lambda x: (x ** 2).sum() + torch.cos(x).sum()"), draw.randn(3) + 2, draw.uniform(0.05, 0.2), 3
    yield Formula("lambda x: (x[0] - 2 * x[1]).pow(2).sum() + x.exp().sum()"), draw.randn(2, 2), 0.03, 6


task = Task(
    descend,
    cases=cases,
    minutes=15,
    points=2,
    hints=(
        "Print `x.grad` in each round, for `f(x) = x * x`. Is it `2 * x` in the second round as well?",
        "Work on a leaf of your own: a clone of `start` that requires grad. In each round its `.grad` must be emptied,"
        " and the update must not be recorded.",
        "In the loop: the loss; `.grad` set to `None`; `backward()`; the in-place update under `torch.no_grad()`; the"
        " loss as a number into the list. At the end return the leaf, detached.",
    ),
)


@task.wrong(
    "The first step is right, the second is not: the gradient of the first round was still in `.grad`, and `backward`"
    " added the new one to it. Somebody must empty `.grad` in each round."
)
def never_zeroed(f, start, lr, steps):
    x, losses = start.clone().requires_grad_(), []
    for _ in range(steps):
        loss = f(x)
        loss.backward()
        with torch.no_grad():
            x -= lr * x.grad
        losses.append(loss.item())
    return x.detach(), losses


@task.wrong(
    "The walk goes uphill: the losses grow. The gradient points to where `f` rises; a step of descent goes against it."
)
def uphill(f, start, lr, steps):
    return descend(f, start, -lr, steps)


@task.wrong(
    "Nothing moves: the gradient was emptied after `backward` and before the update. Empty it before `backward`, or"
    " after the step."
)
def zeroed_too_late(f, start, lr, steps):
    x, losses = start.clone().requires_grad_(), []
    for _ in range(steps):
        loss = f(x)
        loss.backward()
        x.grad.zero_()
        with torch.no_grad():
            x -= lr * x.grad
        losses.append(loss.item())
    return x.detach(), losses


@task.wrong(
    "After the first step there is no gradient: `x = x - ...` makes a new tensor, which is no leaf, and its `.grad`"
    " stays `None`. Change the leaf in place (`x -= ...`), under `torch.no_grad()`."
)
def no_longer_a_leaf(f, start, lr, steps):
    x, losses = start.clone().requires_grad_(), []
    for _ in range(steps):
        loss = f(x)
        loss.backward()
        slope = x.grad if x.is_leaf else None
        losses.append(loss.item())
        x = x - lr * slope
    return x.detach(), losses


@task.wrong(
    "There is nothing to walk back through: `start` does not require grad, and so nothing is recorded from it. Make a"
    " leaf of your own of it."
)
def nothing_recorded(f, start, lr, steps):
    x, losses = start.clone(), []
    for _ in range(steps):
        loss = f(x)
        loss.backward()
        losses.append(loss.item())
        x = x - lr * x.grad
    return x, losses


@task.wrong(
    "The first step is right; in the second there is no graph. `x = x - ...` under `no_grad` makes a *new* tensor,"
    " which does not require grad. Change the leaf itself, in place: `x -= ...`."
)
def new_tensor_under_no_grad(f, start, lr, steps):
    x, losses = start.clone().requires_grad_(), []
    for _ in range(steps):
        loss = f(x)
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            x = x - lr * x.grad
    return x, losses


@task.wrong(
    "The update was recorded, and PyTorch refuses that: a leaf that requires grad must not be changed in place. The"
    " update is no part of the model; put it under `torch.no_grad()`."
)
def recorded_update(f, start, lr, steps):
    x, losses = start.clone().requires_grad_(), []
    for _ in range(steps):
        loss = f(x)
        x.grad = None
        loss.backward()
        x -= lr * x.grad
        losses.append(loss.item())
    return x.detach(), losses


@task.wrong(
    "The walk is right, but it took the caller's `start` along: `detach()` shares its memory, and so does a second"
    " name. `clone()` makes numbers of your own."
)
def moves_the_start(f, start, lr, steps):
    x, losses = start.detach().requires_grad_(), []
    for _ in range(steps):
        loss = f(x)
        x.grad = None
        loss.backward()
        with torch.no_grad():
            x -= lr * x.grad
        losses.append(loss.item())
    return x.detach(), losses


@task.wrong(
    "The place is right, but the losses are tensors: each keeps the whole graph of its round in memory. `.item()` takes"
    " the number out."
)
def losses_with_graphs(f, start, lr, steps):
    x, losses = start.clone().requires_grad_(), []
    for _ in range(steps):
        losses.append(f(x))
        x.grad = None
        losses[-1].backward()
        with torch.no_grad():
            x -= lr * x.grad
    return x.detach(), losses


@task.wrong(
    "The place is right, but the list is one round late: it holds the losses *after* the steps. Each round notes the"
    " loss whose gradient it walks along."
)
def losses_after(f, start, lr, steps):
    x, losses = start, []
    for _ in range(steps):
        x, _ = descend(f, x, lr, 1)
        losses.append(f(x).item())
    return x, losses
