r"""Second derivatives, without the matrix

The second derivatives of a function of a million parameters form a matrix, the Hessian $H$, with a million million
entries. Nobody can store it. But $Hv$, its product with one vector $v$, says how the gradient changes in the direction
$v$, and costs only two backward passes. Methods that want to know how a loss bends live on it.

The trick takes two lines of thought (lesson 2, section 9):

- The gradient $g = \nabla f(x)$ is itself a computation, which can be recorded.
- $g \cdot v$, the sum of the products of their entries, is *one number*. Its gradient with respect to $x$ is
  $\nabla (g \cdot v) = H v$, because $v$ is constant.

Write `hessian_vector_product(f, x, v)`. `f` takes a tensor and returns one number; `x` and `v` have the same shape, and
so has the result. The matrix itself must not be made.

For $f(x) = x_0^2\,x_1$ at $x = (1, 2)$ the Hessian is $\begin{pmatrix} 4 & 2 \\ 2 & 0 \end{pmatrix}$; so for $v = (1,
10)$ the result is $(24, 2)$."""

import edutorch as torch
from edutorch.classroom import Task, never_calls
from edutorch.classroom.formula import Formula


def hessian_vector_product(f, x, v):
    """Return the product of the Hessian of `f` at `x` with `v`, a tensor of the shape of `x`."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(f(x), x, create_graph=True)
    (product,) = torch.autograd.grad((gradient * v).sum(), x)
    return product


def cases(draw):
    """One number, two, a vector and a matrix, in float64: the differences of `expected` need the digits."""
    f64 = torch.float64
    vector, matrix = draw.randn(3, dtype=f64), draw.randn(2, 3, dtype=f64)
    yield Formula("lambda x: (x ** 3).sum()"), draw.randn(1, dtype=f64), draw.randn(1, dtype=f64)
    yield Formula("lambda x: x[0] ** 2 * x[1]"), draw.randn(2, dtype=f64), draw.randn(2, dtype=f64)
    yield Formula("lambda x: torch.exp(x[0] * x[1]) + x.sum() ** 3"), vector / 2, draw.randn(3, dtype=f64)
    yield Formula("lambda x: (x[0] * x[1]).tanh().sum() + (x ** 4).sum()"), matrix, draw.randn(2, 3, dtype=f64)


def expected(f, x, v):
    """Ask differences of gradients: how does the gradient change from `x - eps v` to `x + eps v`?"""

    def gradient(x):
        x = x.detach().requires_grad_()
        return torch.autograd.grad(f(x), x)[0]

    eps = 1e-6
    return (gradient(x + eps * v) - gradient(x - eps * v)) / (2 * eps)


task = Task(
    hessian_vector_product,
    cases=cases,
    expected=expected,
    also=never_calls("hessian", "jacobian", "hvp", "vhp", "jvp", "vjp"),
    minutes=20,
    points=3,
    hints=(
        "Take the gradient of `f` first. What has to be said to `torch.autograd.grad`, so that its result can be"
        " differentiated once more?",
        "With `create_graph=True` the gradient has a graph. Multiply it by `v`, add everything up to one number, and"
        " ask for the gradient of that number.",
        "Make a leaf of `x`: `x.detach().requires_grad_()`. Then twice `torch.autograd.grad`, which returns a tuple: of"
        " `f(x)`, recorded; and of the sum of gradient times `v`.",
    ),
)


@task.wrong(
    "There is nothing to differentiate. Either `x` does not require grad, and nothing was recorded at all; or the"
    " gradient was taken without `create_graph=True`: then it is a plain tensor without a history."
)
def not_recorded(f, x, v):
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(f(x), x)
    return torch.autograd.grad((gradient * v).sum(), x)[0]


@task.wrong(
    "This is `H` times a vector of ones: the gradient was summed without `v`. Each entry of the gradient counts as much"
    " as `v` says."
)
def v_forgotten(f, x, v):
    return hessian_vector_product(f, x, torch.ones_like(v))


@task.wrong(
    "`v` came too late: the entries of the gradient were summed first, and the result was multiplied by `v`. Row i of"
    " `H v` is the sum of `H[i, j] * v[j]` over j, so `v` has to be inside that sum."
)
def v_too_late(f, x, v):
    return hessian_vector_product(f, x, torch.ones_like(v)) * v


@task.wrong(
    "This is the number `g · v`: how `f` itself changes in the direction `v`. It is the half of the way; the gradient"
    " of that number is `H v`."
)
def half_way(f, x, v):
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(f(x), x)
    return (gradient * v).sum()


@task.wrong(
    "This is gradient times `v`, entry by entry: only first derivatives. The Hessian holds the second ones, so a second"
    " call of `grad` is needed."
)
def first_derivatives(f, x, v):
    x = x.detach().requires_grad_()
    return torch.autograd.grad(f(x), x)[0] * v


@task.wrong(
    "The gradient is in the result as well: `backward()` was called twice and *added* `H v` to the gradient that was"
    " in `x.grad` already. `torch.autograd.grad` returns gradients and adds nothing to `.grad`."
)
def added_to_grad(f, x, v):
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(f(x), x, create_graph=True)
    (product,) = torch.autograd.grad((gradient * v).sum(), x)
    return (gradient + product).detach()


@task.wrong(
    "Only the diagonal of the Hessian is used: each number bends by itself. How the slope of one number changes when"
    " *another* moves is left out."
)
def diagonal_only(f, x, v):
    ones, rows = torch.eye(x.numel(), dtype=x.dtype), []
    for one in ones:
        one = one.reshape(x.shape)
        rows.append((hessian_vector_product(f, x, one) * one).sum())
    return torch.stack(rows).reshape(x.shape) * v


@task.wrong(
    "The result is right, but by way of the whole Hessian. For a million parameters that matrix fits into no memory;"
    " two gradients are enough."
)
def whole_matrix(f, x, v):
    hessian = torch.autograd.functional.hessian(f, x)
    return (hessian.reshape(x.numel(), -1) @ v.reshape(-1)).reshape(x.shape)
