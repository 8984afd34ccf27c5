r"""Adam, from its paper

*Adam: a method for stochastic optimization* (Kingma and Ba, 2015) fits its whole method into one box, Algorithm 1. With
the gradient $g_t$ of step $t = 1, 2, \dots$, all of it element by element, and $m_0 = v_0 = 0$:

$$m_t = \beta_1 m_{t-1} + (1 - \beta_1)\, g_t \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2$$

$$\hat m_t = m_t / (1 - \beta_1^t) \qquad \hat v_t = v_t / (1 - \beta_2^t) \qquad
w_t = w_{t-1} - \eta\, \hat m_t / (\sqrt{\hat v_t} + \varepsilon)$$

Lesson 6, section 5, wrote one rule of it, and a frame carried the rest. Here you write the whole optimizer, the class
`Adam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-8)`. It does what `torch.optim.Adam` does:

- `params` is anything that can be gone through **once**, such as `model.parameters()`;
- `step()` changes every parameter in place, by its `.grad`; a parameter that never has a gradient (`None`) stays;
- `zero_grad()` sets every `.grad` to `None`.

One weight at 1 with the gradients 2 and then −1, `lr=0.1`, the rest as it stands: after the first step it is at 0.9
(the first step is always about `lr` long), after the second at 0.8734.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, never_extends, swap


class Adam:
    """Adam: running means of the gradient and of its square, corrected for their start at 0."""

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        """Keep the parameters and the options, and make room for what is remembered."""
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.means = [(torch.zeros_like(p), torch.zeros_like(p)) for p in self.params]
        self.t = 0

    def zero_grad(self):
        """Forget the gradients."""
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        """Change every parameter that has a gradient, in place."""
        self.t += 1
        beta1, beta2 = self.betas
        for p, (m, v) in zip(self.params, self.means, strict=True):
            if p.grad is not None:
                m.mul_(beta1).add_((1 - beta1) * p.grad)
                v.mul_(beta2).add_((1 - beta2) * p.grad**2)
                m_hat, v_hat = m / (1 - beta1**self.t), v / (1 - beta2**self.t)
                p -= self.lr * m_hat / (v_hat.sqrt() + self.eps)


def cases(draw):
    """One step, several; one parameter, several; options that are not the usual ones; one without a gradient."""

    def case(shapes, steps, unused=(), **options):
        starts = [draw.randn(*shape) for shape in shapes]
        slopes = [[None if i in unused else draw.randn(*s) for i, s in enumerate(shapes)] for _ in range(steps)]
        return starts, slopes, {"lr": draw.uniform(0.05, 0.3), **options}

    yield case([(2,)], 1)
    yield case([(2,)], 4)
    yield case([(3,)], 3, betas=(draw.uniform(0.3, 0.8), draw.uniform(0.85, 0.95)), eps=draw.uniform(0.1, 0.3))
    yield case([(2,), (2,)], 4)
    yield case([(2, 3), (3,), (4,)], 3, unused=(1,))


def probe(Adam, starts, gradients, options):
    """Walk: the parameters after each step with these gradients (a row for each step), and what zero_grad leaves."""
    params = [start.clone().requires_grad_() for start in starts]
    optimizer = Adam((p for p in params), **options)
    found = {}
    for step, row in enumerate(gradients, 1):
        for p, g in zip(params, row, strict=True):
            p.grad = None if g is None else g.clone()
        optimizer.step()
        found[f"after step {step}"] = [p.detach().clone() for p in params]
    optimizer.zero_grad()
    return {**found, "gradients after zero_grad": [p.grad for p in params]}


def finale(Adam):
    """**Your Adam in the library.** The network of lesson 6, section 1, trains with `torch.optim.Adam`: first the
    library's, then yours, from the same seed. The two losses of every step are compared."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = torch.from_numpy(digits.data) / 16, torch.from_numpy(digits.target)
    nn = torch.nn

    def train():
        torch.manual_seed(0)
        layers = nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 10)
        model, losses = nn.Sequential(*layers).double(), []
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(8):
            for rows in torch.randperm(1400).split(50):
                loss = nn.functional.cross_entropy(model(images[rows]), labels[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        return losses, (model(images[1400:]).argmax(dim=1) == labels[1400:]).double().mean().item()

    theirs, _ = train()
    with swap("optim.Adam", Adam):
        yours, accuracy = train()
    apart = max(abs(a - b) for a, b in zip(yours, theirs, strict=True))
    print(f"{len(yours)} losses, at most {apart:.0e} apart; {100 * accuracy:.1f} % read rightly")
    assert apart < 1e-5
    assert accuracy > 0.85


task = Task(
    Adam,
    cases=cases,
    probe=probe,
    also=(never_calls("optim"), never_extends(torch.optim.Adam)),
    rtol=1e-3,
    minutes=30,
    points=4,
    swap="optim.Adam",
    finale=finale,
    hints=(
        "What is remembered of each parameter, and what of the optimizer as a whole? Make room for both in `__init__`.",
        "Two running means for each parameter, of its shape, and one number: how many steps there have been. The"
        " corrected means are used in this step only; what is *kept* is the uncorrected ones.",
        "In `step`: first t + 1. Then for each parameter with a gradient the two means in place; both divided by"
        " 1 - beta**t into *new* tensors; the root, plus eps outside of it; and the parameter moves in place, all under"
        " `torch.no_grad()`.",
    ),
)


def update(optimizer, change):
    """Run a step of Adam whose rule is `change(p, m, v, beta1, beta2, t)`."""
    optimizer.t += 1
    with torch.no_grad():
        for p, (m, v) in zip(optimizer.params, optimizer.means, strict=True):
            if p.grad is not None:
                change(p, m, v, *optimizer.betas, optimizer.t)


def remember(g, m, v, beta1, beta2):
    """Bring both running means up to date."""
    m.mul_(beta1).add_((1 - beta1) * g)
    v.mul_(beta2).add_((1 - beta2) * g**2)


@task.wrong(
    "The first step is about three times too long: the corrections are missing. Both means begin at 0 and are too small"
    " at first, the mean of the squares much more so; dividing by 1 - beta**t makes up for it."
)
class Uncorrected(Adam):
    def step(self):
        def change(p, m, v, beta1, beta2, t):
            remember(p.grad, m, v, beta1, beta2)
            p -= self.lr * m / (v.sqrt() + self.eps)

        update(self, change)


@task.wrong(
    "The first step divides by zero: t is still 0 there, and 1 - beta**0 is 0. Steps are counted from 1: raise t before"
    " it is used."
)
class CountsFromZero(Adam):
    def step(self):
        def change(p, m, v, beta1, beta2, t):
            remember(p.grad, m, v, beta1, beta2)
            p -= self.lr * (m / (1 - beta1 ** (t - 1))) / ((v / (1 - beta2 ** (t - 1))).sqrt() + self.eps)

        update(self, change)


@task.wrong(
    "The first step is right, the second is not: the *corrected* means were kept, and are corrected once more in each"
    " step. Keep the means as they are, and correct a copy for use."
)
class CorrectionKept(Adam):
    def step(self):
        def change(p, m, v, beta1, beta2, t):
            remember(p.grad, m, v, beta1, beta2)
            m /= 1 - beta1**t
            v /= 1 - beta2**t
            p -= self.lr * m / (v.sqrt() + self.eps)

        update(self, change)


@task.wrong(
    "With a single parameter all is right. With several, t grows with each *parameter*, so the later ones are corrected"
    " too little. Count steps, outside of the loop."
)
class CountsParameters(Adam):
    @torch.no_grad()
    def step(self):
        for p, (m, v) in zip(self.params, self.means, strict=True):
            if p.grad is not None:
                self.t += 1
                remember(p.grad, m, v, *self.betas)
                m_hat, v_hat = m / (1 - self.betas[0] ** self.t), v / (1 - self.betas[1] ** self.t)
                p -= self.lr * m_hat / (v_hat.sqrt() + self.eps)


@task.wrong(
    "With the usual tiny eps this looks right. It stands *inside* the root, where 1e-8 counts as 1e-4. In the paper and"
    " in PyTorch it is added after the root."
)
class EpsInside(Adam):
    def step(self):
        def change(p, m, v, beta1, beta2, t):
            remember(p.grad, m, v, beta1, beta2)
            p -= self.lr * (m / (1 - beta1**t)) / (v / (1 - beta2**t) + self.eps).sqrt()

        update(self, change)


@task.wrong(
    "The root is missing: the mean gradient is divided by the mean *square*. Then the size of the gradient does not"
    " cancel out: where gradients are small the steps become huge."
)
class NoRoot(Adam):
    def step(self):
        def change(p, m, v, beta1, beta2, t):
            remember(p.grad, m, v, beta1, beta2)
            p -= self.lr * (m / (1 - beta1**t)) / (v / (1 - beta2**t) + self.eps)

        update(self, change)


@task.wrong(
    "The betas are exchanged: the first belongs to the mean of the gradient, the second, the longer memory, to the mean"
    " of its square."
)
class BetasExchanged(Adam):
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, lr, betas[::-1], eps)


@task.wrong(
    "The new gradient is added whole, as in SGD's momentum. Adam keeps running *means*: the new gradient enters with"
    " the weight 1 - beta, its square likewise."
)
class RunningSums(Adam):
    def step(self):
        def change(p, m, v, beta1, beta2, t):
            m.mul_(beta1).add_(p.grad)
            v.mul_(beta2).add_(p.grad**2)
            p -= self.lr * (m / (1 - beta1**t)) / ((v / (1 - beta2**t)).sqrt() + self.eps)

        update(self, change)


@task.wrong(
    "The second mean is that of the averaged gradient's square, m². It has to be of the *gradient's* square: only so it"
    " stays large where gradients quarrel, and the steps short."
)
class SquareOfTheMean(Adam):
    def step(self):
        def change(p, m, v, beta1, beta2, t):
            m.mul_(beta1).add_((1 - beta1) * p.grad)
            v.mul_(beta2).add_((1 - beta2) * m**2)
            p -= self.lr * (m / (1 - beta1**t)) / ((v / (1 - beta2**t)).sqrt() + self.eps)

        update(self, change)


@task.wrong(
    "The correction divides by 1 - beta at every step, where t should be the exponent. That is right for the first"
    " step; later the means have caught up and need less and less of it."
)
class ExponentForgotten(Adam):
    def step(self):
        def change(p, m, v, beta1, beta2, t):
            remember(p.grad, m, v, beta1, beta2)
            p -= self.lr * (m / (1 - beta1)) / ((v / (1 - beta2)).sqrt() + self.eps)

        update(self, change)


@task.wrong(
    "A parameter had no gradient (`.grad` is `None`), and your step computed with it. Leave such a parameter as it is."
)
class NoneForgotten(Adam):
    @torch.no_grad()
    def step(self):
        self.t += 1
        for p, (m, v) in zip(self.params, self.means, strict=True):
            remember(p.grad, m, v, *self.betas)
            m_hat, v_hat = m / (1 - self.betas[0] ** self.t), v / (1 - self.betas[1] ** self.t)
            p -= self.lr * m_hat / (v_hat.sqrt() + self.eps)


@task.wrong(
    "The steps are right, but `zero_grad()` fills the gradients with zeros. Asked for is `None`, as in PyTorch: a"
    " gradient of zero is a gradient, and an optimizer with a memory goes on moving along it."
)
class FilledWithZeros(Adam):
    def zero_grad(self):
        for p in self.params:
            if p.grad is not None:
                p.grad.zero_()


@task.wrong(
    "The model's weights do not move: `p = p - ...` makes a new tensor and calls it `p`, inside of your loop; the"
    " parameter itself is as it was. Change it in place, `p -= ...` or `p.sub_(...)`."
)
class NameMoved(Adam):
    def step(self):
        pass


@task.wrong(
    "Nothing moves at all, and no gradient is emptied: `model.parameters()` is a generator, and was used up when you"
    " made room for the means. Keep `list(params)`, and go through that."
)
class UsedUp(Adam):
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, lr, betas, eps)
        self.params, self.means = [], []


