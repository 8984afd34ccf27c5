r"""Learn through a switch

A hidden unit that says only −1 or +1 needs one bit. But its slope is 0 everywhere, except at the jump, where it has
none: no gradient, no learning. Networks with such units are trained all the same, with a **straight-through** gradient:
forward the hard switch, backward a rule that is *not* its derivative, and works (Hubara and others, *Binarized Neural
Networks*, 2016).

Write `BinarySign`, an `autograd.Function` (lesson 2, section 8), to be used as `BinarySign.apply(x, width)`:

- **forward**: +1 where `x >= 0`, −1 elsewhere, in the dtype of `x`. (`torch.sign` makes 0 of 0: look out.)
- **backward**: the arriving gradient passes unchanged where `|x| <= width`, and is 0 elsewhere. A unit far from the
  jump would need a large change to switch, so it is left in peace.

`width` is a Python number and has no gradient. For each argument of `forward`, `backward` returns one value: `None` for
such a one.

With `width = 1`, `x = [-2., 0.5, 1.]` and the arriving gradient `[3., 4., 5.]`: the result is `[-1., 1., 1.]` and the
gradient of `x` is `[0., 4., 5.]`.
"""

import edutorch as torch
from edutorch.classroom import Task


class BinarySign(torch.autograd.Function):
    """The sign of `x` as -1 or +1; the gradient passes where `|x| <= width`."""

    @staticmethod
    def forward(ctx, x, width):
        """Return +1 where `x >= 0`, -1 elsewhere, and leave a note for `backward` on the page `ctx`."""
        ctx.save_for_backward(x.abs() <= width)
        return torch.where(x >= 0, torch.ones_like(x), -torch.ones_like(x))

    @staticmethod
    def backward(ctx, grad):
        """Return one value for each argument of `forward`; `grad` is the gradient that arrives at the result."""
        (near,) = ctx.saved_tensors
        return torch.where(near, grad, torch.zeros_like(grad)), None


def cases(draw):
    """Inside and outside of the width, at its border, at zero; several widths, dtypes and shapes."""
    yield torch.tensor([0.5]) * draw.uniform(0.5, 1.5), 1.0, draw.randn(1), draw.randn(1)
    yield torch.tensor([-2.5, 0.4, -0.3, 1.9]), 1.0, 3 * draw.randn(4), draw.randn(4)
    yield torch.tensor([0.0, -1.0, 1.0, 2.0]), 1.0, 3 * draw.randn(4), draw.randn(4) * 2
    yield 2 * draw.randn(3, 5), draw.uniform(0.8, 2.0), 3 * draw.randn(3, 5), draw.randn(3, 5)
    yield 2 * draw.randn(6, dtype=torch.float64), 0.5, 3 * draw.randn(6, dtype=torch.float64), draw.randn(6)


def probe(BinarySign, x, width, grad, another_x):
    """Apply it twice, as two layers of a network do, then walk backward from the first result."""
    if not hasattr(BinarySign, "apply"):
        BinarySign(*(() if isinstance(BinarySign, type) else (x, width)))
        raise TypeError("there is no `BinarySign.apply`: make it a class, from `torch.autograd.Function`")
    x, another_x = x.requires_grad_(), another_x.requires_grad_()
    out = BinarySign.apply(x, width)
    BinarySign.apply(3 * another_x, width)
    if not isinstance(out, torch.Tensor) or not out.requires_grad:
        return out
    out.backward(grad)
    return {"result": out.detach(), "gradient of x": x.grad}


