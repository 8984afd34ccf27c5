r"""Descent with a memory

An optimizer is a small object: it knows the parameters, remembers something about each, and changes them in `step()`.
Momentum is the first that remembers (lesson 6, section 3). For each parameter, with its gradient $g$ and its velocity
$v$, which begins at 0:

$$v \leftarrow \beta v + g, \qquad w \leftarrow w - \eta v$$

and in Nesterov's variant the second line is $w \leftarrow w - \eta\,(g + \beta v)$, with the new $v$.

Write the class `SGD(params, lr, momentum=0.0, nesterov=False)`, which does what `torch.optim.SGD` does:

- `params` is anything that can be gone through **once**, such as `model.parameters()`;
- `step()` changes every parameter in place, by its `.grad`; a parameter whose `.grad` is `None` stays as it is;
- `zero_grad()` sets every `.grad` to `None`.

One weight at 1, with the gradient 2 in both of two steps, `lr=0.1` and `momentum=0.9`: the velocity is 2 and then
3.8, so the weight goes to 0.8 and to 0.42. With `nesterov=True` it goes to 0.62 and to 0.078.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, never_extends, swap


class SGD:
    """Gradient descent with momentum, plain or Nesterov's."""

    def __init__(self, params, lr, momentum=0.0, nesterov=False):
        """Keep the parameters and the options, and make room for the velocities."""
        self.params = list(params)
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov
        self.velocities = [torch.zeros_like(p) for p in self.params]

    def zero_grad(self):
        """Forget the gradients."""
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        """Change every parameter that has a gradient, in place."""
        for p, v in zip(self.params, self.velocities, strict=True):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * (p.grad + self.momentum * v if self.nesterov else v)


def cases(draw):
    """Without momentum, with it; one parameter, several; a parameter without a gradient; Nesterov."""

    def case(shapes, steps, unused=(), **options):
        starts = [draw.randn(*shape) for shape in shapes]
        slopes = [[None if i in unused else draw.randn(*s) for i, s in enumerate(shapes)] for _ in range(steps)]
        return starts, slopes, {"lr": draw.uniform(0.05, 0.3), **options}

    yield case([(1,)], 1)
    yield case([(1,)], 3, momentum=draw.uniform(0.5, 0.9))
    yield case([(2,), (2,)], 3, momentum=draw.uniform(0.5, 0.9))
    yield case([(2, 3), (3,), (4,)], 3, momentum=draw.uniform(0.5, 0.9), unused=(1,))
    yield case([(3, 2), (2,)], 4, momentum=draw.uniform(0.5, 0.9), nesterov=True)


def probe(SGD, starts, gradients, options):
    """Walk: the parameters after each step with these gradients (a row for each step), and what zero_grad leaves."""
    params = [start.clone().requires_grad_() for start in starts]
    optimizer = SGD((p for p in params), **options)
    found = {}
    for step, row in enumerate(gradients, 1):
        for p, g in zip(params, row, strict=True):
            p.grad = None if g is None else g.clone()
        optimizer.step()
        found[f"after step {step}"] = [p.detach().clone() for p in params]
    optimizer.zero_grad()
    return {**found, "gradients after zero_grad": [p.grad for p in params]}