@task.wrong(
    "The update was recorded, and PyTorch refuses that: a leaf that requires grad must not be changed in place. Put the"
    " step under `torch.no_grad()`."
)
class Recorded(Adam):
    def step(self):
        for p in self.params:
            p -= self.lr * p.grad


@task.wrong(
    "The first step is right, later ones are not: the means are forgotten from step to step. `m = ...` in a loop only"
    " gives a name to a new tensor; what is to be remembered must be changed in place or stored in the object."
)
class Forgetful(Adam):
    @torch.no_grad()
    def step(self):
        self.means = [(torch.zeros_like(p), torch.zeros_like(p)) for p in self.params]
        Adam.step(self)


@task.wrong(
    "With a single parameter all is right. With several, they share one pair of means: the gradients of one get mixed"
    " up with those of another. Each parameter needs its own two, of its own shape."
)
class SharedMeans(Adam):
    @torch.no_grad()
    def step(self):
        self.t += 1
        beta1, beta2 = self.betas
        m, v = getattr(self, "shared", (0.0, 0.0))
        for p in self.params:
            if p.grad is not None:
                m, v = beta1 * m + (1 - beta1) * p.grad, beta2 * v + (1 - beta2) * p.grad**2
                p -= self.lr * (m / (1 - beta1**self.t)) / ((v / (1 - beta2**self.t)).sqrt() + self.eps)
        self.shared = m, v


@task.wrong(
    "With the usual tiny eps this looks right: it is left out. It is added to the root, and keeps a weight whose"
    " gradient is 0 from a step of 0/0."
)
class WithoutEps(Adam):
    @torch.no_grad()
    def step(self):
        self.eps = 0.0
        Adam.step(self)


@task.wrong("The weights go *uphill*: the gradient points to where the loss grows, so the step is subtracted.")
class Uphill(Adam):
    @torch.no_grad()
    def step(self):
        self.lr = -abs(self.lr)
        Adam.step(self)
