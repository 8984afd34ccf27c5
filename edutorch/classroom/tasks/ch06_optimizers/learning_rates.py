r"""How fast may it go?

Near its lowest point every smooth loss looks like a bowl, $f(w) = \frac12 w^\top H w$. The matrix $H$ holds the second
derivatives; it is symmetric, and the curvatures along its special directions are its **eigenvalues**. Lesson 6,
section 2 derived from the largest of them, $L$, and the smallest, $\mu > 0$, what gradient descent can do:

- up to which learning rate it does not fly apart (the *limit*),
- which learning rate is the *best*: the steepest and the flattest direction shrink equally fast,
- by which *factor* the distance shrinks in each step, at that best rate.

Write `learning_rates(H)`; it returns the three as Python floats: `(limit, best, factor)`.

A bowl with the curvatures 4 and 1, along its axes: `H = [[4., 0.], [0., 1.]]`. The limit is 0.5, the best rate 0.4, and
with that each step leaves 0.6 of the distance. `torch.linalg.eigvalsh(H)` returns the eigenvalues of a symmetric
matrix.
"""

import edutorch as torch
from edutorch.classroom import Task


def learning_rates(H):
    """Return (limit, best, factor) of gradient descent on the bowl with second derivatives `H`."""
    curvatures = torch.linalg.eigvalsh(H)
    steepest, flattest = curvatures.max().item(), curvatures.min().item()
    best = 2 / (steepest + flattest)
    return 2 / steepest, best, 1 - best * flattest


def bowl(draw, n):
    """Return a turned bowl with curvatures between 0.2 and 6."""
    turned, _ = torch.linalg.qr(draw.randn(n, n, dtype=torch.float64))
    curvatures = torch.tensor([draw.uniform(0.2, 1.5), draw.uniform(3, 6)] + [2.0] * (n - 2), dtype=torch.float64)
    return turned @ torch.diag(curvatures) @ turned.T


def cases(draw):
    """Along the axes, turned, and with more directions."""
    yield (torch.diag(torch.tensor([draw.uniform(3, 5), draw.uniform(0.3, 2)], dtype=torch.float64)),)
    yield (bowl(draw, 2),)
    yield (bowl(draw, 4),)
    yield (torch.eye(3, dtype=torch.float64) * draw.uniform(0.5, 3),)


task = Task(
    learning_rates,
    cases=cases,
    examples=((torch.tensor([[4.0, 0.0], [0.0, 1.0]]),),),
    minutes=10,
    points=1,
    hints=(
        "Along a direction with curvature c, a step multiplies the distance by 1 - lr * c. When is that smaller than 1"
        " in size? Which direction is the first to break it?",
        "The limit depends on the largest eigenvalue alone. At the best rate, 1 - lr * mu and 1 - lr * L are equal in"
        " size and opposite in sign: solve that for lr.",
        "limit 2 / L, best 2 / (L + mu), with L and mu the largest and smallest entry of `torch.linalg.eigvalsh(H)`;"
        " the factor is what the flattest direction is multiplied by at the best rate.",
    ),
)


def of(steepest, flattest):
    """Return the three, from the two curvatures."""
    best = 2 / (steepest + flattest)
    return 2 / steepest, best, 1 - best * flattest


@task.wrong(
    "For a bowl along the axes this is right. These are the entries on the diagonal of `H`: the curvatures along the"
    " *axes*. In a turned bowl the steepest direction lies between them, and is steeper: ask for the eigenvalues."
)
def along_the_axes(H):
    return of(H.diagonal().max().item(), H.diagonal().min().item())


@task.wrong(
    "The limit is half of what it is: 1/L. There the steepest direction arrives in one step. Up to 2/L it jumps over"
    " the lowest point, and still comes nearer."
)
def one_over_the_curvature(H):
    limit, best, factor = learning_rates(H)
    return limit / 2, best, factor


@task.wrong(
    "The limit comes from the flattest direction. With that rate the steepest one flies apart: each direction has its"
    " limit, and the *smallest* of them counts."
)
def limit_of_the_flattest(H):
    _, best, factor = learning_rates(H)
    return 2 / torch.linalg.eigvalsh(H).min().item(), best, factor


@task.wrong(
    "The best rate is too careful: 1/L is best for the steepest direction alone. A longer step makes that one swing a"
    " little, and the flattest, for which all are waiting, goes faster."
)
def best_for_the_steepest(H):
    limit, _, _ = learning_rates(H)
    flattest = torch.linalg.eigvalsh(H).min().item()
    return limit, limit / 2, 1 - limit / 2 * flattest


@task.wrong(
    "The factor belongs to momentum: it has the *root* of the condition number in it. Plain descent has the condition"
    " number itself, and that is why momentum is so much faster."
)
def factor_of_momentum(H):
    limit, best, _ = learning_rates(H)
    curvatures = torch.linalg.eigvalsh(H)
    root = (curvatures.max() / curvatures.min()).sqrt().item()
    return limit, best, (root - 1) / (root + 1)


@task.wrong(
    "The third value is what is *taken away* in a step. The factor is what is left: 1 minus that. The smaller the"
    " factor, the faster it goes."
)
def share_taken_away(H):
    limit, best, factor = learning_rates(H)
    return limit, best, 1 - factor


@task.wrong(
    "The third value has the wrong sign: this is the factor of the steepest direction, which swings over to the other"
    " side. How much of the *distance* is left is its size."
)
def factor_with_a_sign(H):
    limit, best, factor = learning_rates(H)
    return limit, best, -factor


@task.wrong(
    "The steepest and the flattest direction are exchanged: `eigvalsh` returns the eigenvalues in *rising* order, so"
    " the largest is the last one."
)
def steepest_and_flattest_exchanged(H):
    curvatures = torch.linalg.eigvalsh(H)
    return of(curvatures[0].item(), curvatures[-1].item())


@task.wrong(
    "The third value is the condition number, the largest curvature over the smallest. It tells how difficult the bowl"
    " is; asked for is what a step leaves of the distance, a number below 1."
)
def condition_number(H):
    limit, best, _ = learning_rates(H)
    curvatures = torch.linalg.eigvalsh(H)
    return limit, best, (curvatures.max() / curvatures.min()).item()


@task.wrong(
    "Limit and best rate are half of what they are: a factor of 2 is lost. The distance is multiplied by 1 - lr * c,"
    " and that may go down to -1, not only to 0."
)
def two_forgotten(H):
    limit, best, _ = learning_rates(H)
    return limit / 2, best / 2, 1 - best / 2 * torch.linalg.eigvalsh(H).min().item()
