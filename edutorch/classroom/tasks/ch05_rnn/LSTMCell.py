r"""An LSTM cell

The memory with doors (lesson 5, section 6): gates are sigmoids, computed from the input and the last state, and the
cell changes by fading and adding.

$$c_t = f_t \cdot c_{t-1} + i_t \cdot g_t, \qquad h_t = o_t \cdot \tanh(c_t)$$

Write the class `LSTMCell(input_size, hidden_size)`, an `nn.Module` that can stand in for `nn.LSTMCell`:

- **Parameters**, with H the hidden size: `weight_ih` (4H, inputs), `weight_hh` (4H, H), `bias_ih` (4H,), `bias_hh`
  (4H,). The four blocks of H rows lie one below the other in the order **i, f, g, o**. All numbers are drawn at random,
  uniformly between −1/√H and 1/√H.
- **`cell(x, state)`**: `x` is (batch, inputs), `state` the pair `(h, c)`, each (batch, H). Without a state, both are
  zero. It returns the new pair `(h, c)`.

i, f and o go through a sigmoid, g through tanh; `·` multiplies number by number. What `nn.Module` and `nn.Parameter`
ask of a layer was told in the exercises of chapter 3, *A layer of your own*.

With all weights and biases 0 and `c` = 1, the gates are 0.5 and g is 0: the new c is 0.5, and h is 0.5 · tanh 0.5 =
0.2311.
"""

from typing import Any

import edutorch as torch
from edutorch.classroom import Task, never_calls, never_extends, swap

KEYS = (
    "names and shapes of the parameters",
    "numbers at first",
    "without a state",
    "after some steps",
    "lengths of the gradients",
)


class LSTMCell(torch.nn.Module):
    """One step of a long short-term memory."""

    def __init__(self, input_size, hidden_size):
        """Draw the weights of the four gates."""
        super().__init__()
        bound, H = hidden_size**-0.5, hidden_size

        def drawn(*shape):
            return torch.nn.Parameter((2 * torch.rand(*shape) - 1) * bound)

        self.weight_ih, self.weight_hh = drawn(4 * H, input_size), drawn(4 * H, H)
        self.bias_ih, self.bias_hh = drawn(4 * H), drawn(4 * H)

    def forward(self, x, state=None):
        """Return the state `(h, c)` after one step."""
        if state is None:
            h = c = torch.zeros(len(x), self.weight_hh.shape[1])
        else:
            h, c = state
        sums = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = sums.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


def cases(draw):
    """One unit, several; one step, more."""
    for steps, batch, inputs, hidden in ((1, 1, 1, 1), (1, 2, 2, 2), (2, *draw.sizes(3, 5)), (3, *draw.sizes(3, 6))):
        H = 4 * hidden
        weights = [draw.randn(H, inputs), draw.randn(H, hidden), draw.randn(H), draw.randn(H)]
        yield weights, draw.randn(steps, batch, inputs), (draw.randn(batch, hidden), 2 * draw.randn(batch, hidden))


NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def probe(LSTMCell, weights, x, state):
    """Build a cell, look at its parameters, give it weights, and let it read."""
    hidden = weights[1].shape[1]
    cell = LSTMCell(x.shape[2], hidden)
    if not isinstance(cell, torch.nn.Module):
        raise TypeError(f"LSTMCell(...) gives {type(cell).__name__}, not a module: derive it from nn.Module")
    found = dict.fromkeys(KEYS)
    shapes = {name: tuple(p.shape) for name, p in sorted(cell.named_parameters())}
    found[KEYS[0]] = shapes
    if shapes != {name: tuple(w.shape) for name, w in sorted(zip(NAMES, weights, strict=True))}:
        return found
    found[KEYS[1]] = begins(torch.cat([p.detach().flatten() for p in cell.parameters()]) * hidden**0.5)
    with torch.no_grad():
        for name, w in zip(NAMES, weights, strict=True):
            getattr(cell, name).copy_(w)
    for x_t in x:
        state = cell(x_t, state)
    found[KEYS[3]] = detached(state)
    if isinstance(state, tuple) and all(isinstance(s, torch.Tensor) and s.requires_grad for s in state):
        sum(s.square().sum() for s in state).backward()
        found[KEYS[4]] = [None if p.grad is None else p.grad.norm() for _, p in sorted(cell.named_parameters())]
    found[KEYS[2]] = detached(cell(x[0]))
    return found


def begins(drawn):
    """Say how the first numbers lie, measured by their bound."""
    if drawn.abs().max() > 1 + 1e-6:
        return "beyond the bounds"
    if drawn.std() == 0:
        return "all alike"
    if len(drawn) < 64:  # too few to tell chance from a mistake
        return "as asked"
    if drawn.min() >= 0:
        return "none below zero"
    return "as asked" if min(drawn.max(), -drawn.min()) > 0.5 else "far from the bounds"


