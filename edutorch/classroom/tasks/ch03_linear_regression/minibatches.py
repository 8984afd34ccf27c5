r"""A fresh order for every epoch

Small batches in random order give more steps for the same work (lesson 3, section 8). So every training program has
something that deals out the rows: all of them, in a new order each time, a few at a time.

Write the generator `minibatches(X, y, batch_size)`. One walk through it is one epoch:

```python
for X_batch, y_batch in minibatches(X, y, 32):
    ...
```

- Each row comes exactly once in an epoch, together with its own target.
- The rows are shuffled, anew in every epoch, with torch's random numbers.
- Each batch has `batch_size` rows; only the last one may be smaller. It is not thrown away: 264 rows in batches of 32
  make 8 batches and one of 8 rows.
- `X` and `y` belong to the caller and stay as they are.

A *generator* is a function with `yield` in it: it hands out a value, and goes on from there when the next is wanted.
"""

from itertools import islice, pairwise

import edutorch as torch
from edutorch.classroom import Task


def minibatches(X, y, batch_size):
    """Yield pairs (rows of X, the same rows of y) in random order, `batch_size` at a time."""
    order = torch.randperm(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield X[rows], y[rows]


def cases(draw):
    """A last batch that is full, one that is smaller, one of a single row; a batch larger than everything."""
    size = draw.randint(3, 5)
    yield 4 * size, size
    yield 4 * size + draw.randint(2, size - 1), size
    yield 3 * size + 1, size
    yield draw.randint(8, 12), 64


def probe(minibatches, n, batch_size):
    """Walk through two epochs of n rows, and look at what came."""
    X = torch.stack([torch.arange(n), torch.arange(n) + 1000], dim=1)
    y = 7 * torch.arange(n).reshape(n, 1)
    before = X.clone(), y.clone()
    epochs = []
    for _ in range(2):
        batches = list(islice(minibatches(X, y, batch_size), 2 * n))
        for batch in batches:
            if not (isinstance(batch, (tuple, list)) and len(batch) == 2 and isinstance(batch[0], torch.Tensor)):
                raise TypeError("a batch should be a pair of tensors: rows of X, and the same rows of y")
        epochs.append(batches)
    first, second = ([[int(row[0]) for row in rows] for rows, _ in batches] for batches in epochs)
    flat = [row for rows in first for row in rows]
    steps = {b - a for rows in first for a, b in pairwise(rows)}
    return {
        "sizes of the batches": [len(rows) for rows in first],
        "every row comes exactly once": sorted(flat) == list(range(n)),
        "rows stand beside their own targets": [int(t) * 7 for t in flat]
        == [int(t) for _, targets in epochs[0] for t in targets.flatten()],
        "the rows are shuffled": flat != sorted(flat) and steps != {1},
        "the second epoch has another order": first != second,
        "X and y are as they were": torch.equal(X, before[0]) and torch.equal(y, before[1]),
    }


task = Task(
    minibatches,
    cases=cases,
    probe=probe,
    minutes=15,
    points=3,
    hints=(
        "Do not shuffle the data: shuffle the row *numbers*. One list of them serves `X` and `y`, and so they stay"
        " together.",
        "`torch.randperm(n)` gives all numbers below n in random order. Take slices of it; a slice that reaches beyond"
        " the end is just shorter, so the last batch needs no special care.",
        "Inside the function, draw the order; then a loop with `range(0, n, batch_size)`, in which the slice of the"
        " order picks rows of both tensors, and `yield` hands the pair out.",
    ),
)


def deal(X, y, order, batch_size):
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        yield X[rows], y[rows]


@task.wrong(
    "The last rows never come: a batch that would be smaller is thrown away. Those rows were measured like all others;"
    " a slice beyond the end is simply shorter."
)
def last_thrown_away(X, y, batch_size):
    return deal(X, y, torch.randperm(len(X))[: len(X) // batch_size * batch_size], batch_size)


@task.wrong(
    "One batch is missing at the end, even where the batches come out even: `range(0, n - batch_size, ...)` stops"
    " before the start of the last one. The starts go up to n itself."
)
def stops_too_early(X, y, batch_size):
    order = torch.randperm(len(X))
    for start in range(0, len(X) - batch_size, batch_size):
        rows = order[start : start + batch_size]
        yield X[rows], y[rows]


@task.wrong(
    "The rows come in their own order, in every epoch. If the file was sorted, each batch sees one kind of row only;"
    " shuffle the row numbers."
)
def not_shuffled(X, y, batch_size):
    return deal(X, y, torch.arange(len(X)), batch_size)


@task.wrong(
    "Rows and targets are torn apart: `X` and `y` were shuffled with two different orders. The model would learn from"
    " patients with somebody else's result. Draw one order, and use it for both."
)
def torn_apart(X, y, batch_size):
    one, other = torch.randperm(len(X)), torch.randperm(len(X))
    for start in range(0, len(X), batch_size):
        yield X[one[start : start + batch_size]], y[other[start : start + batch_size]]


@task.wrong(
    "Every epoch has the same order: the seed is set inside the function. Set it once, at the top of the program, or"
    " the same rows always stand together in a batch."
)
def same_order_each_time(X, y, batch_size):
    torch.manual_seed(0)
    return deal(X, y, torch.randperm(len(X)), batch_size)


@task.wrong(
    "Some rows come twice and others not at all: each row number was drawn anew (`randint`). In an epoch each row has"
    " its turn exactly once; `randperm` deals like a deck of cards."
)
def with_replacement(X, y, batch_size):
    return deal(X, y, torch.randint(0, len(X), (len(X),)), batch_size)


@task.wrong(
    "It never ends: batches of random rows come for ever, some rows twice and others not at all. An epoch is one"
    " round, in which each row has its turn exactly once."
)
def never_ends(X, y, batch_size):
    while True:
        rows = torch.randint(0, len(X), (batch_size,))
        yield X[rows], y[rows]


@task.wrong(
    "Only the order of the batches is random: inside a batch the rows are neighbours from the file, always the same"
    " ones. Shuffle the rows first, then cut."
)
def only_batches_shuffled(X, y, batch_size):
    starts = torch.arange(0, len(X), batch_size)
    for start in starts[torch.randperm(len(starts))].tolist():
        yield X[start : start + batch_size], y[start : start + batch_size]


@task.wrong(
    "The last batch was filled up to full size with rows that had come before. They count twice in this epoch; let the"
    " last batch be smaller."
)
def filled_up(X, y, batch_size):
    order = torch.randperm(len(X))
    missing = -len(order) % batch_size
    return deal(X, y, order[torch.arange(len(X) + missing) % len(X)], batch_size)


@task.wrong(
    "The batches are right, but the caller's data were shuffled in place: `X[:] = ...` writes into them. Whoever keeps"
    " a list of row numbers, of the training patients for instance, now finds other patients there."
)
def shuffled_in_place(X, y, batch_size):
    order = torch.randperm(len(X))
    X[:], y[:] = X[order], y[order]
    return deal(X, y, torch.arange(len(X)), batch_size)
