r"""Repair a training loop

This loop runs, raises nothing, and does not learn what it should:

```python
def train_model(model, optimizer, X, y, batch_size, epochs):
    history = []
    for epoch in range(epochs):
        total, batches = 0.0, 0
        for start in range(0, len(X) - batch_size, batch_size):
            rows = slice(start, start + batch_size)
            loss = ((model(X[rows]) - y[rows]) ** 2).mean()
            loss.backward()
            optimizer.step()
            total, batches = total + loss, batches + 1
        history.append(total / batches)
    return history
```

Find its **five** mistakes and write it anew. You have met their kind in lesson 3, sections 8 and 9.

`model` turns (n, d) into (n, 1), `X` has the shape (n, d), and `y` came from a file: its shape is (n,), and it stays as
it is for the caller. The rows are taken in their order, not shuffled, all of them in each epoch; the last batch may be
smaller. `history` is a list of Python floats: for each epoch the mean, over **all its rows**, of the squared error that
was measured on the way, each batch before its own step.

So if the batches of an epoch have 4, 4 and 2 rows, and the losses 1.0, 2.0 and 6.0, that epoch's number is
(4 · 1 + 4 · 2 + 2 · 6) / 10 = 2.4.
"""

import edutorch as torch
from edutorch.classroom import Task