def finale(BinarySign):
    """**A network that thinks in yes and no.** The digits of lesson 2, section 11; each of the 64 hidden units says
    only −1 or +1, and the weights before the switch learn through your gradient."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = torch.from_numpy(digits.data).float() / 16, torch.from_numpy(digits.target)
    torch.manual_seed(0)
    W1 = (torch.randn(64, 64) / 8).requires_grad_()
    b1 = torch.zeros(64, requires_grad=True)
    W2 = (torch.randn(64, 10) / 8).requires_grad_()
    before = W1.detach().clone()

    for _ in range(400):
        rows = torch.randint(0, 1437, (64,))
        hidden = BinarySign.apply(images[rows] @ W1 + b1, 1.0)
        scores = hidden @ W2
        loss = (torch.logsumexp(scores, dim=1) - scores[torch.arange(64), labels[rows]]).mean()
        for p in (W1, b1, W2):
            p.grad = None
        loss.backward()
        with torch.no_grad():
            for p in (W1, b1, W2):
                p -= 0.1 * p.grad

    hidden = BinarySign.apply(images[1437:] @ W1 + b1, 1.0)
    accuracy = ((hidden @ W2).argmax(dim=1) == labels[1437:]).float().mean().item()
    print("all that the last layer sees:", hidden.unique().tolist())
    print(f"digits it has never seen, read rightly: {100 * accuracy:.1f} %")
    assert accuracy > 0.8
    assert not torch.equal(W1, before)


task = Task(
    BinarySign,
    cases=cases,
    probe=probe,
    minutes=25,
    points=4,
    finale=finale,
    hints=(
        "What does `backward` need to know of `x`? That is what `forward` has to leave on the page: `ctx"
        ".save_for_backward(...)`, and `ctx.saved_tensors` reads it.",
        "Forward is a `torch.where` with `x >= 0`. Backward is the arriving gradient times a mask, and the mask"
        " depends on `x` alone, not on the gradient and not on the result.",
        "A tensor of True and False can be saved, too, and `grad * mask` multiplies by 1 and 0. `forward` had two"
        " arguments besides `ctx`, so `backward` returns two values, the second one `None`.",
    ),
)


@task.wrong(
    "The switch is right, but no gradient comes through. Zero is its true derivative, and the reason why nothing can be"
    " learned through it; here a straight-through gradient is asked for."
)
class TrueDerivative(BinarySign):
    @staticmethod
    def backward(ctx, grad):
        return torch.zeros_like(grad), None


@task.wrong(
    "The arriving gradient is left out: `backward` returns the local slopes, 1 and 0. Its work is to *pass on* what"
    " arrives. Under a plain `.sum()`, where every `grad` is 1, this mistake cannot be seen."
)
class GradForgotten(BinarySign):
    @staticmethod
    def backward(ctx, grad):
        (near,) = ctx.saved_tensors
        return near.to(grad.dtype), None


@task.wrong(
    "The gradient passes everywhere, also far from the jump. It should pass only where `|x| <= width`; if you asked"
    " that of the result, remember that the result is always -1 or +1."
)
class PassesEverywhere(BinarySign):
    @staticmethod
    def backward(ctx, grad):
        return grad, None


@task.wrong(
    "The width is applied to the arriving gradient, not to `x`. How large the gradient is says nothing about how far"
    " the unit is from its jump."
)
class WidthOfTheGradient(BinarySign):
    @staticmethod
    def forward(ctx, x, width):
        ctx.width = width
        return BinarySign.forward(ctx, x, width)

    @staticmethod
    def backward(ctx, grad):
        return grad * (grad.abs() <= ctx.width), None


@task.wrong(
    "At `x = 0` the result is 0: `torch.sign` knows three answers, and this switch only two. Zero counts as +1."
)
class ThreeAnswers(BinarySign):
    @staticmethod
    def forward(ctx, x, width):
        ctx.save_for_backward(x.abs() <= width)
        return torch.sign(x)


@task.wrong("Only the border is wrong: where `|x|` is exactly `width`, the gradient should still pass. `<=`, not `<`.")
class BorderShut(BinarySign):
    @staticmethod
    def forward(ctx, x, width):
        out = BinarySign.forward(ctx, x, width)
        ctx.save_for_backward(x.abs() < width)
        return out


@task.wrong(
    "The gradient is turned round where `x` is negative: it was multiplied by the result. That is the derivative of"
    " `|x|`. Straight-through means that the gradient passes with its own sign."
)
class TimesTheSign(BinarySign):
    @staticmethod
    def forward(ctx, x, width):
        out = BinarySign.forward(ctx, x, width)
        ctx.save_for_backward(out * (x.abs() <= width))
        return out

    @staticmethod
    def backward(ctx, grad):
        (factor,) = ctx.saved_tensors
        return grad * factor, None


@task.wrong(
    "`backward` returned a single value, and `forward` had two arguments besides `ctx`: autograd wants one for each,"
    " and `None` for `width`, which has no gradient."
)
class WidthLeftOut(BinarySign):
    @staticmethod
    def backward(ctx, grad):
        (near,) = ctx.saved_tensors
        return grad * near


@task.wrong(
    "The note was left on the class, not on `ctx`. The class is one for all: a second layer that uses it writes over"
    " the first one's note, and the first gets the wrong mask. Each call has a `ctx` of its own."
)
class NoteOnTheClass(BinarySign):
    x = width = torch.zeros(())

    @staticmethod
    def forward(ctx, x, width):
        NoteOnTheClass.x, NoteOnTheClass.width = x, width
        return BinarySign.forward(ctx, x, width)

    @staticmethod
    def backward(ctx, grad):
        return grad * (NoteOnTheClass.x.abs() <= NoteOnTheClass.width), None
