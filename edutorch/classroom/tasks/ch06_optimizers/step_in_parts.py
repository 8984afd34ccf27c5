r"""A large batch in a small memory

A batch of 512 is wanted, and only 100 examples fit into memory. **Gradient accumulation** makes one step of it:
`backward` *adds* to `.grad`, which for once is what we need. Each part adds its share of the gradient, and then the
optimizer makes a single step.

Write `step_in_parts(model, optimizer, x, y, size)`. It makes **one** optimizer step on the whole batch, `x` and `y`,
and never runs more than `size` rows through the model at a time. Nor does it keep the graphs of more rows than that: a
graph holds all that `backward` will need, and that is what fills a memory. (`backward` frees it.)

Afterwards the weights are as after a step on the *mean* loss of all rows at once; that mean loss, from before the step,
is returned as a Python float. The loss is `torch.nn.functional.mse_loss(model(x), y)`, whose mean is over all the
numbers it is given. The last part may be smaller, and there may be old gradients lying about.

Five rows in parts of 2: three parts, with 2, 2 and 1 rows. If their mean losses are 1, 2 and 6, that of the batch is
(2 · 1 + 2 · 2 + 1 · 6) / 5 = 2.4, and not 3.
"""

import weakref

import edutorch as torch
from edutorch.classroom import Task


def step_in_parts(model, optimizer, x, y, size):
    """Make one step on the mean loss of the batch, `size` rows at a time; return that loss."""
    optimizer.zero_grad()
    total = 0.0
    for rows, targets in zip(x.split(size), y.split(size), strict=True):
        loss = torch.nn.functional.mse_loss(model(rows), targets) * (len(rows) / len(x))
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


def cases(draw):
    """All in one part; equal parts; a smaller last part."""

    def case(n, size):
        return draw.randn(2, 3), draw.randn(n, 3) * 2, draw.randn(n, 2), size

    yield case(3, 5)
    yield case(4, 2)
    yield case(5, 2)
    yield case(11, 4)


def probe(step_in_parts, weight, x, y, size):
    """Make the step with a layer that has an old gradient; return the loss, the weights, and what was held at once."""
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    parts, graphs, held = [], [], [0]

    def model(rows):
        result = layer(rows)
        parts.append(len(rows))
        if result.requires_grad:
            graph = {"rows": len(rows), "node": weakref.ref(result.grad_fn), "used": False}
            result.register_hook(lambda grad: graph.update(used=True))
            graphs.append(graph)
        held.append(sum(g["rows"] for g in graphs if not g["used"] and g["node"]() is not None))
        return result

    with torch.no_grad():
        layer.weight.copy_(weight)
    layer.weight.grad = torch.ones_like(weight)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    loss = step_in_parts(model, optimizer, x, y, size)
    return {
        "loss": loss,
        "weights": layer.weight.detach(),
        "never more than size rows at a time": max(parts, default=0) <= size,
        "never the graphs of more than size rows": max(held) <= max(size, *parts),
    }


task = Task(
    step_in_parts,
    cases=cases,
    probe=probe,
    minutes=20,
    points=3,
    hints=(
        "Which of the four acts of a training step (zero_grad, loss, backward, step) happens once for each part, and"
        " which once for the whole batch?",
        "The mean of a batch is a *weighted* mean of the parts' means: each part counts by its number of rows.",
        "Empty the gradients once. For each part: its mean loss times its rows over all rows, `backward`, and the"
        " number onto the total. Then a single step. `x.split(size)` cuts, and leaves a smaller last part.",
    ),
)


def walk(model, optimizer, x, y, size, share):
    """Accumulate with another share for each part; return the weighted losses."""
    losses = []
    for rows, targets in zip(x.split(size), y.split(size), strict=True):
        loss = torch.nn.functional.mse_loss(model(rows), targets)
        (loss * share(len(rows))).backward()
        losses.append(loss.item() * len(rows) / len(x))
    optimizer.step()
    return sum(losses)


@task.wrong(
    "The step is as many times too long as there are parts: the gradients of the parts' mean losses were *added*. Each"
    " of them is already a mean; weight them before they are added."
)
def means_added(model, optimizer, x, y, size):
    optimizer.zero_grad()
    return walk(model, optimizer, x, y, size, lambda n: 1.0)


@task.wrong(
    "With equal parts this is right. A smaller last part counts too much: you divided by the number of parts, so each"
    " of its rows has more say than the others. Weight each part by its rows."
)
def divided_by_parts(model, optimizer, x, y, size):
    optimizer.zero_grad()
    parts = len(x.split(size))
    total = 0.0
    for rows, targets in zip(x.split(size), y.split(size), strict=True):
        loss = torch.nn.functional.mse_loss(model(rows), targets) / parts
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