def train_model(model, optimizer, X, y, batch_size, epochs):
    """Train on all rows in order, in batches; return the mean squared error of each epoch."""
    y = y.reshape(-1, 1)  # a column, as the model's output
    history = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(X), batch_size):
            rows = slice(start, start + batch_size)
            loss = ((model(X[rows]) - y[rows]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(X[rows])
        history.append(total / len(X))
    return history


def cases(draw):
    """A single step; two epochs; batches that come out even, and some that do not."""

    def patients(n, d):
        X = draw.randn(n, d)
        return X, X.sum(dim=1) + draw.randn(n) + 1, draw.randn(1, d), draw.randn(1)

    yield *patients(5, 2), 4, 1
    yield *patients(8, 1), 4, 2
    yield *patients(10, 3), 4, 3
    yield *patients(7, 2), 2, 4


def probe(train_model, X, y, weight, bias, batch_size, epochs):
    """Train `torch.nn.Linear` with `torch.optim.SGD` from known weights; look at the history and at the weights."""
    model = torch.nn.Linear(X.shape[1], 1)
    model.load_state_dict({"weight": weight, "bias": bias})
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    history = train_model(model, optimizer, X, y, batch_size, epochs)
    return {"history": history, "weight": model.weight.detach(), "bias": model.bias.detach()}


def finale(train_model):
    """**Your loop at work**, on the patients of lesson 3. The loop above never gets below 1 here, the loss of a model
    that knows nothing."""
    from sklearn.datasets import load_diabetes

    data = load_diabetes()
    X = torch.from_numpy(data.data).float() * len(data.data) ** 0.5
    y = torch.from_numpy(data.target).float()
    y = (y - y.mean()) / y.std(correction=0)

    torch.manual_seed(0)
    model = torch.nn.Linear(10, 1)
    history = train_model(model, torch.optim.SGD(model.parameters(), lr=0.02), X, y, batch_size=32, epochs=30)
    print([round(loss, 3) for loss in history[:5]], "...", round(history[-1], 3))
    assert history[-1] < 0.52


task = Task(
    train_model,
    cases=cases,
    probe=probe,
    minutes=30,
    points=5,
    finale=finale,
    hints=(
        "Go through the five steps of lesson 3, section 5: which one is missing? Then print shapes: that of the model's"
        " output, that of `y[rows]`, and that of their difference.",
        "Two mistakes are in the learning (a step that is missing, two shapes that do not fit), one is in the bounds of"
        " the inner loop, and two are in the bookkeeping: what is added up, and what it is divided by.",
        "Make `y` a column before the loops. Let the inner loop start at every multiple of the batch size below n."
        " Empty the gradients in each round. Add up the loss as a *number*, as often as the batch has rows, and divide"
        " by n.",
    ),
)


def flawed(
    *, rows_lost=False, flat=False, zeroing="before", kept=False, by_batches=False, drop_last=False, step_first=False
):
    """Return the repaired loop with some of its mistakes left in."""

    def train_model(model, optimizer, X, y, batch_size, epochs):
        y = y if flat else y.reshape(-1, 1)
        history = []
        for _ in range(epochs):
            total, seen, batches = 0.0, 0, 0
            end = len(X) - batch_size if rows_lost else len(X) // batch_size * batch_size if drop_last else len(X)
            for start in range(0, end, batch_size):
                rows = slice(start, start + batch_size)
                loss = ((model(X[rows]) - y[rows]) ** 2).mean()
                if step_first:
                    optimizer.step()
                if zeroing == "before":
                    optimizer.zero_grad()
                loss.backward()
                if zeroing == "between":
                    optimizer.zero_grad()
                if not step_first:
                    optimizer.step()
                total = total + (loss if kept else loss.item()) * (1 if by_batches else len(X[rows]))
                seen, batches = seen + len(X[rows]), batches + 1
            history.append(total / (batches if by_batches else seen))
        return history

    return train_model


def left_in(name, message, **flaws):
    """Add the misconception that has these mistakes left in."""
    answer = flawed(**flaws)
    answer.__name__ = name
    task.wrong(message)(answer)


left_in(
    "as_it_was",
    """This computes what the loop in the statement computes: all five mistakes are still in it. Take them one by one;
    begin with the shapes in the line of the loss.""",
    rows_lost=True,
    flat=True,
    zeroing="never",
    kept=True,
    by_batches=True,
)
left_in(
    "never_zeroed",
    """One mistake is left: no round forgets the gradients of the rounds before, and `backward` adds to them. The first
    step is right, all others follow the sum.""",
    zeroing="never",
)
left_in(
    "zeroed_between",
    """The weights never move: the gradients are emptied between `backward` and `step`, so that the step finds
    nothing. Empty them before `backward`.""",
    zeroing="between",
)
left_in(
    "targets_in_a_row",
    """One mistake is left, the quiet one: (n, 1) minus (n,) broadcasts to (n, n), and every prediction is compared with
    *every* target. Make the targets a column.""",
    flat=True,
)
left_in(
    "rows_lost",
    """One mistake is left: the inner loop stops too early. `range(0, n - batch_size, ...)` leaves out the last batch,
    even where the batches come out even; the starts go up to n.""",
    rows_lost=True,
)
left_in(
    "last_thrown_away",
    """One mistake is left: where the batches do not come out even, the smaller last one is thrown away. Its rows count
    like all others, and a slice that reaches beyond the end is simply shorter.""",
    drop_last=True,
)
left_in(
    "tensors_kept",
    """The training is right, but the history holds tensors: each keeps the graphs of its epoch in memory. `.item()`
    takes the number out of a loss.""",
    kept=True,
)
left_in(
    "mean_of_means",
    """The training is right, but the history is the mean of the *batches'* means: the rows of a small last batch count
    more than others. Weigh each batch with its number of rows, and divide by all rows.""",
    by_batches=True,
)
left_in(
    "step_first",
    """Every step is one round late: `step` comes before `backward`, and so it walks along the gradient of the batch
    before (in the first round there is none). The order is forward, loss, zero_grad, backward, step.""",
    step_first=True,
)
left_in(
    "shapes_and_zeroing",
    """The bookkeeping is right, and the learning is not yet: the gradients of all rounds add up (no `zero_grad`), and
    every prediction is compared with every target ((n, 1) minus (n,) is (n, n)).""",
    flat=True,
    zeroing="never",
)
left_in(
    "shapes_and_weighing",
    """Two mistakes are left: every prediction is compared with every target ((n, 1) minus (n,) is (n, n)), and the
    history is the mean of the batches' means, where a small last batch counts too much.""",
    flat=True,
    by_batches=True,
)
left_in(
    "only_the_learning",
    """The learning is repaired, the bookkeeping is not yet: look at the inner loop's bounds, at what is added to the
    total, and at what the total is divided by.""",
    rows_lost=True,
    kept=True,
    by_batches=True,
)
left_in(
    "numbers_of_batches",
    """The learning is repaired, the history not yet: it holds tensors instead of numbers, and the mean of the batches'
    means instead of the mean over all rows.""",
    kept=True,
    by_batches=True,
)