def detached(state):
    """Return a state without its graph, whatever it is."""
    if isinstance(state, tuple):
        return tuple(detached(s) for s in state)
    return state.detach() if isinstance(state, torch.Tensor) else state


def finale(LSTMCell):
    """**Your cell in the library, and the test of memory.** Which of four letters came first, before 19 of noise?
    Guessing gives 25 %. The biases are set for 20 steps, as in lesson 5, section 6."""
    import math

    nn, F = torch.nn, torch.nn.functional

    class Rememberer(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.judge = nn.LSTMCell(8, 16), nn.Linear(16, 4)
            with torch.no_grad():
                self.cell.bias_hh[16:32] += math.log(20)  # keep
                self.cell.bias_hh[:16] -= math.log(20)  # and let little in

        def forward(self, letters):
            first, *others = F.one_hot(letters.T, 8).float()
            h, c = self.cell(first)
            for x_t in others:
                h, c = self.cell(x_t, (h, c))
            return self.judge(h)

    def letters(count):
        x = torch.randint(4, 8, (count, 20))
        x[:, 0] = torch.randint(0, 4, (count,))
        return x

    torch.manual_seed(0)
    with swap("nn.LSTMCell", LSTMCell):
        model = Rememberer()
        assert isinstance(model.cell, LSTMCell)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(120):
        x = letters(32)
        loss = F.cross_entropy(model(x), x[:, 0])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    x = letters(500)
    share = (model(x).argmax(dim=1) == x[:, 0]).float().mean().item()
    print(f"first letters remembered: {100 * share:.1f} %")
    assert share > 0.8


task = Task(
    LSTMCell,
    cases=cases,
    probe=probe,
    also=(never_extends(torch.nn.LSTMCell), never_calls("LSTM", "lstm_cell", "_VF")),
    minutes=40,
    points=6,
    swap="nn.LSTMCell",
    finale=finale,
    hints=(
        "Write `__init__` first, with four `nn.Parameter`, and look at the shapes of `LSTMCell(3, 2).state_dict()`."
        " Then one product for all four gates together: (batch, 4H).",
        "`chunk(4, dim=1)` cuts the sums into the four blocks, in the order i, f, g, o. Then the two formulas above,"
        " the cell first: h is made from the *new* c.",
        "`sums = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh`; cut; `c` from sigmoid(f),"
        " sigmoid(i) and tanh(g); `h` from sigmoid(o) and tanh(c). Numbers between −b and b: `(2 * torch.rand(...) -"
        " 1) * b`.",
    ),
)


def variant(name, step):
    """Return a cell whose step is another: `step(i, f, g, o, c)` of the four sums and the old cell."""

    class Variant(LSTMCell):
        def forward(self, x, state=None):
            h, c = state if state is not None else [torch.zeros(len(x), self.weight_hh.shape[1])] * 2
            sums = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
            return step(*sums.chunk(4, dim=1), c)

    Variant.__name__ = name
    return Variant


def standard(i, f, g, o, c):
    """Make the right step of the four sums."""
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def shown_bare(i, f, g, o, c):
    """Show the cell without tanh."""
    _, c = standard(i, f, g, o, c)
    return o.sigmoid() * c, c


def squashed(i, f, g, o, c):
    """Keep the cell squashed."""
    h, c = standard(i, f, g, o, c)
    return h, c.tanh()


def from_old(i, f, g, o, c):
    """Show the old cell."""
    return o.sigmoid() * c.tanh(), standard(i, f, g, o, c)[1]


def without_sigmoids(i, f, g, o, c):
    """Use the sums as gates."""
    c = f * c + i * g.tanh()
    return o * c.tanh(), c


def sums_alone(i, f, g, o, c):
    """Squash nothing on the way in."""
    c = f * c + i * g
    return o * c.tanh(), c


def coupled(i, f, g, o, c):
    """Write as much as is forgotten."""
    c = f.sigmoid() * c + (1 - f.sigmoid()) * g.tanh()
    return o.sigmoid() * c.tanh(), c


def candidate_as_gate(i, f, g, o, c):
    """Write a sigmoid."""
    c = f.sigmoid() * c + i.sigmoid() * g.sigmoid()
    return o.sigmoid() * c.tanh(), c


task.wrong(
    "The blocks are read in the order i, f, o, g: the candidate and the output gate are exchanged. Papers write it so;"
    " PyTorch's files hold i, f, g, o."
)(variant("OrderOfThePapers", lambda i, f, o, g, c: standard(i, f, g, o, c)))

task.wrong(
    "The input gate and the forget gate are exchanged: the first block says how much is *written*, the second how much"
    " of the old cell is *kept*."
)(variant("GatesExchanged", lambda f, i, g, o, c: standard(i, f, g, o, c)))

task.wrong(
    "The new cell is right, but h shows it without tanh: h is the output gate times tanh(c). The cell may grow beyond"
    " 1, what is shown stays within."
)(variant("ShownBare", shown_bare))

task.wrong(
    "The cell itself is squashed: tanh belongs into h only. A cell that goes through tanh at every step loses its"
    " memory, and the gradient fades, which is what the LSTM was made to avoid."
)(variant("CellSquashed", squashed))

task.wrong(
    "h is made from the *old* cell. First the cell is renewed, then it is shown: what was just read must be seen at"
    " once."
)(variant("ShowsTheOldCell", from_old))

task.wrong(
    "The candidate g goes through a sigmoid, like the gates. Then the cell could only grow: g is what is written,"
    " between -1 and 1, so it goes through tanh."
)(variant("CandidateAsGate", candidate_as_gate))

task.wrong("The forget gate works the wrong way round: 1 means *keep*, in spite of its name. You kept 1 − f.")(
    variant("ForgetsInstead", lambda i, f, g, o, c: standard(i, -f, g, o, c))
)

task.wrong(
    "What is written is weighed with 1 − f. That is how a GRU couples keeping and writing; an LSTM has an input gate"
    " of its own."
)(variant("CoupledGates", coupled))


@task.wrong("The pair is returned as (c, h). PyTorch's order is (h, c): first what is shown, then what is kept.")
class CellFirst(LSTMCell):
    def forward(self, x, state=None):
        if state is not None:
            state = state[::-1]
        return LSTMCell.forward(self, x, state)[::-1]


@task.wrong("Only h is returned. The next step needs the cell as well: return the pair (h, c).")
class OnlyH(LSTMCell):
    def forward(self, x, state=None):
        return LSTMCell.forward(self, x, state)[0]


@task.wrong("Only one of the two biases is used. Both are parameters of the file, and both are added.")
class OneBias(LSTMCell):
    def forward(self, x, state=None):
        h, c = state if state is not None else [torch.zeros(len(x), self.weight_hh.shape[1])] * 2
        sums = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T
        return standard(*sums.chunk(4, dim=1), c)


@task.wrong(
    "The step is right, but all weights begin at zero. Then all units do the same, get the same gradient and stay the"
    " same for ever: draw them at random."
)
class BeginsAtZero(LSTMCell):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        with torch.no_grad():
            for p in self.parameters():
                p.zero_()


@task.wrong(
    "The weights are drawn from a normal distribution. Most of it may fit, but some numbers lie beyond ±1/√H: a"
    " uniform one has bounds."
)
class NormalWeights(LSTMCell):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        with torch.no_grad():
            for p in self.parameters():
                p.normal_()


@task.wrong(
    "The numbers are drawn between 0 and 1/√H: none is below zero. `torch.rand` gives numbers from 0 to 1; stretch them"
    " over twice the bound and move them down by it."
)
class OnlyPositive(LSTMCell):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        with torch.no_grad():
            for p in self.parameters():
                p.abs_()


task.wrong(
    "The gates are the bare sums: they do not go through a sigmoid, so a gate can be open more than wholly, or less"
    " than not at all. i, f and o are shares, between 0 and 1."
)(variant("GatesWithoutSigmoid", without_sigmoids))

task.wrong(
    "The four sums are used as they are: i, f and o have to go through a sigmoid, and g through tanh, before they are"
    " gates and candidate."
)(variant("SumsAlone", sums_alone))


@task.wrong(
    "The weights are plain tensors. A module takes only an `nn.Parameter` for its own: what is none is not found by"
    " `parameters()`, no optimizer trains it, and no file keeps it."
)
class PlainTensors(LSTMCell):
    def __init__(self, input_size, hidden_size):
        torch.nn.Module.__init__(self)
        cell = LSTMCell(input_size, hidden_size)
        for name in NAMES:
            setattr(self, name, getattr(cell, name).detach())


@task.wrong(
    "The matrices are transposed: rows come first in a shape. As in `nn.Linear`, `weight_ih` has a row for each number"
    " that comes *out*, (4H, inputs), and the product is `x @ weight.T`."
)
class MatricesTurned(LSTMCell):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.weight_ih = torch.nn.Parameter(self.weight_ih.detach().T)
        self.weight_hh = torch.nn.Parameter(self.weight_hh.detach().T)


@task.wrong(
    "The step is right, but it cannot be called without a state: `state` is `None` then, and there is nothing to"
    " unpack. Begin with zeros, (batch, H) each."
)
class NeedsAState(LSTMCell):
    def forward(self, x, state: Any = None):
        h, c = state
        return LSTMCell.forward(self, x, (h, c))


@task.wrong(
    "The numbers are right, but each step cuts its state off from the graph: no gradient comes back through time, and"
    " the cell can learn nothing from what happened earlier. Cutting is the business of the training loop, between"
    " pieces."
)
class CutOff(LSTMCell):
    def forward(self, x, state=None):
        return LSTMCell.forward(self, x, state and tuple(s.detach() for s in state))
