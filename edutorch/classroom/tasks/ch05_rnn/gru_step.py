r"""A GRU step, and where the reset gate acts

Two gates and one state (lesson 5, section 6). The paper (Cho and others, 2014) and PyTorch differ in one detail that
spoils every attempt to carry weights from one to the other. This is PyTorch's:

$$\begin{aligned}
r &= \sigma(W_{ir}\,x + b_{ir} + W_{hr}\,h + b_{hr}) \\
z &= \sigma(W_{iz}\,x + b_{iz} + W_{hz}\,h + b_{hz}) \\
n &= \tanh\bigl(W_{in}\,x + b_{in} + r \cdot (W_{hn}\,h + b_{hn})\bigr) \\
h' &= (1 - z) \cdot n + z \cdot h
\end{aligned}$$

Between two gates or states, `·` multiplies number by number. The reset gate r says how much of the past the candidate n
may see. Look closely at what stands inside its brackets.

Write `gru_step(x, h, W_ih, W_hh, b_ih, b_hh)`, which returns the new state. `x` is (batch, inputs), `h` is (batch, H).
`W_ih` is (3H, inputs), `W_hh` is (3H, H), the biases are (3H,); the blocks of H rows lie in the order **r, z, n**.

With all weights and biases 0 and h = 1: both gates are 0.5, n is 0, and the new state is 0.5.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls


def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    """Return the state after one step of a GRU, as PyTorch computes it."""
    from_x = (x @ W_ih.T + b_ih).chunk(3, dim=1)
    from_h = (h @ W_hh.T + b_hh).chunk(3, dim=1)
    r = torch.sigmoid(from_x[0] + from_h[0])
    z = torch.sigmoid(from_x[1] + from_h[1])
    n = torch.tanh(from_x[2] + r * from_h[2])
    return (1 - z) * n + z * h


def cases(draw):
    """One unit without biases, one with, several."""

    def case(batch, inputs, H, bias=draw.randn):
        weights = draw.randn(3 * H, inputs), draw.randn(3 * H, H)
        return draw.randn(batch, inputs), draw.randn(batch, H), *weights, bias(3 * H), bias(3 * H)

    yield case(1, 1, 1, bias=torch.zeros)
    yield case(1, 1, 1)
    yield case(2, 2, 2)
    yield case(*draw.sizes(3, 6))
    yield case(*draw.sizes(3, 6))


def expected(x, h, W_ih, W_hh, b_ih, b_hh):
    """Ask the library's cell."""
    cell = torch.nn.GRUCell(x.shape[1], h.shape[1])
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    weights = dict(zip(names, (W_ih, W_hh, b_ih, b_hh), strict=True))
    return torch.func.functional_call(cell, weights, (x, h)).detach()


task = Task(
    gru_step,
    cases=cases,
    expected=expected,
    also=never_calls("GRU", "GRUCell", "gru_cell", "_VF"),
    minutes=20,
    points=3,
    hints=(
        "Compute what comes from x and what comes from h separately, each (batch, 3H), and cut both into three. Why"
        " must they stay apart until n is made?",
        "r and z: sigmoids of the sums of their two parts. For n, r multiplies the *finished* part from h, product and"
        " bias, and nothing of the part from x.",
        "`from_x = (x @ W_ih.T + b_ih).chunk(3, dim=1)`, the same `from_h`; then the four formulas, with `r *"
        " from_h[2]` in the third.",
    ),
)


def parts(x, h, W_ih, W_hh, b_ih, b_hh):
    """Return the gates, and the two parts of the candidate."""
    from_x, from_h = (x @ W_ih.T + b_ih).chunk(3, dim=1), (h @ W_hh.T + b_hh).chunk(3, dim=1)
    r, z = (torch.sigmoid(a + b) for a, b in zip(from_x[:2], from_h[:2], strict=True))
    return r, z, from_x[2], from_h[2]


@task.wrong(
    "The reset gate acts on the state *before* the product, W · (r · h). That is the paper's GRU. PyTorch multiplies"
    " afterwards, r · (W · h + b), so that all products of a step can be made at once. Weights trained with one do not"
    " fit the other."
)
def reset_before_the_product(x, h, W_ih, W_hh, b_ih, b_hh):
    r, z, from_x, _ = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    H = h.shape[1]
    n = torch.tanh(from_x + (r * h) @ W_hh[2 * H :].T + b_hh[2 * H :])
    return (1 - z) * n + z * h


@task.wrong(
    "The bias b_hn stands outside of the reset gate. In PyTorch r multiplies the whole part that comes from h, its"
    " bias included. (That is why the two biases of n cannot be put together.)"
)
def bias_outside(x, h, W_ih, W_hh, b_ih, b_hh):
    r, z, from_x, from_h = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    bias = b_hh[2 * h.shape[1] :]
    return (1 - z) * torch.tanh(from_x + r * (from_h - bias) + bias) + z * h


@task.wrong(
    "The update gate works the other way round: you have z · n + (1 − z) · h. Some papers write it so; in PyTorch z"
    " says how much of the *old* state is kept."
)
def update_the_other_way(x, h, W_ih, W_hh, b_ih, b_hh):
    r, z, from_x, from_h = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    return z * torch.tanh(from_x + r * from_h) + (1 - z) * h


@task.wrong("The gates are exchanged: the first block of rows is the reset gate r, the second the update gate z.")
def gates_exchanged(x, h, W_ih, W_hh, b_ih, b_hh):
    z, r, from_x, from_h = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    return (1 - z) * torch.tanh(from_x + r * from_h) + z * h


@task.wrong(
    "The reset gate multiplies the part from x as well. It decides how much of the *past* the candidate sees; the new"
    " input comes in whole."
)
def resets_the_input(x, h, W_ih, W_hh, b_ih, b_hh):
    r, z, from_x, from_h = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    return (1 - z) * torch.tanh(r * (from_x + from_h)) + z * h


@task.wrong("The reset gate is computed, or not, but it does nothing: the candidate sees the whole past.")
def reset_unused(x, h, W_ih, W_hh, b_ih, b_hh):
    _, z, from_x, from_h = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    return (1 - z) * torch.tanh(from_x + from_h) + z * h


@task.wrong(
    "The candidate n goes through a sigmoid. It is no gate: it is what the state may become, between -1 and 1, so tanh."
)
def candidate_as_gate(x, h, W_ih, W_hh, b_ih, b_hh):
    r, z, from_x, from_h = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    return (1 - z) * torch.sigmoid(from_x + r * from_h) + z * h


@task.wrong(
    "What you return is the candidate n. The new state is a mixture of it and the old state; the update gate says in"
    " which proportion."
)
def candidate_only(x, h, W_ih, W_hh, b_ih, b_hh):
    r, _, from_x, from_h = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    return torch.tanh(from_x + r * from_h)


@task.wrong(
    "The reset gate was multiplied with the past as a *matrix*, with `@`. A gate stands at each number of the state and"
    " lets more or less of it through: number by number, `*`. With a single unit it is the same."
)
def gate_as_matrix(x, h, W_ih, W_hh, b_ih, b_hh):
    r, z, from_x, from_h = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    return (1 - z) * torch.tanh(from_x + r @ from_h) + z * h


@task.wrong("The biases are left out. All gates and the candidate have two each, one with x and one with h.")
def biases_forgotten(x, h, W_ih, W_hh, b_ih, b_hh):
    return gru_step(x, h, W_ih, W_hh, torch.zeros_like(b_ih), torch.zeros_like(b_hh))
