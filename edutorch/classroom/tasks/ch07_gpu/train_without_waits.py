r"""A loop that lets the GPU run

A GPU is fast as long as there is work in its line. One innocent word empties it: `loss.item()`. To give you that
number, Python waits until the device has done everything before it, and while Python then prepares the next step, the
device has nothing to do. `float(loss)`, `loss.tolist()`, `print(loss)` and `if loss > 3:` all do the same (lesson 7,
section 3).

This loop waits in every step, twice:

```python
for x, y in batches:
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), y)
    if loss.isnan():
        raise ValueError("the loss is NaN")
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
```

Write `train_without_waits(model, optimizer, batches, every)`. It trains in the same way, a step for each batch (`(x,
y)`, with the `mse_loss`), but looks only after every `every` steps: it returns a list of Python floats, the **mean
loss** of each `every` steps. If some steps are left over at the end, they are made, and not reported. It may wait for
the device **once for each number** that it returns, and not more. (The check for NaN may go.)

Between two looks the losses must be collected on the device, and *without their graphs*: a loss that you keep as it is
keeps the graph of its step (and where nobody calls `backward`, as in a test, all that was computed for it).

Five batches with the losses 4, 2, 3, 1 and 9, and `every` = 2: it returns `[3.0, 2.0]`, and waits twice.
"""

import sys
import weakref
from contextlib import contextmanager

import edutorch as torch
from edutorch.classroom import Task
from edutorch.classroom.diagnose import PACKAGE


def train_without_waits(model, optimizer, batches, every):
    """Make a step for each batch; return the mean loss of each `every` steps."""
    report, total = [], 0.0
    for step, (x, y) in enumerate(batches, 1):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        total = total + loss.detach()
        if step % every == 0:
            report.append((total / every).item())
            total = 0.0
    return report


def cases(draw):
    """One look; two looks; every step; steps left over."""

    def case(steps, every):
        return draw.randn(2, 3), [(draw.randn(4, 3), 2 * draw.randn(4, 2)) for _ in range(steps)], every

    yield case(3, 3)
    yield case(6, 3)
    yield case(5, 2)
    yield case(draw.randint(13, 15), 4)


WAITS = ("item", "tolist", "numpy", "cpu", "__bool__", "__float__", "__int__", "__index__", "__format__", "__repr__",
         "__array__")  # fmt: skip


@contextmanager
def waits_counted():
    """Count how often something outside of the library asks a tensor for its numbers."""
    count, kept = [0], {name: vars(torch.Tensor)[name] for name in WAITS if name in vars(torch.Tensor)}

    def counting(function):
        def method(self, *arguments, **named):
            where = sys._getframe(1).f_code.co_filename
            count[0] += not where.startswith(PACKAGE) or "tasks" in where
            return function(self, *arguments, **named)

        return method

    for name, function in kept.items():
        setattr(torch.Tensor, name, counting(function))
    try:
        yield count
    finally:
        for name, function in kept.items():
            setattr(torch.Tensor, name, function)


def probe(train_without_waits, weight, batches, every):
    """Train a layer; return what is reported, the weights, how often the device was waited for, and what was kept."""
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    with torch.no_grad():
        layer.weight.copy_(weight)
    graphs, kept = [], [0]

    def model(x):
        out = layer(x)
        kept.append(sum(graph() is not None for graph in graphs[:-1]))
        if out.grad_fn is not None:
            graphs.append(weakref.ref(out.grad_fn))
        return out

    optimizer = torch.optim.SGD(layer.parameters(), lr=0.05)
    with waits_counted() as waits:
        report = train_without_waits(model, optimizer, batches, every)
    most = len(batches) // every
    return {
        "reported": report,
        "weights": layer.weight.detach(),
        "waits for the device": f"{waits[0]}, where {most} would do" if waits[0] > most else f"at most {most}",
        "graphs of earlier steps kept": max(kept),
    }


task = Task(
    train_without_waits,
    cases=cases,
    probe=probe,
    minutes=15,
    points=3,
    hints=(
        "Which lines of the loop above ask the device for a number? What would have to be so, that you can do without?",
        "Adding is something the device does: a running total can be a tensor. `loss.detach()` is the number without"
        " its graph, and nobody has to wait for it.",
        "Add `loss.detach()` to a total in every step. Where the number of the step, counted from 1, is divisible by"
        " `every`: divide the total, take its `.item()`, put that into the list, and begin again from 0.",
    ),
)


def walk(model, optimizer, batches):
    """Make the steps, and yield the number of each, from 1, and its loss."""
    for step, (x, y) in enumerate(batches, 1):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        yield step, loss


