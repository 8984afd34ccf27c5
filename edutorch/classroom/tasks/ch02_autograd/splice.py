r"""The value of one, the gradient of another

`detach()` lets a number pass and stops its gradient (lesson 2, section 7, rule 5). It is not only for switching things
off. With it you can build what no formula of school mathematics does: a result that has **one** tensor's value and
sends its gradient into **another**.

Write `splice(value, slope)`. Its result has the numbers of `value`; in the backward pass all of the gradient goes to
`slope`, unchanged, and nothing goes to `value`.

This trick has a name, *straight-through*: rounding has the slope 0 almost everywhere, and nothing can be learned
through it; `splice(x.round(), x)` rounds, and lets the gradient through as if it had not. So with `x = 1.7` the result
is 2, and its derivative with respect to `x` is 1.

One line is enough. Both tensors have the same shape; for tensors of finite numbers, use `+`, `-` and `detach()`.
"""

import edutorch as torch
from edutorch.classroom import Task


def splice(value, slope):
    """Return a tensor with the numbers of `value`, whose gradient goes to `slope` alone."""
    return slope + (value - slope).detach()


def cases(draw):
    """Vectors and matrices; each element of the result has a gradient of its own."""
    for shape in ((1,), (draw.randint(2, 4),), (2, 3), draw.sizes(2)):
        yield draw.randn(*shape), draw.randn(*shape), draw.randn(*shape)


def probe(splice, value, slope, grad):
    """Splice two leaves, and look at the value of the result and at what arrives at each of them."""
    value, slope = value.requires_grad_(), slope.requires_grad_()
    out = splice(value, slope)
    if not isinstance(out, torch.Tensor) or not out.requires_grad or out.shape != grad.shape:
        return out
    gradients = torch.autograd.grad(out, (value, slope), grad, allow_unused=True)
    to_value, to_slope = (torch.zeros_like(grad) if g is None else g for g in gradients)
    return {"result": out.detach(), "gradient of value": to_value, "gradient of slope": to_slope}


task = Task(
    splice,
    cases=cases,
    probe=probe,
    minutes=5,
    points=1,
    hints=(
        "The gradient has to go to `slope`, so `slope` itself must be part of the result. What has to be added to it,"
        " so that the numbers are those of `value`?",
        "`slope` plus the difference of the two has the numbers of `value`. Through which part of that sum may a"
        " gradient flow, and through which not?",
        "The sum has two parts: `slope`, through which everything flows, and the difference `value - slope`, a plain"
        " correction, which has to be detached as a whole.",
    ),
)


@task.wrong(
    "It is the wrong way round: this has the numbers of `slope` and sends the gradient to `value`. The tensor that"
    " shall get the gradient stands outside of the `detach()`."
)
def wrong_way_round(value, slope):
    return value + (slope - value).detach()


@task.wrong(
    "The numbers are right, but the gradient goes to `value` and nothing goes to `slope`: this is `value` itself. If"
    " there is a `slope` in your sum, it cancels in the backward pass as well; the correction has to be a plain number"
    " for autograd."
)
def value_itself(value, slope):
    return value


@task.wrong(
    "The gradient goes where it should, but the numbers are the sum of both. What you add to `slope` has to be only the"
    " difference that is missing."
)
def the_sum(value, slope):
    return slope + value.detach()


@task.wrong(
    "The result is cut off from the graph: everything was detached (or computed under `no_grad`). No gradient can reach"
    " `slope`; one part of the sum must stay connected."
)
def all_detached(value, slope):
    return value.detach()


@task.wrong(
    "The numbers are right, but the wrong part was detached: `value` gets the gradient, and `slope` gets it with the"
    " sign turned round. The first `slope` stays in the graph; the difference is what has to be cut off."
)
def wrong_part(value, slope):
    return slope.detach() + (value - slope)


@task.wrong(
    "The numbers are right and `slope` gets its gradient, but `value` gets one too. In `value - slope` only `slope` was"
    " detached; the whole difference must be."
)
def gradient_to_both(value, slope):
    return slope + (value - slope.detach())


@task.wrong(
    "The numbers are right, but the gradients cancel: `slope` gets +1 from the first part and -1 from the difference."
    " Detaching `value` alone is not enough; the whole difference must be detached."
)
def gradients_cancel(value, slope):
    return slope + (value.detach() - slope)
