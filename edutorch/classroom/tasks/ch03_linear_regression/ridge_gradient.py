r"""Let the weights pay rent

Weights that are too large overfit. With a *penalty* every weight pays for its size (lesson 3, section 11):

$$L(w, b) = \frac1n \sum_i (X_i w + b - y_i)^2 + \frac{\mu}{2} \sum_j w_j^2$$

The intercept `b` pays nothing: it only says where the line lies, not how steep it is.

Write `ridge_gradient(X, y, w, b, penalty)`, with the shapes (n, d), (n, 1), (d, 1) and (1,), and the number $\mu$ as
`penalty`. Return the pair of gradients of `w` and of `b`, on paper first: autograd may not help you.

For a single row `X = [[1.]]`, `y = [[0.]]`, at `w = [[2.]]`, `b = [0.]` with $\mu = 3$: the residual is 2, the data
pull with 2 · 2 · 1 = 4, the rent with 3 · 2 = 6; so the gradient of `w` is `[[10.]]`, and that of `b` is `[4.]`."""

import edutorch as torch
from edutorch.classroom import Task, never_calls, numerical_gradient


def ridge_gradient(X, y, w, b, penalty):
    """Return the gradients of `w` and `b` of the mean squared error plus `penalty / 2` times the squared weights."""
    slope = 2 * (X @ w + b - y) / len(X)
    return X.T @ slope + penalty * w, slope.sum(dim=0)


def cases(draw):
    """One row, one column, several of both; one without a penalty."""
    f64 = torch.float64
    for rows, columns, penalty in ((1, 1, 2.0), (4, 1, 0.5), (5, 3, 0.0), (3, 3, 1.5), (7, 4, 0.3)):
        X, y = draw.randn(rows, columns, dtype=f64), draw.randn(rows, 1, dtype=f64) + 1
        yield X, y, draw.randn(columns, 1, dtype=f64), draw.randn(1, dtype=f64) + 2, penalty * draw.uniform(0.9, 1.1)


def expected(X, y, w, b, penalty):
    """Ask finite differences."""

    def loss(w, b):
        return ((X @ w + b - y) ** 2).mean() + penalty / 2 * (w**2).sum()

    return numerical_gradient(loss, w, b)


task = Task(
    ridge_gradient,
    cases=cases,
    expected=expected,
    also=never_calls("backward", "requires_grad_"),
    minutes=15,
    points=3,
    hints=(
        "The loss is a sum, so its gradient is a sum as well: one part you know from lesson 3, section 3. What is the"
        " derivative of the other part with respect to one weight?",
        "The residuals are a column of n numbers. `w` gets X transposed times them, times 2/n, and its rent; `b` gets"
        " their sum, times 2/n.",
        "The rent's derivative is the penalty times `w`: the square brings a 2, and the one half takes it away again."
        " Sum for `b` over the rows, so that the shape (1,) remains.",
    ),
)


@task.wrong(
    "The intercept pays as well: the penalty is in the gradient of `b`. The rent is for the weights alone, or the whole"
    " line would be pulled down to zero."
)
def intercept_pays(X, y, w, b, penalty):
    dw, db = ridge_gradient(X, y, w, b, penalty)
    return dw, db + penalty * b


@task.wrong(
    "The rent is twice too high. The loss has one *half* of the penalty times w²; the 2 that the derivative brings"
    " cancels it."
)
def rent_twice(X, y, w, b, penalty):
    dw, db = ridge_gradient(X, y, w, b, penalty)
    return dw + penalty * w, db


@task.wrong(
    "The rent was divided by the number of rows. Only the squared error is a mean over the rows; the rent is outside of"
    " that mean."
)
def rent_divided(X, y, w, b, penalty):
    dw, db = ridge_gradient(X, y, w, b, 0.0)
    return dw + penalty * w / len(X), db


@task.wrong(
    "This is the rent of L1, a pull of the same strength for every weight: penalty times the *sign*. For L2 a large"
    " weight pays more: penalty times the weight."
)
def pull_of_l1(X, y, w, b, penalty):
    dw, db = ridge_gradient(X, y, w, b, 0.0)
    return dw + penalty * w.sign(), db


@task.wrong(
    "The rent itself was added to each slope, not its derivative: the penalty's *value* is one number for all weights."
    " Its derivative with respect to one weight holds only that weight."
)
def value_of_the_rent(X, y, w, b, penalty):
    dw, db = ridge_gradient(X, y, w, b, 0.0)
    return dw + penalty / 2 * (w**2).sum(), db


@task.wrong(
    "The rent has the wrong sign: the weights would be paid for their size. The gradient points uphill, and the loss"
    " rises as a weight gets farther from zero."
)
def paid_for_size(X, y, w, b, penalty):
    return ridge_gradient(X, y, w, b, -penalty)


@task.wrong("The rent is missing: this is the gradient of the squared error alone. Where the penalty is 0 it is right.")
def no_rent(X, y, w, b, penalty):
    return ridge_gradient(X, y, w, b, 0.0)


@task.wrong(
    "The squared error's part is n times too large: it is a *mean* over the rows, so its gradient is divided by n."
)
def sum_over_rows(X, y, w, b, penalty):
    slope = 2 * (X @ w + b - y)
    return X.T @ slope + penalty * w, slope.sum(dim=0)


@task.wrong("The 2 of the square is missing in the part of the squared error: the derivative of r² is 2r.")
def without_the_two(X, y, w, b, penalty):
    slope = (X @ w + b - y) / len(X)
    return X.T @ slope + penalty * w, slope.sum(dim=0)