@task.wrong(
    "The report is right, but the device was waited for in *every* step: `.item()`, or something that does the same, is"
    " called on each loss. Collect the losses as tensors, and take one number out at the end of each group."
)
def item_in_every_step(model, optimizer, batches, every):
    report, total = [], 0.0
    for step, loss in walk(model, optimizer, batches):
        total += loss.item()
        if step % every == 0:
            report.append(total / every)
            total = 0.0
    return report


@task.wrong(
    "The report is right, and nobody waits too often. But the losses are kept with their graphs, which pile up until"
    " the next look. `loss.detach()` leaves the graph behind."
)
def graphs_kept(model, optimizer, batches, every):
    report, total = [], 0.0
    for step, loss in walk(model, optimizer, batches):
        total = total + loss
        if step % every == 0:
            report.append((total / every).item())
            total = 0.0
    return report


@task.wrong(
    "Every step asks a question of the loss, in an `if` for instance, or prints it, or copies it to the host"
    " (`.cpu()`), and each time Python waits for the device; together with the report it is more than one wait a step."
)
def asks_in_every_step(model, optimizer, batches, every):
    report, total = [], 0.0
    for step, loss in walk(model, optimizer, batches):
        if loss.isnan():
            raise ValueError("the loss is NaN")
        total = total + loss.detach()
        if step % every == 0:
            report.append((total / every).item())
            total = 0.0
    return report


@task.wrong("What you report is the loss of each group's *last* step; asked for is the mean over the group.")
def the_last_loss(model, optimizer, batches, every):
    return [loss.item() for step, loss in walk(model, optimizer, batches) if step % every == 0]


@task.wrong(
    "The first number is right, and from then on they are too large: the total goes on from group to group. After each"
    " look it begins again from 0."
)
def total_goes_on(model, optimizer, batches, every):
    report, total = [], 0.0
    for step, loss in walk(model, optimizer, batches):
        total = total + loss.detach()
        if step % every == 0:
            report.append((total / every).item())
    return report


@task.wrong("What you report is the *sum* of each group's losses; asked for is their mean.")
def sums_reported(model, optimizer, batches, every):
    return [mean * every for mean in train_without_waits(model, optimizer, batches, every)]


@task.wrong(
    "The steps are counted from 0, so the first look comes after a single step, and the groups are shifted by one."
)
def counted_from_zero(model, optimizer, batches, every):
    report, total = [], 0.0
    for step, loss in walk(model, optimizer, batches):
        total = total + loss.detach()
        if (step - 1) % every == 0:
            report.append((total / every).item())
            total = 0.0
    return report


@task.wrong(
    "The numbers are right, but they are still tensors: whoever prints the report has to wait for each of them. Python"
    " floats are asked for, `.item()` makes one."
)
def tensors_reported(model, optimizer, batches, every):
    report, total = [], 0.0
    for step, loss in walk(model, optimizer, batches):
        total = total + loss.detach()
        if step % every == 0:
            report.append(total / every)
            total = 0.0
    return report


@task.wrong("Where steps are left over at the end, you report them as well. They are no full group: leave them out.")
def rest_reported(model, optimizer, batches, every):
    losses = [loss.detach() for _, loss in walk(model, optimizer, batches)]
    return [torch.stack(losses[i : i + every]).mean().item() for i in range(0, len(losses), every)]


@task.wrong(
    "The report is right, but the steps that are left over at the end were not made: their batches have something to"
    " teach, too."
)
def rest_left_out(model, optimizer, batches, every):
    return train_without_waits(model, optimizer, batches[: len(batches) // every * every], every)


@task.wrong(
    "The old gradients are in each step as well: `backward` adds, so `optimizer.zero_grad()` belongs into every step."
)
def never_zeroed(model, optimizer, batches, every):
    report, total = [], 0.0
    for step, (x, y) in enumerate(batches, 1):
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        total = total + loss.detach()
        if step % every == 0:
            report.append((total / every).item())
            total = 0.0
    return report


@task.wrong(
    "Looking is seldom, and so is stepping: the optimizer steps once for `every` batches. It makes a step for *each*"
    " batch; only the report waits."
)
def steps_when_it_looks(model, optimizer, batches, every):
    report, total = [], 0.0
    optimizer.zero_grad()
    for step, (x, y) in enumerate(batches, 1):
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        total = total + loss.detach()
        if step % every == 0:
            optimizer.step()
            optimizer.zero_grad()
            report.append((total / every).item())
            total = 0.0
    return report
