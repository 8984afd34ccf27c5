r"""The best line, at once

For a line there is a formula (lesson 3, section 6). At the lowest point of the squared error the gradient is zero, and
that gives as many linear equations as there are unknowns:

$$A^\top A\, u = A^\top y$$

Here $A$ is `X` with a column of ones, and $u$ holds the weights and, for the column of ones, the intercept.

Write `least_squares_line(X, y)` for `X` of shape (n, d) and `y` of shape (n, 1). Return the pair `(w, b)` with the
shapes (d, 1) and (1,), such that `X @ w + b` fits best. Stay in the dtype of `X`.

The points (0, 1), (1, 3), (2, 5) lie on a line: for `X = [[0.], [1.], [2.]]` and `y = [[1.], [3.], [5.]]` the result is
`w = [[2.]]` and `b = [1.]`.
"""

import edutorch as torch
from edutorch.classroom import Task


def least_squares_line(X, y):
    """Return the weights (d, 1) and the intercept (1,) of the line with the least squared error."""
    A = torch.cat([X, torch.ones(len(X), 1, dtype=X.dtype)], dim=1)
    solution = torch.linalg.solve(A.T @ A, A.T @ y)
    return solution[:-1], solution[-1]


def cases(draw):
    """A line through points that lie on it; noisy points; several columns, which go together."""
    f64 = torch.float64
    x = draw.randn(3, 1, dtype=f64) + 2
    yield x, draw.uniform(1, 3) * x + draw.uniform(1, 3)
    x = 2 * draw.randn(6, 1, dtype=f64) + 1
    yield x, draw.randn(6, 1, dtype=f64) + 3
    for rows, columns in ((8, 2), (12, 4)):
        X = draw.randn(rows, columns, dtype=f64) + 1
        X[:, 0] += X[:, 1]
        yield X, X.sum(dim=1, keepdim=True) + draw.randn(rows, 1, dtype=f64) + 2


def expected(X, y):
    """Ask `lstsq`, which goes another way: without the product of A with itself."""
    A = torch.cat([torch.ones(len(X), 1, dtype=X.dtype), X], dim=1)
    solution = torch.linalg.lstsq(A, y).solution
    return solution[1:], solution[0]


task = Task(
    least_squares_line,
    cases=cases,
    expected=expected,
    minutes=15,
    points=2,
    hints=(
        "The intercept is a weight, too: the weight of a column in which every row has the same number. Which number?",
        "Build A with `torch.cat` along the columns, then solve the equations with `torch.linalg.solve`. How many"
        " unknowns are there, and where among them is the intercept?",
        "`torch.linalg.solve(M, v)` with M = A transposed times A and v = A transposed times y gives a column of d + 1"
        " numbers: all but the last are `w`, and the last row, of shape (1,), is `b`. The ones need the dtype of `X`.",
    ),
)


@task.wrong(
    "This line is forced through the origin: there is no column of ones, so it cannot lift itself off zero. The"
    " intercept has to be fitted *together* with the weights."
)
def through_the_origin(X, y):
    return torch.linalg.solve(X.T @ X, X.T @ y), torch.zeros(1, dtype=X.dtype)


@task.wrong(
    "The weights are those of a line through the origin, and the intercept was fitted to what was left over. The two"
    " depend on each other, so both have to be unknowns of the same equations."
)
def intercept_afterwards(X, y):
    w = torch.linalg.solve(X.T @ X, X.T @ y)
    return w, (y - X @ w).mean(dim=0)


@task.wrong(
    "Each column got the weight it would have alone. Columns that go together share what they explain; `A.T @ A` holds"
    " their products, and only all equations together say how to share."
)
def column_by_column(X, y):
    centred, target = X - X.mean(dim=0), y - y.mean()
    w = (centred * target).sum(dim=0, keepdim=True).T / (centred**2).sum(dim=0, keepdim=True).T
    return w, (y - X @ w).mean(dim=0)


@task.wrong(
    "The weights are right, the intercept is not: it is the one for *centred* columns. In the columns as they are, the"
    " line has to go through the point of the means: b = mean of y minus the means of X times w."
)
def intercept_of_centred(X, y):
    return least_squares_line(X, y)[0], y.mean(dim=0)


@task.wrong(
    "The numbers are right, but they are cut in the wrong place: the intercept belongs to the column of ones, and that"
    " is where you put it into A, in front or at the end."
)
def cut_in_the_wrong_place(X, y):
    w, b = least_squares_line(X, y)
    solution = torch.cat([w, b.reshape(1, 1)])
    return solution[1:], solution[0]


@task.wrong(
    "The numbers are right, but `w` has the shape (d,). As a column, (d, 1), `X @ w` is a column like `y`; as (d,) it"
    " would broadcast against `y` to a table of n times n, lesson 3's second famous mistake."
)
def flat_weights(X, y):
    w, b = least_squares_line(X, y)
    return w.flatten(), b


@task.wrong(
    "These equations have no unique solution to offer: `solve` wants as many equations as unknowns, and A has n rows."
    " Multiply both sides by A transposed first."
)
def not_square(X, y):
    A = torch.cat([X, torch.ones(len(X), 1, dtype=X.dtype)], dim=1)
    solution = torch.linalg.solve(A, y)
    return solution[:-1], solution[-1]
