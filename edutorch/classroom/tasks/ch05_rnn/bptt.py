r"""Back through time

The gradient of a recurrent network, without autograd. Forward, with a state of (batch, hidden) and no biases:

$$h_t = \tanh(W_{ih}\,x_t + W_{hh}\,h_{t-1}), \qquad t = 1 \dots T$$

A loss looks at the states. `grad[t]` is the gradient that arrives at each state **from the loss directly**, of shape
(steps, batch, hidden). But a state acts in a second way: the next state is made from it, and all later ones. What comes
back that way is yours to find (lesson 5, sections 4 and 5).

Write `bptt(grad, x, h0, W_ih, W_hh)`. Return the gradients of `W_ih`, of `W_hh` and of `h0`, in that order, each in the
shape of its tensor. The same weights were used at every step: their gradients are sums over steps, and over the batch.

Two passes: forward, to know all states; then from the last step to the first. For one step, from $h_0 = 0$ with $x =
1$, the weight $W_{ih} = 0.5$ and `grad` = 2: the state is tanh 0.5 = 0.4621, its slope 1 − 0.4621² = 0.7864, and the
gradient of $W_{ih}$ is 2 · 0.7864 · 1 = 1.5729.

Afterwards a network learns to echo, with your gradients alone.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, numerical_gradient


def bptt(grad, x, h0, W_ih, W_hh):
    """Return the gradients of `W_ih`, `W_hh` and `h0`."""
    states = [h0]
    for x_t in x:
        states.append(torch.tanh(x_t @ W_ih.T + states[-1] @ W_hh.T))

    dW_ih, dW_hh, dh = torch.zeros_like(W_ih), torch.zeros_like(W_hh), torch.zeros_like(h0)
    for t in reversed(range(len(x))):
        dh = dh + grad[t]  # from later steps, and from the loss
        dz = dh * (1 - states[t + 1] ** 2)  # at the sum inside tanh
        dW_ih = dW_ih + dz.T @ x[t]
        dW_hh = dW_hh + dz.T @ states[t]
        dh = dz @ W_hh
    return dW_ih, dW_hh, dh


def run(x, h, W_ih, W_hh):
    """Return the states of all steps."""
    states = []
    for x_t in x:
        h = torch.tanh(x_t @ W_ih.T + h @ W_hh.T)
        states.append(h)
    return torch.stack(states)


def cases(draw):
    """One step of one number, two, three; a loss that looks at the last state only; then all sizes."""
    f64 = torch.float64

    def case(steps, batch, inputs, hidden, only_last=False):
        grad = draw.randn(steps, batch, hidden, dtype=f64)
        if only_last:
            grad[:-1] = 0
        x, h0 = draw.randn(steps, batch, inputs, dtype=f64), draw.randn(batch, hidden, dtype=f64)
        return grad, x, h0, draw.randn(hidden, inputs, dtype=f64) / 2, draw.randn(hidden, hidden, dtype=f64) / 2

    yield case(1, 1, 1, 1)
    yield case(2, 1, 1, 1)
    yield case(3, 1, 1, 1, only_last=True)
    yield case(3, 2, 2, 2)
    yield case(*draw.sizes(4, 5))


def expected(grad, x, h0, W_ih, W_hh):
    """Ask finite differences."""
    return numerical_gradient(lambda U, W, h: run(x, h, U, W), W_ih, W_hh, h0, grad=grad)


def finale(bptt):
    """**A network that echoes.** It hears a random number at each step and shall say what it heard *two steps before*:
    so its state must remember, and the gradient must come back through time. No autograd here: the gradient of the last
    layer is written down, that of the cell is yours."""
    torch.manual_seed(0)
    W_ih, W_hh = torch.randn(16, 1) / 2, torch.randn(16, 16) / 5
    W_out = torch.zeros(1, 16)
    weights = [W_ih, W_hh, W_out]
    speeds = [torch.zeros_like(w) for w in weights]
    errors = []
    for _ in range(500):
        x = torch.rand(12, 32, 1) - 0.5
        h, states = torch.zeros(32, 16), []
        for x_t in x:
            h = torch.tanh(x_t @ W_ih.T + h @ W_hh.T)
            states.append(h)
        states = torch.stack(states)
        miss = states @ W_out.T - x.roll(2, 0)
        miss[:2] = 0  # of the first two steps nothing is known
        errors.append(miss.square().sum().item() / miss[2:].numel())
        dout = 2 * miss / miss[2:].numel()
        dW_out = torch.einsum("tno,tnh->oh", dout, states)
        dW_ih, dW_hh, _ = bptt(dout @ W_out, x, torch.zeros(32, 16), W_ih, W_hh)
        for w, v, g in zip(weights, speeds, (dW_ih, dW_hh, dW_out), strict=True):
            v.mul_(0.9).add_(g)
            w -= 0.3 * v
    print(f"mean squared error: at first {errors[0]:.4f}, at the end {sum(errors[-20:]) / 20:.4f}")
    assert sum(errors[-20:]) / 20 < errors[0] / 4


task = Task(
    bptt,
    cases=cases,
    expected=expected,
    also=never_calls("backward", "autograd", "requires_grad_", "vjp"),
    minutes=50,
    points=7,
    finale=finale,
    hints=(
        "Begin with one step: from `grad` through tanh to the sum inside, and from there to the two weights and to the"
        " state before. Which of these would a second step add to?",
        "Keep a `dh`: what has arrived at the state from *later* steps; at the end there is nothing later. Each step,"
        " going backwards: add `grad[t]`, multiply by the slope of tanh, which is 1 − h_t², collect for both weights,"
        " and pass on through W_hh.",
        "In the loop from the last step: `dh + grad[t]`, times `1 - h_t ** 2`, is dz; `dz.T @ x_t` is added to W_ih's,"
        " `dz.T @` the state *before* to W_hh's; the next dh is `dz @ W_hh`. After the loop, dh is h0's.",
    ),
)


def walked(grad, x, h0, W_ih, W_hh, *, slope=None, carry=None, use=None, gather=None):
    """Go back through time, differently in one point."""
    slope = slope or (lambda h, before: 1 - h**2)
    carry = carry or (lambda dz: dz @ W_hh)
    use = use or (lambda h, before: before)
    gather = gather or (lambda old, new: old + new)
    states = [h0, *run(x, h0, W_ih, W_hh)]
    dW_ih, dW_hh, dh = torch.zeros_like(W_ih), torch.zeros_like(W_hh), torch.zeros_like(h0)
    for t in reversed(range(len(x))):
        dz = (dh + grad[t]) * slope(states[t + 1], states[t])
        dW_ih = gather(dW_ih, dz.T @ x[t])
        dW_hh = gather(dW_hh, dz.T @ use(states[t + 1], states[t]))
        dh = carry(dz)
    return dW_ih, dW_hh, dh


@task.wrong(
    "Each step's share of the weights' gradients takes the place of the others': what you return is the share of the"
    " first step, the last one you came to. The same weights were used at every step, so the shares add up."
)
def not_summed(grad, x, h0, W_ih, W_hh):
    return walked(grad, x, h0, W_ih, W_hh, gather=lambda old, new: new)


@task.wrong(
    "Nothing comes back from later steps: each state got only what the loss sent it directly. But the next state is"
    " made from it, so what arrives there flows on through W_hh. That is the *through time* of the name."
)
def nothing_through_time(grad, x, h0, W_ih, W_hh):
    dW_ih, dW_hh, _ = walked(grad, x, h0, W_ih, W_hh, carry=lambda dz: torch.zeros_like(h0))
    first = grad[0] * (1 - torch.tanh(x[0] @ W_ih.T + h0 @ W_hh.T) ** 2)
    return dW_ih, dW_hh, first @ W_hh


@task.wrong(
    "Only the gradient at the last state is used. A loss may look at every step: on the way back each state adds what"
    " arrived there, `grad[t]`."
)
def last_gradient_only(grad, x, h0, W_ih, W_hh):
    grad = grad.clone()
    grad[:-1] = 0
    return walked(grad, x, h0, W_ih, W_hh)


@task.wrong(
    "The slope of tanh is left out: what arrives at a state was passed to the weights as if tanh were not there."
    " Between the two stands the factor 1 − h²."
)
def slope_forgotten(grad, x, h0, W_ih, W_hh):
    return walked(grad, x, h0, W_ih, W_hh, slope=lambda h, before: torch.ones_like(h))


@task.wrong(
    "The slope is computed as 1 − tanh(h)², with the state h, which is a tanh already: squashed twice. In terms of the"
    " result the slope is simply 1 − h²."
)
def squashed_twice(grad, x, h0, W_ih, W_hh):
    return walked(grad, x, h0, W_ih, W_hh, slope=lambda h, before: 1 - torch.tanh(h) ** 2)


@task.wrong(
    "The slope is taken from the state *before* the step. The tanh of step t made h_t, so its slope is 1 − h_t²."
)
def slope_one_step_off(grad, x, h0, W_ih, W_hh):
    return walked(grad, x, h0, W_ih, W_hh, slope=lambda h, before: 1 - before**2)


@task.wrong(
    "For W_hh you used the state that a step *makes*. The weight multiplies the state that comes in, the one before."
)
def state_one_step_off(grad, x, h0, W_ih, W_hh):
    return walked(grad, x, h0, W_ih, W_hh, use=lambda h, before: h)


@task.wrong(
    "On the way back W_hh is transposed once too often. Forward it is `h @ W_hh.T`; so what arrives goes back as `dz @"
    " W_hh`. With a single unit you cannot see it."
)
def transposed_on_the_way(grad, x, h0, W_ih, W_hh):
    return walked(grad, x, h0, W_ih, W_hh, carry=lambda dz: dz @ W_hh.T)


@task.wrong(
    "The weights' gradients are means over the steps. A weight that is used T times gets the *sum* of what its uses"
    " send back."
)
def mean_over_steps(grad, x, h0, W_ih, W_hh):
    dW_ih, dW_hh, dh = bptt(grad, x, h0, W_ih, W_hh)
    return dW_ih / len(x), dW_hh / len(x), dh


@task.wrong(
    "The gradient of h0 still lacks the first step's weight: it is what arrives inside the first tanh. From there to"
    " h0 it goes through W_hh, as from every state to the one before."
)
def h0_without_its_step(grad, x, h0, W_ih, W_hh):
    dW_ih, dW_hh, _ = bptt(grad, x, h0, W_ih, W_hh)
    arrived = []
    walked(grad, x, h0, W_ih, W_hh, carry=lambda dz: arrived.append(dz) or dz @ W_hh)
    return dW_ih, dW_hh, arrived[-1]


@task.wrong(
    "What arrives piles up: on its way through W_hh it is *added* to what had arrived at the later state, and that"
    " belongs to the later state alone. To the state before goes what comes through W_hh, and nothing else."
)
def arrivals_pile_up(grad, x, h0, W_ih, W_hh):
    dW_ih, dW_hh, dh = torch.zeros_like(W_ih), torch.zeros_like(W_hh), torch.zeros_like(h0)
    states = [h0, *run(x, h0, W_ih, W_hh)]
    for t in reversed(range(len(x))):
        dh = dh + grad[t]
        dz = dh * (1 - states[t + 1] ** 2)
        dW_ih, dW_hh = dW_ih + dz.T @ x[t], dW_hh + dz.T @ states[t]
        dh = dh + dz @ W_hh
    return dW_ih, dW_hh, dh


@task.wrong(
    "Your second pass goes forwards. What comes back to a state comes from the *later* ones, so they must be finished"
    " first: begin at the last step."
)
def forwards_in_time(grad, x, h0, W_ih, W_hh):
    dW_ih, dW_hh, dh = torch.zeros_like(W_ih), torch.zeros_like(W_hh), torch.zeros_like(h0)
    states = [h0, *run(x, h0, W_ih, W_hh)]
    for t in range(len(x)):
        dz = (dh + grad[t]) * (1 - states[t + 1] ** 2)
        dW_ih, dW_hh = dW_ih + dz.T @ x[t], dW_hh + dz.T @ states[t]
        dh = dz @ W_hh
    return dW_ih, dW_hh, dh


@task.wrong(
    "The gradients of the weights are transposed: `x.T @ dz` is (inputs, hidden), and the weight is (hidden, inputs)."
    " A gradient has the shape of its tensor; with squares you cannot see it."
)
def weights_transposed(grad, x, h0, W_ih, W_hh):
    dW_ih, dW_hh, dh = bptt(grad, x, h0, W_ih, W_hh)
    return dW_ih.T, dW_hh.T, dh
