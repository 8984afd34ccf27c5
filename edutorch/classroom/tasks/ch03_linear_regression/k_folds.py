r"""Everybody is examined once

With 442 patients, 89 for validation are few, and the result is partly luck (lesson 3, section 12). **Cross-validation**
uses everybody: cut the rows into $k$ parts, the *folds*; then train $k$ times, each time without one of the folds, and
validate on just that one. Each row is examined exactly once, by a model that has never seen it.

Write `k_folds(order, k)`. `order` is a tensor of row numbers, shuffled already. Return a list of `k` pairs
`(training rows, validation rows)`:

- The validation rows are consecutive pieces of `order`, the first piece first.
- Their sizes differ by at most one, and the larger ones come first.
- The training rows are all others, in the order of `order`.

For `order = [3, 0, 4, 1, 2]` and `k = 2` the pieces are `[3, 0, 4]` and `[1, 2]`; so the result is
`[([1, 2], [3, 0, 4]), ([3, 0, 4], [1, 2])]`, with tensors in it.
"""

import edutorch as torch
from edutorch.classroom import Task


def k_folds(order, k):
    """Return a list of k pairs of tensors of row numbers: (training rows, validation rows)."""
    size, larger = divmod(len(order), k)
    pairs, start = [], 0
    for fold in range(k):
        end = start + size + (fold < larger)
        pairs.append((torch.cat([order[:start], order[end:]]), order[start:end]))
        start = end
    return pairs


def cases(draw):
    """Two equal halves, a rest of one, larger rests, as many folds as rows."""
    for n, k in ((4, 2), (5, 2), (9, 4), (12, 3), (13, 5), (5, 5)):
        yield draw.permutation(n) + 10 * draw.randint(1, 9), k


def finale(k_folds):
    """**How sure is the line of lesson 3?** Five examinations in place of one; each patient sits exactly one of
    them."""
    from sklearn.datasets import load_diabetes

    data = load_diabetes()
    X = torch.cat([torch.from_numpy(data.data) * len(data.data) ** 0.5, torch.ones(442, 1).double()], dim=1)
    y = torch.from_numpy(data.target).unsqueeze(1)
    explained = []
    for train, validation in k_folds(torch.randperm(442), 5):
        w = torch.linalg.solve(X[train].T @ X[train], X[train].T @ y[train])
        miss = ((X[validation] @ w - y[validation]) ** 2).mean()
        base = ((y[train].mean() - y[validation]) ** 2).mean()
        explained.append(1 - (miss / base).item())
    print("share of the variance explained:", [round(r, 2) for r in explained])
    print(f"on average {sum(explained) / 5:.2f}")
    assert 0.4 < sum(explained) / 5 < 0.55


task = Task(
    k_folds,
    cases=cases,
    minutes=15,
    points=2,
    finale=finale,
    hints=(
        "How many rows does each fold get, if 11 rows are cut into 4? Write the sizes down, then their starts and"
        " ends.",
        "`divmod(n, k)` gives the smaller size, and how many folds get one row more. Walk through `order` with a"
        " `start` and an `end`.",
        "A fold is `order[start:end]`; its training rows are what is before and what is behind it, put together with"
        " `torch.cat`. The next fold starts where this one ends.",
    ),
)


@task.wrong(
    "Leakage: the rows of the fold are among its training rows too. A model is examined on what it has seen; the"
    " training rows are all *others*."
)
def trains_on_everybody(order, k):
    return [(order, validation) for _, validation in k_folds(order, k)]


@task.wrong(
    "The pairs are the wrong way round: the small piece should be the second, the validation rows; the rest is for"
    " training."
)
def wrong_way_round(order, k):
    return [(validation, train) for train, validation in k_folds(order, k)]


@task.wrong(
    "The rows that are left over when n is divided by k are never examined: all folds have the size `n // k`, and the"
    " rest is in none. Let the first folds have one more."
)
def rest_never_examined(order, k):
    size = len(order) // k
    starts = [i * size for i in range(k)]
    return [(torch.cat([order[:s], order[s + size :]]), order[s : s + size]) for s in starts]


@task.wrong(
    "The rest went into the last fold. It can be almost twice as large as the others then; sizes should differ by at"
    " most one, so spread the rest over the first folds, one row each."
)
def rest_in_the_last(order, k):
    size = len(order) // k
    ends = [(i + 1) * size for i in range(k - 1)] + [len(order)]
    return [(torch.cat([order[: i * size], order[e:]]), order[i * size : e]) for i, e in enumerate(ends)]


@task.wrong(
    "The size was rounded up for every fold, so that nothing is left for the last one (or it is missing). Only the"
    " first `n % k` folds have one row more."
)
def rounded_up(order, k):
    pieces = list(order.split(-(-len(order) // k)))
    return [(torch.cat([*pieces[:i], order[:0], *pieces[i + 1 :]]), piece) for i, piece in enumerate(pieces)]


@task.wrong(
    "Each fold takes every k-th row. That is a fair split, too, but here the folds are asked for as consecutive pieces"
    " of `order`."
)
def every_kth(order, k):
    place = torch.arange(len(order)) % k
    return [(order[place != i], order[place == i]) for i in range(k)]


@task.wrong(
    "These are the places 0, 1, 2, ... and not the rows that stand there: `order` was never looked at. The shuffling is"
    " lost, and if the data were sorted, each fold holds one end of them."
)
def places_not_rows(order, k):
    return k_folds(torch.arange(len(order)), k)


@task.wrong(
    "Only the first pair: a single split, as in lesson 3, section 1. Cross-validation needs k of them, so that each"
    " fold has its turn."
)
def a_single_split(order, k):
    return k_folds(order, k)[:1]


@task.wrong(
    "`chunk` rounds the size of its pieces up, so for some sizes there are fewer than k of them: nine rows in pieces of"
    " three make three, not four. Only the first `n % k` folds have one row more."
)
def chunks_run_out(order, k):
    pieces = order.chunk(k)
    return [(torch.cat(pieces[:i] + pieces[i + 1 :]), pieces[i]) for i in range(k)]
