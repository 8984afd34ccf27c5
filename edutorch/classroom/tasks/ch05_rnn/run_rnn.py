r"""A recurrent layer, step by step

One cell, used again and again (lesson 5, section 2):

$$h_t = \tanh(W_{ih}\,x_t + b_{ih} + W_{hh}\,h_{t-1} + b_{hh})$$

Write `run_rnn(x, h, W_ih, W_hh, b_ih, b_hh)` for a whole batch. `x` has the shape (steps, batch, inputs): the step
comes first, as in `nn.RNN` without `batch_first`. `h`, the state before the first step, has the shape (batch, hidden).
The weights are laid out as in the library: `W_ih` is (hidden, inputs), `W_hh` is (hidden, hidden).

Return a pair: the states of *all* steps, (steps, batch, hidden), and the last state, (batch, hidden).

With one number each, `x = [[[1.]], [[0.]]]`, `h = [[0.]]`, weights 1 and 0.5 and no biases: the states are 0.7616 and
tanh(0.5 · 0.7616) = 0.3634.

The layers of the library may not do it for you.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls


def run_rnn(x, h, W_ih, W_hh, b_ih, b_hh):
    """Return (the states of all steps, the last state)."""
    states = []
    for x_t in x:
        h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        states.append(h)
    return torch.stack(states), h


def cases(draw):
    """One step, two; squares; all sizes different; many steps, with gradients."""

    def case(steps, batch, inputs, hidden, **kind):
        weights = [draw.randn(hidden, inputs, **kind), draw.randn(hidden, hidden, **kind)]
        biases = [draw.randn(hidden, **kind), draw.randn(hidden, **kind)]
        return draw.randn(steps, batch, inputs), draw.randn(batch, hidden), *weights, *biases

    yield case(1, 1, 1, 1)
    yield case(2, 1, 1, 1)
    yield case(3, 2, 2, 2)
    yield case(*draw.sizes(4, 6))
    yield case(*draw.sizes(4, 6), requires_grad=True)


def expected(x, h, W_ih, W_hh, b_ih, b_hh):
    """Ask the library's layer."""
    layer = torch.nn.RNN(W_ih.shape[1], W_ih.shape[0])
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    weights = dict(zip(names, (W_ih, W_hh, b_ih, b_hh), strict=True))
    states, last = torch.func.functional_call(layer, weights, (x, h.unsqueeze(0)))
    return states, last[0]


task = Task(
    run_rnn,
    cases=cases,
    expected=expected,
    also=never_calls("RNN", "RNNCell", "rnn_tanh", "rnn_tanh_cell", "_VF"),
    minutes=15,
    points=2,
    hints=(
        "A loop over x goes through its first dimension, the steps. What does one step need, and what does it leave"
        " for the next one?",
        "`x_t` is (batch, inputs) and `W_ih` is (hidden, inputs): one of them must be transposed to give (batch,"
        " hidden). Inside the loop the new state takes the old one's name.",
        "`h = torch.tanh(...)` of the two products and the two biases; append it to a list; after the loop"
        " `torch.stack` of the list, and h.",
    ),
)


