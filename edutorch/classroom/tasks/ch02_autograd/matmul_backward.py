r"""The gradient of a matrix product

A linear layer, an attention head, most of the work in a GPU: matrix products. Each of them needs two more on the way
back (lesson 2, section 6, third fact).

Let `out = X @ W`, and let `grad` be the gradient that arrives at `out`. Write `matmul_backward(grad, X, W)`; it returns
the pair `(gradient of X, gradient of W)`.

`W` is always a matrix of shape (k, m). `X` is a matrix (n, k), or a **stack** of matrices, such as (batch, n, k): then
the same `W` multiplies each of them, and `grad` has the shape (batch, n, m). Each gradient has the shape of its tensor.

For one number each, `X = [[2.]]`, `W = [[3.]]` and `grad = [[10.]]`: the gradient of `X` is 30 and that of `W` is 20.

Autograd may not help you here. Afterwards the network of lesson 2 trains on your formula.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, numerical_gradient, swap


def matmul_backward(grad, X, W):
    """Return the gradients of `X` and of `W`, where `grad` is the gradient of `X @ W`."""
    rows = X.reshape(-1, X.shape[-1])  # every row of every matrix of the stack meets the same W
    return grad @ W.mT, rows.mT @ grad.reshape(-1, grad.shape[-1])


def cases(draw):
    """A single number, squares, all sizes different, a stack, a stack of stacks."""
    f64 = torch.float64

    def case(*shape, m):
        X, W = draw.randn(*shape, dtype=f64), draw.randn(shape[-1], m, dtype=f64)
        return draw.randn(*shape[:-1], m, dtype=f64), X, W

    n, k, m = draw.sizes(3, 5)
    yield case(1, 1, m=1)
    yield case(2, 2, m=2)
    yield case(n, k, m=m)
    yield case(3, n, k, m=m)
    yield case(2, 2, 2, m=2)
    yield case(2, 2, n, k, m=m)


def expected(grad, X, W):
    """Ask finite differences."""
    return numerical_gradient(lambda X, W: X @ W, X, W, grad=grad)


def finale(matmul_backward):
    """**Your formula in the library.** The digits of lesson 2, section 11: every matrix product below takes its
    gradient from you."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = torch.from_numpy(digits.data).float() / 16, torch.from_numpy(digits.target)
    torch.manual_seed(0)
    W1 = (torch.randn(64, 32) / 8).requires_grad_()
    W2 = (torch.randn(32, 10) / 32**0.5).requires_grad_()

    with swap("matmul.backward", matmul_backward):
        for _ in range(300):
            rows = torch.randint(0, 1437, (64,))
            scores = torch.tanh(images[rows] @ W1) @ W2
            right = scores[torch.arange(64), labels[rows]]
            loss = (torch.logsumexp(scores, dim=1) - right).mean()
            W1.grad = W2.grad = None
            loss.backward()
            with torch.no_grad():
                W1 -= 0.5 * W1.grad
                W2 -= 0.5 * W2.grad

    guesses = (torch.tanh(images[1437:] @ W1) @ W2).argmax(dim=1)
    accuracy = (guesses == labels[1437:]).float().mean().item()
    print(f"digits it has never seen, read rightly: {100 * accuracy:.1f} %")
    assert accuracy > 0.85


task = Task(
    matmul_backward,
    cases=cases,
    expected=expected,
    also=never_calls("backward", "vjp", "requires_grad_"),
    minutes=25,
    points=4,
    swap="matmul.backward",
    finale=finale,
    hints=(
        "Write down the shapes of `grad`, `X` and `W`, for one matrix. Which product of two of them, one transposed,"
        " has the shape of `W`? There is only one.",
        "For matrices: `X` gets `grad` times `W` transposed, `W` gets `X` transposed times `grad`. For a stack, every"
        " matrix used the same `W`: what becomes of the gradients of something that was used several times?",
        "`.mT` transposes the last two dimensions only, so the gradient of `X` works for stacks as it stands. For `W`,"
        " either sum over all dimensions in front, or lay all matrices of the stack under each other first.",
    ),
)


@task.wrong(
    "The two gradients are right, but in the wrong order. The gradients are returned in the order of the arguments:"
    " that of `X` first."
)
def wrong_order(grad, X, W):
    return matmul_backward(grad, X, W)[::-1]


@task.wrong(
    "For single matrices this is right. For a stack, the gradient of `W` is a stack too: one for each matrix. They all"
    " used the *same* `W`, so its gradients add up to a single (k, m)."
)
def stack_not_summed(grad, X, W):
    return grad @ W.mT, X.mT @ grad


@task.wrong(
    "For single matrices this is right. For a stack it is not: `.T` turns round *all* of its dimensions, `.mT` the last"
    " two. And every matrix of the stack used the same `W`: its gradients have to be added up."
)
def all_dimensions_turned(grad, X, W):
    return grad @ W.T, X.permute(*range(X.dim())[::-1]) @ grad


@task.wrong(
    "For a stack, the gradient of `W` is the mean over the matrices. A tensor that is used several times gets the *sum*"
    " of what its uses send back."
)
def mean_over_stack(grad, X, W):
    dW = X.mT @ grad
    return grad @ W.mT, dW.mean(tuple(range(dW.dim() - 2))) if dW.dim() > 2 else dW


@task.wrong(
    "The arriving gradient is left out: these are the gradients of `(X @ W).sum()`, where every `grad` is 1. What comes"
    " after the product in the network reaches it only through `grad`."
)
def grad_forgotten(grad, X, W):
    return matmul_backward(torch.ones_like(grad), X, W)


@task.wrong(
    "The factors are not transposed. It runs when all sizes are equal, and there the numbers are wrong; with different"
    " sizes it raises. Write the shapes down: only one order of the factors fits."
)
def not_transposed(grad, X, W):
    dW = X @ grad
    return grad @ W, dW.sum(tuple(range(dW.dim() - 2))) if dW.dim() > 2 else dW


@task.wrong(
    "The gradient of `W` is transposed: it has the shape (m, k). A gradient has the shape of its tensor: X transposed"
    " times grad, not the other way round."
)
def weight_transposed(grad, X, W):
    dX, dW = matmul_backward(grad, X, W)
    return dX, dW.mT


@task.wrong(
    "These are the elementwise products, as for `X * W`. In a matrix product each number of `X` meets a whole row of"
    " `W`: its gradient is a sum over that row, again a matrix product."
)
def elementwise(grad, X, W):
    return grad * W, grad * X


@task.wrong(
    "Only the last matrix of the stack counts for `W`; those before it were overwritten. Every matrix of the stack"
    " sends a gradient to `W`: add them."
)
def last_of_the_stack(grad, X, W):
    dW = X.mT @ grad
    while dW.dim() > 2:
        dW = dW[-1]
    return grad @ W.mT, dW


@task.wrong(
    "Nothing is transposed. With square matrices that runs and gives wrong numbers; with others it raises. Write the"
    " three shapes down: which product, with one factor transposed, has the shape of `W`?"
)
def grad_first_and_not_transposed(grad, X, W):
    return grad @ W, grad @ X
