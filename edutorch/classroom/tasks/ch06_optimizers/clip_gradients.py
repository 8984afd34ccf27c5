r"""Keep the step in hand

One bad batch can have a gradient a thousand times as long as the others, and one step along it undoes an hour of
training. **Clipping** shortens such a gradient and keeps its direction (lesson 6, section 9).

The gradient of a network is *one* long vector $g$: all the numbers of all parameters' gradients, behind one another. If
its length $\lVert g \rVert$ is greater than `max_norm`, every number is multiplied by $\text{max\_norm} / \lVert g
\rVert$. Otherwise nothing happens.

Write `clip_gradients(parameters, max_norm)`. It changes the `.grad` of the parameters, and returns the length
**before** clipping, as a Python float: that number goes into the training log. A parameter whose `.grad` is `None`
has no part.

Two parameters with the gradients `[3.]` and `[4.]`: the length is 5. With `max_norm = 1` they become `[0.6]` and
`[0.8]`, and 5.0 is returned. With `max_norm = 10` they stay.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, swap


def clip_gradients(parameters, max_norm):
    """Shorten the gradients, if they are too long; return the length they had."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    length = sum((g**2).sum().item() for g in gradients) ** 0.5
    if length > max_norm:
        for g in gradients:
            g *= max_norm / length
    return length


def cases(draw):
    """One parameter, two, short and long ones, one without a gradient, none at all."""
    yield [draw.randn(2) + 3], draw.uniform(0.5, 2)
    yield [draw.randn(3) + 3, draw.randn(3) - 3], draw.uniform(0.5, 2)
    yield [draw.randn(2, 2) / 10, draw.randn(2) / 10], draw.uniform(2, 3)
    yield [draw.randn(2, 3) + 1, None, draw.randn(4) * 5], draw.uniform(0.5, 2)
    yield [draw.randn(2, 3) / 5, draw.randn(50) + 2, draw.randn(1)], draw.uniform(3, 4)


def probe(clip_gradients, gradients, max_norm):
    """Give them to parameters, in a generator; return what is returned, and the gradients afterwards."""
    parameters = [torch.zeros(() if g is None else g.shape, requires_grad=True) for g in gradients]
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = None if g is None else g.clone()
    length = clip_gradients((p for p in parameters), max_norm)
    return {"returned": length, "gradients": [p.grad for p in parameters]}


def finale(clip_gradients):
    """**One bad batch.** Somewhere in the middle a batch arrives whose pixels were not scaled, and are 1000 times too
    large (lesson 6, section 9). The same training without clipping, and with yours in the library."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = torch.from_numpy(digits.data).float() / 16, torch.from_numpy(digits.target)
    nn, optim = torch.nn, torch.optim

    def train(max_norm):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 10))
        optimizer = optim.SGD(model.parameters(), lr=0.3)
        for step in range(200):
            rows = torch.randint(0, 1400, (50,))
            pixels = images[rows] * (1000 if step == 140 else 1)
            loss = nn.functional.cross_entropy(model(pixels), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
        return (model(images[1400:]).argmax(dim=1) == labels[1400:]).float().mean().item()

    with swap("nn.utils.clip_grad_norm_", clip_gradients):
        shares = {"no limit": train(float("inf")), "limit 1": train(1.0)}
    for name, share in shares.items():
        print(f"{name}: {100 * share:.0f} % read rightly")
    assert shares["no limit"] < 0.5 < 0.8 < shares["limit 1"]


task = Task(
    clip_gradients,
    cases=cases,
    probe=probe,
    also=never_calls("clip_grad_norm_", "get_total_norm"),
    minutes=15,
    points=2,
    swap="nn.utils.clip_grad_norm_",
    finale=finale,
    hints=(
        "How long is a vector that is made of two shorter ones, of lengths 3 and 4? Not 7.",
        "Add up the squares of all numbers of all gradients, and take one root at the end. The factor is the same for"
        " all, and is used only if the length is beyond the limit.",
        "Collect the gradients that are not `None` in a list first (`parameters` may be a generator, and you go through"
        " them twice). Then the length; if it is too long, multiply each in place; return the length.",
    ),
)


def scaled(parameters, factor_of):
    """Multiply each gradient by a factor of its own."""
    for p in parameters:
        if p.grad is not None:
            p.grad *= factor_of(p.grad)


def length_of(parameters):
    """Return the length of all gradients together."""
    return sum((p.grad**2).sum().item() for p in parameters if p.grad is not None) ** 0.5


@task.wrong(
    "Each parameter was shortened by itself. That turns the gradient into another direction: layers with short"
    " gradients keep theirs, the others do not. All of them together are one vector with one length, and one factor."
)
def each_by_itself(parameters, max_norm):
    parameters = list(parameters)
    length = length_of(parameters)
    scaled(parameters, lambda g: min(1.0, max_norm / (g**2).sum().item() ** 0.5))
    return length


@task.wrong(
    "Each number was cut off at `max_norm` by itself (that is `clip_grad_value_`). The direction changes with it."
    " Clipping by the norm multiplies all numbers by the same factor."
)
def each_number(parameters, max_norm):
    parameters = list(parameters)
    length = length_of(parameters)
    for p in parameters:
        if p.grad is not None:
            p.grad.clamp_(-max_norm, max_norm)
    return length


@task.wrong(
    "Short gradients were made *longer*: everything has the length `max_norm` now. Near the lowest point gradients"
    " ought to be short; clipping touches only what is too long."
)
def always_scaled(parameters, max_norm):
    parameters = list(parameters)
    length = length_of(parameters)
    scaled(parameters, lambda g: max_norm / length)
    return length


@task.wrong(
    "With several parameters the length is too great: their lengths were added. Lengths add up by Pythagoras: the"
    " squares are summed, and the root comes last."
)
def lengths_added(parameters, max_norm):
    parameters = list(parameters)
    length = float(sum((p.grad**2).sum().item() ** 0.5 for p in parameters if p.grad is not None))
    scaled(parameters, lambda g: min(1.0, max_norm / length))
    return length


@task.wrong(
    "The length is the *square* of what it is: the root is missing. So nearly everything is clipped, and far too much."
)
def root_forgotten(parameters, max_norm):
    parameters = list(parameters)
    length = length_of(parameters) ** 2
    scaled(parameters, lambda g: min(1.0, max_norm / length))
    return length


@task.wrong(
    "The gradients are right, and the number returned is the length *after* clipping: it never exceeds `max_norm`, so a"
    " log of it shows no spike. Return the length from before."
)
def length_afterwards(parameters, max_norm):
    return min(clip_gradients(parameters, max_norm), max_norm)


@task.wrong(
    "A parameter had no gradient (`.grad` is `None`), and your code computed with it. Skip those that a loss does not"
    " depend on."
)
def none_forgotten(parameters, max_norm):
    gradients = [p.grad for p in parameters]
    length = sum((g**2).sum().item() for g in gradients) ** 0.5
    if length > max_norm:
        for g in gradients:
            g *= max_norm / length
    return length


@task.wrong(
    "The length is right, and the gradients stay as they were: `parameters` is a generator, and after the first loop it"
    " is empty; or the shortened ones went into new tensors that no parameter holds. Put them into a list first, and"
    " change each `.grad` itself."
)
def nothing_changes(parameters, max_norm):
    return length_of(parameters)