@task.wrong(
    "Only the last part moves the weights: the gradients were emptied for each part, and the earlier ones are lost."
    " Empty them once, before the first part."
)
def zeroed_each_time(model, optimizer, x, y, size):
    def share(n):
        optimizer.zero_grad()
        return n / len(x)

    return walk(model, optimizer, x, y, size, share)


@task.wrong("The old gradients are in the step as well: somebody must empty them, once, before the first part.")
def never_zeroed(model, optimizer, x, y, size):
    return walk(model, optimizer, x, y, size, lambda n: n / len(x))


@task.wrong(
    "The optimizer stepped after every part: this is ordinary training on small batches. The parts must share *one*"
    " step, after the last of them."
)
def step_each_time(model, optimizer, x, y, size):
    total = 0.0
    for rows, targets in zip(x.split(size), y.split(size), strict=True):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(rows), targets)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows) / len(x)
    return total


@task.wrong(
    "The weights are right, but the whole batch went through the model at once: that is what does not fit into memory."
    " At most `size` rows at a time."
)
def all_at_once(model, optimizer, x, y, size):
    optimizer.zero_grad()
    return walk(model, optimizer, x, y, len(x), lambda n: 1.0)


@task.wrong("The last, smaller part is left out. Its rows belong to the batch, too.")
def rest_dropped(model, optimizer, x, y, size):
    whole = len(x) // size * size or len(x)
    return step_in_parts(model, optimizer, x[:whole], y[:whole], size)


@task.wrong(
    "The weights are right. What is returned is the loss of the last part alone; the mean over all rows is asked for."
)
def last_loss(model, optimizer, x, y, size):
    parts = list(zip(x.split(size), y.split(size), strict=True))
    last = torch.nn.functional.mse_loss(model(parts[-1][0]), parts[-1][1]).item()
    step_in_parts(model, optimizer, x, y, size)
    return last


@task.wrong(
    "Loss and weights are right, but there is a single `backward` at the end. Until then the graphs of all parts are in"
    " memory, as if the whole batch had gone through the model at once. `backward` after each part frees its graph."
)
def one_backward(model, optimizer, x, y, size):
    optimizer.zero_grad()
    parts = zip(x.split(size), y.split(size), strict=True)
    loss = sum(torch.nn.functional.mse_loss(model(rows), targets) * (len(rows) / len(x)) for rows, targets in parts)
    loss.backward()
    optimizer.step()
    return loss.item()


@task.wrong(
    "The last part counts as if it were a full one: every part was weighted with `size` rows. Weight each with the rows"
    " that it really has."
)
def weighted_as_full(model, optimizer, x, y, size):
    optimizer.zero_grad()
    total = 0.0
    for rows, targets in zip(x.split(size), y.split(size), strict=True):
        loss = torch.nn.functional.mse_loss(model(rows), targets) * (size / len(x))
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


@task.wrong(
    "The weights are right. The loss that is returned is the plain mean of the parts' means; a smaller last part counts"
    " too much in it. Weight it as you weighted the gradients."
)
def plain_mean_returned(model, optimizer, x, y, size):
    parts = zip(x.split(size), y.split(size), strict=True)
    with torch.no_grad():
        losses = [torch.nn.functional.mse_loss(model(rows), targets).item() for rows, targets in parts]
    step_in_parts(model, optimizer, x, y, size)
    return sum(losses) / len(losses)


@task.wrong(
    "The weights are right. What is returned is the *sum* of the parts' mean losses; asked for is the mean over all"
    " rows."
)
def sum_returned(model, optimizer, x, y, size):
    parts = zip(x.split(size), y.split(size), strict=True)
    with torch.no_grad():
        losses = [torch.nn.functional.mse_loss(model(rows), targets).item() for rows, targets in parts]
    step_in_parts(model, optimizer, x, y, size)
    return sum(losses)


@task.wrong(
    "The weights are right. The loss that is returned was computed after the step, with the new weights: asked for is"
    " the one from before, which the gradients belong to. It is there already when you call `backward`."
)
def loss_after_the_step(model, optimizer, x, y, size):
    step_in_parts(model, optimizer, x, y, size)
    with torch.no_grad():
        parts = zip(x.split(size), y.split(size), strict=True)
        return sum(torch.nn.functional.mse_loss(model(r), t).item() * len(r) / len(x) for r, t in parts)
