"""A softmax that large numbers do not break

Given some scores, the **softmax** makes weights of them: all positive, adding up to 1, and the larger the score, the
larger the weight.

$$w_i = \\frac{e^{x_i}}{\\sum_j e^{x_j}}$$

You will meet it in every classifier and every language model. Written down as it stands it breaks: $e^{100}$ has no
place in a `float32`, it becomes `inf`, and `inf / inf` is `nan`. And if all scores are below -110, every exponential
is 0, and so is the sum. Yet the weights depend on the *differences* of the scores only: adding the same number to all
of them changes nothing, since $e^{x + c} = e^x e^c$, and the $e^c$ cancels. So choose a shift for which nothing can
overflow, and not everything can vanish.

Write `stable_softmax(x, dim)`: the weights along dimension `dim`, each group of scores on its own, in the dtype of `x`.
A score may be `-inf`, as long as not all in its group are: its weight is 0. Do not call `softmax` or its relatives.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, swap


def stable_softmax(x, dim):
    """Return positive weights that add up to 1 along `dim`, for scores of any size."""
    e = (x - x.max(dim, keepdim=True).values).exp()
    return e / e.sum(dim, keepdim=True)


def cases(draw):
    """Small scores; other dimensions; then large ones, far apart ones, and forbidden ones."""
    n, m, k = draw.sizes(3)
    yield draw.randn(n), 0
    yield draw.randn(n, m), 1
    yield draw.randn(n, m), 0
    yield draw.randn(4, 4), 1
    yield draw.randn(n, m, k), -2
    yield draw.randn(n, m) + draw.uniform(200, 900), 1
    yield draw.randn(n, m) - draw.uniform(200, 900), 1
    yield draw.randn(n, m) + torch.arange(n)[:, None] * 500.0, 1
    outlier = draw.randn(n, m)
    outlier[:, 0] += 900
    yield outlier, 1
    forbidden = draw.randn(n, m)
    forbidden[:, draw.randint(0, m - 1)] = -torch.inf
    yield forbidden, 1
    yield draw.randn(n, m, dtype=torch.float64), 1


def soft_vote(stable_softmax):
    """**Your function in the library.** In lesson 1 only the *nearest* neighbour had a say. Now all 1,347 training
    images vote, and the weight of a vote is the softmax of minus the squared distance. These distances go into the
    thousands: the formula as it stands would give `nan` for 438 of the 450 test images. `swap` lets `softmax`, wherever
    it is called, be yours.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    torch.manual_seed(0)
    order = torch.randperm(1797)
    pixels, labels = torch.from_numpy(digits.images).reshape(1797, 64).float(), torch.from_numpy(digits.target)
    train, train_labels = pixels[order[:1347]], labels[order[:1347]]
    test, test_labels = pixels[order[1347:]], labels[order[1347:]]

    member = (train_labels[:, None] == torch.arange(10)).float()
    with swap("softmax", stable_softmax):
        for width in (1, 30, 1000):
            votes = (-(torch.cdist(test, train) ** 2) / width).softmax(dim=1)
            guess = (votes @ member).argmax(1)
            print(f"width {width:4}: {(guess == test_labels).float().mean().item():.4f}")


task = Task(
    stable_softmax,
    cases=cases,
    also=never_calls("softmax", "log_softmax", "logsumexp", "softmin"),
    minutes=25,
    points=3,
    hints=(
        "Which number could you subtract from all scores of a group, so that no exponential is larger than 1? And at"
        " least one of them is not small?",
        "The largest score of the group itself: then the largest exponential is exactly 1. Each group has its own.",
        "Take `max` along `dim` (it gives values and indices) and `sum` along `dim`, both with `keepdim=True`, so that"
        " they broadcast against the scores.",
    ),
    swap="softmax",
    finale=soft_vote,
)


@task.wrong(
    "For small scores it is right. Large ones overflow to `inf`, very small ones all vanish, and either way the result"
    " is `nan`: subtract the largest score of each group before `exp`."
)
def as_it_stands(x, dim):
    e = x.exp()
    return e / e.sum(dim, keepdim=True)


@task.wrong(
    "One largest score was subtracted from all groups. A group that lies far below it vanishes altogether, and 0 / 0 is"
    " `nan`: take the largest score *along `dim`*, each group its own."
)
def largest_of_all(x, dim):
    e = (x - x.max()).exp()
    return e / e.sum(dim, keepdim=True)


@task.wrong(
    "The mean was subtracted. A score far above the mean still overflows; above the *largest* score there is none."
)
def minus_the_mean(x, dim):
    e = (x - x.mean(dim, keepdim=True)).exp()
    return e / e.sum(dim, keepdim=True)


@task.wrong(
    "The weights add up to 1 over the whole tensor, not along `dim`: the sum below the fraction lost its `dim`."
)
def sum_of_all(x, dim):
    e = (x - x.max(dim, keepdim=True).values).exp()
    return e / e.sum()


@task.wrong("It always works along the last dimension, whatever `dim` says: hand `dim` to both `max` and `sum`.")
def last_dimension(x, dim):
    return stable_softmax(x, -1)


@task.wrong(
    "`keepdim=True` is missing at the sum. What is left of it lines up from the right, with the wrong dimension: for"
    " most shapes that fails, and for square ones it divides by the wrong sums and says nothing."
)
def sum_without_keepdim(x, dim):
    e = (x - x.max(dim, keepdim=True).values).exp()
    return e / e.sum(dim)


@task.wrong(
    "The scores were limited before `exp`. Nothing overflows any more, but scores that differ became the same. Subtract"
    " the largest one instead: that changes no weight."
)
def limited(x, dim):
    e = x.clamp(-80, 80).exp()
    return e / e.sum(dim, keepdim=True)


@task.wrong(
    "The weights are right, but your function changed the scores that it was given: `x -= …` writes into the caller's"
    " tensor. Write `x - …`, which makes a new one."
)
def in_place(x, dim):
    x -= x.max(dim, keepdim=True).values
    e = x.exp()
    return e / e.sum(dim, keepdim=True)


@task.wrong(
    "`max` with a `dim` gives two tensors, the values and where they stand. Subtract the values:"
    " `x.max(dim, keepdim=True).values`."
)
def pair_of_max(x, dim):
    e = (x - x.max(dim, keepdim=True)).exp()
    return e / e.sum(dim, keepdim=True)