def finale(SGD):
    """**Your optimizer in the library.** The network of lesson 6, section 1, asks for `torch.optim.SGD` and gets
    yours."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = torch.from_numpy(digits.data).float() / 16, torch.from_numpy(digits.target)
    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 10))

    with swap("optim.SGD", SGD):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    for _ in range(8):
        for rows in torch.randperm(1400).split(50):
            loss = nn.functional.cross_entropy(model(images[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    accuracy = (model(images[1400:]).argmax(dim=1) == labels[1400:]).float().mean().item()
    print(f"{type(optimizer).__name__} of yours: {100 * accuracy:.1f} % of the digits it has never seen")
    assert accuracy > 0.85


task = Task(
    SGD,
    cases=cases,
    probe=probe,
    also=(never_calls("optim"), never_extends(torch.optim.SGD)),
    minutes=20,
    points=3,
    swap="optim.SGD",
    finale=finale,
    hints=(
        "What must be kept from one step to the next, and for whom? Make room for it in `__init__`.",
        "`list(params)` first: a generator can be gone through only once. Then one tensor of zeros for each parameter."
        " The update belongs under `torch.no_grad()`, and changes the parameter in place.",
        "In `step`, for each pair of parameter and velocity, if there is a gradient: multiply the velocity by the"
        " momentum and add the gradient; go `lr` times the velocity down, or for Nesterov `lr` times gradient plus"
        " momentum times velocity.",
    ),
)


@task.wrong(
    "The new gradient enters the velocity with the weight 1 - momentum: a running *mean*, as Adam keeps it. PyTorch's"
    " SGD keeps a running *sum*: the whole gradient is added."
)
class RunningMean(SGD):
    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocities, strict=True):
            if p.grad is not None:
                v.mul_(self.momentum).add_((1 - self.momentum) * p.grad)
                p -= self.lr * (p.grad + self.momentum * v if self.nesterov else v)


@task.wrong(
    "The first step is right, then there is no momentum: the velocity is not kept from one step to the next. What is"
    " remembered has to live in the object, not in a variable of `step`."
)
class Forgetful(SGD):
    @torch.no_grad()
    def step(self):
        self.velocities = [torch.zeros_like(p) for p in self.params]
        SGD.step(self)


@task.wrong(
    "All parameters share one velocity. Each needs its own, of its own shape: the gradients of one have nothing to do"
    " with those of another."
)
class SharedVelocity(SGD):
    @torch.no_grad()
    def step(self):
        v = getattr(self, "v", 0.0)
        for p in self.params:
            if p.grad is not None:
                v = self.momentum * v + p.grad
                p -= self.lr * (p.grad + self.momentum * v if self.nesterov else v)
        self.v = v


@task.wrong(
    "The first step is right, and then nothing moves: `model.parameters()` is a generator, and a generator can be gone"
    " through only once. Keep `list(params)`."
)
class UsedUp(SGD):
    def __init__(self, params, lr, momentum=0.0, nesterov=False):
        self.params, self.known = params, {}
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                v = self.known[id(p)] = self.momentum * self.known.get(id(p), 0.0) + p.grad
                p -= self.lr * (p.grad + self.momentum * v if self.nesterov else v)


@task.wrong(
    "A parameter had no gradient (`.grad` is `None`), and your step computed with it. Layers that a loss does not"
    " depend on get none: leave such a parameter as it is."
)
class NoneForgotten(SGD):
    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocities, strict=True):
            v.mul_(self.momentum).add_(p.grad)
            p -= self.lr * (p.grad + self.momentum * v if self.nesterov else v)


@task.wrong(
    "The learning rate is inside the velocity *and* outside of it: it counts twice. In PyTorch's form the velocity is"
    " made of gradients alone, and the rate comes in when the weight moves."
)
class RateTwice(SGD):
    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocities, strict=True):
            if p.grad is not None:
                v.mul_(self.momentum).add_(self.lr * p.grad)
                p -= self.lr * (p.grad + self.momentum * v if self.nesterov else v)


@task.wrong(
    "Plain momentum is right, Nesterov's is not: its step is that of plain momentum. It looks ahead by one more"
    " momentum: gradient plus momentum times the *new* velocity."
)
class NesterovIgnored(SGD):
    @torch.no_grad()
    def step(self):
        self.nesterov = False
        SGD.step(self)


@task.wrong(
    "Plain momentum is right. Nesterov's step looks ahead by the velocity as it was *before* this gradient. It is the"
    " *new* velocity that carries the weight on: the gradient, plus momentum times the new velocity."
)
class NesterovWithTheOld(SGD):
    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocities, strict=True):
            if p.grad is not None:
                new = self.momentum * v + p.grad
                p -= self.lr * (new + self.momentum * v if self.nesterov else new)
                v.copy_(new)


@task.wrong(
    "The update was recorded, and PyTorch refuses that: a leaf that requires grad must not be changed in place. Put the"
    " step under `torch.no_grad()`."
)
class Recorded(SGD):
    def step(self):
        for p in self.params:
            p -= self.lr * p.grad


@task.wrong(
    "The model's weights do not move: your `step` made *new* tensors, and the model still holds the old ones. Change"
    " the parameters in place, `p -= ...` or `p.sub_(...)`."
)
class NewTensors(SGD):
    @torch.no_grad()
    def step(self):
        self.params = [(p - self.lr * p.grad).requires_grad_() if p.grad is not None else p for p in self.params]

    def zero_grad(self):
        pass


@task.wrong(
    "The steps are right, but after `zero_grad()` the gradients are still there: the next `backward` will add to them"
    " (lesson 2, section 7)."
)
class NeverZeroed(SGD):
    def zero_grad(self):
        pass


@task.wrong(
    "The steps are right, but `zero_grad()` fills the gradients with zeros. Asked for is `None`, as in PyTorch: a"
    " gradient of zero is a gradient, and an optimizer with a memory goes on moving along it."
)
class FilledWithZeros(SGD):
    def zero_grad(self):
        for p in self.params:
            if p.grad is not None:
                p.grad.zero_()


@task.wrong(
    "The model's weights do not move: `p = p - ...` makes a new tensor and calls it `p`, inside of your loop; the"
    " parameter itself is as it was. Change it in place, `p -= ...` or `p.sub_(...)`."
)
class NameMoved(SGD):
    def step(self):
        pass


@task.wrong("The weights go *uphill*: the gradient points to where the loss grows, so the step is subtracted.")
class Uphill(SGD):
    @torch.no_grad()
    def step(self):
        self.lr = -abs(self.lr)
        SGD.step(self)