def variant(x, h, W_ih, W_hh, b_ih, b_hh, *, activation=torch.tanh, carried=lambda new, old: new):
    """Run a layer with another activation, or carrying something else on."""
    states, new = [], h
    for x_t in x:
        new = activation(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        states.append(new)
        h = carried(new, h)
    return torch.stack(states), new


@task.wrong(
    "The first step is right; every later one begins again from the state before the first. The state is what the"
    " network remembers: each step must take the one that the step before it left."
)
def state_not_carried(x, h, W_ih, W_hh, b_ih, b_hh):
    return variant(x, h, W_ih, W_hh, b_ih, b_hh, carried=lambda new, old: old)


@task.wrong(
    "The squashing is left out: without tanh the states grow, and many steps are no more than one linear layer."
)
def tanh_forgotten(x, h, W_ih, W_hh, b_ih, b_hh):
    return variant(x, h, W_ih, W_hh, b_ih, b_hh, activation=lambda v: v)


@task.wrong(
    "What is put out is right at the first step, but what is carried on is the sum *before* tanh. There is one state,"
    " and the next step sees what you put out."
)
def carried_before_tanh(x, h, W_ih, W_hh, b_ih, b_hh):
    states = []
    for x_t in x:
        h = x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh
        states.append(torch.tanh(h))
    return torch.stack(states), states[-1]


@task.wrong(
    "The states are sigmoids, between 0 and 1. A plain recurrent cell uses tanh; sigmoids are the gates of an LSTM."
)
def sigmoid(x, h, W_ih, W_hh, b_ih, b_hh):
    return variant(x, h, W_ih, W_hh, b_ih, b_hh, activation=torch.sigmoid)


@task.wrong(
    "The weights are not transposed. As in `nn.Linear`, a weight is (outputs, inputs), one row for each output, so for"
    " rows of samples it is `x @ W.T`. With squares it runs and the numbers are wrong."
)
def not_transposed(x, h, W_ih, W_hh, b_ih, b_hh):
    states = []
    for x_t in x:
        h = torch.tanh(x_t @ W_ih + b_ih + h @ W_hh + b_hh)
        states.append(h)
    return torch.stack(states), h


@task.wrong(
    "Only one of the two biases is in it. One would do, but the libraries have two, and add both: their files hold"
    " both."
)
def one_bias(x, h, W_ih, W_hh, b_ih, b_hh):
    return run_rnn(x, h, W_ih, W_hh, b_ih, torch.zeros_like(b_hh))


@task.wrong(
    "The states are stacked along dimension 1, the batch first. Here the step comes first, in `x` and in what you"
    " return: (steps, batch, hidden)."
)
def batch_first(x, h, W_ih, W_hh, b_ih, b_hh):
    states, last = run_rnn(x, h, W_ih, W_hh, b_ih, b_hh)
    return states.transpose(0, 1), last


@task.wrong(
    "The sequence is read from its end. That is the other half of a *bidirectional* layer; this one reads forwards."
)
def backwards(x, h, W_ih, W_hh, b_ih, b_hh):
    states, last = run_rnn(x.flip(0), h, W_ih, W_hh, b_ih, b_hh)
    return states.flip(0), last


@task.wrong(
    "The network reads down the batch: `x` was taken as (batch, steps, inputs). Then one sample remembers another"
    " (lesson 5, mistake 2). Here the first dimension is the step."
)
def down_the_batch(x, h, W_ih, W_hh, b_ih, b_hh):
    states = []
    for sample, own in zip(x.transpose(0, 1), h, strict=True):
        h = torch.tanh(sample @ W_ih.T + b_ih + own @ W_hh.T + b_hh)
        states.append(h)
    return torch.stack(states, dim=1), states[-1]


@task.wrong(
    "The states are joined with `torch.cat`, which puts rows below rows: (steps · batch, hidden). A new dimension for"
    " the steps, in front of the others, comes from `torch.stack`."
)
def joined_by_cat(x, h, W_ih, W_hh, b_ih, b_hh):
    states, last = run_rnn(x, h, W_ih, W_hh, b_ih, b_hh)
    return states.flatten(0, 1), last


@task.wrong(
    "The state from before the first step is among the states: there is one more than there are steps. What is asked"
    " for is the state *after* each step."
)
def begins_with_h(x, h, W_ih, W_hh, b_ih, b_hh):
    states, last = run_rnn(x, h, W_ih, W_hh, b_ih, b_hh)
    return torch.cat([h.unsqueeze(0), states]), last


@task.wrong(
    "`x[:, t]` was taken for a step: that is one *sample* at all steps. Here the step is the first dimension, so step t"
    " is `x[t]`, and a loop over x goes through the steps."
)
def samples_for_steps(x, h, W_ih, W_hh, b_ih, b_hh):
    states = []
    for t in range(x.shape[1]):
        h = torch.tanh(x[:, t] @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        states.append(h)
    return torch.stack(states, dim=1), h


@task.wrong(
    "The network begins at zero: the state `h` that was given is not used. It may come from an earlier piece of the"
    " same text."
)
def begins_at_zero(x, h, W_ih, W_hh, b_ih, b_hh):
    return run_rnn(x, torch.zeros_like(h), W_ih, W_hh, b_ih, b_hh)
