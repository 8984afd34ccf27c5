"""The LSTM: a memory that is changed only as far as gates let it.

S. Hochreiter and J. Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997), 1735-1780. The gate that
forgets: F. A. Gers, J. Schmidhuber and F. Cummins, Learning to Forget, Neural Computation 12 (2000), 2451-2471.
"""

from __future__ import annotations

from ..op import Array, op
from .dialect import dialect
from .linear import linear
from .time_steps import before, of_sums, refuse_mixed_dtypes, steps, sums_of_input, through_steps

__all__ = []


def lstm_step(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None, w_hr=None):
    """Take one step in plain operators: what the gates let in, keep and show."""
    i, f, g, o = (linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh)).chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h if w_hr is None else linear(h, w_hr), c


@op(cast="same", method=False, outputs=("output", "h_n", "c_n"), extras=("gates", "cells"))
def lstm_sequence(
    xp,
    input: Array,
    h_0: Array,
    c_0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None = None,
    b_hh: Array | None = None,
    w_hr: Array | None = None,
    batch_sizes=(),
    reverse=False,
):
    """Run an LSTM over a batch of sequences, in one direction (`time_steps.py` says how they lie).

    Shape:    input (N, I), h_0 (B, H), c_0 (B, H), w_ih (4H, I), w_hh (4H, H), biases (4H,) -> output (N, H), h_n, c_n;
              with w_hr (P, H), a projection, h has P features in place of H
    Math:     i, f, o = sigmoid(W x_t + b_ih + U h_(t-1) + b_hh),  g = tanh(…), a quarter of the rows of W and U each
              c_t = f c_(t-1) + i g,  h_t = o tanh(c_t), or W_hr (o tanh(c_t))
    Gradient: from the last step to the first, with dh_t, dc_t what the output and the later step say:
              do = dh_t tanh(c_t),  dc_t += dh_t o (1 - tanh²(c_t)),  di = dc_t g,  df = dc_t c_(t-1),  dg = dc_t i
              ds = (di i(1-i), df f(1-f), dg (1-g²), do o(1-o)),  dh_(t-1) = ds U,  dc_(t-1) = dc_t f
              then at once dx = ds W, dW = ds^T x, dU = ds^T h_(t-1), db = sum ds
    """
    # sigmoid(s) = (1 + tanh(s/2)) / 2: with three quarters of the sums halved, one tanh serves all gates.
    size = c_0.shape[1]
    halved = xp.full(4 * size, 0.5, input.dtype)
    halved[2 * size : 3 * size] = 1
    biases = [b if b is None else b * halved for b in (b_ih, b_hh)]
    gates = sums_of_input(xp, input, w_ih * halved[:, None], *biases)
    w_hh_t = xp.ascontiguousarray((w_hh * halved[:, None]).T)

    h, c = h_0.copy(), c_0.copy()
    output, cells = xp.empty((len(input), h.shape[1]), h.dtype), xp.empty((len(input), size), h.dtype)
    for rows in steps(batch_sizes, reverse):
        gate, cell = gates[rows], cells[rows]
        n = len(gate)
        gate += h[:n] @ w_hh_t
        xp.tanh(gate, out=gate)
        i, f, g, o = quarters(gate)
        for switch in (gate[:, : 2 * size], o):
            switch *= 0.5
            switch += 0.5
        xp.multiply(f, c[:n], out=cell)
        cell += i * g
        c[:n] = cell
        shown = xp.tanh(cell)
        shown *= o
        h[:n] = output[rows] = shown if w_hr is None else shown @ w_hr.T
    return (output, h, c), gates, cells


@lstm_sequence.backward
def lstm_gradients(
    xp, g, input, h_0, c_0, w_ih, w_hh, b_ih, b_hh, w_hr, output, gates, cells, batch_sizes, reverse, needs
):
    if xp is dialect:
        weights = [w_ih, w_hh, b_ih, b_hh, w_hr]
        return through_steps(lstm_step, g, input, [h_0, c_0], weights, batch_sizes, reverse, needs)
    of_output, dh, dc = g[0], g[1].copy(), g[2].copy()
    size = cells.shape[1]
    cells_before = before(xp, cells, c_0, batch_sizes, reverse)
    slopes = xp.empty_like(gates)
    of_shown = xp.empty_like(output)
    for rows in reversed(steps(batch_sizes, reverse)):
        gate, ds = gates[rows], slopes[rows]
        n = len(gate)
        i, f, g, o = quarters(gate)
        di, df, dg, do = quarters(ds)
        xp.subtract(1, gate, out=ds)  # how steep the gates are: s(1 - s), and 1 - g² for the tanh
        ds *= gate
        xp.multiply(g, g, out=dg)
        xp.subtract(1, dg, out=dg)

        now, later = dh[:n], dc[:n]
        now += of_output[rows]
        of_shown[rows] = now
        if w_hr is not None:
            now = now @ w_hr
        shown = xp.tanh(cells[rows])
        do *= shown
        do *= now
        shown *= shown
        xp.subtract(1, shown, out=shown)
        shown *= o
        shown *= now
        later += shown
        for slope, factor in ((di, g), (df, cells_before[rows]), (dg, i)):
            slope *= factor
            slope *= later
        later *= f
        dh[:n] = ds @ w_hh
    begun = before(xp, output, h_0, batch_sizes, reverse)
    of_input, *of_weights = of_sums(xp, slopes, slopes, input, begun, w_ih, (needs[0], *needs[3:7]))
    of_w_hr = of_shown.T @ (gates[:, 3 * size :] * xp.tanh(cells)) if needs[7] else None
    return of_input, dh if needs[1] else None, dc if needs[2] else None, *of_weights, of_w_hr


def quarters(gates):
    """Return the four gates of a step: in, forget, candidate, out."""
    size = gates.shape[1] // 4
    return [gates[:, k * size : (k + 1) * size] for k in range(4)]


lstm_sequence.op.refuse = refuse_mixed_dtypes
