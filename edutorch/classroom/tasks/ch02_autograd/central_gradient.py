r"""The judge: a gradient by small steps

A gradient formula is right if small steps agree with it. So write the judge first, before any formula.
It needs no calculus: move one number a little to both sides, and see how the result moves (lesson 2, section 1):

$$\frac{\partial f}{\partial x_i} \approx \frac{f(x + \varepsilon e_i) - f(x - \varepsilon e_i)}{2\varepsilon}$$

Here $e_i$ is 1 at place $i$ and 0 everywhere else: **one number moves, all others stand still**.

Write `central_gradient(f, x, eps)` for a tensor `x` of any number of dimensions. `f` takes such a tensor and returns a
tensor of one number. The result has the shape and the dtype of `x`, and whoever called you finds `x` as it was.

For $f(x) = x^3$ at $x = 2$ with $\varepsilon = 0.5$ that is $(15.625 - 3.375) / 1 = 12.25$; the true slope is 12. The
check uses steps as large as that on purpose: so it sees which formula you used.
"""

import edutorch as torch
from edutorch.classroom import Task
from edutorch.classroom.formula import Formula


def central_gradient(f, x, eps):
    """Return the gradient of `f` at `x` by central differences: a tensor of the shape and dtype of `x`."""
    gradient = torch.zeros_like(x)
    for i in range(x.numel()):
        step = torch.zeros_like(x)
        step.view(-1)[i] = eps
        gradient.view(-1)[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return gradient


def cases(draw):
    """One number, a vector, a matrix, a block; functions in which the numbers meet."""
    f64 = torch.float64
    yield Formula("lambda x: (x ** 3).sum()"), draw.randn(1, dtype=f64), 0.5
    yield Formula("lambda x: torch.exp(x).sum()"), draw.randn(draw.randint(2, 4), dtype=f64), draw.uniform(0.2, 0.5)
    yield Formula("lambda x: (x * x).sum() * x.sum()"), draw.randn(3, dtype=f64), draw.uniform(0.2, 0.5)
    yield Formula("lambda x: (x[0] * x[1] ** 3).sum()"), draw.randn(2, 3, dtype=f64), draw.uniform(0.2, 0.5)
    yield Formula("lambda x: (x ** 3).sum() + x.sum() ** 2"), draw.randn(2, 2, 3), 0.25


task = Task(
    central_gradient,
    cases=cases,
    minutes=10,
    points=2,
    hints=(
        "How many times do you have to call `f` for a tensor of 6 numbers? Each number has a turn of its own.",
        "A tensor of zeros like `x`, with `eps` in a single place, is a step: `x + step` and `x - step` leave `x`"
        " alone.",
        "Count `i` from 0 to `x.numel() - 1`. `t.view(-1)` shows any fresh tensor as one long row, so `t.view(-1)[i] ="
        " ...` reaches each of its numbers, whatever its shape: for the step, and for the result.",
    ),
)


@task.wrong(
    "This is the slope to one side, from `f(x)` to `f(x + eps)`. Its error shrinks only as fast as `eps`; stepping to"
    " both sides makes it shrink as `eps²`."
)
def one_sided(f, x, eps):
    gradient = torch.zeros_like(x)
    for i in range(x.numel()):
        step = torch.zeros_like(x)
        step.view(-1)[i] = eps
        gradient.view(-1)[i] = (f(x + step) - f(x)) / eps
    return gradient


@task.wrong(
    "Everything is twice as large as it should be. How far apart are the two points, `x - eps` and `x + eps`? That"
    " distance is what the difference is divided by."
)
def divided_by_eps(f, x, eps):
    return 2 * central_gradient(f, x, eps)


@task.wrong(
    "All numbers of `x` moved at the same time: every place got the sum of the slopes. A partial derivative moves one"
    " number, and the others stand still."
)
def all_move_together(f, x, eps):
    gradient = torch.zeros_like(x)
    for i in range(x.numel()):
        gradient.view(-1)[i] = (f(x + eps) - f(x - eps)) / (2 * eps)
    return gradient


@task.wrong(
    "Whole rows moved. `x[i]` is one number only if `x` is a vector; for a matrix it is a row, and the slopes of its"
    " numbers are mixed up."
)
def rows_move_together(f, x, eps):
    gradient = torch.zeros_like(x)
    for i in range(len(x)):
        step = torch.zeros_like(x)
        step[i] = eps
        gradient[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return gradient


@task.wrong(
    "The steps pile up: a number that was moved is never put back, so the next slope is taken somewhere else, and `x`"
    " itself is changed. Move a copy, or undo each step before the next."
)
def never_put_back(f, x, eps):
    gradient = torch.zeros_like(x)
    for i in range(x.numel()):
        x.view(-1)[i] += eps
        above = f(x)
        x.view(-1)[i] -= 2 * eps
        gradient.view(-1)[i] = (above - f(x)) / (2 * eps)
    return gradient


@task.wrong(
    "All slopes are zero: both names, the one for above and the one for below, mean the same tensor, because"
    " `up = x` copies nothing. The step up and the step down cancel before `f` is called."
)
def same_tensor_twice(f, x, eps):
    gradient = torch.zeros_like(x)
    for i in range(x.numel()):
        up, down = x, x
        up.view(-1)[i] += eps
        down.view(-1)[i] -= eps
        gradient.view(-1)[i] = (f(up) - f(down)) / (2 * eps)
    return gradient


@task.wrong("The slopes are in one long row. A gradient has the shape of its tensor, always: `x.shape` says which.")
def one_long_row(f, x, eps):
    return central_gradient(f, x, eps).view(-1)


@task.wrong(
    "The numbers are right, but they were put into a float32 tensor: neither `torch.zeros(shape)` nor"
    " `torch.tensor(list)` knows the dtype of `x`. In float32 a difference of two nearly equal numbers keeps few"
    " digits, and a judge needs many; take the dtype of `x`."
)
def always_float32(f, x, eps):
    return central_gradient(f, x, eps).float()


@task.wrong(
    "This is the exact gradient, from autograd. The judge must not ask the one who is judged: take the steps of `eps`,"
    " with nothing but calls of `f`."
)
def by_autograd(f, x, eps):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(f(x), x)[0]


@task.wrong(
    "That is a single number: all numbers of `x` moved at once, and what came out is the sum of their slopes. Each"
    " number of `x` needs a step of its own, while the others stand still."
)
def one_number_for_all(f, x, eps):
    return (f(x + eps) - f(x - eps)) / (2 * eps)
